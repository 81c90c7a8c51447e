"""Getting responses: each is asked once, and what was asked in this run is known, with the time it took."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.asking.ask import Asking
from harness.asking.store import FreshStore, Store
from harness.config import EngineConfig
from harness.engines.openai import remote_engine
from harness.engines.replay import ReplayEngine
from harness.errors import EngineError
from harness.records.asked import Case, Message, ModelRef, Request, Response, Sampling
from harness.records.saved import Answer
from tests.stub import serve
from tests.waiting import MOST_S

MODEL = ModelRef(base="tiny", base_digest="b", template_digest="t")


class Fake:
    """An engine that echoes; it counts what it was asked."""

    identity = "fake"
    runs_elsewhere = False
    can_ask_again = True

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer in order, each in a quarter of a second by its own word."""
        self.asked += requests
        for request in requests:
            yield Response(request_key=request.key, text=request.case_id, seconds=0.25)


def asking(folder: Path, kind: type[Store] = Store) -> Asking:
    """Ask through a store in ``folder``, without a progress bar."""
    return Asking(kind(folder / "responses.sqlite"), lambda responses, _total: responses)


def request(name: str) -> Request:
    """One request."""
    messages = (Message(role="user", content=name),)
    return Request(case_id=name, model=MODEL, engine="fake", messages=messages, sampling=Sampling())


def test_what_was_asked_in_this_run_is_known_apart_from_what_was_stored(tmp_path):
    """The first of a stream took its own time, the others the time since the answer before."""
    first, second, engine = asking(tmp_path), asking(tmp_path), Fake()
    first.fetch([(engine, request("x"))])

    second.fetch([(engine, request("x")), (engine, request("y")), (engine, request("z"))])

    assert [one.case_id for one in engine.asked] == ["x", "y", "z"]
    assert set(second.responses) == {request(name).key for name in "xyz"}
    assert set(second.waited) == {request(name).key for name in "yz"}
    assert second.waited[request("y").key] == 0.25
    assert second.waited[request("z").key] < 0.2


def test_a_silent_store_has_everything_asked_afresh_and_keeps_it(tmp_path):
    """That is what --fresh does; within a run nothing is asked twice, and the first answer stays for later."""
    engine = Fake()
    asking(tmp_path).fetch([(engine, request("x"))])

    fresh = asking(tmp_path, FreshStore)
    fresh.fetch([(engine, request("x")), (engine, request("y"))])
    fresh.fetch([(engine, request("x"))])
    later = asking(tmp_path)
    later.fetch([(engine, request("x")), (engine, request("y"))])

    assert [one.case_id for one in engine.asked] == ["x", "x", "y"]
    assert set(fresh.waited) == {request("x").key, request("y").key}
    assert not later.waited


def test_a_saved_run_asks_nobody(tmp_path):
    """Its answers have the times of the day when they were given."""
    case = Case(id="x", messages=request("x").messages)
    saved = Response(request_key=request("x").key, text="x", seconds=9.0)
    replay = ReplayEngine([Answer(side="baseline", case=case, request=request("x"), response=saved)], "fake")
    work = asking(tmp_path)

    work.fetch([(replay, request("x"))])

    assert work.responses[request("x").key] == saved
    assert not work.waited


def test_an_answer_to_nothing_asked_is_an_error(tmp_path):
    """The engine has mixed something up."""

    class Confused(Fake):
        def generate(self, _requests: Sequence[Request]) -> Iterator[Response]:
            yield Response(request_key="stranger")

    with pytest.raises(EngineError, match="was not asked: stranger"):
        asking(tmp_path).fetch([(Confused(), request("x"))])


def test_a_server_elsewhere_is_asked_while_an_engine_of_this_machine_works(tmp_path):
    """One stream: the engine here gives its first answer only when the server has been asked."""
    reached = threading.Event()

    def far(_model: str, _question: str) -> str:
        reached.set()
        return "far"

    class Slow(Fake):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            """Wait for the other one."""
            assert reached.wait(MOST_S)
            yield from super().generate(requests)

    work = asking(tmp_path)
    with serve(far) as stub:
        server = remote_engine(EngineConfig(base_url=stub.url), {})
        work.fetch([(Slow(), request("near")), (server, request("far"))])

    assert {response.text for response in work.responses.values()} == {"near", "far"}
