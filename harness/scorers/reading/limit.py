"""A limit on the time that scoring one answer takes: what never ends is stopped, and the case is unscored."""

import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from harness.records.scored import Score

LONGEST_S = 5.0
"""Seconds of this thread's computing, a hundred times what honest answers take. Other programs don't count."""
_LOOKS_EVERY_S = 0.05

Found = TypeVar("Found")


class TookTooLong(Exception):
    """The work did not end within the limit."""


def within_limit(work: Callable[[], Found]) -> Found:
    """Return what ``work`` returns.

    A signal interrupts it, which Python code and searches with ``re`` heed, and which only the main thread gets. Suites
    are scored there; in any other thread there is no limit.

    Raises:
        TookTooLong: it computed longer than ``LONGEST_S``.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    started = time.thread_time()

    def look(_signal: int, _frame: object) -> None:
        if time.thread_time() - started >= LONGEST_S:
            raise TookTooLong

    before, timer = signal.signal(signal.SIGVTALRM, look), signal.getitimer(signal.ITIMER_VIRTUAL)
    try:
        # Again and again, so that code which swallows the first error doesn't get away.
        signal.setitimer(signal.ITIMER_VIRTUAL, _LOOKS_EVERY_S, _LOOKS_EVERY_S)
        try:
            return work()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:  # twice: the last signal can come between the end of the work and the end of the timer
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL if before is None else before)
        signal.setitimer(signal.ITIMER_VIRTUAL, *timer)


def unfinished(scorer: object, what: str, advice: str) -> Score:
    """Return the score of an answer that a scorer could not finish with: unscored, ``what`` took long, and advice."""
    reason = f"{scorer!r} gave up: {what} takes more than {LONGEST_S:g} s of computing; {advice}"
    return Score(value=None, reason=reason, category="took too long")
