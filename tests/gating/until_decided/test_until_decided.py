"""``--until-decided``, end to end: how much is asked, of whom, and what is said of what was not."""

from collections import Counter
from collections.abc import Sequence

import pytest

from harness.asking.ahead import Readings
from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.asking.order import order_of
from harness.errors import EngineError
from tests.apart import run_harness
from tests.gating.projects import Project, project, right  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in

CASES = 300
"""Of so many it is looked after 100, 150, 200 and 240."""
IDS = [f"sum-{n}" for n in range(CASES)]
HEAD = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

SUITE = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)
"""
GATE = """
@SUITE
def test_right(evaluate, gate):
    gate(evaluate(exact_match()), {thresholds})
"""
JUDGED = """
@SUITE
def test_judged(evaluate, judge, gate):
    gate(evaluate(judge("completeness")), {thresholds})
"""


def wrong(model: str, question: str) -> str:
    """Answer as the base model does, and let the adapter be wrong each time."""
    return "?" if model == "mine" else right(model, question)


def often_wrong(model: str, question: str) -> str:
    """Let the adapter be wrong one time in ten, which neither passes nor fails a drop of 0.1 early."""
    return "?" if model == "mine" and int(question.split("+", maxsplit=1)[0]) % 10 == 0 else right(model, question)


def questions(run: Project, model: str = "mine") -> list[str]:
    """Return what a model was asked, in order."""
    return [question for name, question in run.asked if name == model]


@pytest.mark.parametrize(
    ("reply", "outcome", "asked"),
    [(right, 0, 100), (wrong, 1, 100), (often_wrong, 6, CASES)],
    ids=["passed", "failed", "inconclusive"],
)
def test_a_clear_gate_stops_early_and_an_undecided_one_asks_all(project, reply, outcome, asked):  # noqa: F811
    """Both sides the same cases; the run says what was not asked, and why."""
    run = project(reply)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)

    result = run.gate("--until-decided", "--junitxml", "junit.xml")

    assert result.ret == outcome
    assert Counter(len(set(questions(run, one))) for one in ("mine", "tiny")) == {asked: 2}
    saved = run.run()
    (verdict,) = saved["verdicts"]
    assert len(verdict["comparison"]["rows"]) == asked
    assert verdict["comparison"].get("not_asked", {}).get("", 0) == CASES - asked
    assert len(questions(run)) == asked
    told = f"--until-decided asked {asked} of {CASES} cases, in a random order (seed 0)"
    assert (told in run.report()) == (asked < CASES)
    assert ("cases in all" in (run.folder / "junit.xml").read_text()) == (asked < CASES)
    assert saved["until_decided"]["suites"] == [{"suite": run.folder.name, "cases": CASES, "asked": asked}]


def test_the_order_is_that_of_the_seed(project):  # noqa: F811
    """The same for each run and candidate; with another seed it is another."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="floor=0.5", cases=CASES)
    run.gate("--until-decided")
    with (run.folder / "harness.toml").open("a") as file:
        file.write("[gates]\norder_seed = 1\n")
    run.gate("--until-decided", "--run-dir", "others")

    first, other = set(questions(run)[:100]), set(questions(run)[100:])
    assert first == {f"{place}+1" for place in order_of(IDS, 0)[:100]}
    assert other == {f"{place}+1" for place in order_of(IDS, 1)[:100]}


