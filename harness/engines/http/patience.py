"""How long asking continues while requests fail: what is asked next, how long to wait, when to give up.

Pure: all times are seconds of one monotonic clock, given as arguments.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.engines.http.faults import LONGEST_BACK_OFF, Kind
from harness.records.asked import Request

MANY = 8
"""When this many different requests failed and none got through in between, it is the server that fails."""
TELL_AFTER_S = 10.0
"""How long a server fails before people are told."""
PAUSE_SHARE = 0.25
"""The pause while the server fails, as a share of the time since something got through."""


@dataclass(slots=True, eq=False)
class Question:
    """A request on its way: the kinds of faults that it met, and the time before which it is not asked again."""

    request: Request
    met: list[Kind] = field(default_factory=list)
    due: float = 0.0


class Questions:
    """What is still to be asked: requests that were never asked, in their order, and those that failed."""

    def __init__(self, requests: Iterator[Request]) -> None:
        self._fresh = requests
        self._failed: list[tuple[float, int, Question]] = []
        self._count = 0

    def put_back(self, question: Question) -> None:
        """Let a question be asked again when it is due."""
        self._count += 1  # so that no two questions are compared
        heapq.heappush(self._failed, (question.due, self._count, question))

    def next_one(self, now: float, *, others_first: bool) -> Question | None:
        """Take the question to be asked next; None when none is left.

        One that failed is asked again as soon as it is due. With ``others_first`` those never asked go before it.
        """
        if self._failed and not others_first and self._failed[0][0] <= now:
            return heapq.heappop(self._failed)[-1]
        if (request := next(self._fresh, None)) is not None:
            return Question(request)
        return heapq.heappop(self._failed)[-1] if self._failed else None

    @property
    def failed(self) -> int:
        """How many wait to be asked again."""
        return len(self._failed)

    def rest(self) -> Iterator[Request]:
        """Take all that is left."""
        while question := self.next_one(0.0, others_first=True):
            yield question.request


class Patience:
    """What has failed since something got through; ``first_s`` is the shortest pause."""

    def __init__(self, timeout_s: float, first_s: float, now: float) -> None:
        self._timeout_s = timeout_s
        self._first_s = first_s
        self._since = now
        self._tries = 0
        self._failed: set[str] = set()
        self._is_told = False

    def got_through(self, now: float) -> None:
        """Note that the server works."""
        self._since = now
        if self._tries:
            self._tries = 0
            self._failed.clear()

    def failed(self, request_key: str) -> None:
        """Note that a request failed."""
        self._tries += 1
        self._failed.add(request_key)

    @property
    def others_first(self) -> bool:
        """Whether other requests are tried before one that failed: nothing got through since."""
        return bool(self._failed)

    def pause_s(self, now: float) -> float:
        """Return for how long nothing is asked: 0 unless the server fails; longer, the longer it has failed."""
        if len(self._failed) < MANY:
            return 0.0
        return min(max((now - self._since) * PAUSE_SHARE, self._first_s), LONGEST_BACK_OFF * self._first_s)

    def must_tell(self, now: float) -> bool:
        """Return whether the server fails for so long that people wonder; once in a run."""
        must = not self._is_told and len(self._failed) >= MANY and now - self._since > TELL_AFTER_S
        self._is_told |= must
        return must

    def is_over(self, now: float, unanswered: int) -> bool:
        """Return whether to give up: nothing got through for the timeout, although many tries of many requests failed.

        Where fewer than ``MANY`` requests are unanswered, all of them must have failed.
        """
        return (
            now - self._since > self._timeout_s and self._tries >= MANY and len(self._failed) >= min(MANY, unanswered)
        )
