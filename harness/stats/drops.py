"""Whether a drop is more than chance: the p value of one alarm, before several are corrected together."""

import statistics
from collections.abc import Sequence

from harness.stats.arguments import SAME, check_values
from harness.stats.clusters import clustered, mostly_equal, standard_error


def drop_p_value(differences: Sequence[float], groups: Sequence[str | None]) -> float:
    """Return the one-sided p value of a drop: how likely one as large is when the candidate is no worse.

    Pass or fail, each case on its own: McNemar (1947), Psychometrika 12:153, exact: P(X >= lost), X binomial with
    lost + won trials of 1/2. Otherwise t = mean / SE with G - 1 degrees of freedom, G clusters and the cluster-robust
    SE of Cameron and Miller (2015), J. Human Resources 50:317. Where few clusters differ, the spread says too little
    for a t: the sign test of Dixon and Mood (1946), JASA 41:557, counts the clusters with a drop and with a gain.

    One cluster that dropped gives 1/2, however many cases it holds.

    >>> drop_p_value([-1, -1, -1, -1, 0, 0], [None] * 6)
    0.0625
    """
    check_values(differences, groups, -1.0)
    means = [statistics.fmean(cluster) for cluster in clustered(differences, groups)]
    each_alone = len(means) == len(differences) and all(value in {-1, 0, 1} for value in differences)
    if each_alone or mostly_equal(differences, groups):
        return _sign_test(sum(mean < -SAME for mean in means), sum(mean > SAME for mean in means))
    from scipy.special import stdtr

    return float(stdtr(len(means) - 1, statistics.fmean(differences) / standard_error(differences, groups)))


def _sign_test(down: int, up: int) -> float:
    from scipy.special import bdtr

    return float(bdtr(up, down + up, 0.5))
