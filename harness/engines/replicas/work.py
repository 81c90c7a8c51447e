"""Which request goes to which replica next, what is out, and what of it comes back when a replica is lost."""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from harness.engines.replicas.shards import Shard, Shards
from harness.records.answered import Response
from harness.records.asked import Request

MOST_LOST = 3
"""After so many replicas were lost with a request, it is no longer asked: it may be what they were lost by."""
STRAGGLES = 3.0
"""A request that is out for so many times the usual time is asked of an idle replica too; the first answer counts."""
SOONEST_S = 1.0
"""No request straggles earlier."""
USUAL = 0.1
"""The weight of a new answer in the usual time."""
POISON = "{} replicas were lost while they had this request, so it is not asked again in this run"


@dataclass(eq=False)
class _Out:
    """A request that is with replicas, or was when they were lost; ``since`` is when the first one took it.

    ``failed_at`` is the replica that answered with an error.
    """

    request: Request
    holders: set[str] = field(default_factory=set)
    since: float = 0.0
    lost: int = 0
    failed_at: str = ""


@dataclass
class _Place:
    """What a replica works on: the prefix, and what is left of its shard; and the suspect that it has."""

    prefix: Hashable = None
    shard: Shard = field(default_factory=deque)
    suspect: str = ""


class Work:
    """The requests of one call, shared by threads: one for each replica takes, and gives answers back.

    Each gets its shards by prefix; at the end idle ones share what is left of others' shards, and what straggles. A
    request that was out when a replica was lost is asked again after all others, since it may be what the replica was
    lost by. After a second loss it is a suspect: these are asked last, one at a time of each replica, so that only the
    guilty one meets a third.
    """

    def __init__(self, requests: Iterable[Request], clock: Callable[[], float]) -> None:
        self._shards = Shards(requests)
        self._clock = clock
        self._changed = threading.Condition()
        self._places: dict[str, _Place] = {}
        self._out: dict[str, _Out] = {}
        self._rest: deque[Request] = deque()
        """What is left of the shards of lost replicas."""
        self._failed: deque[_Out] = deque()
        self._back: deque[_Out] = deque()
        self._suspects: deque[_Out] = deque()
        self._usual_s = 0.0
        self._is_ended = False

    @property
    def is_done(self) -> bool:
        """Whether everything was answered, or nothing is to be asked any more."""
        with self._changed:
            return self._is_done()

    def taken_by(self, replica: str) -> Iterator[Request]:
        """Yield what a replica is to ask, as long as there is something for it now."""
        while True:
            with self._changed:
                request = self._take(replica)
            if request is None:
                return
            yield request

    def wait(self, replica: str, longest_s: float) -> Request | None:
        """Return the next request for a replica, waiting for one that comes back or straggles; None at the end."""
        with self._changed:
            while not self._is_done():
                if request := self._take(replica):
                    return request
                self._changed.wait(longest_s)
        return None

    def answered(self, replica: str, responses: Iterable[Response]) -> list[Response]:
        """Note answers of a replica, and return those that are the first to their requests."""
        with self._changed:
            new = [response for response in responses if self._is_first(replica, response)]
            if new and not self._out and self._is_done():
                self._changed.notify_all()
            return new

    def _is_first(self, replica: str, response: Response) -> bool:
        place = self._places.get(replica)
        if place and place.suspect == response.request_key:
            place.suspect = ""
        out = self._out.get(response.request_key)
        if out is None or (response.error is not None and self._asks_another(out, replica)):
            return False
        del self._out[response.request_key]
        self._usual_s += USUAL * (self._clock() - out.since - self._usual_s)
        return True

    def _asks_another(self, out: _Out, failed_at: str) -> bool:
        """Leave a request that failed to another replica, once: the fault may be the first one's."""
        out.holders.discard(failed_at)
        is_first, out.failed_at = not out.failed_at, failed_at
        if out.holders:
            return True
        if not is_first or len(self._places) == 1:
            return False
        del self._out[out.request.key]
        self._failed.append(out)
        self._changed.notify_all()
        return True

    def lost(self, replica: str) -> list[Response]:
        """Take back what a replica had, and return an error for each request that too many were lost with."""
        failed = []
        with self._changed:
            place = self._places.pop(replica, _Place())
            self._rest.extend(place.shard)
            for out in [out for out in self._out.values() if replica in out.holders]:
                out.holders.discard(replica)
                out.lost += 1
                if out.holders:
                    continue
                if out.lost >= MOST_LOST:
                    failed.append(_poison(out))
                else:
                    (self._suspects if out.lost == MOST_LOST - 1 else self._back).append(out)
                del self._out[out.request.key]
            self._changed.notify_all()
        return failed

    def given_up(self) -> list[Response]:
        """Return an error for each request that is left, if all of them are suspects: no replica is left for them.

        While anything else is left, there are none.
        """
        with self._changed:
            if self._out or self._back or self._has_fresh():
                return []
            failed = [_poison(out) for out in self._suspects]
            self._suspects.clear()
            return failed

    def end(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _is_done(self) -> bool:
        return self._is_ended or not (self._out or self._back or self._suspects or self._has_fresh())

    def _has_fresh(self) -> bool:
        """Whether there are requests that no replica was lost with."""
        return (
            bool(self._rest or self._failed)
            or any(place.shard for place in self._places.values())
            or self._shards.has_more
        )

    def _take(self, replica: str) -> Request | None:
        if self._is_ended:
            return None
        place = self._places.setdefault(replica, _Place())
        out = self._failed_elsewhere(replica) or self._first_of(place)
        out = out or (self._back.popleft() if self._back else self._suspect(place) or self._straggler(replica))
        if out is None:
            return None
        if not out.holders:
            out.since = self._clock()
        out.holders.add(replica)
        self._out[out.request.key] = out
        return out.request

    def _failed_elsewhere(self, replica: str) -> _Out | None:
        """Return a request that another replica answered with an error; its own too where it is alone."""
        if self._failed and (self._failed[0].failed_at != replica or len(self._places) == 1):
            return self._failed.popleft()
        return None

    def _first_of(self, place: _Place) -> _Out | None:
        """Return the first request of the replica's shard, of a new one, or of half of the largest of the others'."""
        if self._rest:
            return _Out(self._rest.popleft())
        if not place.shard:
            others = (other.prefix for other in self._places.values() if other is not place and other.shard)
            if found := self._shards.next_one(place.prefix, others):
                place.prefix, place.shard = found
            elif self._places:
                largest = max(self._places.values(), key=lambda other: len(other.shard))
                for _ in range((len(largest.shard) + 1) // 2):
                    place.shard.appendleft(largest.shard.pop())
                place.prefix = largest.prefix
        return _Out(place.shard.popleft()) if place.shard else None

    def _suspect(self, place: _Place) -> _Out | None:
        if place.suspect or not self._suspects:
            return None
        out = self._suspects.popleft()
        place.suspect = out.request.key
        return out

    def _straggler(self, replica: str) -> _Out | None:
        """Return the request that is out for longest, if that is too long, and only one replica has it."""
        slow_s = max(STRAGGLES * self._usual_s, SOONEST_S)
        now = self._clock()
        for out in self._out.values():  # in the order in which they were taken
            if now - out.since < slow_s:
                return None
            if len(out.holders) == 1 and replica not in out.holders and not out.lost:
                return out
        return None


def _poison(out: _Out) -> Response:
    return Response(request_key=out.request.key, error=POISON.format(out.lost))