def test_what_was_answered_is_not_asked_again_by_the_run_of_all_cases(project):  # noqa: F811
    """Whether the settings or the command line stopped early."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)
    with (run.folder / "harness.toml").open("a") as file:
        file.write("[gates]\nuntil_decided = true\n")

    first = run.gate()
    asked = len(questions(run))
    second = run.gate("--ask-all")

    assert (first.ret, asked, second.ret) == (0, 100, 0)
    assert sorted(questions(run)) == sorted(f"{n}+1" for n in range(CASES))
    assert run.run().get("until_decided") is None
    (verdict,) = run.run()["verdicts"]
    assert len(verdict["comparison"]["rows"]) == CASES


def test_one_undecided_gate_asks_on_and_decided_ones_stay_decided(project):  # noqa: F811
    """Also in the same test; the whole suite is asked for the other gate alone."""
    run = project(often_wrong)
    both = GATE.format(thresholds="floor=0.5") + "    gate(evaluate(exact_match()), max_drop=0.1)\n"
    run.suite(code=HEAD + both + GATE.replace("right", "also").replace("{thresholds}", "floor=0.4"), cases=CASES)

    result = run.gate("--until-decided")

    assert result.ret == 6
    found = {
        (one["test_id"].split("::")[1], one["gate"].get("floor")): (one["outcome"], len(one["comparison"]["rows"]))
        for one in run.run()["verdicts"]
    }
    assert found == {
        ("test_right", 0.5): ("passed", CASES),
        ("test_right", None): ("inconclusive", CASES),
        ("test_also", 0.4): ("passed", 100),
    }


def test_pinned_cases_are_always_asked(project):  # noqa: F811
    """Each has its verdict; the gate beside them judges the cases of the random order alone."""
    run = project(right)
    pinned = "\n@SUITE\ndef test_each(case, answer):\n    assert answer.text == case.expected\n"
    run.suite(code=HEAD + GATE + pinned, thresholds="max_drop=0.1", cases=CASES)
    last = [f"sum-{place}" for place in order_of(IDS, 0)[-2:]]

    result = run.gate("--until-decided", "-k", f"test_right or {last[0]}] or {last[1]}]")

    assert result.ret == 0
    saved = run.run()
    assert {one["case_id"] for one in saved["pinned"]} >= set(last)
    assert len(saved["verdicts"][0]["comparison"]["rows"]) == 100
    assert 102 <= len(set(questions(run))) < 120


def test_a_suite_of_one_case_is_asked_whole(project):  # noqa: F811
    """There is nothing to say of it."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="max_flips=0", cases=1)

    result = run.gate("--until-decided")

    assert (result.ret, len(questions(run))) == (0, 1)
    assert "random order" not in run.report()


def test_calls_that_fail_decide_nothing(project):  # noqa: F811
    """Every case is asked, and the gate is inconclusive: an infrastructure failure is no score."""
    run = project(lambda model, _question: 400 if model == "mine" else "1")
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=120)

    result = run.gate("--until-decided")

    assert result.ret == 6
    (verdict,) = run.run()["verdicts"]
    assert (verdict["outcome"], len(verdict["comparison"]["rows"])) == ("inconclusive", 120)


