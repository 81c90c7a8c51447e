"""Requests put together by how their prompts begin, so that a replica's prefix cache is used. Bounded in memory."""

from collections import deque
from collections.abc import Hashable, Iterable

from harness.records.asked import Request

SHARD = 64
"""Requests that a replica gets from one prefix before others are considered."""
AHEAD = 8192
"""Requests that are read ahead, to find those that begin alike."""
LOOK = 8
"""Prefixes that are looked at for one that no other replica works on."""
BEGINNING = 256
"""Characters of a single message that count as its beginning."""

Shard = deque[Request]


class Shards:
    """Requests in the order of a stream, in shards that share a prefix. Not for several threads."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._source = iter(requests)
        self._waiting: dict[Hashable, deque[Shard]] = {}
        self._count = 0
        self._is_read = False

    @property
    def has_more(self) -> bool:
        """Whether there is another shard."""
        self._read()
        return bool(self._waiting)

    def next_one(self, last: Hashable, others: Iterable[Hashable]) -> tuple[Hashable, Shard] | None:
        """Return a shard with its prefix: of ``last`` if there is one, else rather of none of ``others``.

        Of several, it is the one that was read first. None at the end.
        """
        self._read()
        if not self._waiting:
            return None
        prefix = last if last in self._waiting else self._unused(frozenset(others))
        shards = self._waiting[prefix]
        shard = shards.popleft()
        if not shards:
            del self._waiting[prefix]
        self._count -= len(shard)
        return prefix, shard

    def _unused(self, others: frozenset[Hashable]) -> Hashable:
        first = [prefix for prefix, _ in zip(self._waiting, range(LOOK), strict=False)]
        return next((prefix for prefix in first if prefix not in others), first[0])

    def _read(self) -> None:
        """Read on, once half of what was read ahead is taken."""
        if self._is_read or self._count > AHEAD // 2:
            return
        while self._count < AHEAD:
            request = next(self._source, None)
            if request is None:
                self._is_read = True
                return
            shards = self._waiting.setdefault(beginning(request), deque())
            if not shards or len(shards[-1]) == SHARD:
                shards.append(deque())
            shards[-1].append(request)
            self._count += 1


def beginning(request: Request) -> Hashable:
    """Return what the prompts of two requests have in common at their start, if it is equal.

    These are all messages but the last, for one model; of a single message its first characters.
    """
    *before, last = request.messages
    if before:
        return id(request.model), *(message.text for message in before)
    return id(request.model), last.text[:BEGINNING]
