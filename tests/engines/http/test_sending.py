"""Several sendings in one event loop: none is disturbed by the end of another, nor by that of the loop."""

import threading

from harness.engines.http.endpoint import OUT_OF_TIME
from harness.engines.http.loop import running
from harness.engines.http.sending import Sending
from harness.engines.openai import HttpEngine, Route
from tests.engines.fakes import endpoint_of, make_request, make_requests
from tests.stub import Sent


def engine_for(stub, deadline_s=None):
    """Return an engine that has one request in flight."""
    endpoint = endpoint_of(stub, in_flight=1, max_in_flight=1)
    return HttpEngine("test", lambda ref: Route(endpoint, ref.name), deadline_s)


def test_one_that_ends_leaves_what_it_did_not_take(stub, clock):
    """Others ask it; and at the deadline, nothing more is taken for one that has ended."""

    def reply(_model: str, text: str) -> str | Sent:
        if text == "q0":
            return "fine"
        if text == "last":
            clock.skip(100)
        return Sent(until=threading.Event())

    stub.reply = reply
    shared = iter(make_requests(10))
    with running() as loop:
        engine = engine_for(stub, deadline_s=100.0)
        stream = engine.generate_as_taken(shared, Sending(), loop)
        [first] = next(stream)
        stream.close()
        late = list(engine.generate_as_taken(iter([make_request("last")]), Sending(), loop))

    assert first.text == "fine"
    assert [one.error for batch in late for one in batch] == [OUT_OF_TIME.format(100.0)]
    assert len(list(shared)) == 8


def test_what_starts_after_the_end_of_its_loop_ends_at_once(stub):
    """As that of a replica whose list of models came too late."""
    with running() as loop:
        pass

    assert list(engine_for(stub).generate_as_taken(iter(make_requests(3)), Sending(), loop)) == []
    assert stub.count == 0


def test_the_end_of_a_loop_ends_what_still_runs_there(stub):
    """Its reader gets what has arrived, and the end."""
    stub.reply = lambda _model, text: "fine" if text == "q0" else Sent(until=threading.Event())
    with running() as loop:
        stream = engine_for(stub).generate_as_taken(iter(make_requests(3)), Sending(), loop)
        [first] = next(stream)

    assert first.text == "fine"
    assert list(stream) == []
