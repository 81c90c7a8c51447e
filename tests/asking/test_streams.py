"""Streams that are read at the same time: nothing is lost, a problem anywhere is told, an end ends all."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from harness.asking.streams import Stream, side_by_side
from harness.errors import EngineError
from harness.records.answered import Response
from tests.waiting import MOST_S, until


def answers(*names: str) -> Iterator[Response]:
    """Answer in order."""
    for name in names:
        yield Response(request_key=name)


def after(event: threading.Event, *names: str) -> Iterator[Response]:
    """Answer in order, but only once something has happened."""
    assert event.wait(MOST_S)
    yield from answers(*names)


def stream(responses: Iterator[Response], stop: Callable[[], None] = lambda: None) -> Stream:
    """Return a stream that ends by itself, unless told how it is stopped."""
    return Stream(responses, stop)


def keys(responses: Iterator[Response]) -> list[str]:
    """Read to the end."""
    return [response.request_key for response in responses]


@pytest.mark.parametrize(("here", "elsewhere"), [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (2, 3)])
def test_everything_comes_once_and_in_the_order_of_its_stream(here, elsewhere):
    """However many streams there are, here and elsewhere."""
    names = [tuple(f"{number}-{step}" for step in range(5)) for number in range(here + elsewhere)]
    streams = [stream(answers(*some)) for some in names]

    read = keys(side_by_side(streams[:here], streams[here:]))

    assert sorted(read) == sorted(name for some in names for name in some)
    for some in names:
        assert [name for name in read if name in some] == list(some)


def test_a_stream_elsewhere_goes_on_while_the_one_here_is_waited_for():
    """A server of this machine takes a minute to start; a hosted model answers meanwhile."""
    answered = threading.Event()

    def elsewhere() -> Iterator[Response]:
        yield from answers("far")
        answered.set()

    read = keys(side_by_side([stream(after(answered, "near"))], [stream(elsewhere())]))

    assert sorted(read) == ["far", "near"]


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_a_problem_in_any_stream_is_raised(place):
    """Not swallowed by its thread."""

    def broken() -> Iterator[Response]:
        yield from answers("x")
        raise EngineError("gone")

    streams = {"here": [stream(answers("a"))], "elsewhere": [stream(answers("b"))]} | {place: [stream(broken())]}

    with pytest.raises(EngineError, match="gone"):
        keys(side_by_side(**streams))


class Source:
    """A server's answers: some at once, and when it is stopped those that had arrived by then."""

    def __init__(self, *at_once: str, arrived: Sequence[str] = ()) -> None:
        self.read: list[str] = []
        self._at_once, self._arrived = at_once, arrived
        self._stopped = threading.Event()

    @property
    def stream(self) -> Stream:
        """Return what is read."""
        return Stream(self._answers(), self._stopped.set)

    def _answers(self) -> Iterator[Response]:
        for name in self._at_once:
            self.read.append(name)
            yield Response(request_key=name)
        assert self._stopped.wait(MOST_S)
        for name in self._arrived:
            self.read.append(name)
            yield Response(request_key=name)


@pytest.mark.parametrize(("near", "far"), [(1, 0), (0, 1), (1, 1), (0, 2), (1, 2)])
def test_closing_stops_each_stream_and_reads_what_has_arrived(near, far):
    """In each combination; a stream that waits for its server does not hold the others up."""
    sources = [Source("a", "b", arrived=["c", "d"]) for _ in range(near + far)]
    both = side_by_side([one.stream for one in sources[:near]], [one.stream for one in sources[near:]])
    next(both)

    both.close()

    assert [one.read for one in sources] == [["a", "b", "c", "d"]] * len(sources)


def test_a_problem_in_one_stream_stops_the_others_and_reads_what_has_arrived():
    """Two addresses: the key of one is refused, and what the other has answered was paid for."""
    far = Source("a", arrived=["b", "c"])

    def refused() -> Iterator[Response]:
        until(lambda: far.read)
        raise EngineError("the key is refused")
        yield

    with pytest.raises(EngineError, match="the key is refused"):
        keys(side_by_side([], [stream(refused()), far.stream]))

    assert far.read == ["a", "b", "c"]


def test_a_problem_elsewhere_stops_the_stream_here_and_reads_what_has_arrived():
    """The judge's address is wrong; a vLLM server of this machine has answered meanwhile."""
    near = Source("a", arrived=["b", "c"])

    def refused() -> Iterator[Response]:
        raise EngineError("nothing answers")
        yield

    far = side_by_side([near.stream], [stream(refused())])
    with pytest.raises(EngineError, match="nothing answers"):
        until(lambda: next(far) is None)

    assert near.read == ["a", "b", "c"]


def test_a_stream_that_had_not_begun_when_it_was_stopped_is_told_again():
    """An engine knows of an asking once it has begun; one that missed the first word would ask everything."""
    told, begun, stopped = threading.Event(), threading.Event(), threading.Event()
    read: list[str] = []

    def late() -> Iterator[Response]:
        assert told.wait(MOST_S)
        begun.set()
        assert stopped.wait(MOST_S)
        read.append("a")
        yield Response(request_key="a")

    def stop() -> None:
        told.set()
        if begun.is_set():
            stopped.set()

    def refused() -> Iterator[Response]:
        raise EngineError("nothing answers")
        yield

    with pytest.raises(EngineError, match="nothing answers"):
        keys(side_by_side([], [stream(refused()), stream(late(), stop)]))

    assert read == ["a"]


def test_what_is_asked_beside_the_streams_is_stopped_before_they_are_read_to_their_end():
    """What is asked after an interrupt is lost, so that nothing goes on asking while others are waited for."""
    at_stop: list[list[str]] = []
    source = Source("a", arrived=["b"])
    both = side_by_side([source.stream], [], lambda: at_stop.append([*source.read]))
    next(both)

    both.close()

    assert at_stop == [["a"]]
    assert source.read == ["a", "b"]


def test_what_is_asked_beside_the_streams_goes_on_when_they_have_ended_by_themselves():
    """A judge finishes what it was asked last."""
    stops: list[bool] = []

    keys(side_by_side([stream(answers("a"))], [], lambda: stops.append(True)))

    assert stops == []
