"""How much of a change between two runs comes from their cases."""

import msgspec
import pytest

from harness.records.answered import Response
from harness.records.asked import Case, Request, Sampling
from harness.records.compared import Gate, Row, Verdict
from harness.records.messages import Message
from harness.records.saved import Answer
from harness.report.view.trends import renewed_sentence
from harness.runs.folder import read_run, write_run
from harness.runs.history import read_history
from harness.runs.renewed import renewed_between, renewed_gates
from harness.stats import paired_score_interval
from harness.verdicts.compare import over
from tests.sample_run import slower
from tests.saved_runs import empty_run

TEST = "suites/sums/test_sums.py::test_sums"


def save(
    runs,
    number: int,
    scores: dict[str, float | None],
    asked: str = "{}+1",
    fingerprint: str = "",
    *,
    candidate: tuple[str, str] = ("mine", "a"),
    day: int = 0,
    not_asked: int = 0,
    **otherwise: str,
) -> None:
    """Save a run whose candidate got these scores."""
    rows = tuple(
        Row(case_id=name, baseline=1.0, candidate=score, unscored="" if score is not None else "lost")
        for name, score in scores.items()
    )
    comparison = msgspec.structs.replace(over(slower(()).comparison, rows), unit="")
    name, adapter = candidate
    model = msgspec.structs.replace(comparison.candidate, adapter=name, adapter_digest=adapter, label="")
    left = {"": not_asked} if not_asked else {}
    comparison = msgspec.structs.replace(comparison, candidate=model, fingerprint=otherwise, not_asked=left)
    verdict = Verdict(test_id=TEST, comparison=comparison, gate=Gate(), outcome="passed", reasons=())
    run = empty_run(
        id=f"{number:04}",
        number=number,
        time=f"2026-11-{day or number:02}T00:00:00+00:00",
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
    folder = runs / f"{number:04}"
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


def test_runs_that_are_far_apart_are_compared_on_the_cases_that_stayed(tmp_path):
    """The anchors: here one of three, though every other case was replaced twice since."""
    save(tmp_path, 1, {"anchor": 1, "a": 1, "b": 0})
    save(tmp_path, 2, {"anchor": 1, "c": 1, "d": 1})
    save(tmp_path, 3, {"anchor": 0, "e": 1, "f": 1})

    (one,) = renewed_between(tmp_path / "0001", tmp_path / "0003").values()

    assert (one.run, one.shared, one.new, one.gone) == (1, 1, 2, 2)
    assert (one.on_shared.mean, one.of_cases) == (-1, pytest.approx(1))
    assert renewed_between(tmp_path / "0001", tmp_path / "0001") == {}


def test_cases_that_were_not_asked_until_a_gate_was_decided_are_not_gone(tmp_path):
    """Nor do they change a mean; the run before that asked all is the one to compare with."""
    save(tmp_path, 1, {"a": 1, "b": 1, "c": 0})
    save(tmp_path, 2, {"a": 1, "b": 1}, fingerprint="another", not_asked=2)
    save(tmp_path, 3, {"a": 1, "b": 1, "d": 0})

    assert renewed_between(tmp_path / "0001", tmp_path / "0002") == {}
    assert renewed_between(tmp_path / "0002", tmp_path / "0003") == {}
    assert renewed(tmp_path, 2) is None
    assert renewed(tmp_path, 3).run == 1


def test_a_case_that_was_edited_is_another_one(tmp_path):
    """Its id alone doesn't make it the same."""
    save(tmp_path, 1, {"a": 1, "b": 1})
    save(tmp_path, 2, {"a": 1, "b": 0}, asked="What is {}+1?")

    assert renewed(tmp_path, 2) is None


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (("mine", "a"), "The candidate was the same model. The candidate"),
        (("mine", "b"), "The candidate had the same name there, but other weights. Also different: engine. The"),
        (("other", "b"), "The candidate was another one there: mine. Also different: engine. The"),
    ],
)
def test_another_candidate_or_engine_is_told(tmp_path, candidate, told):
    """What changed on the same cases is theirs."""
    save(tmp_path, 1, {"a": 1, "b": 1}, engine="1", cases="x", messages="x")
    save(tmp_path, 2, {"a": 1, "c": 1}, candidate=candidate, engine="1" if "same model" in told else "2", cases="y")

    assert told in renewed_sentence(renewed(tmp_path, 2))


def test_a_case_without_a_score_is_neither_new_nor_gone(tmp_path):
    """Another suite changed, so the fingerprint did; the cases of this gate are the same."""
    save(tmp_path, 1, {"a": 1, "b": 1})
    save(tmp_path, 2, {"a": 1, "b": None})
    save(tmp_path, 3, {"a": 0, "b": None, "c": 1})

    assert renewed(tmp_path, 2) is None
    assert (renewed(tmp_path, 3).shared, renewed(tmp_path, 3).new, renewed(tmp_path, 3).gone) == (2, 1, 0)
    assert renewed(tmp_path, 3).on_shared.n == 1


def test_the_interval_is_that_of_the_gate(tmp_path):
    """Tango's for cases that pass or fail: 3 of 20 lost."""
    same = {f"c{number}": 1.0 for number in range(20)}
    save(tmp_path, 1, same | {"old": 1})
    save(tmp_path, 2, same | {"c0": 0, "c1": 0, "c2": 0, "new": 1})

    found = renewed(tmp_path, 2).on_shared

    assert (found.mean, found.n, found.method) == (-0.15, 20, "paired score (Tango)")
    assert (found.low, found.high) == pytest.approx(paired_score_interval(3, 0, 20))


def test_numbers_say_which_run_is_earlier_and_a_run_of_unknown_suites_says_nothing(tmp_path):
    """A clock can be wrong; a run of an older version has no fingerprint."""
    save(tmp_path, 1, {"a": 1, "old": 1}, day=20)
    save(tmp_path, 2, {"a": 1, "new": 1}, day=10)
    assert renewed(tmp_path, 2).run == 1

    record = tmp_path / "0001" / "run.json"
    run = msgspec.json.decode(record.read_bytes())
    record.write_bytes(msgspec.json.encode({**run, "fingerprint": ""}))
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
    (tmp_path / "0003" / "answers.jsonl").unlink()
    assert renewed(tmp_path, 4) is None
