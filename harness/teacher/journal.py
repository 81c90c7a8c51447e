"""What was asked so far for a set of rows, written before it is sent: what a killed process can have paid is known.

Answers are in the store. What was sent and has no answer there counts as the most that it can have cost.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from harness.asking.spending import Spending
from harness.errors import DataError
from harness.records.answered import Response
from harness.records.asked import Request
from harness.records.record import Record
from harness.text.appended import add, read_added

Clock = Callable[[], dt.datetime]


class Sent(Record, frozen=True, kw_only=True):
    """One request, by its key: when, and what it can cost at most. ``stored`` is an answer that was there already."""

    key: str
    time: str
    bound: float = 0.0
    stored: bool = False


class Journal:
    """The file of what was asked; one process writes it at a time.

    Raises:
        DataError: a line of it can't be read.
    """

    def __init__(self, path: Path, now: Clock) -> None:
        self._path, self._now = path, now
        self._sent = list(read_added(path, Sent, DataError))
        self._times = {one.key: one.time for one in self._sent}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked yet for the set."""
        return not self._sent

    def count(self, spending: Spending, requests: Mapping[str, Request], responses: Mapping[str, Response]) -> None:
        """Count what earlier processes sent: by what it cost where its answer is there, else by the most.

        A request that was sent again after it had failed counts twice.
        """
        seen: set[str] = set()
        for one in reversed(self._sent):
            if one.stored:
                continue
            request, response = requests.get(one.key), responses.get(one.key)
            if request is None or response is None or one.key in seen:
                spending.add_bound(one.bound)
            else:
                spending.count(request, response)
            seen.add(one.key)

    def note(self, requests: Iterable[Request], spending: Spending) -> None:
        """Note requests that are sent now.

        Raises:
            StoreError: the file can't be written; then nothing may be sent.
        """
        self._add(Sent(key=one.key, time=self._time(), bound=spending.bound(one)) for one in requests)

    def note_stored(self, requests: Iterable[Request]) -> None:
        """Note requests whose answers another set has paid; those of this set are noted already.

        Raises:
            StoreError: the file can't be written.
        """
        self._add(Sent(key=one.key, time=self._time(), stored=True) for one in requests if one.key not in self._times)

    def time_of(self, key: str) -> str:
        """Return when a request was sent last, or its stored answer was taken."""
        return self._times[key]

    def _time(self) -> str:
        return self._now().isoformat(timespec="seconds")

    def _add(self, sent: Iterable[Sent]) -> None:
        if new := list(sent):
            add(self._path, new)
            self._sent += new
            self._times |= {one.key: one.time for one in new}
