"""How a run ended: one rule, from which the exit code, the report, the summary and the history take their word."""

from harness.records.compared import Outcome, Verdict
from harness.records.saved import Run

RANK: dict[Outcome, int] = {"failed": 0, "inconclusive": 1, "passed": 2}


def overall(run: Run) -> Outcome:
    """Return the outcome of the whole run: the worst of what is gated; inconclusive when nothing is.

    Advisory gates never count, pinned tests do. A test that broke fails the run, one that measured nothing leaves it
    inconclusive at best.
    """
    outcomes = [verdict.outcome for verdict in binding(run)] + [pinned.outcome for pinned in run.pinned]
    if run.broken:
        return "failed"
    if run.unmeasured:
        outcomes.append("inconclusive")
    return min(outcomes, key=RANK.__getitem__, default="inconclusive")


def binding(run: Run) -> list[Verdict]:
    """Return the verdicts that count: all but the advisory ones."""
    return [verdict for verdict in run.verdicts if not verdict.gate.advisory]
