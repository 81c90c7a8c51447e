"""The keeper: everything that was put is in the store when it is left, and trouble is told."""

import threading
from contextlib import suppress

import pytest

from harness.asking.store import Keeper, Store
from harness.errors import StoreError
from harness.records.answered import Response
from harness.records.asked import Request
from tests.asking.store.test_responses import answered
from tests.waiting import MOST_S, until


class Counting(Store):
    """A store that counts its commits."""

    commits = 0

    def keep(self, answered):
        """Count, and keep."""
        self.commits += 1
        super().keep(answered)


class Full(Store):
    """A store whose disk is full."""

    def keep(self, answered):
        """Refuse everything."""
        raise StoreError(f"the disk is full: {len(answered)} answers are lost")


def some(count: int) -> list[tuple[Request, str, Response]]:
    """Requests with their keys and responses."""
    return [answered(f"{number}") for number in range(count)]


def test_all_that_was_put_is_kept_in_few_commits(tmp_path):
    """Answers that arrive together share a commit."""
    pairs = some(500)
    with Counting(tmp_path / "x.sqlite") as store:
        with Keeper(store) as keeper:
            for request, _, response in pairs:
                keeper.put(request, response)

        assert set(store.find(key for _, key, _ in pairs)) == {key for _, key, _ in pairs}
        assert store.commits < 250


def test_an_answer_is_kept_while_the_keeper_waits_for_the_next(tmp_path):
    """Soon, not only at the end: a kill in the meantime loses nothing."""
    (request, key, response), *_ = some(1)
    with Store(tmp_path / "x.sqlite") as store, Keeper(store) as keeper, Store(tmp_path / "x.sqlite") as other:
        keeper.put(request, response)

        until(lambda: other.find([key]))


def test_a_full_disk_is_told(tmp_path):
    """At the next answer, or at the end at the latest."""
    (request, _, response), *_ = some(1)
    with (
        Full(tmp_path / "x.sqlite") as store,
        pytest.raises(StoreError, match="the disk is full"),
        Keeper(store) as keeper,
    ):
        keeper.put(request, response)


def test_a_full_disk_is_told_beside_what_ends_the_run(tmp_path):
    """Ctrl-C says that answers are kept, unless they could not be."""
    (request, _, response), *_ = some(1)
    interrupt = KeyboardInterrupt()
    with Full(tmp_path / "x.sqlite") as store, suppress(KeyboardInterrupt), Keeper(store) as keeper:
        keeper.put(request, response)
        raise interrupt

    assert interrupt.__notes__ == ["the last answers could not be stored: the disk is full: 1 answers are lost"]


def test_a_keeper_that_breaks_says_so(tmp_path):
    """Whatever it is that breaks, the answers are not taken and lost without a word."""
    (request, _, response), *_ = some(1)

    class Broken(Store):
        def keep(self, answered) -> None:
            """Break."""
            answered.clear()
            assert answered, "not expected"

    with (
        Broken(tmp_path / "x.sqlite") as store,
        pytest.raises(AssertionError, match="not expected"),
        Keeper(store) as keeper,
    ):
        keeper.put(request, response)


def test_what_came_before_a_failure_is_kept(tmp_path):
    """The engine breaks off: its answers so far are safe, and its own error is the one that is told."""
    pairs = some(3)
    with Store(tmp_path / "x.sqlite") as store:
        with suppress(KeyboardInterrupt), Keeper(store) as keeper:
            for request, _, response in pairs:
                keeper.put(request, response)
            raise KeyboardInterrupt

        assert len(store.find(key for _, key, _ in pairs)) == 3


def test_the_end_is_seen_when_it_comes_right_after_the_wait(tmp_path):
    """Between waiting for more and forgetting that something arrived: a keeper that misses it would wait for ever."""
    with Store(tmp_path / "x.sqlite") as store:
        keeper = Keeper(store)

        class EndsAfterTheWait(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                """Time out, and have the keeper left at that very moment."""
                seen = super().wait(timeout)
                self.set()
                keeper._arrived.set()
                return seen

        keeper._ended = EndsAfterTheWait()
        keeper._thread.start()
        keeper._arrived.set()
        keeper._thread.join(timeout=MOST_S)

        assert not keeper._thread.is_alive()
