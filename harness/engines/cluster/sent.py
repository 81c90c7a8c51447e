"""What goes between this process and a replica: records as JSON, so that no bytes of one make objects of another."""

import msgspec

from harness.config.engine import EngineConfig
from harness.records.answered import Response
from harness.records.asked import ModelRef
from harness.records.record import Record


class SentModel(Record, frozen=True, kw_only=True):
    """A model as it is on this machine; a replica finds its own copy and checks that it has the same digests.

    ``base_name`` is what leads to the base model on a machine that has no folder ``base_path``.
    """

    ref: ModelRef
    base_path: str
    base_name: str
    adapter_path: str | None = None
    code: tuple[str, ...] = ()


class Order(Record, frozen=True, kw_only=True):
    """What a replica shall be. ``keys`` are names of variables with keys, which its servers don't get."""

    config: EngineConfig
    models: tuple[SentModel, ...]
    keys: tuple[str, ...] = ()


class Problem(Record, frozen=True, kw_only=True):
    """An error of a replica: the name of its class in ``harness.errors``, and its text."""

    kind: str
    text: str


class Made(Record, frozen=True, kw_only=True):
    """What a replica is, or why it can't be.

    ``identity`` is its engine's; ``versions`` are those of packages that can change an answer, with Python's.
    """

    node: str
    identity: str = ""
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    hardware: str = ""
    notes: tuple[str, ...] = ()
    problem: Problem | None = None


class Taken(Record, frozen=True, kw_only=True):
    """What a replica has to tell since it was asked last: responses, lines about its start, and its end."""

    responses: tuple[Response, ...] = ()
    said: tuple[str, ...] = ()
    ended: bool = False
    problem: Problem | None = None
