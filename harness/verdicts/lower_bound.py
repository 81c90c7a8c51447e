"""The threshold ``lower_bound``: a lower mean of the candidate must be ruled out."""

import math
import statistics

from harness import stats
from harness.records.compared import Comparison, Estimate, Finding, Gate
from harness.stats.arguments import ALPHA
from harness.stats.ratios import ONE_SIDED
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.mean_wording import below_bound, bound_out_of_reach, lower_mean_ruled_out, too_few_for_bound

HALVINGS = 30
"""Steps in which a p value or a bound is found: the last is finer than any that is shown."""
MOST_CASES = 1_000_000
"""A number of cases above this is not worth naming."""


def judge_lower_bound(comparison: Comparison, mean: Estimate, gate: Gate) -> Finding:
    """Judge the candidate's ``mean`` by what its one-sided 95 % lower bound must reach.

    It fails when the one-sided 95 % upper bound is below, and so at most once in 20 at a true mean of just the bound.
    """
    pairs, bound = paired(comparison.rows), gate.lower_bound or 0.0
    low, high = mean_bounds(pairs)
    if gate.guarantee and low >= bound and not _counted(pairs):
        low = min(low, _guaranteed_low(pairs))
    if low >= bound:
        return "passed", lower_mean_ruled_out(bound, low, gate)
    if high < bound:
        return "failed", below_bound(mean, bound, high)
    clusters, fewest = math.floor(stats.effective_clusters(pairs.groups)), stats.fewest_cases(1 - bound)
    if clusters < fewest:
        return "inconclusive", bound_out_of_reach(mean.n, clusters, bound, fewest)
    end = low if mean.mean >= bound else high
    return "inconclusive", too_few_for_bound(mean, bound, end, cases_to_decide(pairs, bound))


def mean_bounds(pairs: Pairs) -> tuple[float, float]:
    """Return the one-sided 95 % lower and the one-sided 95 % upper bound of the candidate's mean.

    Of scores that pass or fail, each case on its own, the exact ones. Otherwise those of ``stats.mean_interval``, but
    no higher lower bound than so many clusters can show, since a few that lose everything may not be among them, and no
    lower upper one likewise.
    """
    values, groups = pairs.candidate, pairs.groups
    if _counted(pairs):
        return stats.exact_interval(round(sum(values)), len(values), ONE_SIDED)
    seen, most = stats.mean_interval(values, groups, ONE_SIDED), stats.highest_bound(stats.effective_clusters(groups))
    least, highest = _level(pairs)
    return min(seen.low, highest * most), max(seen.high, 1 - (1 - least) * most)


def _level(pairs: Pairs) -> tuple[float, float]:
    """Return from which levels a few clusters may have lost, or gained, everything without being seen.

    Graded scores stay near their mean; scores that pass or fail in groups are 0 and 1.
    """
    values = pairs.candidate
    if all(value in {0, 1} for value in values):
        return 0.0, 1.0
    mean = statistics.fmean(values)
    return mean, mean


def below_p_value(pairs: Pairs, bound: float) -> float:
    """Return the one-sided p value of a mean below ``bound``: at most 0.05 where the upper bound is below.

    Of graded scores and groups no more than 0.5 is said.
    """
    values, groups = pairs.candidate, pairs.groups
    if _counted(pairs):
        return stats.share_p_value(round(sum(values)), len(values), bound)
    clusters, (least, _) = stats.effective_clusters(groups), _level(pairs)
    # The level at which the upper bound just reaches the threshold, found by halving, whatever the method.
    unlikely, likely = 0.0, 0.5
    for _ in range(HALVINGS):
        middle = (unlikely + likely) / 2
        seen, missed = stats.mean_interval(values, groups, 1 - 2 * middle), 1 - (1 - least) * middle ** (1 / clusters)
        high = max(seen.high, missed)
        unlikely, likely = (unlikely, middle) if high < bound else (middle, likely)
    return likely


def below_at_best(comparison: Comparison, bound: float) -> float:
    """Return a p value of a mean below ``bound`` that holds whatever the missing answers are.

    It is a cautious one that only falls when an answer is worse. That of an interval can rise, since worse answers also
    spread more.
    """
    pairs = paired(with_best_answers(comparison).rows)
    return stats.mean_p_value(pairs.candidate, pairs.groups, bound)


def cases_to_decide(pairs: Pairs, bound: float) -> int | None:
    """Return how many cases like these would decide 4 times in 5 if their mean is the true one.

    None where no practical number would: with one cluster, or when the mean is as good as at the bound.
    """
    values, groups = pairs.candidate, pairs.groups
    mean, n = statistics.fmean(values), len(values)
    low, high = (bound, mean) if mean >= bound else (1 - bound, 1 - mean)
    if high - low < 1 / MOST_CASES:
        return None
    needed = stats.cases_needed_share(low, min(high, 1.0))
    if not _counted(pairs):
        sd = stats.effective_sd(values, groups)
        if sd is None:
            return None
        fewest = math.ceil(stats.fewest_cases(1 - low) * n / stats.count_clusters(groups))
        if all(value in {0, 1} for value in values) or stats.mostly_equal(values, groups):
            fewest = max(fewest, math.ceil(needed * stats.design_effect(values, groups)))
        needed = max(fewest, stats.cases_needed(sd, high - low))
    return needed if needed <= MOST_CASES else None


def _guaranteed_low(pairs: Pairs) -> float:
    """Return the lower bound that a guarantee asks for, found by halving."""
    lost, least, most = tuple(value - 1 for value in pairs.candidate), 0.0, statistics.fmean(pairs.candidate)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        ruled_out = stats.guaranteed_margin_p_value(lost, pairs.groups, 1 - middle) <= ALPHA
        least, most = (middle, most) if ruled_out else (least, middle)
    return least


def _counted(pairs: Pairs) -> bool:
    """Tell whether the candidate's scores pass or fail, each case on its own."""
    alone = stats.count_clusters(pairs.groups) == len(pairs.groups)
    return alone and all(value in {0, 1} for value in pairs.candidate)
