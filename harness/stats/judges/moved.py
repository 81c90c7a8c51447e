"""Whether a mean is still what it was, looked at as often as one likes: a betting e-process with unknown start.

Values come in days; what the mean was is known as an interval, from a sample of earlier values.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.stats.arguments import SAME
from harness.stats.binomial import HALVINGS, exact_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Logs = NDArray[np.float64]

Days = Sequence[Sequence[float]]
"""Values in [0, 1] of each day, the oldest day first; a day can be empty."""
SHARES = (0.93, 0.82, 0.65, 0.45, 0.2)
"""How much of the distance from the far end of [0, 1] is left under each alternative that is bet on."""
PLACES = 3
"""Decimals of a value that count."""
COST = 20_000.0
"""By what an e-value is smaller than that of somebody who knew what would change, and when."""
LARGEST = 700.0
"""Largest logarithm that is turned back into a number."""


class Span(NamedTuple):
    """An interval in [0, 1]."""

    low: float
    high: float


class Tally(NamedTuple):
    """Days of values, counted: how often each day (row) has each value (column), rounded to ``PLACES``."""

    values: "Logs"
    counts: "Logs"


def tally(days: Days) -> Tally:
    """Return the counts of days of values.

    Raises:
        ValueError: a value is not in [0, 1].
    """
    import numpy as np

    flat = [round(value, PLACES) for day in days for value in day]
    if outside := [value for value in flat if not 0 <= value <= 1]:
        raise ValueError(f"values must be in [0, 1], got {outside[0]}")
    values = np.unique(np.array(flat, dtype=float))
    counts = np.zeros((len(days), len(values)))
    rows = [place for place, day in enumerate(days) for _ in day]
    np.add.at(counts, (np.array(rows, dtype=int), np.searchsorted(values, flat)), 1)
    return Tally(values, counts)


def span_of_mean(values: Sequence[float], error: float) -> Span:
    """Return an interval that misses the mean of independent values in [0, 1] with probability ``error`` at most.

    Of zeros and ones it is that of Clopper and Pearson (1934). Of others, the Chernoff bound of Hoeffding (1963), JASA
    58:13, theorem 1: all m with n KL(mean, m) <= log(2 / error). The values need not have the same mean: Hoeffding
    (1956), Annals of Mathematical Statistics 27:713, for zeros and ones. Without values it is [0, 1].
    """
    if not values:
        return Span(0.0, 1.0)
    mean, n = math.fsum(values) / len(values), len(values)
    if all(value in (0.0, 1.0) for value in values):
        return Span(*exact_interval(round(mean * n), n, 1 - error))
    limit = math.log(2 / error) / n
    return Span(_furthest(mean, 0.0, limit), _furthest(mean, 1.0, limit))


def divergence(mean: float, other: float) -> float:
    """Return the Kullback-Leibler divergence of two shares, in nats."""
    terms = ((mean, other), (1 - mean, 1 - other))
    if any(share > 0 and against <= 0 for share, against in terms):
        return math.inf
    return math.fsum(share * math.log(share / against) for share, against in terms if share > 0)


def values_needed(span: Span, mean: float, threshold: float) -> int | None:
    """Return about how many values show that a mean is now ``mean``; None where it is within its interval.

    A bet on just that mean grows by KL(mean, end of the interval) with each value; it has to reach ``threshold``, times
    ``COST`` for not knowing mean, direction and day. A rule of thumb: with so many values about six of ten such changes
    were noticed where they began on the first day, three or four of ten after fifteen days.
    """
    if span.low <= mean <= span.high:
        return None
    return math.ceil(math.log(threshold * COST) / divergence(mean, span.low if mean < span.low else span.high))


def log_bets(days: Tally, bound: float, *, falls: bool) -> "Logs":
    """Return, for each day and each alternative, by how much a bet that the mean is beyond ``bound`` grows that day.

    A bet on the mean q < bound (``falls``), or q > bound, is multiplied by x q / bound + (1 - x) (1 - q) / (1 - bound)
    at each value x: Waudby-Smith and Ramdas (2024), JRSS B 86:1, section 4, with a grid of fixed bets. While the mean,
    given all that was seen before, is not beyond the bound, no bet grows in expectation, so each is a supermartingale.
    Within a day, values of a sample without replacement do no harm: the factors all grow or all shrink with x, and
    such values are negatively associated (Joag-Dev and Proschan 1983, Annals of Statistics 11:286).

    Shape: days x alternatives, natural logarithms. A bound at the end of [0, 1] leaves nothing to bet on: all 0.
    """
    import numpy as np

    room = bound if falls else 1 - bound
    if room <= SAME:
        return np.zeros((len(days.counts), len(SHARES)))
    bound = min(max(bound, SAME), 1 - SAME)
    left = room * np.array(SHARES)
    alternatives = left if falls else 1 - left
    ones, noughts = alternatives / bound, (1 - alternatives) / (1 - bound)
    grown: Logs = days.counts @ np.log(np.outer(days.values, ones) + np.outer(1 - days.values, noughts))
    return grown


def log_e_values(logs: "Logs", weights: "Logs", at: int | None = None) -> "Logs":
    """Return the logarithm of the e-value after each day, over all alternatives and all days on which it can begin.

    ``logs`` is what ``log_bets`` returns, or sums of it; ``weights`` are the alternatives' and add up to 1. A share of
    1 / (k (k + 1)) of the money waits for day k, so a change costs 2 log k more the later it begins, and nothing has to
    start anew: Shin, Ramdas and Rinaldo (2024), New England Journal of Statistics in Data Science 2:229, with weights
    that add up to 1. So the chance that E ever reaches 1 / a is a at most (Ville 1939), whatever day one looks.

    With ``at``, half of the money waits for that day instead, counted from 0; the number of days where it has not come
    yet. It may be chosen by what was seen of other values up to that day.
    """
    import numpy as np

    days = len(logs)
    begun = np.full(logs.shape[1], -math.inf)
    found = np.empty(days)
    for day, grown in enumerate(logs):
        begun = np.logaddexp(begun, -math.log((day + 1) * (day + 2))) + grown
        found[day] = np.logaddexp(_mixed(begun, weights), -math.log(day + 2))
    if at is None:
        return found
    chosen = np.zeros(days)
    for day, each in enumerate(logs[at:].cumsum(axis=0), start=at):
        chosen[day] = _mixed(each, weights)
    return np.logaddexp(found, chosen) - math.log(2)


def number(log: float) -> float:
    """Return an e-value by its logarithm; a number also where it would be too large for one."""
    return math.exp(min(log, LARGEST))


def _mixed(logs: "Logs", weights: "Logs") -> float:
    import numpy as np

    return float(np.logaddexp.reduce(logs + np.log(weights)))


def _furthest(mean: float, end: float, limit: float) -> float:
    """Return the share between the mean and an end of [0, 1] whose divergence from the mean is ``limit``."""
    near, far = mean, end
    if divergence(mean, end) <= limit:
        return end
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if divergence(mean, middle) > limit:
            far = middle
        else:
            near = middle
    return far
