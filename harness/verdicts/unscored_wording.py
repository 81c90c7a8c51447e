"""What the cases without a score do to a verdict, in words."""

from collections import Counter
from collections.abc import Sequence

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.text.figures import count_cases
from harness.text.visible import for_terminal
from harness.verdicts.compare import scored_cases
from harness.verdicts.short_figures import unscored_in_all

MOST_REASONS = 3
"""Number of kinds of reasons that are named."""
NOT_A_NUMBER = "a mean of this comparison is not a number; score the answers again"


def nothing_scored(rows: Sequence[Row]) -> str:
    """Say why a comparison has no scored case."""
    if not rows:
        return "no cases, so nothing was measured; check the case file and which tests were selected"
    return f"none of {count_cases(len(rows))} is scored on both sides: {_unscored_reasons(rows)}"


def too_many_unscored(comparison: Comparison, allowed: int) -> str:
    """Say how many cases have no score, and why."""
    count = len(comparison.unscored)
    about = f" (about {unscored_in_all(comparison):.0f} of the whole suite)" if comparison.short else ""
    return f"{count} unscored{about}, more than the allowed {allowed}: {_unscored_reasons(comparison.rows)}"


def whatever_answered(reason: str, best: str, comparison: Comparison) -> str:
    """Say that a threshold is missed also with the best missing answers; ``best`` says by what it is missed then."""
    at_best = "" if best == reason else f" ({best})"
    return f"{reason}; with the best answers to {_unscored(comparison)} it would fail too{at_best}"


def could_change(reason: str, comparison: Comparison) -> str:
    """Say that the missing answers could turn a failure of the scored cases."""
    scored = f"{scored_cases(comparison)} of {count_cases(len(comparison.rows))}"
    return f"{reason}, on {scored}; the answers to {_unscored(comparison)} could change that"


def _unscored(comparison: Comparison) -> str:
    count = len(comparison.unscored)
    return "the unscored case" if count == 1 else f"the {count} unscored cases"


def _unscored_reasons(rows: Sequence[Row]) -> str:
    """Name the most frequent reasons, each with its number of cases where there are several."""
    counted = Counter(filter(None, Rows.of(rows).unscored))
    if len(counted) == 1:
        return for_terminal(next(iter(counted)))
    named = [f"{for_terminal(reason)} ({count_cases(count)})" for reason, count in counted.most_common(MOST_REASONS)]
    left = len(counted) - len(named)
    return "; ".join([*named, f"and {left} more kinds"] if left else named)
