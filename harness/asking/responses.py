"""The responses of a run by the keys of their requests, and what is known of each, in little memory."""

import math
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping

from harness.asking.keys import Keys
from harness.records.answered import Response
from harness.records.columns import Column
from harness.records.record import Record
from harness.text.spooled import Spooled

NONE_YET = -1


class Took(Record, frozen=True, kw_only=True):
    """What one response took: the seconds of its request, and its tokens, which are None where nobody counted them."""

    has_failed: bool
    tokens_in: int | None
    tokens_out: int | None
    seconds: float
    waited: float | None
    """Seconds; None where it was not asked in this run."""
    kept_at: int | None
    """Of a hosted model's that came from the store: when it was kept, in seconds since 1970. None for others."""


class Responses(Mapping[str, Response]):
    """Responses by key; the first one to a request stays. Any thread can add and read.

    ``waited`` has seconds by key, of those that were asked in this run.
    """

    def __init__(self) -> None:
        self.keys_asked = Keys()
        """Of all requests, whether there is a response already or not."""
        self._places = array("l")
        """By number of the key: where its response is, or ``NONE_YET``."""
        self._waited = array("d")
        self._responses = Spooled(Response)
        self._failed = bytearray()
        self._tokens_in: Column[int | None] = Column(int | None)
        self._tokens_out: Column[int | None] = Column(int | None)
        self._seconds = array("d")
        """These four are by place, and spare decoding a response for them."""
        self._lock = threading.Lock()
        self.waited = Waited(self.keys_asked, self._waited)

    def make_room(self, more: int) -> None:
        """Make room for the keys of more requests."""
        with self._lock:
            self.keys_asked.make_room(more)

    def expect(self, key: str) -> int:
        """Return the number of a request's key, from 0, whether or not there is a response to it."""
        with self._lock:
            number = self.keys_asked.add(key)
            if number == len(self._places):
                self._places.append(NONE_YET)
                self._waited.append(math.nan)
            return number

    def add(self, key: str, response: Response) -> None:
        """Add the response to a request."""
        self.put(self.expect(key), response)

    def put(self, number: int, response: Response) -> None:
        """Add the response to the request whose key has this number."""
        with self._lock:
            if self._places[number] != NONE_YET:
                return
            # First, since a response that can't be written has its place as well.
            self._failed.append(response.error is not None)
            self._tokens_in.add(response.counted_in)
            self._tokens_out.add(response.counted_out)
            self._seconds.append(response.seconds)
            self._places[number] = self._responses.append(response)

    def note_waited(self, number: int, seconds: float) -> None:
        """Note how long the response to the request whose key has this number was waited for."""
        self._waited[number] = seconds

    def has(self, number: int) -> bool:
        """Return whether there is a response to the request whose key has this number."""
        return self._places[number] != NONE_YET

    def took(self, keys: Iterable[str], kept_at: Mapping[str, int]) -> Iterator[Took]:
        """Yield what each response that there is to some requests took, each once; ``kept_at`` is by key."""
        seen = bytearray(len(self._places))
        for key in keys:
            number = self.keys_asked.find(key)
            if number < 0 or seen[number] or not self.has(number):
                continue
            seen[number] = True
            place, waited = self._places[number], self._waited[number]
            yield Took(
                has_failed=bool(self._failed[place]),
                tokens_in=self._tokens_in[place],
                tokens_out=self._tokens_out[place],
                seconds=self._seconds[place],
                waited=None if math.isnan(waited) else waited,
                kept_at=kept_at.get(key),
            )

    def __contains__(self, key: object) -> bool:
        number = self.keys_asked.find(key) if isinstance(key, str) else -1
        return number >= 0 and self.has(number)

    def __getitem__(self, key: str) -> Response:
        number = self.keys_asked.find(key)
        if number < 0 or not self.has(number):
            raise KeyError(key)
        return self._responses[self._places[number]]

    def __iter__(self) -> Iterator[str]:
        return (self.keys_asked.at(number) for number in range(len(self._places)) if self.has(number))

    def __len__(self) -> int:
        return len(self._responses)


class Waited(Mapping[str, float]):
    """The seconds that requests were waited for, by key."""

    def __init__(self, keys: Keys, seconds: "array[float]") -> None:
        self._keys = keys
        self._seconds = seconds

    def __getitem__(self, key: str) -> float:
        number = self._keys.find(key)
        if number < 0 or math.isnan(self._seconds[number]):
            raise KeyError(key)
        return self._seconds[number]

    def __iter__(self) -> Iterator[str]:
        return (self._keys.at(number) for number, one in enumerate(self._seconds) if not math.isnan(one))

    def __len__(self) -> int:
        return sum(not math.isnan(one) for one in self._seconds)
