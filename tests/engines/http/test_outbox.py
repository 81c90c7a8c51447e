"""The way of responses from the thread that asks to the one that reads, also when that one is slow."""

import asyncio
import signal
import threading
from itertools import chain

import pytest

from harness.engines.http import outbox
from harness.engines.http.outbox import Outbox
from harness.engines.openai import HttpEngine, Route
from harness.interrupts import held
from harness.records.answered import Response
from tests.engines.fakes import endpoint_of, make_requests
from tests.stub import Sent, completion
from tests.waiting import MOST_S, until


def send(box: Outbox, count: int, problem: BaseException | None = None) -> None:
    """Put a number of responses into the box from an event loop, then end it."""

    async def put_all() -> None:
        for number in range(count):
            box.put(Response(request_key=str(number)))

    asyncio.run(put_all())
    box.end(problem)


def test_everything_put_is_read_once_and_in_order():
    """Batches are nobody's concern."""
    box = Outbox()

    send(box, 100)

    assert [one.request_key for batch in box.read() for one in batch] == [str(number) for number in range(100)]


def test_a_problem_is_raised_after_what_came_before_it():
    """Answers that were paid for are kept."""
    box, got = Outbox(), []
    send(box, 3, KeyError("x"))

    with pytest.raises(KeyError):
        got.extend(chain.from_iterable(box.read()))

    assert len(got) == 3


def test_a_response_is_sent_off_soon_when_no_other_comes():
    """A batch doesn't wait to be full."""
    box, reader_has_it = Outbox(), threading.Event()

    async def put_one() -> None:
        box.put(Response(request_key="only"))
        await asyncio.to_thread(reader_has_it.wait, MOST_S)

    thread = threading.Thread(target=asyncio.run, args=(put_one(),))
    thread.start()
    [first] = next(box.read())
    reader_has_it.set()
    thread.join()

    assert first.request_key == "only"


def test_a_slow_reader_loses_nothing_and_causes_no_time_outs(stub):
    """Writing an answer to a slow disk may take longer than the timeout of a request; asking goes on meanwhile."""
    endpoint = endpoint_of(stub)
    stub.reply = lambda _model, text: Sent(completion(text), after_s=0.005)
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name))
    got = []

    for response in engine.generate(make_requests(200)):
        got.append(response)
        if len(got) == 1:
            until(lambda: stub.count == 200 and stub.under_way == 0)

    assert [one.error for one in got] == [None] * 200
    assert stub.count == 200


@pytest.fixture
def looks(monkeypatch) -> list[bool]:
    """Return whether the outbox was full, each time that somebody looked; those who pause look again and again."""
    seen: list[bool] = []

    def look(box: Outbox) -> bool:
        seen.append(is_full(box))
        return seen[-1]

    is_full = Outbox.is_full.fget
    monkeypatch.setattr(Outbox, "is_full", property(look))
    return seen


def test_asking_pauses_while_the_reader_is_far_behind(stub, monkeypatch, looks):
    """What has come and isn't saved is lost when everything is killed, so there is never much of it."""
    monkeypatch.setattr(outbox, "MOST_UNREAD", 20)
    endpoint = endpoint_of(stub, in_flight=4, max_in_flight=4)
    stream = HttpEngine("test", lambda ref: Route(endpoint, ref.name)).generate(make_requests(200))

    next(stream)
    until(lambda: len(looks) > 100)
    asked_meanwhile = stub.count
    rest = list(stream)

    assert 20 <= asked_meanwhile <= 20 + 1 + 4
    assert len(rest) == 199
    assert stub.count == 200


def test_a_reader_far_behind_is_not_taken_for_a_silent_server(stub, monkeypatch, clock, looks):
    """After a long pause of the reader one refusal must not end everything."""
    monkeypatch.setattr(outbox, "MOST_UNREAD", 5)
    refused: set[str] = set()

    def reply(_model: str, text: str) -> object:
        if text not in refused:
            refused.add(text)
            return 429
        return "fine"

    stub.reply = reply
    endpoint = endpoint_of(stub, in_flight=1, max_in_flight=1)
    stream = HttpEngine("test", lambda ref: Route(endpoint, ref.name)).generate(make_requests(30))

    first = next(stream)
    until(lambda: looks.count(True) > 2)
    clock.skip(31)
    responses = [first, *stream]

    assert [one.error for one in responses] == [None] * 30


def test_a_reader_that_never_catches_up_hears_an_interrupt_too(interrupts):
    """More comes than it can read: what it read is in hand, and the rest can still be read."""
    box, got = Outbox(), []
    send(box, 3)

    def read_while_more_comes() -> None:
        for batch in box.read():
            got.extend(batch)
            if len(got) == 3:
                signal.raise_signal(signal.SIGTERM)
                box._sent.appendleft([Response(request_key="more")])

    with pytest.raises(KeyboardInterrupt), held():
        read_while_more_comes()

    assert len(got) == 3
    assert [one.request_key for batch in box.read() for one in batch] == ["more"]
