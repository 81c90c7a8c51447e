"""Sessions of the suites for tests: small runs with one gate, passed, failed or inconclusive, and the sample run."""

import msgspec

from harness.ci.ended import Ended
from harness.records.compared import Gate, Outcome, Verdict
from harness.records.saved import Run
from harness.verdicts.gate import decide
from tests.sample_run import sample_run
from tests.verdicts.test_gate import flips

TEST = "suites/labels/test_labels.py::test_labels_are_right"
CODES: dict[Outcome, int] = {"passed": 0, "failed": 1, "inconclusive": 6}
OTHERS = {"measures": (), "pinned": (), "broken": (), "unmeasured": (), "usage": (), "origins": (), "notes": ()}


def verdict(outcome: Outcome, line: int = 9, test_id: str = TEST) -> Verdict:
    """Return a verdict of 60 cases with this outcome."""
    lost = {"passed": 0, "failed": 30, "inconclusive": 0}[outcome]
    gate = Gate(max_flips=0) if outcome == "passed" else Gate(max_drop=0.02)
    decided = decide(test_id, flips(60, lost=lost, right=30), gate)
    assert decided.outcome == outcome
    return msgspec.structs.replace(decided, line=line)


def run_of(*verdicts: Verdict, number: int = 7, **facts: object) -> Run:
    """Return a run with these verdicts and nothing else."""
    fields = {**OTHERS, "verdicts": verdicts, "id": f"{number:04}-2026-11-26-1f3c", "number": number, **facts}
    return msgspec.structs.replace(sample_run().run, **fields)


def ended(outcome: Outcome, **facts: object) -> Ended:
    """Return a session whose one gate has this outcome."""
    return Ended(exit_code=CODES[outcome], runs=(run_of(verdict(outcome), **facts),))
