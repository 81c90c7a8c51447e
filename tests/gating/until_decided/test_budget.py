"""``--until-decided`` where the judge's budget ends: what can't decide a gate any more is not asked."""

import re

import pytest

from tests.gating.projects import project, right  # noqa: F401 - the fixture
from tests.gating.until_decided.test_early_gates import verdicts
from tests.gating.until_decided.test_until_decided import CASES, GATE, HEAD, JUDGED, judging, questions


def halves(model: str, question: str) -> str:
    """Answer as the base model does with other words; the judge finds four sums good, the next four bad."""
    if model != "reader":
        return right(model, question) + (" exactly" if model == "mine" else "")
    (first,) = set(re.findall(r"(\d+)\+1\b", question))
    return '{"score": 5}' if int(first) // 4 % 2 == 0 else '{"score": 1}'


def worst(model: str, question: str) -> str:
    """Let the judge find every answer bad."""
    return '{"score": 1}' if model == "reader" else halves(model, question)


@pytest.mark.parametrize(
    ("budget", "asked"), [(150, 100), (220, 150)], ids=["in the first batch", "in the second batch"]
)
def test_where_the_judges_budget_ends_its_gate_asks_no_more(project, budget, asked):  # noqa: F811
    """Neither of the judge nor of the sides; the gate is inconclusive, and says why and what to do."""
    run = project(halves)
    run.stub.models.append("reader")
    run.believe("completeness")
    run.suite(code=HEAD + JUDGED, thresholds="floor=0.5", cases=CASES)

    result = run.gate("--until-decided", "--judge", "openai:reader", "--judge-budget", str(budget))

    assert result.ret == 6
    assert (len(questions(run)), judging(run)) == (asked, budget)
    assert verdicts(run) == [("test_judged", "inconclusive", asked)]
    reason = run.run()["verdicts"][0]["reasons"][0]
    assert reason == (
        f"{asked} of 300 cases were asked, and more can't decide this gate: the judge's budget of {budget} calls was "
        "used up; give it a larger one and run again: what was answered is not asked again"
    )
    report = run.report()
    assert f"--until-decided asked {asked} of 300 cases, in a random order (seed 0). The others" in report
    assert f"Not asked: {CASES - asked} requests to" in report


def test_another_gate_has_the_rest_asked(project):  # noqa: F811
    """Of the judge that is nobody's call any more."""
    run = project(halves)
    run.stub.models.append("reader")
    run.believe("completeness")
    other = GATE.replace("exact_match()", "lambda case, answer: float(len(answer.text) > 0)")
    run.suite(code=HEAD + other.replace("{thresholds}", "floor=1.0") + JUDGED, thresholds="floor=0.5", cases=CASES)

    run.gate("--until-decided", "--judge", "openai:reader", "--judge-budget", "150")

    assert (len(questions(run)), judging(run)) == (CASES, 150)
    assert verdicts(run) == [("test_right", "passed", CASES), ("test_judged", "inconclusive", 100)]


def test_what_the_rest_could_not_save_fails_though_the_budget_has_ended(project):  # noqa: F811
    """As it would where all cases were asked: with the best scores of all others the floor is out of reach."""
    run = project(worst)
    run.stub.models.append("reader")
    run.believe("completeness")
    run.suite(code=HEAD + JUDGED, thresholds="floor=0.9", cases=CASES)

    result = run.gate("--until-decided", "--judge", "openai:reader", "--judge-budget", "150")

    assert (result.ret, len(questions(run))) == (1, 100)
    reason = run.run()["verdicts"][0]["reasons"][0]
    assert reason.startswith("decided early, by 100 of 300 cases: ")
