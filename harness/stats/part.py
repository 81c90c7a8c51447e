"""What a stratified part of a suite says of the whole: a mean, how wrong it can be, and what so few can't have shown.

Each case of a stratum was as likely to be drawn as any other. So the figures hold whatever the model is: what earlier
models did decides only how narrow they are.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.records.short import ShortStratum
from harness.stats.arguments import ALPHA, SAME, check_values, two_sided_z
from harness.stats.clusters import mostly_equal
from harness.stats.passfail import paired_score_interval, score_p_value, wilson_interval
from harness.stats.skewed import Spread, skewed_interval

JOINS = 0.5
"""How many cases that differ join those of a stratum that are all alike."""
HALVINGS = 40
"""Steps of a root search."""


class Part(Record, frozen=True, kw_only=True):
    """A value of each case that was asked, with its group and the name of its stratum; the whole has ``of`` cases.

    Of a slice only its own cases are here; ``strata`` are those of the whole suite. Its largest group has ``largest``
    cases; 1 without groups.
    """

    values: tuple[float, ...]
    groups: tuple[str | None, ...]
    names: tuple[str, ...]
    strata: Mapping[str, ShortStratum]
    of: int
    largest: int = 1


class PartSpread(Record, frozen=True, kw_only=True):
    """A weighted mean, with the variance that the draw gives it and the one that the suite itself has.

    ``freedom`` are the degrees of freedom of the first (Satterthwaite 1946).
    """

    mean: float
    drawn: float
    suite: float
    freedom: float


Scope = Callable[[PartSpread], float]
"""Returns the variance that counts: ``of_suite`` for what the whole suite would have said, ``of_all`` for the truth."""


def of_suite(spread: PartSpread) -> float:
    """Return the variance of the draw alone: it is 0 where every case was asked."""
    return spread.drawn


def of_all(spread: PartSpread) -> float:
    """Return the variance of the draw and of the suite, which is itself a sample of all cases that there could be."""
    return spread.drawn + spread.suite


def part_difference(part: Part, scope: Scope = of_all, level: float = 0.95) -> Estimate:
    """Return the mean of paired differences in [-1, 1] over the whole, with its interval.

    Tango's at the number of independent cases that would be as sure; Korn and Graubard (1998), Survey Methodology
    24:193, for the number.
    """
    check_values(part.values, part.groups, -1.0)
    lost, won, n = _effective_counts(part, scope, level)
    low, high = paired_score_interval(lost, won, n, level)
    return _estimate(part, (low, high), f"paired score (Tango) on {n:.0f} independent cases")


def part_mean(part: Part, scope: Scope = of_all, level: float = 0.95) -> Estimate:
    """Return the mean of scores in [0, 1] over the whole, with its interval.

    Of graded scores Hall's t, as ``mean_interval``: Wilson's knows only the skewness of pass or fail, and a few large
    losses beside good grades are more skewed. Pass or fail, or where few differ: Wilson's, as ``part_difference``.
    """
    check_values(part.values, part.groups, 0.0)
    seen = part_spread(part)
    is_graded = any(value not in {0, 1} for value in part.values)
    if is_graded and scope(seen) > 0 and not mostly_equal(part.values, part.groups):
        low, high = skewed_interval(_skewed(part, seen, scope(seen)), level)
        method = f"Hall's t, {seen.freedom:.0f} degrees of freedom"
        return _estimate(part, (max(low, 0.0), min(high, 1.0)), method)
    n = _effective(part, scope(seen), seen.mean * (1 - seen.mean), seen, level)
    low, high = wilson_interval(min(max(seen.mean, 0.0), 1.0) * n, n, level)
    return _estimate(part, (low, high), f"Wilson on {n:.0f} independent cases")


def part_margin_p_value(part: Part, margin: float) -> float:
    """Return how likely paired differences as good as these are when the candidate is truly ``margin`` worse.

    What would be lost more then than is seen can be in the stratum of which the smallest share was drawn, and groups
    are lost as a whole; the variance is that with these. Never smaller than ``unseen``.
    """
    check_values(part.values, part.groups, -1.0)
    more = max(part_spread(part).mean + margin, 0.0)
    lost, won, n = _effective_counts(part, of_all, 1 - 2 * ALPHA, more)
    return max(score_p_value(lost, won, n, -margin), unseen(part, margin))


def part_drop_p_value(part: Part) -> float:
    """Return the one-sided p value of a drop: how likely one as large is when the candidate is no worse."""
    check_values(part.values, part.groups, -1.0)
    lost, won, n = _effective_counts(part, of_all, 1 - 2 * ALPHA)
    return score_p_value(won, lost, n, 0.0) if lost > won else 1.0


def unseen(part: Part, margin: float) -> float:
    """Return the chance that such a part shows nothing of a total loss in ``margin`` of all cases, at worst.

    At worst all of them are in the stratum of which the smallest share was drawn, and groups are lost as a whole. A
    group is seen where one of its cases was drawn.
    """
    share = min(one.drawn / one.of for one in part.strata.values())
    seen = 1 - (1 - share) ** part.largest
    return float((1 - margin * seen) ** (part.of / part.largest))


def smallest_drop(part: Part, alpha: float = ALPHA) -> float:
    """Return the smallest drop that such a part can rule out, whatever the answers; 1 where that is none."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if unseen(part, middle) > alpha else (low, middle)
    return high


