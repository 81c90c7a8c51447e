"""What the number of rows and their tokens advise: examples in the prompt or training, which rank, what it costs.

The steps of the rank are rules of thumb without a source.
"""

from harness.config import Prices
from harness.records.record import Record

FEWEST = 30
"""Rows. With fewer, they do more as examples in the prompt."""
RANKS = ((200, 8), (1_000, 16))
"""Rows below which a rank is enough, and up to how many the next one is."""
LARGEST_RANK = 32
MILLION = 1_000_000


class Cost(Record, frozen=True, kw_only=True):
    """What hosted training costs for a model of the price table, by its price of tokens that are read."""

    model: str
    currency: str
    amount: float


def advised_rank(rows: int) -> int | None:
    """Return the LoRA rank for a number of rows; None where they are too few to train on.

    >>> [advised_rank(rows) for rows in (29, 30, 199, 200, 1000, 1001)]
    [None, 8, 8, 16, 16, 32]
    """
    if rows < FEWEST:
        return None
    if rows < RANKS[0][0]:
        return RANKS[0][1]
    return RANKS[1][1] if rows <= RANKS[1][0] else LARGEST_RANK


def advice(rows: int) -> str:
    """Say what a number of rows advises.

    >>> advice(12)
    '12 rows are too few to train on: put them into the prompt as examples'
    """
    rank = advised_rank(rows)
    if rank is None:
        one = "1 row is" if rows == 1 else f"{rows:,} rows are"
        return f"{one} too few to train on: put {'it' if rows == 1 else 'them'} into the prompt as examples"
    return f"{rows:,} rows: LoRA with rank {rank}"


def costs(tokens: int, epochs: float, prices: Prices) -> tuple[Cost, ...]:
    """Return what training on some tokens costs with each model whose price is by tokens, the cheapest first."""
    found = [
        Cost(model=model, currency=prices.currency, amount=price.input * tokens * epochs / MILLION)
        for model, price in prices.models.items()
        if price.input is not None
    ]
    return tuple(sorted(found, key=lambda cost: (cost.amount, cost.model)))
