"""Figures of a comparison that asked only a short suite: estimates of what the whole suite would have shown."""

import math
from typing import Literal

import msgspec

from harness import stats
from harness.records.compared import Comparison, Row

Of = Literal["difference", "candidate", "baseline"]
"""Which value of a row."""


def part_of(comparison: Comparison, of: Of = "difference") -> stats.Part:
    """Return what the scored cases of a comparison say of the whole suite, or of its slice.

    Raises:
        ValueError: the suite was asked as it is.
    """
    short = comparison.short
    if short is None:
        raise ValueError(f"{comparison.scorer} is of a whole suite")
    rows = [row for row in comparison.rows if _is_scored(row)]
    return stats.Part(
        values=tuple(_value(row, of) for row in rows),
        groups=tuple(row.group for row in rows),
        names=tuple(short.stratum_of[row.case_id] for row in rows),
        strata=short.strata,
        of=comparison.in_all,
        largest=short.largest,
    )


def unscored_in_all(comparison: Comparison) -> float:
    """Return how many cases have no score; of a short suite about how many of the whole, for which these stand."""
    short = comparison.short
    if short is None:
        return len(comparison.unscored)
    return math.fsum(short.strata[short.stratum_of[name]].weight for name in comparison.unscored)


def with_short_figures(comparison: Comparison) -> Comparison:
    """Return a comparison of a short suite with its figures estimated; one of a whole suite as it is."""
    if comparison.short is None or not any(_is_scored(row) for row in comparison.rows):
        return comparison
    part = part_of(comparison)
    spread = stats.part_spread(part)
    sd = math.sqrt(stats.of_all(spread) * len(part.values))
    effect = stats.minimum_detectable_effect(len(part.values), sd) if sd > 0 else None
    return msgspec.structs.replace(
        comparison,
        baseline_mean=stats.part_mean(part_of(comparison, "baseline")),
        candidate_mean=stats.part_mean(part_of(comparison, "candidate")),
        delta=stats.part_difference(part),
        detectable=effect if effect is not None and effect <= 1 else None,
    )


def _is_scored(row: Row) -> bool:
    return row.baseline is not None and row.candidate is not None


def _value(row: Row, of: Of) -> float:
    before, after = row.baseline or 0.0, row.candidate or 0.0
    return {"difference": after - before, "candidate": after, "baseline": before}[of]
