"""Quantities of which less is better, read from each answer: seconds and tokens."""

import math
from collections.abc import Callable, Collection

from harness.errors import InputError
from harness.records.answered import Response
from harness.records.record import Record
from harness.records.scored import Score

STALE = "timed in an earlier run; ask again with --fresh"
"""Why a stored answer has no latency: the load was different, perhaps the machine too."""


class Quantity(Record, frozen=True, kw_only=True):
    """What an answer took. ``percentile`` is the figure of a side; None is the mean."""

    name: str
    unit: str
    percentile: float | None
    amount: Callable[[Response], float | None]
    of_time: bool
    """Whether it depends on when and under which load the answer was given."""

    def __repr__(self) -> str:
        """Name the quantity fully: the call that makes it, which is part of a comparison's fingerprint."""
        return f"{self.name}({'' if self.percentile is None else f'p={self.percentile:g}'})"

    def read(self, response: Response, asked_now: Collection[str]) -> Score:
        """Return the amount as a score, unscored where there is none; ``asked_now`` are keys asked in this run."""
        if response.error is not None:
            return Score(value=None, reason=response.error)
        if self.of_time and response.request_key not in asked_now:
            return Score(value=None, reason=STALE)
        amount = self.amount(response)
        if amount is None or not math.isfinite(amount) or amount < 0:
            return Score(value=None, reason=f"the engine reported no {self.unit}")
        return Score(value=amount)


def latency(p: float = 95) -> Quantity:
    """Make a quantity: seconds from sending a request to its whole answer, the ``p``-th percentile of all answers.

    Only answers that were asked in this run count, since the time depends on the load.

    Raises:
        InputError: ``p`` is not a percentile from 1 to 99.9.
    """
    if not 1 <= p <= 99.9:
        raise InputError(f"latency(p={p}): p must be a percentile from 1 to 99.9, such as 50 or 95")
    return Quantity(name="latency", unit="s", percentile=float(p), amount=_seconds, of_time=True)


def answer_tokens() -> Quantity:
    """Make a quantity: tokens of an answer as its server counted them, the mean of all answers."""
    return Quantity(name="answer_tokens", unit="tokens", percentile=None, amount=_tokens, of_time=False)


def _seconds(response: Response) -> float | None:
    return response.seconds if response.seconds or not response.text else None


def _tokens(response: Response) -> float | None:
    return response.counted_out
