"""``--until-decided`` with gates that are easily mistaken for one another, can't be decided early, or break off."""

import json

from harness.asking.ask import Asking
from harness.errors import EngineError
from harness.runs.folder import read_run
from tests.gating.projects import project, right  # noqa: F401 - the fixture
from tests.gating.until_decided.test_until_decided import CASES, GATE, HEAD, judged, often_wrong


def verdicts(run):
    """Return the test, the outcome and the number of compared cases of each verdict of the newest run."""
    return [
        (one["test_id"].split("::")[1], one["outcome"], len(one["comparison"]["rows"])) for one in run.run()["verdicts"]
    ]


def test_two_scorers_of_one_name_in_one_test_are_two_gates(project):  # noqa: F811
    """What was decided of the first says nothing of the second, which 300 cases leave open."""
    run = project(often_wrong)
    scorers = "[lambda case, answer: 1.0, lambda case, answer: float(answer.text == case.expected)]"
    test = f"@SUITE\ndef test_both(evaluate, gate):\n    for one in {scorers}:\n"
    run.suite(code=HEAD + test + "        gate(evaluate(one), max_drop=0.1)\n", cases=CASES)

    result = run.gate("--until-decided")

    assert result.ret == 6
    assert verdicts(run) == [("test_both", "passed", CASES), ("test_both", "inconclusive", CASES)]


def test_a_gate_on_a_quantity_asks_all_of_its_cases_and_ends(project):  # noqa: F811
    """Batch by batch."""
    run = project(right)
    test = "from harness.scorers import answer_tokens\n\n@SUITE\ndef test_short(evaluate, gate):\n"
    run.suite(code=HEAD + test + "    gate(evaluate(answer_tokens()), max_rise=0.1)\n", cases=120)

    result = run.gate("--until-decided")

    assert (result.ret, verdicts(run)) == (0, [("test_short", "passed", 120)])


def test_a_comparison_that_another_test_made_is_judged_as_it_is(project):  # noqa: F811
    """More answers don't change it, so the gate is inconclusive, and says what to do."""
    run = project(often_wrong)
    first = "MADE = []\n@SUITE\ndef test_first(evaluate):\n    MADE.append(evaluate(exact_match()))\n"
    run.suite(code=HEAD + first + "@SUITE\ndef test_next(gate):\n    gate(MADE[0], max_drop=0.1)\n", cases=120)

    result = run.gate("--until-decided")

    assert (result.ret, verdicts(run)) == (6, [("test_next", "inconclusive", 60)])
    (reason,) = run.run()["verdicts"][0]["reasons"]
    assert reason.startswith("60 of 120 cases were asked, and they don't decide this gate; call evaluate in the test")
    assert "until every gate was decided" not in run.report()


def test_a_judge_reads_all_cases_for_a_test_that_cannot_run_again(project):  # noqa: F811
    """One with subtests, whose suite is always asked whole."""
    run = project(judged)
    run.stub.models.append("reader")
    run.believe("completeness")
    test = (
        '@SUITE\ndef test_it(evaluate, judge, gate, subtests):\n    gate(evaluate(judge("completeness")), floor=0.5)\n'
    )
    run.suite(code=HEAD + test, cases=120)

    result = run.gate("--until-decided", "--judge", "openai:reader")

    assert (result.ret, verdicts(run)) == (0, [("test_it", "passed", 120)])


def test_a_gate_that_was_decided_early_is_told_though_nothing_was_spared(project):  # noqa: F811
    """Its pairwise judge had nothing to read, and another gate had all cases asked: the run promotes nothing."""
    run = project(right)
    run.stub.models.append("reader")
    run.believe("helpfulness")
    test = '@SUITE\ndef test_preferred(prefer, gate):\n    gate(prefer("helpfulness"), max_drop=0.2)\n'
    code = HEAD + GATE.replace("{thresholds}", "max_drop=0.1, guarantee=True") + test
    run.suite(code=code, cases=CASES)

    result = run.gate("--until-decided", "--judge", "openai:reader")

    assert (result.ret, verdicts(run)) == (0, [("test_right", "passed", CASES), ("test_preferred", "passed", 100)])
    (folder,) = run.folder.glob("runs/0*")
    saved = read_run(folder)
    assert (saved.not_asked, saved.until_decided.spared) == (True, ())
    assert "Some gates were decided by a part of them." in run.report()


def test_a_run_whose_batch_broke_off_is_saved_with_the_rows_near_its_losses(project, monkeypatch):  # noqa: F811
    """The suite that was decided before is still of the cases that were asked."""
    run = project(often_wrong)
    other = GATE.replace("SUITE", "OTHER").replace("right", "other").replace("{thresholds}", "max_drop=0.1")
    suite = 'OTHER = pytest.mark.suite(Path(__file__).parent / "others.jsonl", max_tokens=8)\n'
    run.suite(code=HEAD + suite + GATE.replace("{thresholds}", "max_drop=0.3") + other, cases=CASES)
    sums = [(f"{n}+2", str(n + 2)) for n in range(CASES)]
    cases = [{"id": asked, "messages": [{"role": "user", "content": asked}], "expected": said} for asked, said in sums]
    (run.folder / "others.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    rows = [{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "1"}]}]
    (run.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    fetch, batches = Asking.fetch, []

    def breaks(self, asked, ahead=None) -> None:
        batches.append(asked)
        if len(batches) > 1:
            raise EngineError("the cable is out")
        fetch(self, asked, ahead)

    monkeypatch.setattr(Asking, "fetch", breaks)
    result = run.gate("--until-decided", "--training-data", "rows.jsonl")

    assert (result.ret, verdicts(run)) == (6, [("test_right", "passed", 100)])
