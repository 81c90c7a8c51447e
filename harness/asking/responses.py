"""The responses of a run by the keys of their requests, and what is known of each, in little memory."""

import math
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping

from harness.asking.keys import Keys
from harness.records.answered import Response
from harness.text.spooled import Spooled

NONE_YET = -1


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
        self._lock = threading.Lock()
        self.waited = Waited(self.keys_asked, self._waited)

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
        if self._places[number] == NONE_YET:
            self._places[number] = self._responses.append(response)

    def note_waited(self, number: int, seconds: float) -> None:
        """Note how long the response to the request whose key has this number was waited for."""
        self._waited[number] = seconds

    def has(self, number: int) -> bool:
        """Return whether there is a response to the request whose key has this number."""
        return self._places[number] != NONE_YET

    def each_once(self, keys: Iterable[str]) -> Iterator[Response]:
        """Yield the responses that there are to some requests, each once."""
        seen = bytearray(len(self._places))
        for number in map(self.keys_asked.find, keys):
            if number >= 0 and not seen[number] and self.has(number):
                seen[number] = True
                yield self._responses[self._places[number]]

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