@pytest.mark.parametrize("option", ["-x", "--stepwise"])
def test_options_by_which_no_test_can_run_again_are_refused(project, option):  # noqa: F811
    """Before anything is asked, by name."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1")

    result = run.gate("--until-decided", option)

    assert result.ret == 4
    assert "-x, --maxfail, --stepwise" in "\n".join((*result.outlines, *result.errlines))
    assert run.stub.bodies == []


def test_several_candidates_each_stop_by_themselves(project):  # noqa: F811
    """The bad one fails after its first batch, while the other one goes on."""
    run = project(lambda model, question: wrong("mine", question) if model == "bad" else often_wrong(model, question))
    adapter_in(run.folder / "adapters" / "bad", weights=b"bad")
    run.stub.models.append("bad")
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)

    run.gate("--until-decided", "--candidate", "adapters/bad")

    assert {one: len(questions(run, one)) for one in ("mine", "bad", "tiny")} == {
        "mine": CASES,
        "bad": 100,
        "tiny": CASES,
    }


def judging(run: Project) -> int:
    """Return how many calls the judge got."""
    return sum(model == "reader" for model, _ in run.asked)


def judged(model: str, question: str) -> str:
    """Answer sums, now and then wrong at the candidate; the judge finds all answers good."""
    return '{"score": 5}' if model == "reader" else often_wrong(model, question)


def test_a_judge_stops_when_its_gate_is_decided(project):  # noqa: F811
    """While another gate has all cases of the same suite asked; the run says how many calls were not sent."""
    run = project(judged)
    run.stub.models.append("reader")
    run.believe("completeness")
    code = HEAD + GATE.replace("{thresholds}", "max_drop=0.1") + JUDGED
    run.suite(code=code, thresholds="floor=0.5", cases=CASES)

    result = run.gate("--until-decided", "--judge", "openai:reader")

    assert result.ret == 6
    different = sum(often_wrong("mine", f"{place}+1") == "?" for place in order_of(IDS, 0)[:100])
    assert (len(questions(run)), judging(run)) == (CASES, 100 + different)
    saved = run.run()
    found = {one["test_id"].split("::")[1]: one for one in saved["verdicts"]}
    asked = {name: len(one["comparison"]["rows"]) for name, one in found.items()}
    assert asked == {"test_right": CASES, "test_judged": 100}
    spared = 2 * judging(run)
    assert [(one["side"], one["requests"]) for one in saved["until_decided"]["spared"]] == [("judge", spared)]
    assert f"Not asked: about {spared} judge calls to reader." in run.report()


def test_a_batch_that_breaks_off_is_gone_on_with_in_the_same_order(project, monkeypatch):  # noqa: F811
    """The run is inconclusive and says so; the next one asks only what is missing."""
    run = project(often_wrong)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)
    fetch, batches = Asking.fetch, []

    def breaks(self: Asking, asked: Sequence[Question], ahead: Readings | None = None) -> None:
        batches.append(asked)
        if len(batches) > 1:
            raise EngineError("the cable is out")
        fetch(self, asked, ahead)

    with monkeypatch.context() as broken:
        broken.setattr(Asking, "fetch", breaks)
        first = run.gate("--until-decided")
    told = run.report()
    after = len(questions(run))
    second = run.gate("--until-decided")

    assert (first.ret, after) == (6, 100)
    assert "asked 100 of 300 cases, in a random order (seed 0). The others" in told
    assert "the cable is out" in told
    assert second.ret == 6
    assert Counter(questions(run)) == Counter(f"{n}+1" for n in range(CASES))


def test_a_saved_early_run_can_be_one_side_again(project):  # noqa: F811
    """By its own order it has what is asked; as a whole it has not, and that is no score."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)
    run.gate("--until-decided")

    again = run.gate("--until-decided", candidate="run:1")
    asked = len(questions(run))
    whole = run.gate("--ask-all", candidate="run:1")

    assert (again.ret, asked, whole.ret) == (0, 100, 6)
    (verdict,) = run.run()["verdicts"]
    assert len(verdict["comparison"]["unscored"]) == CASES - 100


def test_saved_runs_that_stopped_early_are_compared_and_decided_by_what_was_asked(project):  # noqa: F811
    """And the history says which gates were decided early."""
    run = project(right)
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.1", cases=CASES)
    run.gate("--until-decided")
    run.gate("--ask-all")

    compared = run_harness(run.folder, "compare", "1", "2")
    history = run_harness(run.folder, "history")
    decided = run_harness(run.folder, "decide", "1", ".")
    run.suite(code=HEAD + GATE, thresholds="max_drop=0.02", cases=CASES)
    stricter = run_harness(run.folder, "decide", "1", ".")

    assert "100 of 300" in "\n".join(compared.outlines)
    assert "passed (early)" in "\n".join(history.outlines)
    assert (decided.ret, stricter.ret) == (0, 6)
    assert "100 of 300 cases were asked" in " ".join("\n".join(stricter.outlines).split())


def test_slices_pass_by_a_part_of_the_cases(project):  # noqa: F811
    """Of which each slice has enough."""
    run = project(right)
    run.suite(
        code=HEAD + "@SUITE\ndef test_each(evaluate, gate):\n"
        "    gate(evaluate(exact_match()).by_tag('kind'), max_drop=0.2)\n"
    )
    run.cases(
        *(
            {
                "id": f"sum-{n}",
                "messages": [{"role": "user", "content": f"{n}+1"}],
                "expected": str(n + 1),
                "tags": [f"kind-{n % 2}"],
            }
            for n in range(CASES)
        )
    )

    result = run.gate("--until-decided")

    assert result.ret == 0
    assert len(questions(run)) < CASES
    sizes = [len(one["comparison"]["rows"]) for one in run.run()["verdicts"]]
    assert (len(sizes), sum(sizes)) == (2, len(questions(run)))
