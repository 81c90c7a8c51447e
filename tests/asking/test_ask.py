"""Getting responses: each is asked once, and what was asked in this run is known, with the time it took."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.asking.ask import Asking
from harness.asking.store import FreshStore, ReusingStore, Store
from harness.config.engine import EngineConfig
from harness.engines.function import FunctionEngine
from harness.engines.http import sending
from harness.engines.http.sending import Sending
from harness.engines.openai import hosted_model, remote_engine
from harness.engines.replay import ReplayEngine
from harness.errors import EngineError, EngineSetupError
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Sampling
from harness.records.engine import Engine
from harness.records.messages import Message
from harness.records.saved import Answer
from tests.stub import Sent, Stub, completion, serve
from tests.waiting import MOST_S

MODEL = ModelRef(base="tiny", base_digest="b", template_digest="t")
GPT = hosted_model("gpt-x")


class Fake(FunctionEngine):
    """An engine that echoes each case, in a quarter of a second by its own word."""

    def __init__(self, says: str = "") -> None:
        def answer(request: Request) -> Response:
            return Response(request_key=request.key, text=f"{says}{request.case_id}", seconds=0.25)

        super().__init__(answer, "fake")


class BreaksOff(Fake):
    """An engine that can't go on after some answers."""

    def __init__(self, after: int, problem: type[BaseException]) -> None:
        super().__init__()
        self._after = after
        self._problem = problem

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Answer the first ones, and break off."""
        yield from super().generate(requests[: self._after])
        raise self._problem


def asking(folder: Path, kind: type[Store] = Store) -> Asking:
    """Ask through a store in ``folder``, without a progress bar."""
    return Asking(kind(folder / "answers.sqlite"), lambda responses, _total: responses)


def texts(work: Asking) -> list[str]:
    """Every answer, in the order of the alphabet."""
    return sorted(response.text for response in work.responses.values())


def request(name: str, model: ModelRef = MODEL) -> Request:
    """One request."""
    messages = (Message(role="user", content=name),)
    return Request(case_id=name, model=model, engine="fake", messages=messages, sampling=Sampling())


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


def test_a_fresh_store_has_everything_asked_afresh_and_replaces_what_it_held(tmp_path):
    """That is what --fresh does; within a run nothing is asked twice, and the new answers are those of later runs."""
    engine, changed = Fake(), Fake("changed ")
    asking(tmp_path).fetch([(engine, request("x"))])

    fresh = asking(tmp_path, FreshStore)
    fresh.fetch([(changed, request("x")), (changed, request("y"))])
    fresh.fetch([(changed, request("x"))])
    later = asking(tmp_path)
    later.fetch([(engine, request("x")), (engine, request("y"))])

    assert [one.case_id for one in (*engine.asked, *changed.asked)] == ["x", "x", "y"]
    assert set(fresh.waited) == {request("x").key, request("y").key}
    assert not later.waited
    assert texts(later) == ["changed x", "changed y"]


def test_a_hosted_model_is_asked_again_by_the_next_run(tmp_path):
    """Other weights were deployed under its name meanwhile, and the run sees them."""
    first, second = asking(tmp_path), asking(tmp_path)
    first.fetch([(Fake(), request("x", GPT))])
    first.finish()

    second.fetch([(Fake("redeployed "), request("x", GPT))])

    assert texts(second) == ["redeployed x"]
    assert not second.kept_at


@pytest.mark.parametrize("problem", [EngineError, KeyboardInterrupt])
def test_a_run_that_was_cut_off_goes_on_with_what_a_hosted_model_answered(tmp_path, problem):
    """After 10 of 20 answers; the run that went on leaves nothing to the next one."""
    questions = [request(f"{number:02}", GPT) for number in range(20)]
    broken, engine, again = BreaksOff(after=10, problem=problem), Fake(), Fake()
    cut_off, goes_on, later = asking(tmp_path), asking(tmp_path), asking(tmp_path)

    with pytest.raises(problem):
        cut_off.fetch([(broken, one) for one in questions])
    cut_off.finish()
    goes_on.fetch([(engine, one) for one in questions])
    goes_on.finish()
    later.fetch([(again, one) for one in questions])

    assert engine.asked == questions[10:]
    assert set(goes_on.kept_at) == {one.key for one in questions[:10]}
    assert set(goes_on.waited) == {one.key for one in questions[10:]}
    assert again.asked == questions


def test_a_judge_that_breaks_off_leaves_the_sides_answers_to_no_later_run(tmp_path):
    """The other tests of that run were decided by them."""
    engine, run, later = Fake(), asking(tmp_path), asking(tmp_path)
    run.fetch([(engine, request("x", GPT))])
    with pytest.raises(EngineError):
        run.fetch([(BreaksOff(after=0, problem=EngineError), request("verdict", GPT))])
    run.finish()

    later.fetch([(engine, request("x", GPT))])

    assert len(engine.asked) == 2


def test_whoever_reuses_hosted_answers_is_told_when_they_were_kept(tmp_path):
    """Of any run, ended or not; of models whose weights can be seen no time is told."""
    engine, path = Fake(), tmp_path / "answers.sqlite"
    first = Asking(Store(path, clock=lambda: 1_795_000_000), lambda responses, _total: responses)
    first.fetch([(engine, request("x", GPT)), (engine, request("y"))])
    first.finish()

    later = asking(tmp_path, ReusingStore)
    later.fetch([(engine, request("x", GPT)), (engine, request("y"))])

    assert len(engine.asked) == 2
    assert later.kept_at == {request("x", GPT).key: 1_795_000_000}


def test_a_saved_run_answers_for_itself(tmp_path):
    """Whatever the store holds by now, and leaves it as it is: the newer answers are those of later runs."""
    case = Case(id="x", messages=request("x").messages)
    models = (MODEL, GPT)
    saved = [
        Answer(
            side="baseline",
            case=case,
            request=request("x", model),
            response=Response(request_key=request("x", model).key, text="saved"),
        )
        for model in models
    ]
    asking(tmp_path).fetch([(Fake("new "), request("x", model)) for model in models])
    replayed, later = asking(tmp_path), asking(tmp_path)

    replayed.fetch([(ReplayEngine(saved, "fake"), request("x", model)) for model in models])
    later.fetch([(Fake(), request("x", model)) for model in models])

    assert texts(replayed) == ["saved", "saved"]
    assert texts(later) == ["new x", "new x"]


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


ENOUGH = 20
"""After how many answers of a server something ends the run."""


class Ends:
    """A server that answers at once until something ends the run, and then when nothing more is sent; ``serve`` has it.

    ``ended`` is set once no engine sends anything more.
    """

    def __init__(self, ended: threading.Event) -> None:
        self.answered = 0
        self.ended = ended
        self.had_enough = threading.Event()

    def reply(self, _model: str, question: str) -> Sent:
        """Answer the first ones at once, and the others at the end."""
        self.answered += 1
        if self.answered == ENOUGH:
            self.had_enough.set()
            self.enough()
        return Sent(completion(question), until=self.ended if self.answered > ENOUGH else None)

    def enough(self) -> None:
        """Do nothing."""


class Stops(Ends):
    """The one that ends the run, by a signal to this process, once ``others`` have answered as much."""

    others: tuple[Ends, ...] = ()

    def enough(self) -> None:
        """Send the signal."""
        assert all(one.had_enough.wait(MOST_S) for one in self.others)
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return an event that comes when an engine is told to end; what is in flight then is waited for."""
    event, finish = threading.Event(), Sending.finish

    def finish_and_tell(one: Sending) -> None:
        finish(one)
        event.set()

    monkeypatch.setattr(Sending, "finish", finish_and_tell)
    monkeypatch.setattr(sending, "GRACE_S", MOST_S)
    return event


