"""A figure with its interval: what the statistics return, and what is shown."""

from harness.records.record import Record


class Estimate(Record, frozen=True, kw_only=True):
    """A mean with a two-sided interval at 95 %, the number of cases behind it, and the method's name."""

    mean: float
    low: float
    high: float
    n: int
    method: str
