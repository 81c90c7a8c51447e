"""What is known of rows that a teacher made: the set, where each row comes from, what was rejected, and by whom."""

from typing import Literal

import msgspec

from harness.records.asked import Sampling
from harness.records.record import Record

Ended = Literal["all wanted", "seeds used up", "budget used up"]


class Provenance(Record, frozen=True, kw_only=True):
    """Where one row comes from; in a file beside the rows, a line for each row in their order.

    ``row`` is the row's digest, cut to 16 characters. ``teacher_digest`` is empty where the teacher is only a name.
    ``time`` is when it was asked, ISO 8601 in UTC. ``cost`` is None where no price or no count of tokens is known.
    """

    row: str
    seed: str
    variant: int
    teacher: str
    teacher_digest: str
    engine: str
    template: str
    """Digest of the request's template."""
    sampling: Sampling
    request: str
    """Key of the request, by which the store has the answer."""
    time: str
    checks: tuple[str, ...]
    """What it passed."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    currency: str = ""


class Rejected(Record, frozen=True, kw_only=True):
    """An answer that became no row: by which check, and why. Personal data in the texts is hidden."""

    row: str
    """Digest of the row that it would be; empty where none can be read from the answer."""
    seed: str
    variant: int
    check: str
    why: str
    input: str
    output: str
    request: str = ""
    cost: float | None = None


class Generated(Record, frozen=True, kw_only=True):
    """A set of rows that a teacher made, and what a review of it must show; kept beside the rows.

    ``digest`` is that of the rows' file as it was made; ``reviewed`` that of the file without the rows that people
    rejected, empty until then. ``order`` has digests of rows, the most diverse first: people are asked in this order.
    """

    digest: str
    settings: str
    """Digest of the settings, template and seeds that it was made by."""
    rows: int
    wanted: int
    rejected: dict[str, int]
    """By check."""
    unanswered: int
    ended: Ended
    teacher: str
    max_rejected: float
    order: tuple[str, ...]
    unused: dict[str, int] = msgspec.field(default_factory=dict)
    """Scorers of the suite, and of how many answers none could be asked, since they need an expected answer."""
    cost: float | None = None
    cost_unknown: float | None = None
    """How much of ``cost`` is the most that failed and broken off calls can have cost; None for nothing."""
    currency: str = ""
    reviewed: str = ""


class Decision(Record, frozen=True, kw_only=True):
    """What a person said of one row. The last one of a row counts; none is ever removed. ``time`` is as above."""

    row: str
    verdict: Literal["accept", "reject"]
    reason: str
    time: str
