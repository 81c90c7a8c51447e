"""What answers: an engine, and one side of a comparison with the engine that it answers through."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from harness.records.answered import Response
from harness.records.asked import ModelRef, Rendering, Request


class Engine(Protocol):
    """Turns requests into responses. Starting and stopping is a context manager around it."""

    @property
    def identity(self) -> str:
        """Kind, version, dtype and LoRA mode: the part of a request's key that the engine decides."""
        ...

    @property
    def runs_elsewhere(self) -> bool:
        """Whether it only waits for others' servers, and so can be used together with an engine on this machine."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was asked unlike the suite says, such as without a parameter: lines for the facts of the run."""
        ...

    @property
    def can_ask_again(self) -> bool:
        """Whether the same request can get another answer; a saved run has one answer to each."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request, in order of completion; a failed call yields an error response."""
        ...

    def stop(self) -> None:
        """Ask nothing more: what ``generate`` gave yields what has arrived, and ends. Any thread can call this."""
        ...


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison, or a judge: a model, the engine that it answers through, and how it is given messages.

    ``declared`` names the entries of the fingerprint in which it can differ from the other side, because the settings
    or the adapter say so. ``held`` has the keys of requests that a saved run asked again; empty for a model.
    ``sampling`` is as in ``Setup``. ``goes_on`` says whether it can be asked to go on from the beginning of an answer.
    ``then`` is as in ``Request``.
    """

    model: ModelRef
    engine: Engine
    rendering: Rendering = Rendering()
    declared: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    sampling: str = ""
    goes_on: bool = True
    then: str = ""
