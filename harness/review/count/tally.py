"""Count votes: rates with intervals, a sign test, agreement, reasons. Pure; thresholds and words are in verdict.py.

Votes on one case belong together, whoever cast them, and so do cases of one group: they are clusters, in which the
reviewers are nested. Ties count half.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import get_args

from harness.records.asked import Side
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.review.count.unblind import Attention, CastVote, Preferred, Unblinded
from harness.stats import krippendorff_alpha, mcnemar_exact, mean_interval
from harness.stats.ratios import ONE_SIDED


class Shippable(Record, frozen=True, kw_only=True):
    """The share of votes that would ship one side's answer, of those that say. ``estimate`` is None where none does.

    ``least`` is the share when each of the ``unsaid`` votes counts as no.
    """

    side: Side
    estimate: Estimate | None
    least: float
    unsaid: int


class Tally(Record, frozen=True, kw_only=True):
    """What the votes say. ``win_rate`` is the candidate's, ties half; ``win_rate_low`` its one-sided 95 % bound.

    Both, and ``alpha``, are None where there is nothing to compute them from. ``cases_won`` and ``cases_lost`` count
    cases by the mean of their votes, and ``sign_test`` is the two-sided p value of these counts.
    """

    votes: int
    cases: int
    reviewers: int
    won: int
    tied: int
    lost: int
    both_bad: int
    win_rate: Estimate | None
    win_rate_low: float | None
    cases_won: int
    cases_lost: int
    sign_test: float
    shippable: tuple[Shippable, ...]
    alpha: float | None
    reasons: tuple[tuple[str, int, int], ...]
    """Each reason with how often it was given to the baseline's and to the candidate's answer."""
    strata: tuple[tuple[str, Estimate], ...]
    """The win rate in each stratum, where there are several."""
    attention: tuple[Attention, ...]


def tally(unblinded: Unblinded) -> Tally:
    """Count the votes."""
    votes = unblinded.votes
    preferred = Counter(vote.preferred for vote in votes)
    means = case_means(votes)
    won, lost = (sum(sign * (mean - 0.5) > 0 for mean in means.values()) for sign in (1, -1))
    win_rate, bound = (_rate([(vote, vote.value) for vote in votes], level) for level in (0.95, ONE_SIDED))
    return Tally(
        votes=len(votes),
        cases=len(means),
        reviewers=len({vote.reviewer for vote in votes}),
        won=preferred["candidate"],
        tied=preferred["tie"],
        lost=preferred["baseline"],
        both_bad=sum(vote.both_bad for vote in votes),
        win_rate=win_rate,
        win_rate_low=bound.low if bound else None,
        cases_won=won,
        cases_lost=lost,
        sign_test=mcnemar_exact(lost, won),
        shippable=tuple(_shippable(votes, side) for side in get_args(Side)),
        alpha=krippendorff_alpha([[vote.preferred for vote in cast] for cast in by_case(votes).values()]),
        reasons=_reasons(votes),
        strata=_strata(votes),
        attention=unblinded.attention,
    )


def by_case(votes: Iterable[CastVote]) -> dict[str, list[CastVote]]:
    """Return the votes on each case, in the order in which cases first appear."""
    found: defaultdict[str, list[CastVote]] = defaultdict(list)
    for vote in votes:
        found[vote.case.case_id].append(vote)
    return dict(found)


def case_means(votes: Iterable[CastVote]) -> dict[str, float]:
    """Return the mean of the votes on each case: above 1/2 the candidate won it."""
    return {case_id: statistics.fmean(vote.value for vote in cast) for case_id, cast in by_case(votes).items()}


def majority(cast: Sequence[CastVote]) -> Preferred:
    """Return what most votes on a case prefer; a tie where no answer has more votes than all else."""
    counts = Counter(vote.preferred for vote in cast)
    winner, count = counts.most_common(1)[0]
    return winner if list(counts.values()).count(count) == 1 else "tie"


def weighted_mean_interval(
    values: Sequence[float], weights: Sequence[float], groups: Sequence[str | None], level: float
) -> Estimate:
    """Return the weighted mean of values in [0, 1] with an interval that takes clusters into account.

    The variance is that of the linearized values m + w (x - m), weights scaled to a mean of 1 (Särndal, Swensson and
    Wretman 1992, Model Assisted Survey Sampling, section 5.7). Shrunk towards m by the largest weight they are in
    [0, 1]; their ``mean_interval`` is widened by it again. Strata do not narrow it, so it errs to the wide side. With
    equal weights it is ``mean_interval``.
    """
    mean = statistics.fmean(values, weights)
    most = max(weights)
    largest = most / statistics.fmean(weights)
    scaled = [mean + weight / most * (value - mean) for value, weight in zip(values, weights, strict=True)]
    found = mean_interval([min(max(value, 0.0), 1.0) for value in scaled], groups, level)
    return Estimate(
        mean=mean,
        low=max(0.0, mean - largest * (mean - found.low)),
        high=min(1.0, mean + largest * (found.high - mean)),
        n=found.n,
        method=found.method if largest == 1 else f"{found.method}, weighted by stratum",
    )


def _rate(values: Sequence[tuple[CastVote, float]], level: float) -> Estimate | None:
    if not values:
        return None
    cases = [vote.case for vote, _ in values]
    return weighted_mean_interval(
        [value for _, value in values],
        [case.weight for case in cases],
        [f"case {case.case_id}" if case.group is None else f"group {case.group}" for case in cases],
        level,
    )


def _shippable(votes: Sequence[CastVote], side: Side) -> Shippable:
    said = [(vote, float(ships)) for vote in votes if (ships := vote.ships[side]) is not None]
    yes = math.fsum(vote.case.weight * ships for vote, ships in said)
    return Shippable(
        side=side,
        estimate=_rate(said, 0.95),
        least=yes / math.fsum(vote.case.weight for vote in votes) if votes else 0.0,
        unsaid=len(votes) - len(said),
    )


def _reasons(votes: Iterable[CastVote]) -> tuple[tuple[str, int, int], ...]:
    given = {side: Counter(reason for vote in votes for reason in vote.reasons[side]) for side in get_args(Side)}
    names = sorted(given["baseline"] | given["candidate"], key=lambda name: (-given["candidate"][name], name))
    return tuple((name, given["baseline"][name], given["candidate"][name]) for name in names)


def _strata(votes: Sequence[CastVote]) -> tuple[tuple[str, Estimate], ...]:
    found: defaultdict[str, list[tuple[CastVote, float]]] = defaultdict(list)
    for vote in votes:
        found[vote.case.stratum].append((vote, vote.value))
    rates = [(name, _rate(values, 0.95)) for name, values in sorted(found.items())]
    return tuple((name, rate) for name, rate in rates if rate is not None) if len(rates) > 1 else ()
