"""The interval of a figure of a whole corpus, over clusters: a bootstrap, widened where it would promise too much.

scipy.stats.bootstrap knows no clusters, calls the statistic on all cases of a resample instead of on sums, has no
small-sample expansion, and costs two seconds to import; so the resampling is our own, in bca.py.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.compared import DropBound
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import SAME
from harness.stats.bca import RESAMPLES, bca_interval, draws, jackknife_t_interval
from harness.stats.clusters import clustered, few_of
from harness.stats.corpus import CorpusFigure
from harness.stats.passfail import paired_score_interval, wilson_interval
from harness.stats.ratios import LEVEL, ONE_SIDED

if TYPE_CHECKING:
    from harness.stats.bca import Numbers

Counted = Sequence[Sequence[float]]
"""One row of counts for each case."""

UNSEEN_LOSSES = 2 / 3
"""Part of the losses that a sample can miss which a lower bound allows for: with -ln .05 = 3 expected, no loss is seen
1 time in 20. In simulations with 100 and 300 cases 1/2 of them let 8 % of drops pass, 2/3 at most 5.5 %, and all of
them cost power."""
HALVINGS = 30


class CorpusFigures(Record, frozen=True, kw_only=True):
    """A figure of both sides, and the candidate's minus the baseline's, with intervals; and the bounds of a drop."""

    baseline: Estimate
    candidate: Estimate
    delta: Estimate
    drop: DropBound


def corpus_bootstrap(
    baseline: Counted, candidate: Counted, groups: Sequence[str | None], figure: CorpusFigure, seed: int
) -> CorpusFigures:
    """Return a figure of the whole corpus for both sides, and how much higher the candidate's is.

    Each side has one row of counts for each case; the figure of the corpus is that of their sums. Koehn (2004),
    Statistical significance tests for machine translation evaluation, section 4: clusters are drawn with replacement,
    the same ones for both sides. The interval is BCa, Efron (1987), JASA 82:171, with the corrections of
    ``bca_interval``, widened to hold the t interval of the jackknife (Tukey 1958): alone, BCa lets a drop pass too
    often in small samples, and t in skewed ones. The same seed gives the same interval.

    What was not seen widens it further. The low end is at most what the figure would be if a few more answers of the
    candidate were worth nothing, those that cost most (``UNSEEN_LOSSES``): where a label has three of a hundred cases,
    macro F1 weighs it as much as any, and three cases can't show that it holds. Where the sides differ in fewer than
    ten clusters and agree in most, the interval holds Tango's, with the drops and gains of the jackknife's
    pseudo-values as counts on G cases, and the p value is at least that of a sign test. One cluster leaves [-1, 1]
    open.
    """
    counted = _count(baseline, candidate, groups)
    drawn = _draw(counted, figure, seed)
    sides = [float(figure.value(whole)) for whole in counted.whole]
    change = _change(counted, drawn, sides[1] - sides[0])
    low, high = change.ends(LEVEL)
    return CorpusFigures(
        baseline=_estimate(sides[0], _side_ends(counted, drawn, figure, 0), 0.0, counted),
        candidate=_estimate(sides[1], _side_ends(counted, drawn, figure, 1), 0.0, counted),
        delta=_estimate(change.seen, (change.with_unseen(low, counted, figure, LEVEL), high), -1.0, counted),
        drop=DropBound(
            low=max(change.with_unseen(change.ends(ONE_SIDED)[0], counted, figure, ONE_SIDED), -1.0),
            p_value=change.p_value(),
        ),
    )


class _Counted(NamedTuple):
    """Counts of each cluster, (clusters, side, count); and their sums of each side."""

    rows: "Numbers"
    whole: "Numbers"
    cases: int


class _Drawn(NamedTuple):
    """Both sides' figure, a column each: of each resample, and without each cluster."""

    replicates: "Numbers"
    left_out: "Numbers"


class _Change(NamedTuple):
    """The candidate's figure minus the baseline's: as seen, of each resample, and without each cluster.

    ``few`` has the pseudo-values of the clusters in which the sides differ where those are too few to show a spread.
    """

    seen: float
    replicates: "Numbers"
    left_out: "Numbers"
    few: tuple[float, ...] | None

    def ends(self, level: float) -> tuple[float, float]:
        """Return both ends of the interval, without room for losses that were not seen."""
        clusters = len(self.left_out)
        if clusters < 2:
            return -1.0, 1.0
        ends = _held(self.seen, self.replicates, self.left_out, level)
        if self.few is None:
            return ends
        lost, won = (math.fsum(max(sign * change, 0.0) for change in self.few) for sign in (-1, 1))
        shrunk = min(1.0, clusters / max(lost + won, 1.0))
        return _hold(ends, paired_score_interval(lost * shrunk, won * shrunk, clusters, level))

    def with_unseen(self, low: float, counted: _Counted, figure: CorpusFigure, level: float) -> float:
        """Return a lower end with room for losses of the candidate that were not seen."""
        return min(low, self.seen - _unseen(counted, figure, 1, level))

    def p_value(self) -> float:
        """Return the least one-sided error rate at which the interval is below 0; 1 where no drop was seen."""
        if self.seen >= -SAME:
            return 1.0
        low, high = 0.0, 0.5
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.ends(1 - 2 * middle)[1] < 0 else (middle, high)
        if self.few is None:
            return high
        from scipy.special import bdtr

        up, down = sum(change > SAME for change in self.few), sum(change < -SAME for change in self.few)
        return max(high, float(bdtr(up, down + up, 0.5)))


