"""The threshold ``lower_bound``: a lower mean of the candidate must be ruled out."""

import math
import statistics
from collections.abc import Sequence

from harness import stats
from harness.records.compared import Comparison, Finding, Gate
from harness.records.estimate import Estimate
from harness.stats.arguments import ALPHA, z
from harness.stats.ratios import ONE_SIDED
from harness.verdicts.bounds import with_best_answers
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.mean_wording import below_bound, bound_out_of_reach, lower_mean_ruled_out, too_few_for_bound

HALVINGS = 30
"""Steps in which a p value or a bound is found: the last is finer than any that is shown."""
MOST_CASES = 1_000_000
"""A number of cases above this is not worth naming."""
POWER = 0.8
"""How often so many cases decide."""


def judge_lower_bound(comparison: Comparison, mean: Estimate, gate: Gate) -> Finding:
    """Judge the candidate's ``mean`` by what its one-sided 95 % lower bound must reach.

    It fails when the one-sided 95 % upper bound is below, and so at most once in 20 at a true mean of just the bound.
    Of a judge's scores with enough labels it is the corrected mean.
    """
    if comparison.judged is not None and comparison.judged.candidate is not None:
        from harness.verdicts.labelled_gate import judge_labelled_bound

        return judge_labelled_bound(comparison, gate)
    pairs, bound = paired(comparison.rows), gate.lower_bound or 0.0
    low, high = mean_bounds(pairs)
    if gate.guarantee and low >= bound and not _counted(pairs):
        low = min(low, _guaranteed_low(pairs))
    if low >= bound:
        return "passed", lower_mean_ruled_out(bound, low, gate)
    if high < bound:
        return "failed", below_bound(mean, bound, high)
    clusters = stats.effective_clusters(pairs.groups)
    if stats.highest_bound(clusters) < bound:
        counted = stats.count_clusters(pairs.groups), math.floor(clusters)
        return "inconclusive", bound_out_of_reach(mean.n, counted, bound, stats.fewest_cases(1 - bound))
    end = low if mean.mean >= bound else high
    return "inconclusive", too_few_for_bound(mean, bound, end, cases_to_decide(pairs, gate))


def mean_bounds(pairs: Pairs) -> tuple[float, float]:
    """Return the one-sided 95 % lower and the one-sided 95 % upper bound of the candidate's mean.

    Of scores that pass or fail, each case on its own, the exact ones. Otherwise those of ``stats.mean_interval``; of
    scores that pass or fail in groups those of ``stats.share_interval`` where they are further. The lower one is no
    higher than so many clusters can show, since a few that lose everything may not be among them, and the upper one
    likewise.
    """
    if _counted(pairs):
        values = pairs.candidate
        return stats.exact_interval(round(sum(values)), len(values), ONE_SIDED)
    return _bounds(pairs, ALPHA)


def _bounds(pairs: Pairs, tail: float) -> tuple[float, float]:
    """Return both bounds of scores that are graded or in groups, each of which is wrong with probability ``tail``."""
    values, groups = pairs.candidate, pairs.groups
    seen = stats.mean_interval(values, groups, 1 - 2 * tail)
    most, (least, highest) = stats.highest_bound(stats.effective_clusters(groups), tail), _level(values)
    low, high = min(seen.low, highest * most), max(seen.high, 1 - (1 - least) * most)
    if not _passfail(values):
        return low, high
    exact = stats.share_interval(values, groups, 1 - 2 * tail)
    return min(low, exact[0]), max(high, exact[1])


def _level(values: Sequence[float]) -> tuple[float, float]:
    """Return from which levels a few clusters may have lost, or gained, everything without being seen.

    Graded scores stay near their mean; scores that pass or fail in groups are 0 and 1.
    """
    if _passfail(values):
        return 0.0, 1.0
    mean = statistics.fmean(values)
    return mean, mean


def below_p_value(pairs: Pairs, bound: float) -> float:
    """Return the one-sided p value of a mean below ``bound``: at most 0.05 where the upper bound is below.

    Of graded scores and groups no more than 0.5 is said.
    """
    if _counted(pairs):
        values = pairs.candidate
        return stats.share_p_value(round(sum(values)), len(values), bound)
    # The level at which the upper bound just reaches the threshold, found by halving, whatever the method.
    unlikely, likely = 0.0, 0.5
    for _ in range(HALVINGS):
        middle = (unlikely + likely) / 2
        unlikely, likely = (unlikely, middle) if _bounds(pairs, middle)[1] < bound else (middle, likely)
    return likely


def below_at_best(comparison: Comparison, bound: float) -> float:
    """Return a p value of a mean below ``bound`` that holds whatever the missing answers are.

    It is a cautious one that only falls when an answer is worse. That of an interval can rise, since worse answers also
    spread more. Where labels correct the mean it is that of the corrected one.
    """
    best = with_best_answers(comparison)
    if best.judged is not None and best.judged.candidate is not None:
        from harness.verdicts import labelled_gate

        return labelled_gate.below_p_value(best, bound)
    pairs = paired(best.rows)
    return stats.mean_p_value(pairs.candidate, pairs.groups, bound)


def cases_to_decide(pairs: Pairs, gate: Gate) -> int | None:
    """Return how many cases like these would decide 4 times in 5 if their mean is the true one.

    None where no practical number would: with one cluster, or when the mean is as good as at the bound.
    """
    values, groups, bound = pairs.candidate, pairs.groups, gate.lower_bound or 0.0
    mean, n = statistics.fmean(values), len(values)
    low, high = (bound, mean) if mean >= bound else (1 - bound, 1 - mean)
    if high - low < 1 / MOST_CASES:
        return None
    needed = stats.cases_needed_share(low, min(high, 1.0))
    if not _counted(pairs):
        sd = stats.effective_sd(values, groups)
        if sd is None:
            return None
        fewest, share = stats.cases_needed(sd, high - low), stats.effective_clusters(groups) / n
        if _passfail(values) or stats.mostly_equal(values, groups):
            fewest = max(fewest, math.ceil(needed * stats.design_effect(values, groups)))
        most, spread = (1.0, 0.0) if _passfail(values) else (high, sd)
        needed = _enough_to_show(low, most, spread, share, fewest)
        if gate.guarantee and mean >= bound:
            clusters = stats.guaranteed_cases_needed(sd * math.sqrt(share), high - low)
            needed = max(needed, math.ceil(clusters / share))
    return needed if needed <= MOST_CASES else None


def _enough_to_show(low: float, level: float, sd: float, share: float, fewest: int) -> int:
    """Return how many cases, at least ``fewest``, can show ``low`` 4 times in 5 if a few may lose everything unseen.

    The others are near ``level``, and ``share`` is the number of clusters for each case.
    """

    def can(cases: int) -> bool:
        return (level - z(POWER) * sd / math.sqrt(cases)) * stats.highest_bound(share * cases) >= low

    few, many = fewest - 1, fewest
    while not can(many) and many <= MOST_CASES:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if can(middle) else (middle, many)
    return many


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
    return alone and _passfail(pairs.candidate)


def _passfail(values: Sequence[float]) -> bool:
    return all(value in {0, 1} for value in values)
