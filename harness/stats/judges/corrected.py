"""A judge's mean, or paired difference, corrected by people's labels of some of the cases: PPI++.

The judge has read all cases, people a sample of them. What people find wrong in the sample is taken off the judge's
figure, and only as much of the judge is believed as its correlation with people is worth.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.records.estimate import Estimate
from harness.records.judged import Corrected, TooFewLabels
from harness.stats.arguments import check_level
from harness.stats.judges.rectified import Rectified, Sample, rectified, sampled
from harness.stats.means import mean_interval, paired_mean_interval

FEWEST_LABELS = 60
"""Independent labels: an error in one case of twenty shows in 59 of them with 95 %. In simulations of pass or fail,
paired differences and grades the 95 % interval covers the truth in at least 93 % of samples from 30 labels on, and in
at least 93.9 % from 60 on (``python bench/judge_coverage.py``)."""
FEWEST_IN_STRATUM = 2


class Judged(NamedTuple):
    """A case that the judge has scored: its score, what people said (None for most), its group, and its stratum.

    Within a stratum the labelled cases must be a random sample of its cases; each stratum can have its own share.
    ``settled`` is a case of which people's value is known without asking them, in a stratum of only such cases: it is
    no label.
    """

    judge: float
    people: float | None = None
    group: str | None = None
    stratum: str = ""
    settled: bool = False


def corrected_mean(cases: Sequence[Judged], level: float = 0.95) -> Corrected | TooFewLabels:
    """Return the mean that people would give all cases, from values in [0, 1].

    Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv:2311.01453, equations 3 and 10, in each stratum: with n labelled
    cases and N others, lam mean_N(f) + mean_n(Y - lam f), and lam = Cov(Y, f) / ((1 + n / N) Var(f)) in [0, 1], one lam
    for all strata, which weigh as many cases as they have (Fisch and others 2024, Stratified Prediction-Powered
    Inference, arXiv:2406.04291). Cases of a group are one cluster, labelled or not.

    The interval is wider than that of the paper, which covers as little as 80 % of samples with 100 labels where few of
    them disagree with the judge: t in place of normal quantiles, and room for errors that were not seen, as large
    as those that were (a whole unit where none was). Where every case has its label, it is that of ``mean_interval``.

    Raises:
        ValueError: no case, a value outside [0, 1], or a level outside (0, 1).
    """
    return _corrected(cases, 0.0, level)


def corrected_difference(
    baseline: Sequence[Judged], candidate: Sequence[Judged], level: float = 0.95
) -> Corrected | TooFewLabels:
    """Return the paired difference, candidate minus baseline, that people would find over all cases, in [-1, 1].

    Both sides have the same cases in the same order; group and stratum are the baseline's. A case is labelled where
    people said something of both sides. A preference is the row (0, 1), (1/2, 1/2) or (1, 0). The method is that of
    ``corrected_mean``, on differences; with ``level`` .90 each end is a one-sided bound at 95 %.

    Raises:
        ValueError: as ``corrected_mean``, or the sides differ in length, group or stratum.
    """
    return _corrected(paired_differences(baseline, candidate), -1.0, level)


def paired_differences(baseline: Sequence[Judged], candidate: Sequence[Judged]) -> list[Judged]:
    """Return candidate minus baseline, case by case; see ``corrected_difference``.

    Raises:
        ValueError: as there.
    """
    if [case[2:] for case in baseline] != [case[2:] for case in candidate]:
        raise ValueError("both sides need the same cases in the same order, with the same groups and strata")
    for case in (*baseline, *candidate):
        _check(case, 0.0)
    return [
        Judged(
            judge=after.judge - before.judge,
            people=None if before.people is None or after.people is None else after.people - before.people,
            group=before.group,
            stratum=before.stratum,
            settled=before.settled,
        )
        for before, after in zip(baseline, candidate, strict=True)
    ]


def missing_labels(cases: Sequence[Judged]) -> TooFewLabels | None:
    """Return what is missing before the judge can be corrected; None where the labels are enough.

    At least ``FEWEST_LABELS`` labelled clusters in all, and two in each stratum, unless every case has its label.
    """
    cases = [case for case in cases if not case.settled]
    labelled = [case for case in cases if case.people is not None]
    if len(labelled) == len(cases):
        return None
    if _clusters(labelled) < FEWEST_LABELS:
        return TooFewLabels(labels=_clusters(labelled), needed=min(FEWEST_LABELS, _clusters(cases)))
    for stratum in dict.fromkeys(case.stratum for case in cases):
        whole = sum(case.stratum == stratum for case in cases)
        own = [case for case in labelled if case.stratum == stratum]
        if len(own) < whole and _clusters(own) < FEWEST_IN_STRATUM:
            return TooFewLabels(labels=_clusters(own), needed=FEWEST_IN_STRATUM, stratum=stratum)
    return None


def sample_of(cases: Sequence[Judged]) -> Sample:
    """Return judged cases as the arithmetic takes them."""
    return sampled(
        [case.judge for case in cases],
        [math.nan if case.people is None else case.people for case in cases],
        [case.group for case in cases],
        [case.stratum for case in cases],
    )


def _corrected(cases: Sequence[Judged], least: float, level: float) -> Corrected | TooFewLabels:
    check_level(level)
    if not cases:
        raise ValueError("needs at least one judged case")
    for case in cases:
        _check(case, least)
    missing = missing_labels(cases)
    if missing is not None:
        return missing
    sample = sample_of(cases)
    lam, interval = sample.lam(), paired_mean_interval if least < 0 else mean_interval
    people, both = _people_alone(cases, sample, least, level), rectified(sample, lam)
    labels = sum(case.people is not None and not case.settled for case in cases)
    corrected = _estimate(both, least, level, len(cases), f"PPI++, {labels} labels")
    return Corrected(
        raw=interval([case.judge for case in cases], [case.group for case in cases], level),
        people=people,
        corrected=corrected if sample.labels < len(cases) else people,
        lam=lam,
        correlation=sample.correlation(),
        labels=labels,
        effective_labels=both.effective_labels,
    )


def _people_alone(cases: Sequence[Judged], sample: Sample, least: float, level: float) -> Estimate:
    """Return the mean of the labels, weighted where strata have different shares of them."""
    if len({round(weight, 9) for weight in sample.weights()}) > 1:
        return _estimate(rectified(sample, 0.0), least, level, sample.labels, "labels alone, weighted, t")
    told = [(case.people, case.group) for case in cases if case.people is not None]
    interval = paired_mean_interval if least < 0 else mean_interval
    return interval([people for people, _ in told], [group for _, group in told], level)


def _estimate(found: Rectified, least: float, level: float, n: int, method: str) -> Estimate:
    mean, half = min(max(found.mean, least), 1.0), found.half_width(level)
    return Estimate(mean=mean, low=max(mean - half, least), high=min(mean + half, 1.0), n=n, method=method)


def _clusters(cases: Sequence[Judged]) -> int:
    return len({case.group for case in cases if case.group is not None}) + sum(case.group is None for case in cases)


def _check(case: Judged, least: float) -> None:
    for value in (case.judge, case.people):
        if value is not None and not least <= value <= 1:
            raise ValueError(f"values must be in [{least:g}, 1], got {value}")
