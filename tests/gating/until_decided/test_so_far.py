"""What a gate that the cases asked so far don't decide makes of its test: it waits, or has its verdict at once."""

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.gating.postponed import Postponed, Waiting
from harness.gating.until_decided.batches import Batches
from harness.gating.until_decided.so_far import Asker, SoFar
from harness.records.asked import Case, Sampling
from harness.records.compared import Gate
from harness.records.judged import JudgeFigures
from harness.scorers import exact_match
from tests.verdicts.test_early import LOST, of_scores, spread

CASES = tuple(Case(id=f"sum-{n}", messages=()) for n in range(300))
SUITE = Suite(name="sums", cases=CASES, sampling=Sampling(), digest="d")
NEAR = msgspec.structs.replace(of_scores(spread(100, (LOST, 9))), not_asked={"": 200})
GATE = Gate(max_drop=0.1)


def so_far(asked: list[int]) -> tuple[SoFar, Waiting]:
    """Return a run of which 100 of 300 cases were asked, and what its tests wait for; ``asked`` notes what is."""
    batches, waiting = Batches(0), Waiting()
    batches.begin(SUITE)

    def questions_of(_suite: object, cases: object) -> list[object]:
        asked.append(len(cases))
        return []

    asker = Asker(questions_of, lambda *_: None, are_paid=False, judges_used_up=lambda: "")
    return SoFar(batches, waiting, asker), waiting


def test_an_undecided_gate_waits_for_the_next_look():
    """Fifty more cases of 300."""
    asked: list[int] = []
    run, waiting = so_far(asked)

    with waiting.noticing() as waits, pytest.raises(Postponed):
        run.decide_or_wait("test", NEAR, GATE, (SUITE, exact_match()))

    assert (asked, waits()) == ([50], True)


def test_where_nobody_knows_the_judge_nothing_more_is_asked():
    """More cases would be inconclusive too."""
    asked: list[int] = []
    run, waiting = so_far(asked)
    judged = JudgeFigures(rubric="r", version=1, judge="j", unknown="its server is gone")

    with waiting.noticing() as waits:
        (verdict,) = run.decide_or_wait(
            "test", msgspec.structs.replace(NEAR, judged=judged), GATE, (SUITE, exact_match())
        )

    assert (verdict.outcome, asked, waits()) == ("inconclusive", [], False)
    assert "nobody could tell whether their judge is the one that was checked" in verdict.reasons[0]
