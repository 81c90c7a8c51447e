"""Whether the votes so far decide, or about how many more cases would: a test that can be read at any time."""

import math
import statistics
from collections.abc import Sequence
from typing import Literal

from harness.records.record import Record
from harness.review.count.tally import by_case
from harness.review.count.unblind import CastVote
from harness.stats import e_process

FURTHEST = 20
"""No forecast goes beyond this many times the cases seen."""


class Progress(Record, frozen=True, kw_only=True):
    """How far the votes are. ``more`` cases like those seen would decide; None where no number in the forecast would.

    ``rate`` is the win rate so far, ties half; None where no vote counts.
    """

    decided: Literal["above", "below", "not yet"]
    cases: int
    rate: float | None
    more: int | None


def how_far(votes: Sequence[CastVote], least: float) -> Progress:
    """Tell whether the win rate is shown to be above or below ``least``, by an e-process for each.

    Each cluster of cases is one observation, the mean of its votes, in the order in which cases were drawn, which is
    random. A case of weight w counts w x out of the largest weight. Either e-process errs with probability 5 % at most,
    however often it is read.
    """
    values, largest = _observations(votes)
    if not values:
        return Progress(decided="not yet", cases=0, rate=None, more=None)
    wins = [weight * value / largest for weight, value in values]
    losses = [weight * (1 - value) / largest for weight, value in values]
    rate = statistics.fmean(weight * value for weight, value in values)  # the weights' mean is 1
    above, below = (wins, least / largest), (losses, (1 - least) / largest)
    if e_process(*above).stopped_at is not None:
        return Progress(decided="above", cases=len(values), rate=rate, more=0)
    if e_process(*below).stopped_at is not None:
        return Progress(decided="below", cases=len(values), rate=rate, more=0)
    seen, threshold = above if statistics.fmean(wins) > above[1] else below
    stop = e_process(seen * FURTHEST, threshold).stopped_at
    return Progress(decided="not yet", cases=len(values), rate=rate, more=None if stop is None else stop - len(values))


def _observations(votes: Sequence[CastVote]) -> tuple[list[tuple[float, float]], float]:
    """Return weight and mean vote of each cluster, and the largest weight, scaled to a mean of 1."""
    clusters: dict[str, list[CastVote]] = {}
    for case_id, cast in by_case(votes).items():
        group = cast[0].case.group
        clusters.setdefault(f"case {case_id}" if group is None else f"group {group}", []).extend(cast)
    found = [
        (statistics.fmean(vote.case.weight for vote in cast), statistics.fmean(vote.value for vote in cast))
        for cast in clusters.values()
    ]
    scale = math.fsum(weight for weight, _ in found) / len(found) if found else 1.0
    return [(weight / scale, value) for weight, value in found], max(
        (weight for weight, _ in found), default=1.0
    ) / scale
