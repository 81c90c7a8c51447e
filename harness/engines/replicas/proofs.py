"""What every replica has to prove before its answers count: that each adapter which is asked answers there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from harness.records.asked import ModelRef, Request, Response


class Proof(Protocol):
    """Some requests to an adapter and its base model, and what the responses to them show."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked."""
        ...

    def check(self, responses: Mapping[str, Response]) -> None:
        """Raise an ``EngineError`` unless the adapter is the one that answers; ``responses`` are by key."""
        ...


Plan = Callable[[Sequence[Request], ModelRef, ModelRef], Proof]
"""Makes the proof of an adapter of requests to it, its reference and its base model's."""


def adapters_among(
    requests: Iterable[Request], known: Iterable[ModelRef] = ()
) -> Iterator[tuple[tuple[Request, ...], ModelRef, ModelRef]]:
    """Yield the requests to each adapter, its reference, and its base model's, of those asked or of those ``known``.

    An adapter of which neither has the base model is left out: it is hosted, and only its name is known.
    """
    of_adapter: dict[tuple[str, ...], list[Request]] = {}
    bases = {ref.base_digest: ref for ref in known if ref.adapter_digest is None}
    for request in requests:
        if request.model.adapter_digest is None:
            bases.setdefault(request.model.base_digest, request.model)
        else:
            of_adapter.setdefault(request.model.weights, []).append(request)
    for share in of_adapter.values():
        base = bases.get(share[0].model.base_digest)
        if base is not None:
            yield tuple(share), share[0].model, base
