"""How a run ended: the rule behind the exit code, the report, JUnit and the summary."""

from dataclasses import dataclass

import msgspec
import pytest

from harness.records.compared import Gate, Verdict
from harness.records.saved import Pinned
from harness.runs.outcome import exit_code, overall, reasons
from tests.sample_run import sample_run

PASSED = msgspec.structs.replace(sample_run().run.verdicts[0], outcome="passed", gate=Gate(floor=0.5), reasons=())


@dataclass(frozen=True)
class Found:
    """What some tests came to."""

    verdicts: tuple[Verdict, ...] = (PASSED,)
    pinned: tuple[Pinned, ...] = ()
    broken: tuple[str, ...] = ()
    leak_failure: str = ""
    given_away_failure: str = ""
    unmeasured: tuple[str, ...] = ()


def gated(outcome: str, *, advisory: bool = False, reason: str = "why") -> Verdict:
    """Return a verdict."""
    gate = Gate(floor=0.5, advisory=advisory)
    return msgspec.structs.replace(PASSED, outcome=outcome, gate=gate, reasons=(reason,), test_id="s/test_a.py::test_b")


def pinned(outcome: str) -> Pinned:
    """Return the end of a test of one case."""
    return Pinned(test_id="s/test_a.py::test_never", case_id="c1", outcome=outcome, reason="it did")


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (Found(), "passed", 0),
        (Found(verdicts=(PASSED, gated("failed"))), "failed", 1),
        (Found(verdicts=(PASSED, gated("inconclusive"))), "inconclusive", 6),
        (Found(verdicts=(gated("inconclusive"), gated("failed"))), "failed", 1),
        (Found(verdicts=(PASSED, gated("failed", advisory=True))), "passed", 0),
        (Found(verdicts=(gated("passed", advisory=True),)), "inconclusive", 6),
        (Found(verdicts=()), "inconclusive", 6),
        (Found(pinned=(pinned("failed"),)), "failed", 1),
        (Found(verdicts=(), pinned=(pinned("passed"),)), "passed", 0),
        (Found(pinned=(pinned("inconclusive"),)), "inconclusive", 6),
        (Found(broken=("test_x: boom",)), "failed", 1),
        (Found(unmeasured=("test_x was skipped",)), "inconclusive", 6),
        (Found(broken=("test_x: boom",), unmeasured=("test_x was skipped",)), "failed", 1),
        (Found(leak_failure="2 cases in the training rows", unmeasured=("test_x was skipped",)), "failed", 1),
        (Found(verdicts=(), leak_failure="2 cases in the training rows"), "failed", 1),
        (Found(given_away_failure="2 training rows given away"), "failed", 1),
    ],
)
def test_the_worst_of_what_counts_is_the_outcome(found, outcome, code):
    """With the exit code that belongs to it, also where pytest by itself saw nothing wrong."""
    assert overall(found) == outcome
    assert exit_code(overall(found), 0) == code


@pytest.mark.parametrize(
    ("found", "pytests", "code"),
    [
        (Found(), 1, 1),
        (Found(), 2, 2),
        (Found(), 5, 5),
        (Found(verdicts=(gated("failed"),)), 2, 1),
        (Found(verdicts=(gated("failed"),)), 3, 3),
        (Found(verdicts=(gated("inconclusive"),)), 1, 6),
        (Found(verdicts=(gated("inconclusive"),)), 4, 4),
        (Found(verdicts=(gated("inconclusive"),)), 6, 6),
    ],
)
def test_the_exit_code_is_never_better_than_pytests(found, pytests, code):
    """What was interrupted, broken, used wrongly or empty keeps pytest's own code."""
    assert exit_code(overall(found), pytests) == code


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Found(), ()),
        (Found(verdicts=(PASSED, gated("failed", reason="too low"))), ("B: too low",)),
        (Found(pinned=(pinned("failed"),)), ("Never, case c1: it did",)),
        (Found(broken=("test_x: boom",), unmeasured=("test_y was skipped",)), ("test_x: boom",)),
        (Found(unmeasured=("test_y was skipped",)), ("test_y was skipped",)),
        (Found(verdicts=(gated("failed"),), broken=("x",), leak_failure="2 cases"), ("B: why", "x", "2 cases")),
        (Found(leak_failure="2 cases", given_away_failure="3 rows"), ("2 cases", "3 rows")),
        (
            Found(verdicts=(gated("passed", advisory=True),)),
            ("nothing was gated: only advisory gates ran, which decide nothing",),
        ),
        (Found(verdicts=()), ("nothing was gated: no test called gate(...)",)),
    ],
)
def test_what_made_the_outcome_is_listed(found, told):
    """Never an exit code without a reason."""
    assert reasons(found) == told
