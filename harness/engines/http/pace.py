"""Decide how many requests one server gets at once, from what comes back. Pure: the time is an argument.

Hill climbing: the number grows as long as throughput grows with it. Many faults of an overloaded server halve it, as in
TCP's congestion control (Jacobson 1988, "Congestion avoidance and control"). A few don't: a server that drops one
request in ten does so at any pace, and at the lowest one a request that hangs holds up all others.
"""

import math

FIRST_GROWTH = 2.0
LATER_GROWTH = 1.25
"""By how much the limit grows: until it is first held or halved, and after that."""
GAIN = 1.02
"""Throughput has grown when it is this many times the best so far."""
WINDOWS_HELD = 4
"""For how many windows the limit stays before a higher one is tried again."""
OVERLOADED = 1 / 3
"""A larger share of faults means that the server is overloaded."""
FEWEST_OUTCOMES = 32
"""The share is taken of at least this many answers and faults, and of twice the limit."""
FIRST_LIMIT = 32
"""Requests in flight at the start, where nothing is set."""
MOST_AT_FIRST, TOKENS_AT_FIRST = 128, 4096
"""The same for our own vLLM server: at most this many requests, and this many tokens in their answers together."""


class Pace:
    """``limit`` requests can be in flight, and none can start before ``resumes_at``.

    The limit never grows so far that the slowest answer would take more than half of ``timeout_s`` if it slowed
    down at the same rate.
    A window is at least ``window_s`` long and at least ``limit`` answers, apart from those that were in flight when
    the limit changed. All times are seconds of one monotonic clock.
    """

    def __init__(self, start: int, most: int, window_s: float, timeout_s: float = math.inf) -> None:
        self.limit = max(1, min(start, most))
        self.resumes_at = 0.0
        self._most = max(1, most)
        self._window_s = window_s
        self._timeout_s = timeout_s
        self._growth = FIRST_GROWTH
        self._best_limit, self._best_rate = self.limit, 0.0
        self._held = 0
        self._outcomes = self._faults = 0
        self._halved_at: float | None = None
        self._opened_at: float | None = None
        self._answers = 0
        self._amount = 0
        self._slowest_s = 0.0

    def answered(self, tokens: int | None, now: float, seconds: float = 0.0) -> None:
        """Note an answer and how long it took; one whose tokens are unknown counts as one token."""
        self._count()
        self._slowest_s = max(self._slowest_s, seconds)
        self._answers += 1
        self._amount += tokens or 1
        if self._answers < self.limit:
            return
        if self._opened_at is None:
            self._open(now)
        elif now - self._opened_at >= self._window_s:
            self._judge(self._amount / (now - self._opened_at), now)

    def slow_down(self, now: float, pause_s: float = 0.0) -> None:
        """Note a fault, and start nothing for ``pause_s``; too many halve the limit, at most once in a window."""
        self.pause(now, pause_s)
        self._faults += 1
        is_overloaded = self._faults > OVERLOADED * self._round
        self._count()
        if is_overloaded and (self._halved_at is None or now - self._halved_at >= self._window_s):
            self._halved_at = now
            self._hold(max(1, self.limit // 2))

    def pause(self, now: float, seconds: float) -> None:
        """Start nothing for so long."""
        self.resumes_at = max(self.resumes_at, now + seconds)

    def stay_below(self, now: float) -> None:
        """Take the limit as too high for this machine: halve it, once in a window, and let it never grow beyond."""
        if self._halved_at is None or now - self._halved_at >= self._window_s:
            self._halved_at = now
            self._most = max(1, self.limit // 2)
            self._hold(self._most)

    @property
    def _round(self) -> int:
        """How many outcomes the share of faults is taken of."""
        return max(2 * self.limit, FEWEST_OUTCOMES)

    def _count(self) -> None:
        """Note an outcome; with the last one of a round the faults are counted anew."""
        self._outcomes += 1
        if self._outcomes >= self._round:
            self._outcomes = self._faults = 0

    def _judge(self, rate: float, now: float) -> None:
        """Choose the next limit after a window with this throughput."""
        if self._held:
            self._held -= 1
            self._best_rate = rate
            self._open(now)
            if not self._held:
                self._grow()
        elif rate >= self._best_rate * GAIN:
            self._best_limit, self._best_rate = self.limit, rate
            self._grow()
        else:
            self._hold(self._best_limit)

    def _grow(self) -> None:
        bearable = self.limit * self._timeout_s / (2 * self._slowest_s) if self._slowest_s else math.inf
        wanted = min(max(self.limit + 1, int(self.limit * self._growth)), self._most, bearable)
        self._change(max(self.limit, int(wanted)))

    def _hold(self, limit: int) -> None:
        self._growth = LATER_GROWTH
        self._best_limit, self._held = limit, WINDOWS_HELD
        self._change(limit)

    def _change(self, limit: int) -> None:
        """Set the limit; what was asked under the old one is not measured."""
        self.limit = limit
        self._answers = 0
        self._outcomes = self._faults = 0
        self._opened_at = None
        self._slowest_s = 0.0

    def _open(self, now: float) -> None:
        self._opened_at = now
        self._answers = 0
        self._amount = 0


def first_limit(longest_answer: int) -> int:
    """Return how many requests our own vLLM server gets at the start, when answers can have this many tokens.

    >>> first_limit(24), first_limit(64), first_limit(1024)
    (128, 64, 32)
    """
    return min(max(TOKENS_AT_FIRST // max(longest_answer, 1), FIRST_LIMIT), MOST_AT_FIRST)
