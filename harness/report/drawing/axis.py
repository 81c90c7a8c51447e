"""One axis of a drawing: from values to places, with round figures along it."""

import math

from harness.records.record import Record
from harness.text.figures import MINUS

ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between two figures, times a power of ten."""


class Axis(Record, frozen=True, kw_only=True):
    """Values from ``low`` to ``high``, drawn from ``start`` to ``end`` in the drawing's units."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value is; what is beyond the axis is at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    """Return round values from ``low`` to ``high``, at most ``most`` steps, each as it is written.

    >>> [written for _, written in ticks(0.91, 1.22, 7)]
    ['0.95', '1.00', '1.05', '1.10', '1.15', '1.20']
    >>> [written for _, written in ticks(0.0, 2600.0, 5)]
    ['0', '1,000', '2,000']
    """
    step = _step((high - low) / most)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) + (f"{step:e}"[:3] == "2.5")
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [place * step for place in range(first, last + 1)]
    return tuple((value, f"{value:z,.{digits}f}".replace("-", MINUS)) for value in values)


def _step(least: float) -> float:
    """Return the smallest round step that is at least ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(part * power for part in ROUND if part * power >= least * (1 - 1e-9))
