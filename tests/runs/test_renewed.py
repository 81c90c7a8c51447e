"""How much of a change between two runs comes from their cases."""

import msgspec
import pytest

from harness.records.asked import Case, Message, Request, Response, Sampling
from harness.records.compared import Gate, Row, Verdict
from harness.records.saved import Answer
from harness.report.view.trends import renewed_sentence
from harness.runs.folder import read_run, write_run
from harness.runs.history import read_history
from harness.runs.renewed import renewed_gates
from harness.verdicts.compare import over
from tests.sample_run import slower
from tests.saved_runs import empty_run

TEST = "suites/sums/test_sums.py::test_sums"


def save(runs, number: int, scores: dict[str, float], asked: str = "{}+1", fingerprint: str = "") -> None:
    """Save a run whose candidate got these scores."""
    rows = tuple(Row(case_id=name, baseline=1.0, candidate=score) for name, score in scores.items())
    comparison = msgspec.structs.replace(over(slower(()).comparison, rows), unit="")
    verdict = Verdict(test_id=TEST, comparison=comparison, gate=Gate(), outcome="passed", reasons=())
    run = empty_run(
        id=f"{number:04}-x",
        number=number,
        time=f"2026-11-{number:02}T00:00:00+00:00",
        verdicts=(verdict,),
        fingerprint=fingerprint or str(sorted(scores)) + asked,
    )
    folder = runs / run.id
    folder.mkdir(parents=True)
    write_run(folder, run, (_answer(run.candidate, name, asked) for name in scores), ())


def _answer(model, name: str, asked: str) -> Answer:
    messages = (Message(role="user", content=asked.format(name)),)
    request = Request(case_id=name, model=model, engine="e", messages=messages, sampling=Sampling())
    response = Response(request_key=request.key, text="x")
    return Answer(side="candidate", case=Case(id=name, messages=messages), request=request, response=response)


def renewed(runs, number: int):
    """Return what is said of a run's only gate; None where its cases are the same."""
    folder = runs / f"{number:04}-x"
    return renewed_gates(read_run(folder), folder, read_history(runs)).get((TEST, slower(()).comparison.scorer, ""))


def test_a_change_is_split_into_the_models_and_the_cases(tmp_path):
    """Two harder cases in the place of two easy ones: the model lost one of the four that stayed."""
    save(tmp_path, 1, {"a": 1, "b": 1, "c": 1, "d": 0, "easy": 1, "trivial": 1})
    save(tmp_path, 2, {"a": 1, "b": 1, "c": 0, "d": 0, "hard": 0, "harder": 0})

    one = renewed(tmp_path, 2)

    assert (one.run, one.shared, one.new, one.gone) == (1, 4, 2, 2)
    assert (one.before, one.now) == (pytest.approx(5 / 6), pytest.approx(2 / 6))
    assert one.on_shared.mean == pytest.approx(-0.25)
    assert one.of_cases == pytest.approx(-0.25)
    told = renewed_sentence(one)
    assert "not those of run 1: 2 new cases, 2 gone, 4 unchanged" in told
    assert "from 0.833 to 0.333" in told
    assert told.endswith("the other \N{MINUS SIGN}0.250 comes from the cases")


def test_a_case_that_was_edited_is_another_one(tmp_path):
    """Its id alone doesn't make it the same."""
    save(tmp_path, 1, {"a": 1, "b": 1})
    save(tmp_path, 2, {"a": 1, "b": 0}, asked="What is {}+1?")

    assert renewed(tmp_path, 2) is None


def test_the_newest_run_before_counts_and_the_same_suites_are_not_read(tmp_path):
    """A later run, and one with the same fingerprint, say nothing; nor does one that can't be read."""
    save(tmp_path, 1, {"a": 1, "old": 1})
    save(tmp_path, 2, {"a": 1, "b": 1}, fingerprint="same")
    save(tmp_path, 3, {"a": 0, "b": 1}, fingerprint="same")
    save(tmp_path, 4, {"a": 0, "c": 1})

    assert renewed(tmp_path, 3) is None
    assert renewed(tmp_path, 2).run == 1
    assert renewed(tmp_path, 4).run == 3
    (tmp_path / "0003-x" / "answers.jsonl").unlink()
    assert renewed(tmp_path, 4) is None
