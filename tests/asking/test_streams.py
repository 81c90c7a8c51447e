"""Streams that are read at the same time: nothing is lost, a problem anywhere is told, an end ends all."""

import threading
from collections.abc import Iterator

import pytest

from harness.asking.streams import side_by_side
from harness.errors import EngineError
from harness.records.asked import Response
from tests.waiting import MOST_S


def stream(*names: str) -> Iterator[Response]:
    """Answer in order."""
    for name in names:
        yield Response(request_key=name)


def after(event: threading.Event, *names: str) -> Iterator[Response]:
    """Answer in order, but only once something has happened."""
    assert event.wait(MOST_S)
    yield from stream(*names)


def keys(responses: Iterator[Response]) -> list[str]:
    """Read to the end."""
    return [response.request_key for response in responses]


@pytest.mark.parametrize(("here", "elsewhere"), [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (2, 3)])
def test_everything_comes_once_and_in_the_order_of_its_stream(here, elsewhere):
    """However many streams there are, here and elsewhere."""
    names = [tuple(f"{number}-{step}" for step in range(5)) for number in range(here + elsewhere)]
    streams = [stream(*some) for some in names]

    read = keys(side_by_side(streams[:here], streams[here:]))

    assert sorted(read) == sorted(name for some in names for name in some)
    for some in names:
        assert [name for name in read if name in some] == list(some)


def test_a_stream_elsewhere_goes_on_while_the_one_here_is_waited_for():
    """A server of this machine takes a minute to start; a hosted model answers meanwhile."""
    answered = threading.Event()

    def elsewhere() -> Iterator[Response]:
        yield from stream("far")
        answered.set()

    read = keys(side_by_side([after(answered, "near")], [elsewhere()]))

    assert sorted(read) == ["far", "near"]


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_a_problem_in_any_stream_is_raised(place):
    """Not swallowed by its thread."""

    def broken() -> Iterator[Response]:
        yield from stream("x")
        raise EngineError("gone")

    streams = {"here": [stream("a")], "elsewhere": [stream("b")]} | {place: [broken()]}

    with pytest.raises(EngineError, match="gone"):
        keys(side_by_side(**streams))


def test_closing_ends_the_streams_elsewhere():
    """Ctrl-C: the requests under way there are cancelled by their own end."""
    ended = threading.Event()

    def endless() -> Iterator[Response]:
        try:
            while True:
                yield from stream("far")
        finally:
            ended.set()

    both = side_by_side([stream("near", "near")], [endless()])
    next(both)

    both.close()

    assert ended.wait(MOST_S)
