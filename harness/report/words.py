"""The sentences and figures of a report: what came out, what to do next, how a number is written."""

import math
from collections.abc import Sequence

from harness.records import Estimate, Gate, Outcome, Run, Verdict
from harness.report.shown import fact

NOTHING = "–"
RANK: dict[Outcome, int] = {"failed": 0, "inconclusive": 1, "passed": 2}


def overall(run: Run) -> Outcome:
    """Return the outcome of the whole run: the worst of what is gated; inconclusive when nothing is.

    Advisory gates never count. A pinned test counts as a gate; a test that broke counts as failed.
    """
    outcomes = [verdict.outcome for verdict in binding(run)] + [pinned.outcome for pinned in run.pinned]
    if run.broken:
        return "failed"
    return min(outcomes, key=RANK.__getitem__, default="inconclusive")


def headline(run: Run) -> str:
    """Return the verdict on the whole run in one plain sentence."""
    candidate, baseline = fact(run.candidate.name, 80), fact(run.baseline.name, 80)
    outcome = overall(run)
    if outcome == "failed":
        parts = _counts(run, "failed", "failed")
        if run.broken:
            parts.append(f"{count(len(run.broken), 'test')} broke")
        return f"{candidate} failed against {baseline}: {join(parts)}."
    if outcome == "passed":
        parts = _totals(run)
        return f"{candidate} passed against {baseline}: {join(parts)} passed."
    if not binding(run) and not run.pinned:
        return f"{candidate} against {baseline} is inconclusive: nothing was gated."
    undecided = _counts(run, "inconclusive", "could not be decided")
    return f"{candidate} against {baseline} is inconclusive: nothing failed, but {join(undecided)}."


def next_step(run: Run) -> str:
    """Return what the reader should do now, in a sentence or two."""
    candidate = fact(run.candidate.name, 80)
    outcome = overall(run)
    if outcome == "passed":
        doubtful = sum(verdict.gate.advisory and verdict.outcome != "passed" for verdict in run.verdicts)
        look = f" {count(doubtful, 'advisory gate')} did not pass; worth a look." if doubtful else ""
        return f"Nothing here stands against releasing {candidate}.{look}"
    if outcome == "failed":
        return f"Do not release {candidate}. {_where_it_failed(run)}"
    worst = [verdict for verdict in binding(run) if verdict.outcome == "inconclusive"]
    if worst:
        reason = fact(worst[0].reasons[0], 300) if worst[0].reasons else "it could not be decided"
        return f"Do not release {candidate} yet. {quoted(worst[0])}: {reason.rstrip('.')}."
    if run.pinned:
        return f"Do not release {candidate} yet. Give the undecided pinned cases an answer and run again."
    return f"Do not release {candidate} yet. Put gate(evaluate(...), max_drop=...) into a test and run again."


def _where_it_failed(run: Run) -> str:
    worst = [verdict for verdict in binding(run) if verdict.outcome == "failed"]
    if worst:
        first = max(worst, key=lambda verdict: len(verdict.comparison.lost))
        return f"Start with {quoted(first)}: {_worst_figure(first, fact(run.baseline.name, 80))}."
    if any(pinned.outcome == "failed" for pinned in run.pinned):
        return "Start with the failed pinned cases below: each is a rule that must always hold."
    return "Mend what broke and run again: what the broken tests guard is not known until then."


def _worst_figure(verdict: Verdict, baseline: str) -> str:
    comparison = verdict.comparison
    if comparison.lost:
        lost, cases = len(comparison.lost), count(len(comparison.rows), "case")
        return f"of {cases}, {lost:,} that {baseline} got right {'is' if lost == 1 else 'are'} wrong now"
    return fact(verdict.reasons[0], 300).rstrip(".") if verdict.reasons else "its reasons stand below"


def binding(run: Run) -> list[Verdict]:
    """Return the verdicts that count: all but the advisory ones."""
    return [verdict for verdict in run.verdicts if not verdict.gate.advisory]


def quoted(verdict: Verdict) -> str:
    """Return the gate's title in quotation marks."""
    return f"“{title(verdict.test_id)}”"


def title(test_id: str) -> str:
    """Turn a test's id into words.

    >>> title("suites/triage/test_triage.py::test_tickets_reach_the_right_queue[de]")
    'Tickets reach the right queue'
    """
    name = bare(test_id).rpartition("::")[2].removeprefix("test_").replace("_", " ").strip()
    name = fact(name or test_id, 120)
    return name[:1].upper() + name[1:]


def bare(test_id: str) -> str:
    """Return a test's id without the case in brackets."""
    file, colons, name = test_id.partition("::")
    return f"{file}{colons}{name.partition('[')[0]}" if colons else test_id


def number(value: float | None) -> str:
    """Write a score or a mean."""
    return NOTHING if value is None else f"{value:.3f}".replace("-", "−") if math.isfinite(value) else "not a number"


def signed(value: float | None) -> str:
    """Write a difference: always with its sign, and zero without one.

    >>> signed(-0.035)
    '−0.035'
    """
    written = number(value)
    if not written.strip("−0."):
        return written.removeprefix("−")
    return f"+{written}" if written[0].isdigit() else written


def interval(estimate: Estimate) -> str:
    """Write the interval of a mean."""
    return f"{number(estimate.low)} to {number(estimate.high)}"


def signed_interval(estimate: Estimate) -> str:
    """Write the interval of a difference."""
    return f"{signed(estimate.low)} to {signed(estimate.high)}"


def count(n: int, noun: str) -> str:
    """Write a number of things.

    >>> count(1, "case"), count(1200, "case")
    ('1 case', '1,200 cases')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def join(parts: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    return " and ".join([*[", ".join(parts[:-1])] * (len(parts) > 1), *parts[-1:]])


def thresholds(gate: Gate) -> tuple[tuple[str, str], ...]:
    """Return each threshold in force as its name and its value with what it asks."""
    found = [("max unscored", f"at most {count(gate.max_unscored, 'case')} without a score")]
    if gate.max_flips is not None:
        found.insert(0, ("max flips", f"at most {count(gate.max_flips, 'lost case')}"))
    if gate.max_drop is not None:
        found.insert(0, ("max drop", f"{number(gate.max_drop)}: the whole interval above {signed(-gate.max_drop)}"))
    if gate.floor is not None:
        found.insert(0, ("floor", f"{number(gate.floor)}: the candidate’s mean at least this"))
    return tuple(found)


def suite_of(test_id: str) -> str:
    """Return the folder of the test's file, which is the suite's name."""
    parts = test_id.partition("::")[0].replace("\\", "/").split("/")
    return fact(parts[-2], 80) if len(parts) > 1 else ""


def _totals(run: Run) -> list[str]:
    gates, pinned = len(binding(run)), len(run.pinned)
    return [
        f"the only {noun}" if n == 1 else f"all {count(n, noun)}"
        for n, noun in ((gates, "gate"), (pinned, "pinned case"))
        if n
    ]


def _counts(run: Run, outcome: Outcome, ending: str) -> list[str]:
    gates = [verdict.outcome for verdict in binding(run)]
    pinned = [one.outcome for one in run.pinned]
    return [
        f"{outcomes.count(outcome):,} of {count(len(outcomes), noun)} {ending}"
        for outcomes, noun in ((gates, "gate"), (pinned, "pinned case"))
        if outcome in outcomes
    ]
