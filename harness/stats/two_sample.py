"""Before and now: several figures of two samples, each with an interval, tested together, and each with a verdict.

The tests are in ``classifier``, ``distributions`` and ``independent``; here is what they have in common.
"""

from collections.abc import Hashable, Mapping
from typing import Literal, TypeVar

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import ALPHA
from harness.stats.corrections import holm

Name = TypeVar("Name", bound=Hashable)
Verdict = Literal["steady", "drifted", "too little to tell"]
Worse = Literal["higher", "lower", "either"]
"""Which change of a figure counts."""


class Change(Record, frozen=True, kw_only=True):
    """How far a figure of two samples is from ``same``, its value when both are of one kind.

    ``p_value`` is how likely a distance as large is then; ``lower_p`` and ``higher_p`` are those of a figure as low, or
    as high, None where the figure has one direction only. ``least_p`` is the smallest p value that was possible:
    1 / (R + 1) of a permutation test with R repetitions.
    """

    estimate: Estimate
    same: float
    p_value: float
    lower_p: float | None = None
    higher_p: float | None = None
    least_p: float = 0.0


class Drift(Record, frozen=True, kw_only=True):
    """A change, what it could be at most, its p value corrected for all that were tested, and the verdict."""

    change: Change
    margin: float
    p_value: float
    verdict: Verdict


def two_samples(
    changes: Mapping[Name, Change],
    margins: Mapping[Name, float],
    alpha: float = ALPHA,
    worse: Mapping[Name, Worse] | None = None,
) -> dict[Name, Drift]:
    """Return each change with its verdict; ``margins`` say how far each figure can be from ``same``.

    ``worse`` says which change counts, either where it doesn't name a figure. Where one way alone does, the figure can
    be as far as it likes on the other, and its p value is the one-sided one, if it has one.

    Steady: the whole interval is within the margin, so that a larger change is ruled out (equivalence: Schuirmann 1987,
    J. Pharmacokinetics and Biopharmaceutics 15:657; here at 2.5 % for each end). Drifted: the whole interval is beyond
    the margin, and the p value, corrected by Holm, is at most ``alpha``. Otherwise too little to tell.

    Where nothing changed, any of them is called drifted with at most the probability ``alpha``, however the figures
    depend on each other. That all are steady needs no correction: each had to be shown (Berger 1982, Technometrics
    24:295).

    Raises:
        ValueError: names differ, a margin is not positive, or a permutation test had so few repetitions that it could
            not alarm among so many tests.
    """
    if changes.keys() != margins.keys():
        raise ValueError(
            f"changes and margins have different figures: {sorted(map(str, changes.keys() ^ margins.keys()))}"
        )
    for name, change in changes.items():
        if not margins[name] > 0:
            raise ValueError(f"{name}: a margin must be above 0, got {margins[name]}")
        if change.least_p * len(changes) > alpha:
            needed = len(changes) / alpha
            raise ValueError(f"{name}: among {len(changes)} tests it needs at least {needed:.0f} repetitions to alarm")
    ways = {name: (worse or {}).get(name, "either") for name in changes}
    corrected = holm([_p_value(change, ways[name]) for name, change in changes.items()])
    return {
        name: Drift(
            change=change,
            margin=margins[name],
            p_value=p_value,
            verdict=_verdict(change, ways[name], margins[name], p_value <= alpha),
        )
        for (name, change), p_value in zip(changes.items(), corrected, strict=True)
    }


def _p_value(change: Change, worse: Worse) -> float:
    one_sided = {"higher": change.higher_p, "lower": change.lower_p, "either": None}[worse]
    return change.p_value if one_sided is None else one_sided


def _verdict(change: Change, worse: Worse, margin: float, is_sure: bool) -> Verdict:
    low, high = change.estimate.low - change.same, change.estimate.high - change.same
    rises, falls = worse != "lower", worse != "higher"
    if (not rises or high <= margin) and (not falls or low >= -margin):
        return "steady"
    if is_sure and ((rises and low > margin) or (falls and high < -margin)):
        return "drifted"
    return "too little to tell"