def part_spread(part: Part) -> PartSpread:
    """Return the weighted mean (Hajek 1971) and its variances, those of a linearised ratio over strata of finite size.

    Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.6. Where all that was drawn of a
    stratum is alike, half a case more that differs joins it: it doesn't show that all others are alike.
    """
    weights = [part.strata[name].weight for name in part.names]
    whole = math.fsum(weights)
    mean = math.fsum(weight * value for weight, value in zip(weights, part.values, strict=True)) / whole
    by_name: defaultdict[str, list[float]] = defaultdict(list)
    for name, value in zip(part.names, part.values, strict=True):
        by_name[name].append(value - mean)
    each = [
        (_left(stratum) * _spread(by_name[name], stratum.drawn) / whole**2, stratum.drawn - 1)
        for name, stratum in part.strata.items()
        if name in by_name
    ]
    drawn = math.fsum(variance for variance, _ in each)
    parts = math.fsum(variance**2 / max(freedom, 1) for variance, freedom in each)
    count = len(part.values)
    return PartSpread(
        mean=mean,
        drawn=drawn,
        suite=_suite_variance(part, weights, mean) / whole**2 * count / max(count - 1, 1),
        freedom=drawn**2 / parts if parts else float(max(count - 1, 1)),
    )


def _left(stratum: ShortStratum) -> float:
    """Return by what the variance of one case of a stratum counts: 0 where all were drawn."""
    return stratum.of**2 * (1 - stratum.drawn / stratum.of) / stratum.drawn


def _spread(off: Sequence[float], drawn: int) -> float:
    """Return the variance of what a stratum's cases add; those outside of the slice add 0."""
    centre = math.fsum(off) / drawn
    squares = math.fsum((one - centre) ** 2 for one in off) + (drawn - len(off)) * centre**2
    seen = squares / (drawn - 1) if drawn > 1 else 0.0
    if max(off) - min(off) > SAME:
        return seen
    likely = JOINS / (len(off) + 2 * JOINS)
    return max(seen, likely * (1 - likely) * len(off) / drawn)


def _skewed(part: Part, seen: PartSpread, variance: float) -> Spread:
    """Return a spread for Hall's t: the skewness of a case, as a mean of so many independent ones has it.

    Their number is that of which the mean has this variance. Strata are too small to show a skewness of their own.
    """
    weights = [part.strata[name].weight for name in part.names]
    whole, count = math.fsum(weights), len(part.values)
    square, cube = (
        math.fsum(weight * (value - seen.mean) ** power for weight, value in zip(weights, part.values, strict=True))
        / whole
        for power in (2, 3)
    )
    independent = max(square * count / (count - 1) / variance, 1.0)
    clusters = max(math.floor(seen.freedom), 1) + 1
    skewness = cube / square**1.5 * math.sqrt(clusters / independent)
    return Spread(mean=seen.mean, error=math.sqrt(variance), skewness=skewness, clusters=clusters)


def _suite_variance(part: Part, weights: Sequence[float], mean: float) -> float:
    """Return the variance of the whole suite's sum, estimated without bias; cases of a group vary together."""
    off = [value - mean for value in part.values]
    alone = math.fsum(weight * one * one for weight, one in zip(weights, off, strict=True))
    groups: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for group, weight, one in zip(part.groups, weights, off, strict=True):
        if group is not None:
            groups[group].append((weight * one, (weight * one) ** 2))
    together = math.fsum(
        math.fsum(value for value, _ in cases) ** 2 - math.fsum(square for _, square in cases)
        for cases in groups.values()
    )
    return alone + max(together, 0.0)


def _effective_counts(part: Part, scope: Scope, level: float, more: float = 0.0) -> tuple[float, float, float]:
    """Return drops, gains, and the number of independent cases that would show them as surely.

    ``more`` is a share of cases that count in their variance though no loss of theirs was seen.
    """
    seen = part_spread(part)
    weights = [part.strata[name].weight for name in part.names]
    whole = math.fsum(weights)
    down, up = (
        math.fsum(weight * max(sign * value, 0.0) for weight, value in zip(weights, part.values, strict=True)) / whole
        for sign in (-1, 1)
    )
    heaviest = max(one.weight for one in part.strata.values())
    at_worst = more * (heaviest - 1 + part.largest) / part.of
    n = _effective(part, scope(seen) + at_worst, down + up - seen.mean**2 + more, seen, level)
    return down * n, up * n, n


def _effective(part: Part, variance: float, of_one: float, seen: PartSpread, level: float) -> float:
    """Return the number of independent cases whose mean has this variance, fewer for few degrees of freedom.

    Where nothing varies, what was drawn counts at the rate of the stratum of which the smallest share was.
    """
    from scipy.special import stdtrit

    if variance <= 0 or of_one <= SAME:
        share = min(one.drawn / one.of for one in part.strata.values())
        return max(1.0, share * part.of / part.largest)
    few = (two_sided_z(level) / float(stdtrit(max(seen.freedom, 1.0), (1 + level) / 2))) ** 2
    return max(1.0, of_one / variance * few)


def _estimate(part: Part, ends: tuple[float, float], method: str) -> Estimate:
    n, mean = len(part.values), part_spread(part).mean
    told = f"{n} of {part.of} cases, {method}"
    return Estimate(mean=mean, low=min(ends[0], mean), high=max(ends[1], mean), n=n, method=told)
