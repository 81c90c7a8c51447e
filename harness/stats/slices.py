"""Slices that got worse: which of many parts, each with its figure before and now, are lower beyond chance."""

from collections.abc import Mapping

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import ALPHA
from harness.stats.corrections import holm
from harness.stats.independent import change_of
from harness.stats.summed import Summary


class Slice(Record, frozen=True, kw_only=True):
    """One slice: how much higher its figure is now, the one-sided p value corrected for all slices, and what follows.

    ``worse`` is beyond chance; ``within`` says that a drop of more than the margin is ruled out. Neither is too little
    to tell.
    """

    name: str
    change: Estimate
    p_value: float
    worse: bool
    within: bool


def worse_slices(
    before: Mapping[str, Summary], now: Mapping[str, Summary], margin: float, alpha: float = ALPHA
) -> tuple[Slice, ...]:
    """Return the slices that are on both sides, the surest drop first; more is better.

    Worse: lower at the level ``alpha`` after Holm's correction over the slices, so that where nothing changed any slice
    is named with at most that probability, however slices overlap; and lower by more than ``margin`` as it was seen, so
    that a drop of no importance is not named where there is much data. For figures of which less is better give what
    is left of them: the cases without a refusal, or negative seconds.

    Raises:
        ValueError: a negative margin, or a share before and a mean now.
    """
    if not margin >= 0:
        raise ValueError(f"a margin must not be negative, got {margin}")
    names = [name for name in before if name in now]
    changes = {name: change_of(before[name], now[name]) for name in names}
    corrected = holm([1.0 if change.lower_p is None else change.lower_p for change in changes.values()])
    found = [
        Slice(
            name=name,
            change=change.estimate,
            p_value=p_value,
            worse=p_value <= alpha and change.estimate.mean < -margin,
            within=change.estimate.low >= -margin,
        )
        for (name, change), p_value in zip(changes.items(), corrected, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (not one.worse, one.p_value, one.change.mean)))