def engine_of(stub: Stub) -> Engine:
    """Return the engine of a server, with few requests in flight."""
    return remote_engine(EngineConfig(base_url=stub.url, in_flight=8, max_in_flight=8), {})


def many(name: str) -> list[Request]:
    """Return more requests than are asked until the end."""
    return [request(f"{name}-{number}", hosted_model(name)) for number in range(10 * ENOUGH)]


class Waits(Fake):
    """An engine of this machine that is at work when the signal comes."""

    def __init__(self) -> None:
        super().__init__()
        self._answer = lambda _: threading.Event().wait(MOST_S)


@pytest.mark.parametrize("beside", ["nothing", "a server", "an engine here"])
def test_a_signal_ends_all_asking_and_what_was_answered_is_stored(tmp_path, ended, interrupts, beside):
    """Nothing is sent any more, and each answer that the servers gave is in the store."""
    first, second, work = Stops(ended), Ends(ended), asking(tmp_path)
    with serve(first.reply) as near, serve(second.reply) as far:
        server, other = engine_of(near), engine_of(far)
        questions = [(server, one) for one in many("one")]
        if beside == "a server":
            first.others = (second,)
            questions += [(other, one) for one in many("two")]
        elif beside == "an engine here":
            questions.append((Waits(), request("slow")))

        with pytest.raises(KeyboardInterrupt):
            work.fetch(questions)

        assert ENOUGH <= near.count <= ENOUGH + 8
        assert near.abandoned == far.abandoned == 0
    stored = Store(tmp_path / "answers.sqlite").find_hosted(one.key for _, one in questions)
    assert len(stored) == len(work.responses) == near.count + far.count
    assert (far.count >= ENOUGH) == (beside == "a server")