def _draw(counted: _Counted, figure: CorpusFigure, seed: int) -> _Drawn:
    import numpy as np

    clusters, flat = len(counted.rows), counted.rows.reshape(len(counted.rows), -1)
    parts = [figure.value((times @ flat).reshape(-1, *counted.whole.shape)) for times in draws(clusters, seed)]
    return _Drawn(replicates=np.concatenate(parts), left_out=figure.value(counted.whole - counted.rows))


def _change(counted: _Counted, drawn: _Drawn, seen: float) -> _Change:
    import numpy as np

    replicates, left_out = (values[:, 1] - values[:, 0] for values in drawn)
    clusters = len(left_out)
    changed = (counted.rows[:, 0] != counted.rows[:, 1]).any(axis=1)
    few = None
    if few_of(int(changed.sum()), clusters) or np.ptp(replicates) <= SAME:
        few = tuple((clusters * seen - (clusters - 1) * left_out[changed]).tolist())
    return _Change(seen=seen, replicates=np.sort(replicates), left_out=left_out, few=few)


def _side_ends(counted: _Counted, drawn: _Drawn, figure: CorpusFigure, place: int) -> tuple[float, float]:
    import numpy as np

    clusters = len(counted.rows)
    if clusters < 2:
        return 0.0, 1.0
    seen, replicates = float(figure.value(counted.whole[place])), drawn.replicates[:, place]
    low, high = _held(seen, replicates, drawn.left_out[:, place], LEVEL)
    ends = min(low, seen - _unseen(counted, figure, place, LEVEL)), high
    if np.ptp(replicates) > SAME:
        return ends
    return _hold(ends, wilson_interval(seen * clusters, clusters, LEVEL))


def _unseen(counted: _Counted, figure: CorpusFigure, place: int, level: float) -> float:
    """Return how much a side's figure falls when the clusters whose loss costs most are lost too."""
    import numpy as np

    rows, whole = counted.rows[:, place], counted.whole[place]
    worse = figure.lost(rows) - rows
    seen = figure.value(whole)
    most = np.argsort(figure.value(whole + worse), kind="stable")
    times = np.zeros(len(rows))
    times[most] = np.clip(-math.log((1 - level) / 2) * UNSEEN_LOSSES - np.arange(len(rows)), 0.0, 1.0)
    return float(seen - figure.value(whole + times @ worse))


def _held(seen: float, replicates: "Numbers", left_out: "Numbers", level: float) -> tuple[float, float]:
    return _hold(bca_interval(seen, replicates, left_out, level), jackknife_t_interval(seen, left_out, level))


def _hold(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])


def _estimate(mean: float, ends: tuple[float, float], least: float, counted: _Counted) -> Estimate:
    clusters = len(counted.rows)
    method = f"BCa bootstrap and jackknife t, {RESAMPLES} resamples of {clusters} clusters"
    return Estimate(
        mean=mean,
        low=max(ends[0], least),
        high=min(ends[1], 1.0),
        n=counted.cases,
        method=method if clusters > 1 else "no interval: one cluster shows no variance",
    )


def _count(baseline: Counted, candidate: Counted, groups: Sequence[str | None]) -> _Counted:
    import numpy as np

    if not groups or not len(baseline) == len(candidate) == len(groups):
        sizes = f"{len(baseline)}, {len(candidate)} and {len(groups)}"
        raise ValueError(f"needs at least one case, with a row of each side and a group for each case, got {sizes}")
    if len({len(row) for side in (baseline, candidate) for row in side}) != 1:
        raise ValueError("all rows must have the same length")
    cases = np.stack([np.asarray(side, dtype=float) for side in (baseline, candidate)], axis=1)
    if not (np.isfinite(cases).all() and (cases >= 0).all()):
        raise ValueError("rows must hold finite counts, 0 or more")
    rows = cases
    if any(group is not None for group in groups):
        rows = np.array([cases[cluster].sum(axis=0) for cluster in clustered(range(len(groups)), groups)])
    return _Counted(rows=rows, whole=rows.sum(axis=0), cases=len(groups))
