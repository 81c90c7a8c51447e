"""What is kept of many values: a share by its counts, a mean with its spread. Two of a kind become one by adding."""

import math
from collections.abc import Sequence

from harness.records.record import Record
from harness.stats.arguments import check_counts


class Counted(Record, frozen=True, kw_only=True):
    """``k`` of ``n`` had what was looked for."""

    k: int
    n: int

    @property
    def value(self) -> float:
        """The share."""
        return self.k / self.n


class Averaged(Record, frozen=True, kw_only=True):
    """The mean of ``n`` values, their standard deviation (n - 1; 0 for one value) and their skewness, if known."""

    mean: float
    sd: float
    n: int
    skewness: float = 0.0

    @property
    def value(self) -> float:
        """The mean."""
        return self.mean


Summary = Counted | Averaged


def averaged(values: Sequence[float]) -> Averaged:
    """Return the mean of at least one value with what is needed of its spread.

    >>> averaged([1.0, 2.0, 3.0])
    Averaged(mean=2.0, sd=1.0, n=3, skewness=0.0)
    """
    if not len(values) or not all(map(math.isfinite, values)):
        raise ValueError(f"needs at least one value and only finite ones, got {len(values)}")
    n, mean = len(values), math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return _averaged(mean, squares, math.fsum((value - mean) ** 3 for value in values), n)


def check_summary(summary: Summary) -> None:
    """Raise ValueError unless a summary is possible."""
    if isinstance(summary, Counted):
        check_counts(summary.k, 0, summary.n)
    elif summary.n < 1 or not summary.sd >= 0 or not math.isfinite(summary.mean + summary.sd + summary.skewness):
        raise ValueError(f"needs at least one value, finite figures and sd >= 0, got {summary}")


def added(one: Summary, other: Summary) -> Summary:
    """Return the summary of both together.

    Sums of squares and cubes by Chan, Golub and LeVeque (1983), The American Statistician 37:242.

    Raises:
        ValueError: one is a share and the other a mean.
    """
    if isinstance(one, Counted) and isinstance(other, Counted):
        return Counted(k=one.k + other.k, n=one.n + other.n)
    if isinstance(one, Averaged) and isinstance(other, Averaged):
        n, apart = one.n + other.n, other.mean - one.mean
        (squares, cubes), (more, more_cubes) = _sums(one), _sums(other)
        cubes += more_cubes + apart**3 * one.n * other.n * (one.n - other.n) / n**2
        cubes += 3 * apart * (one.n * more - other.n * squares) / n
        squares += more + apart**2 * one.n * other.n / n
        return _averaged(one.mean + apart * other.n / n, squares, cubes, n)
    raise ValueError(f"a share and a mean can't be compared or added: {one} and {other}")


def _sums(summary: Averaged) -> tuple[float, float]:
    """Return the sums of the squared and of the cubed distances from the mean."""
    squares = summary.sd**2 * (summary.n - 1)
    return squares, summary.skewness * summary.n * (squares / summary.n) ** 1.5


def _averaged(mean: float, squares: float, cubes: float, n: int) -> Averaged:
    sd = math.sqrt(squares / (n - 1)) if n > 1 else 0.0
    spread = (squares / n) ** 1.5
    return Averaged(mean=mean, sd=sd, n=n, skewness=cubes / n / spread if spread > 0 else 0.0)
