"""The limit on the time of scoring one answer."""

import re
import signal
import threading
import time
from contextlib import suppress

import pytest

from harness.scorers.reading import limit
from harness.scorers.reading.limit import TookTooLong, unfinished, within_limit


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A tenth of a second of computing is enough to see an end."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)


def endless() -> None:
    """Compute for ever."""
    while True:
        pass


def stubborn() -> None:
    """Compute for ever, and swallow the first error, as a scorer with a broad `except` does."""
    with suppress(Exception):
        endless()
    endless()


@pytest.mark.parametrize("work", [endless, stubborn, lambda: re.search("^(a+)+$", "a" * 60 + "!")])
def test_work_without_an_end_is_ended(work):
    """Python's own code and searches of `re`."""
    with pytest.raises(TookTooLong):
        within_limit(work)


def test_work_that_ends_gives_its_result():
    """And its own errors."""
    assert within_limit(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within_limit(lambda: 1 // 0)


def test_waiting_is_not_computing():
    """A busy machine leaves no case unscored."""
    started = time.thread_time()

    def wait() -> str:
        threading.Event().wait(0.3)
        return "done"

    assert within_limit(wait) == "done"
    assert time.thread_time() - started < 0.3


def test_nothing_of_the_limit_is_left_behind():
    """Neither after an end nor after a result: the timer is off, and the signal is handled as before."""
    before = signal.getsignal(signal.SIGVTALRM)
    within_limit(lambda: 5)
    with pytest.raises(TookTooLong):
        within_limit(endless)

    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_a_limit_inside_of_a_limit_leaves_the_outer_one():
    """As where a scorer with a limit is part of another one."""

    def work() -> None:
        within_limit(lambda: 5)
        endless()

    with pytest.raises(TookTooLong):
        within_limit(work)


def test_another_thread_works_without_a_limit():
    """Signals reach the main thread alone; a result is still a result."""
    given: list[int] = []
    thread = threading.Thread(target=lambda: given.append(within_limit(lambda: 5)))
    thread.start()
    thread.join()

    assert given == [5]


def test_the_score_says_who_gave_up_at_what():
    """It is unscored, never wrong."""
    score = unfinished("matches_it", "the search", "search less")

    assert score.value is None
    assert score.reason == "'matches_it' gave up: the search takes more than 0.1 s of computing; search less"
