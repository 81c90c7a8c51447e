"""What the number of rows and their tokens advise: examples in the prompt or training, which rank, how long, how much.

The steps of the rank are rules of thumb without a source.
"""

from collections.abc import Mapping, Sequence

from harness.config.prices import TrainingPrice
from harness.records.record import Record

FEWEST = 30
"""Rows. With fewer, they do more as examples in the prompt."""
RANKS = ((200, 8), (1_000, 16))
"""Rows below which a rank is enough, and up to how many the next one is."""
LARGEST_RANK = 32
MILLION = 1_000_000


class Cost(Record, frozen=True, kw_only=True):
    """What hosted training costs, by a price of tokens that are trained on; ``as_of`` is the day of the price."""

    name: str
    currency: str
    amount: float
    as_of: str


class TrainingTime(Record, frozen=True, kw_only=True):
    """How long training takes on ``device``, in seconds, from ``measured`` steps: between the fastest and the slowest.

    ``tokens`` are those of the whole training of ``steps`` steps. Loading, validations and checkpoints come on top.
    """

    device: str
    steps: int
    tokens: int
    measured: int
    seconds: float
    least: float
    most: float


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


def costs(tokens: int, prices: Mapping[str, TrainingPrice]) -> tuple[Cost, ...]:
    """Return what training on some tokens, all epochs together, costs at each price, the cheapest first."""
    found = [
        Cost(name=name, currency=price.currency, amount=price.per_million * tokens / MILLION, as_of=price.as_of)
        for name, price in prices.items()
    ]
    return tuple(sorted(found, key=lambda cost: (cost.currency, cost.amount, cost.name)))


def training_time(measured: Sequence[tuple[float, int]], steps: int, tokens: int, device: str) -> TrainingTime:
    """Return how long a training of so many steps and tokens takes, given seconds and tokens of single steps.

    Each step's seconds per token are taken to hold for the whole: least and most are those of the fastest and of the
    slowest step.

    >>> time = training_time([(2.0, 1000), (3.0, 1000)], steps=10, tokens=10_000, device="CPU")
    >>> time.seconds, time.least, time.most
    (25.0, 20.0, 30.0)

    Raises:
        ValueError: no step was measured.
    """
    paces = [seconds / read for seconds, read in measured if read]
    if not paces:
        raise ValueError("no step was measured")
    mean = sum(seconds for seconds, _ in measured) / sum(read for _, read in measured)
    return TrainingTime(
        device=device,
        steps=steps,
        tokens=tokens,
        measured=len(paces),
        seconds=mean * tokens,
        least=min(paces) * tokens,
        most=max(paces) * tokens,
    )