def test_a_signal_between_an_answer_and_its_storing_waits(tmp_path, interrupts):
    """The answer is in nobody's hands but the main thread's, where an interrupt can come at any step."""

    class Signalled(Fake):
        def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
            for response in super().generate(requests):
                signal.raise_signal(signal.SIGTERM)
                yield response
                return

    work = asking(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        work.fetch([(Signalled(), request("x"))])

    assert Store(tmp_path / "answers.sqlite").find([request("x").key])


@pytest.mark.parametrize("fails", ["a server", "an engine here"])
def test_an_error_of_one_side_stores_what_the_other_was_answered(tmp_path, ended, fails):
    """A key is refused at one address, or this machine has no weights, while the other server answers."""
    fine = Ends(ended)

    def refuse(_model: str, _question: str) -> Sent:
        return Sent({"error": "no key"}, 401, until=fine.had_enough)

    class NoWeights(Fake):
        def generate(self, _requests: Sequence[Request]) -> Iterator[Response]:
            assert fine.had_enough.wait(MOST_S)
            raise EngineSetupError("there are no weights for it")
            yield

    work = asking(tmp_path)
    with serve(fine.reply) as near, serve(refuse) as far:
        broken = engine_of(far) if fails == "a server" else NoWeights()
        server = engine_of(near)
        questions = [*((server, one) for one in many("one")), (broken, request("two", GPT))]

        with pytest.raises(EngineSetupError):
            work.fetch(questions)

        assert ENOUGH <= near.count <= ENOUGH + 8
    stored = Store(tmp_path / "answers.sqlite").find_hosted(one.key for _, one in questions)
    assert len(stored) == near.count


def test_answers_that_arrive_while_a_signal_ends_the_run_are_stored_once(tmp_path, ended, interrupts):
    """The next run asks for the others only."""
    first, work = Stops(ended), asking(tmp_path)
    with serve(first.reply) as stub:
        server = engine_of(stub)
        questions = [(server, one) for one in many("one")[: 2 * ENOUGH]]
        with pytest.raises(KeyboardInterrupt):
            work.fetch(questions)
        answered = stub.count
        asking(tmp_path).fetch(questions)

        assert answered < len(questions)
        assert stub.count == len(questions)
