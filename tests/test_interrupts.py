"""Signals that end a run: held back while answers are in hand, heard in a wait, and the second one ends at once."""

import queue
import signal
import threading
from collections.abc import Iterator

import pytest

from harness.interrupts import SAME_S, Interrupts, heard, heard_until, held

LONG_S = 10 * SAME_S


class Time:
    """A clock that goes on when it is told."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now_s


class Desk:
    """Interrupts that are installed, a clock, and how often the process was ended."""

    def __init__(self) -> None:
        self.clock = Time()
        self.ended = 0
        self.interrupts = Interrupts(self._end, self.clock)

    def send(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to this process, long after the one before; its handler runs before this returns."""
        self.clock.now_s += LONG_S
        signal.raise_signal(number)

    def _end(self) -> None:
        self.ended += 1


@pytest.fixture
def before() -> Iterator[None]:
    """Start as a program in the foreground does; what is started in the background ignores Ctrl-C."""
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in found.items():
        signal.signal(number, handler)


@pytest.fixture
def desk(before: None) -> Iterator[Desk]:
    """Install the handlers for one test."""
    made = Desk()
    made.interrupts.install()
    yield made
    made.interrupts.restore()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_interrupts_as_ctrl_c_does(desk, number):
    """While nothing is held, at once."""
    with pytest.raises(KeyboardInterrupt):
        desk.send(number)


def test_a_signal_waits_for_the_end_of_what_is_held(desk):
    """An answer is taken and kept without an interrupt in between."""
    steps = []

    def take_and_keep() -> None:
        with held():
            desk.send()
            steps.append("kept")

    with pytest.raises(KeyboardInterrupt):
        take_and_keep()

    assert steps == ["kept"]


@pytest.mark.parametrize("comes", ["before the wait", "in the wait"])
def test_a_signal_interrupts_a_wait_inside_of_what_is_held(desk, comes):
    """Also one that came just before it; once it was raised, what follows is held again, waits as well."""
    steps = []

    def wait_and_drain() -> None:
        with held():
            if comes == "before the wait":
                desk.send()
            try:
                with heard():
                    desk.send()
                    steps.append("waited on")
            finally:
                with heard():
                    steps.append("drained")

    with pytest.raises(KeyboardInterrupt):
        wait_and_drain()

    assert steps == ["drained"]
    assert not desk.ended


class Late(queue.SimpleQueue):
    """Gives nothing at first; a signal that comes just before a wait ends it no sooner."""

    def __init__(self, came) -> None:
        """``came`` is called while the first wait begins."""
        super().__init__()
        self._came = came

    def get(self, block=True, timeout=None):
        """Wait in vain once."""
        came, self._came = self._came, None
        if came is None:
            return super().get(block, timeout)
        came()
        assert timeout is not None, "a wait without an end hears nothing"
        raise queue.Empty


def test_a_wait_begins_anew_until_something_is_there(desk):
    """And gives it."""
    waiting = Late(lambda: waiting.put("answer"))

    with held():
        assert heard_until(waiting) == "answer"


def test_a_signal_just_before_a_wait_is_heard_when_it_begins_anew(desk):
    """What comes then is still there for whoever reads on."""
    waiting = Late(lambda: desk.interrupts.__call__(signal.SIGTERM, None))
    waiting.put("answer")

    with pytest.raises(KeyboardInterrupt), held():
        heard_until(waiting)

    assert waiting.get(timeout=0) == "answer"


def test_an_error_does_not_swallow_a_signal(desk):
    """A judge that can't be asked fails its test only; the signal still ends the session."""

    def fail() -> None:
        with held():
            desk.send()
            raise ValueError("no judge")

    with pytest.raises(KeyboardInterrupt):
        fail()


@pytest.mark.parametrize("first", ["held", "raised"])
def test_a_second_signal_ends_at_once_while_the_first_is_under_way(desk, first):
    """Whether that is still held back, or was raised."""

    def work() -> None:
        with held():
            try:
                with heard() if first == "raised" else held():
                    desk.send()
            finally:
                desk.send(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()

    assert desk.ended == 1


def test_the_same_signal_sent_twice_is_one(desk):
    """``uv run`` and ``timeout`` pass on to their child what it got already."""

    def work() -> None:
        with held():
            desk.send()
            signal.raise_signal(signal.SIGTERM)
            desk.clock.now_s += SAME_S / 2
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        work()

    assert not desk.ended


def test_an_interrupt_that_a_test_catches_leaves_the_next_one_an_interrupt(desk):
    """A debugger's prompt is left by Ctrl-C again and again."""
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            desk.send(signal.SIGINT)

    assert not desk.ended


def test_a_session_that_ends_because_of_a_signal_is_ended_at_once_by_the_next(desk):
    """A fixture's end hangs, say."""
    desk.interrupts.note_interrupted()

    desk.send(signal.SIGINT)

    assert desk.ended == 1


def test_a_signal_while_the_run_is_saved_is_noted_and_the_second_ends_at_once(desk):
    """Saving what is finished takes a moment."""
    desk.interrupts.note_saving()

    desk.send()
    noted = desk.interrupts.is_wanted
    before_the_second = desk.ended
    desk.send()

    assert noted
    assert (before_the_second, desk.ended) == (0, 1)


def test_what_is_ignored_or_handled_by_another_program_is_left_alone(before):
    """Under nohup SIGHUP stays ignored, in the background Ctrl-C does, and a handler of the user's stays."""

    def theirs(*_: object) -> None:
        pass

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, theirs)
    interrupts = Interrupts()

    interrupts.install()

    assert [signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)] == [
        signal.SIG_IGN,
        signal.SIG_IGN,
        theirs,
    ]
    interrupts.restore()


def test_afterwards_the_handlers_are_those_of_before(before):
    """The plugin is a guest; what another program took over meanwhile stays with it."""

    def theirs(*_: object) -> None:
        pass

    interrupts = Interrupts()
    interrupts.install()
    signal.signal(signal.SIGHUP, theirs)

    interrupts.restore()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is theirs


def test_nothing_is_held_where_no_run_is_open(before):
    """Nor in another thread, which no signal reaches."""
    with pytest.raises(KeyboardInterrupt), held(), heard():
        signal.raise_signal(signal.SIGINT)


def test_a_thread_can_neither_install_nor_hold(desk):
    """Where pytest itself runs in one."""
    steps = []

    def work() -> None:
        other = Interrupts()
        other.install()
        with held(), heard():
            steps.append(signal.getsignal(signal.SIGTERM))
        other.restore()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert steps == [desk.interrupts]
