"""One score out of several of the same answer: from the members of a jury, or from one judge that was asked often."""

import statistics
from collections.abc import Sequence
from typing import Literal

from harness.records.scored import Score
from harness.text.figures import count

Combine = Literal["mean", "majority"]
SPLIT = "jury split"
"""Behind the category of a score on which the members of a jury did not all agree."""


def from_jury(given: Sequence[tuple[str, Score]], combine: Combine) -> Score:
    """Return the score of a jury, given the name and the score of each member.

    "majority" is what more than half of those with a verdict said, and their median where nothing is.
    """
    return _combined(given, combine, "judge", SPLIT) if len(given) > 1 else given[0][1]


def from_samples(given: Sequence[Score]) -> Score:
    """Return the mean of the scores that one judge gave an answer."""
    return _combined([("", score) for score in given], "mean", "sample", "")


def _combined(given: Sequence[tuple[str, Score]], combine: Combine, who: str, split: str) -> Score:
    """Combine scores. Those without a value are left out; fewer than half with one make none."""
    known = [(name, score, score.value) for name, score in given if score.value is not None]
    missing = [(name, score) for name, score in given if score.value is None]
    if 2 * len(known) < len(given):
        (name, first), *_ = missing
        told = f"{len(missing)} of {count(len(given), who)} gave no verdict, first {name}".removesuffix(", first ")
        return Score(value=None, reason=f"{told}: {first.reason}", category=first.category)
    values = [value for _, _, value in known]
    value = statistics.fmean(values) if combine == "mean" else _majority(values)
    nearest = min((score for _, score, _ in known), key=lambda score: abs((score.value or 0.0) - value))
    if len(set(values)) == 1 and not missing:
        return Score(value=value, reason=f"all {count(len(given), who)}: {nearest.reason}", category=nearest.category)
    each = ", ".join(f"{name} {_said(score)}".strip() for name, score in given)
    category = f"{nearest.category}, {split}" if split and len(set(values)) > 1 else nearest.category
    return Score(value=value, reason=f"{combine} of {count(len(known), who)}: {each}", category=category)


def _majority(values: Sequence[float]) -> float:
    return next((one for one in values if 2 * values.count(one) > len(values)), statistics.median(values))


def _said(score: Score) -> str:
    return f"no verdict ({score.category})" if score.value is None else f"{score.value:.2f} ({score.category})"
