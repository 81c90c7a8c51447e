"""Two groups of requests that have nothing to do with each other: how far their means differ, and whether too far."""

from collections.abc import Callable, Sequence

from harness.drift.found import Verdict, Worse
from harness.records.estimate import Estimate
from harness.stats.means import mean_interval
from harness.stats.passfail import wilson_interval

HALVINGS = 40
NARROWEST, WIDEST = 1e-12, 0.999_999
At = Callable[[float], Estimate]
"""An estimate, given the level of its interval."""


def share_at(k: int, n: int) -> At:
    """Return a share with Wilson's interval at any level."""

    def at(level: float) -> Estimate:
        low, high = wilson_interval(k, n, level)
        return Estimate(mean=k / n, low=low, high=high, n=n, method="Wilson")

    return at


def mean_at(values: Sequence[float]) -> At:
    """Return a mean of scores in [0, 1] with its interval at any level."""
    if all(value in {0, 1} for value in values):
        return share_at(round(sum(values)), len(values))
    alone = [None] * len(values)
    return lambda level: mean_interval(values, alone, level)


def change_at(now: At, reference: At) -> At:
    """Return how far a mean is above another one, with an interval of both intervals' ends (MOVER).

    Zou and Donner (2008), Statistics in Medicine 27:1693; with Wilson's intervals it is method 10 of Newcombe (1998),
    Statistics in Medicine 17:873.
    """

    def at(level: float) -> Estimate:
        one, other = now(level), reference(level)
        difference = one.mean - other.mean
        down = ((one.mean - one.low) ** 2 + (other.high - other.mean) ** 2) ** 0.5
        up = ((one.high - one.mean) ** 2 + (other.mean - other.low) ** 2) ** 0.5
        return Estimate(
            mean=difference,
            low=max(difference - down, -1.0),
            high=min(difference + up, 1.0),
            n=one.n,
            method=f"of two groups, {one.n} and {other.n} (Zou and Donner)",
        )

    return at


def beyond_p_value(change: At, margin: float, worse: Worse) -> float:
    """Return the p value of the claim that a change for the worse is ``margin`` at most.

    It is the smallest one-sided rate at which the interval is beyond the margin; twice that where either way is worse.
    """
    one_sided = [_p_value(change, margin, side) for side in _sides(worse)]
    return min(1.0, len(one_sided) * min(one_sided))


def verdict_of(change: Estimate, margin: float, p_value: float, alpha: float, worse: Worse) -> Verdict:
    """Return drifted where the corrected p value says so, steady where the interval rules more than the margin out."""
    if p_value <= alpha:
        return "drifted"
    within = all((change.high if side > 0 else -change.low) <= margin for side in _sides(worse))
    return "steady" if within else "too little to tell"


def _sides(worse: Worse) -> tuple[int, ...]:
    return (1, -1) if worse == "either" else (1,) if worse == "higher" else (-1,)


def _p_value(change: At, margin: float, side: int) -> float:
    def is_beyond(p_value: float) -> bool:
        found = change(min(max(1 - 2 * p_value, 1 - WIDEST), 1 - NARROWEST))
        return (found.low if side > 0 else -found.high) > margin

    if not is_beyond(0.5):
        return 1.0
    low, high = NARROWEST, 0.5
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return high
