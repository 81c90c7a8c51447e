"""Asking what follows from answers while more of them come."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.asking.ahead import Reading, Readings
from harness.asking.ask import Asking
from harness.asking.left import Question
from harness.asking.store import Store
from harness.errors import EngineError, RubricError
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message
from tests.waiting import MOST_S, until

MODEL = ModelRef(base="m", base_digest="d", template_digest="t")


class Fake:
    """An engine that answers as told, and notes what it was asked."""

    identity, runs_elsewhere, can_ask_again, notes = "fake", True, True, ()

    def __init__(self, reply: Callable[[Request], str] = lambda _request: "x") -> None:
        self.asked: list[str] = []
        self._reply = reply

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer each."""
        for request in requests:
            self.asked.append(request.case_id)
            yield Response(request_key=request.key, text=self._reply(request))

    def stop(self) -> None:
        """Do nothing."""


class Waits(Fake):
    """Answers its first request once it is stopped, and nothing more; calls ``at_first`` when it has it."""

    def __init__(self, at_first: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._stopped = threading.Event()
        self._at_first = at_first

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer the first, late."""
        for request in requests:
            if self._stopped.is_set():
                return
            self.asked.append(request.case_id)
            self._at_first()
            assert self._stopped.wait(MOST_S)
            yield Response(request_key=request.key, text="x")

    def stop(self) -> None:
        """Let the answer come."""
        self._stopped.set()


def request_of(case: str, engine: str = "side") -> Request:
    """Ask for a case."""
    messages = (Message(role="user", content=case),)
    return Request(case_id=case, model=MODEL, engine=engine, messages=messages, sampling=Sampling())


def fetched(folder: Path, side: Fake, reader: Fake, readings: Callable[[Sequence[Question]], list[Reading]]) -> Asking:
    """Ask four cases of a side, and of a reader what follows."""
    asking = Asking(Store(folder / "store.sqlite"), lambda responses, _total: responses)
    questions = [(side, request_of(case)) for case in "abcd"]
    asking.fetch(questions, Readings(reader, readings(questions), asking.responses))
    return asking


def of_each(questions: Sequence[Question]) -> list[Reading]:
    """Read each answer."""
    return [Reading((one.key,), lambda one=one: [request_of(f"read {one.case_id}", "reader")]) for _, one in questions]


def test_what_follows_is_asked_before_the_last_answer_comes(tmp_path):
    """Its responses are kept like all others."""
    reader = Fake()

    def waits(request: Request) -> str:
        if request.case_id == "d":
            until(lambda: len(reader.asked) == 3)
        return "x"

    asking = fetched(tmp_path, Fake(waits), reader, of_each)

    assert {f"read {case}" for case in "abc"} <= set(reader.asked)
    assert request_of("read a", "reader").key in asking.responses
    assert Store(tmp_path / "store.sqlite").find([request_of("read a", "reader").key])


def test_what_needs_two_answers_waits_for_both_and_is_asked_once(tmp_path):
    """Whichever comes first."""
    reader = Fake()

    def pair(questions: Sequence[Question]) -> list[Reading]:
        both = tuple(questions[place][1].key for place in (2, 0))
        return [Reading(both, lambda: [request_of("read both", "reader")])] * 2

    def waits(request: Request) -> str:
        if request.case_id == "d":
            until(lambda: reader.asked)
        return "x"

    fetched(tmp_path, Fake(waits), reader, pair)

    assert reader.asked == ["read both"]


@pytest.mark.parametrize("problem", [EngineError("it has ended"), RubricError("it has no level 3")])
def test_a_problem_ends_only_what_is_asked_ahead(tmp_path, problem):
    """Of the engine, or of what makes the requests: whoever needs the responses is told then."""

    def fails(_request: Request) -> str:
        raise problem

    def broken(questions: Sequence[Question]) -> list[Reading]:
        return [Reading((questions[0][1].key,), lambda: fails(questions[0][1])), *of_each(questions)]

    side = Fake()
    asking = fetched(tmp_path, side, Fake(fails), broken)

    assert side.asked == list("abcd")
    assert len(asking.responses) == 4


def test_a_problem_of_the_answers_ends_both(tmp_path):
    """And is the one that is raised."""

    def fails(request: Request) -> str:
        if request.case_id == "c":
            raise EngineError("the side has ended")
        return "x"

    with pytest.raises(EngineError, match="the side has ended"):
        fetched(tmp_path, Fake(fails), Fake(), of_each)


def test_when_the_answers_end_by_a_problem_nothing_more_is_asked_ahead_and_what_came_is_kept(tmp_path):
    """Whatever is sent after a stop is lost, and was paid for."""
    reader = Waits()

    def fails(request: Request) -> str:
        if request.case_id == "d":
            until(lambda: reader.asked)
            raise EngineError("the side has ended")
        return "x"

    with pytest.raises(EngineError, match="the side has ended"):
        fetched(tmp_path, Fake(fails), reader, of_each)

    assert reader.asked == ["read a"]
    assert Store(tmp_path / "store.sqlite").find([request_of("read a", "reader").key])


def test_a_signal_while_only_the_reader_is_waited_for_keeps_what_it_answers(tmp_path, interrupts):
    """The sides have answered everything by then."""
    have_ended = threading.Event()

    def signal_then() -> None:
        assert have_ended.wait(MOST_S)
        os.kill(os.getpid(), signal.SIGTERM)

    def watched(responses: Iterator[Response], _total: int) -> Iterator[Response]:
        yield from responses
        until(lambda: reader.asked)
        have_ended.set()

    side, reader = Fake(), Waits(signal_then)
    store = Store(tmp_path / "store.sqlite")
    asking = Asking(store, watched)
    questions = [(side, request_of(case)) for case in "abcd"]
    with pytest.raises(KeyboardInterrupt):
        asking.fetch(questions, Readings(reader, of_each(questions), asking.responses))

    assert reader.asked == ["read a"]
    assert store.find([request_of("read a", "reader").key])
