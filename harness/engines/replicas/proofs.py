"""What every replica has to prove before its answers count: that each adapter which is asked answers there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from harness.errors import HarnessError
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request

LOOKED_AT = 2_000
"""Requests that show which adapters are asked: probes come first, and both sides in turn."""


class Proof(Protocol):
    """Some requests to an adapter and its base model, and what the responses to them show."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked."""
        ...

    def check(self, responses: Mapping[str, Response]) -> None:
        """Raise an ``EngineError`` unless the adapter is the one that answers; ``responses`` are by key."""
        ...

    def apart(self, one: Mapping[str, Response], other: Mapping[str, Response]) -> float:
        """Return how far the responses of two replicas are apart at most: log-probabilities of tokens, in nats."""
        ...


Plan = Callable[[Sequence[Request], ModelRef, ModelRef], Proof]
"""Makes the proof of an adapter of requests to it, its reference and its base model's."""


def adapters_among(
    requests: Iterable[Request], known: Iterable[ModelRef] = ()
) -> Iterator[tuple[tuple[Request, ...], ModelRef, ModelRef]]:
    """Yield the requests to each adapter, its reference, and its base model's, of those asked or of those ``known``.

    An adapter of which neither has the base model is left out: it is hosted, and only its name is known.
    """
    first = tuple(islice(requests, LOOKED_AT))
    bases = {ref.base_digest: ref for ref in known if ref.adapter_digest is None}
    for request in first:
        if request.model.adapter_digest is None:
            bases.setdefault(request.model.base_digest, request.model)
    for share in by_adapter(first).values():
        base = bases.get(share[0].model.base_digest)
        if base is not None:
            yield tuple(share), share[0].model, base


def by_adapter(requests: Iterable[Request]) -> dict[tuple[str, ...], list[Request]]:
    """Return the requests to adapters among the first ones, by the adapter's weights."""
    found: dict[tuple[str, ...], list[Request]] = {}
    for request in islice(requests, LOOKED_AT):
        if request.model.adapter_digest is not None:
            found.setdefault(request.model.weights, []).append(request)
    return found


def prove(
    name: str,
    proofs: Iterable[Proof],
    ask: Callable[[Sequence[Request]], Iterator[Sequence[Response]]],
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Proof, Mapping[str, Response]]]:
    """Have the replica of this name give proofs; yield each that it gave with the responses, until it is stopped.

    Raises:
        EngineError: an adapter does not answer there; the text starts with the name.
    """
    for proof in proofs:
        responses = {one.request_key: one for together in ask(proof.requests) for one in together}
        if is_stopped():
            return
        try:
            proof.check(responses)
        except HarnessError as problem:
            raise type(problem)(f"{name}: {problem}") from problem
        yield proof, responses
