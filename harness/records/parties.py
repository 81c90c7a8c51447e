"""The sides of a run and its judges: how each was asked, where its answers come from, and what they took."""

from typing import Literal

from harness.records.asked import Rendering, Side
from harness.records.record import Record

Party = Side | Literal["judge"]


KnownBy = Literal["weights", "proof", "unproved", "saved", "server", "name"]


TRUSTED: frozenset[KnownBy] = frozenset({"unproved", "server", "name"})
"""Nothing shows that the named weights gave the answers: they are taken on trust."""


class Reused(Record, frozen=True, kw_only=True):
    """A hosted model's answers that came from the store: their number, and when the first and the last was kept."""

    answers: int
    oldest: str
    newest: str


class Usage(Record, frozen=True, kw_only=True):
    """What one side's answers took, or the judge's verdicts. ``stored`` came from the store, timed when asked first.

    ``p50_s`` and ``p95_s`` are seconds an answer; ``tokens_per_s`` is output tokens over the time that this run spent
    on this side's answers. Each is None where nothing was measured. Tokens are None where the server did not count them
    for every answer, and ``cost`` where no price is known, or the tokens that it needs are not.
    """

    side: Party
    answers: int
    stored: int
    failed: int
    tokens_in: int | None
    tokens_out: int | None
    p50_s: float | None = None
    p95_s: float | None = None
    tokens_per_s: float | None = None
    cost: float | None = None
    currency: str = ""
    name: str = ""
    """Which judge, where there are several; empty for any other."""
    reused: Reused | None = None
    """What of ``stored`` a hosted model answered in an earlier run; None where there is nothing of the kind."""


class Origin(Record, frozen=True, kw_only=True):
    """Where one party's answers come from, and what shows that the named model gave them.

    ``address`` is that of a server which the harness did not start; empty for weights that it serves itself and for a
    saved run. ``known_by`` is "weights" for a base model read from files here, "proof" for an adapter that was shown to
    answer (``Run.probes``) and "unproved" for one that was not, "saved" for a saved run that knew it, "server" for a
    running server, whose weights can't be seen, and "name" for a hosted model and for one that only a running
    server has. ``commit`` is that of a base model which was fetched from a hub; empty for any other.
    """

    party: Party
    known_by: KnownBy
    address: str = ""
    commit: str = ""
    name: str = ""
    """Which judge, where there are several; empty for any other."""
    base_ends: str = ""
    """The day, as YYYY-MM-DD, on which the service at ``address`` retires the base model of what was tuned there;
    empty where none is known."""


class Setup(Record, frozen=True, kw_only=True):
    """How a side was asked: its engine's identity, how it was given messages, and in what it was declared to differ.

    ``sampling`` is what is known of how its answers were drawn where another tool asked; empty where the suite decided.
    """

    engine: str
    rendering: Rendering = Rendering()
    declared: tuple[str, ...] = ()
    sampling: str = ""
