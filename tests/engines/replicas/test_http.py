"""Several servers as replicas: all are asked, one that is lost costs only its own, and unlike ones are refused."""

import signal
import threading
from contextlib import ExitStack, contextmanager
from itertools import chain, count, repeat

import pytest

from harness.asking.proof import AdapterProof
from harness.config.engine import EngineConfig
from harness.engines.http import lane, sending
from harness.engines.http.patience import Patience
from harness.engines.replicas import engine, http, schedule
from harness.engines.replicas.engine import replicated_engine
from harness.errors import EngineSetupError, ServerLost, SilentAdapter
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message
from tests.stub import RESET, Sent, Stub, completion, serve
from tests.waiting import MOST_S, until

BASE = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64)
MINE = ModelRef(base="tiny", base_digest="b" * 64, template_digest="t" * 64, adapter="mine", adapter_digest="a" * 64)


def requests(number, *models: ModelRef):
    """Return requests to each model in turn."""
    return [
        Request(
            case_id=f"{one}",
            model=(models or (BASE,))[one % max(len(models), 1)],
            engine="e",
            messages=(Message(role="user", content=f"question {one}"),),
            sampling=Sampling(max_tokens=4),
        )
        for one in range(number)
    ]


@contextmanager
def servers(number, reply=lambda model, question: f"{model}: {question}", **facts: object):
    """Serve several times the same."""
    with ExitStack() as stack:
        yield [stack.enter_context(serve(reply, ("tiny", "mine"), **facts)) for _ in range(number)]


def engine_at(stubs, said=None):
    """Return the engine for some servers."""
    first, *others = (stub.url for stub in stubs)
    config = EngineConfig(base_url=first, replica_urls=tuple(others), in_flight=4, max_in_flight=4)
    return replicated_engine(config, {}, AdapterProof, (said if said is not None else []).append)


@pytest.fixture
def impatient(monkeypatch):
    """Give servers up that answer nothing for a moment; each answer may still take as long as it takes."""
    soon_s = 0.2
    monkeypatch.setattr(lane, "Patience", lambda _, first_s, now: Patience(soon_s, first_s, now))
    monkeypatch.setattr(engine, "HttpFleet", lambda places, _, say: http.HttpFleet(places, soon_s, say))


def kill(stub):
    """Have a server answer nothing any more."""
    stub.reply, stub.listed = lambda *_: RESET, RESET


def kill_after(number: int, *stubs: Stub) -> None:
    """Have servers answer nothing any more after so many answers of all of them together."""
    given = count()

    def reply(model: str, question: str) -> str | Sent:
        if next(given) < number:
            return f"{model}: {question}"
        for stub in stubs:
            kill(stub)
        return RESET

    for stub in stubs:
        stub.reply = reply


def wait_after(number: int, stub: Stub, happened: threading.Event) -> None:
    """Have a server give so many answers, and more only when something has happened."""
    given = count()
    stub.reply = lambda *_: Sent(completion("yes"), until=happened if next(given) >= number else None)


class Said(list[str]):
    """Lines as they are said; ``heard`` is set as soon as one has some words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.heard = words, threading.Event()

    def append(self, line: str) -> None:
        """Take one."""
        super().append(line)
        if self.words in line:
            self.heard.set()


def test_each_request_goes_to_one_of_the_servers():
    """All are asked, and the engine's identity is that of the first alone."""
    with servers(3) as stubs:
        engine = engine_at(stubs)
        answers = list(engine.generate(asked := requests(120)))

        assert {one.request_key: one.text for one in answers} == {
            one.key: f"tiny: {one.messages[0].content}" for one in asked
        }
        assert sum(len(stub.asked) for stub in stubs) == 120
        assert min(len(stub.asked) for stub in stubs) > 10
        assert engine.identity == f"openai {stubs[0].url}"
        assert engine.notes == (f"asked at 3 servers: {', '.join(stub.url for stub in stubs)}",)


def test_all_servers_are_asked_in_one_thread():
    """Threads that each ask one wake each other for every answer."""
    with servers(3) as stubs:
        threads = {
            thread.ident
            for _ in engine_at(stubs).generate(requests(60))
            for thread in threading.enumerate()
            if thread.name == "harness-http"
        }

        assert len(threads) == 1
        assert all(stub.asked for stub in stubs)


def test_while_a_server_is_looked_for_the_others_are_asked():
    """It dropped a connection, and is slow to say that it is there."""
    enough = threading.Event()
    with servers(2) as stubs:
        said = []

        def drop(*_: str) -> Sent:
            stubs[0].reply = lambda *_: "yes"
            stubs[0].listed = Sent(stubs[0].listing(), until=enough)
            return RESET

        def count(*_: str) -> str:
            if stubs[0].listed and len(stubs[1].bodies) > 60:
                enough.set()
            return "yes"

        stubs[0].reply, stubs[1].reply = drop, count
        answers = list(engine_at(stubs, said).generate(requests(200)))

        assert (enough.is_set(), said) == (True, ["asking at 2 of 2 servers"])
        assert len({one.request_key for one in answers if not one.error}) == 200


def test_what_a_lost_server_had_goes_to_the_others():
    """Everything is answered once, and the loss is told and noted."""
    with servers(2) as stubs:
        said = Said("is lost")
        engine = engine_at(stubs, said)
        wait_after(20, stubs[0], said.heard)
        kill_after(20, stubs[1])
        answers = list(engine.generate(requests(200)))

        assert len({one.request_key for one in answers}) == len(answers) == 200
        assert [one for one in answers if one.error] == []
        assert any(f"{stubs[1].url} is lost: the server at {stubs[1].url} has stopped" in line for line in said)
        assert f"{stubs[1].url} was lost while it was asked" in engine.notes[1]


def test_a_server_that_is_lost_by_the_last_request_is_among_the_facts():
    """Nobody looks for servers after that."""
    with servers(2) as stubs:
        engine = engine_at(stubs)
        list(engine.generate(requests(8)))
        engine._fleet.present()[1].lost_by = "it stopped"

        assert f"{stubs[1].url} was lost while it was asked: it stopped" in engine.notes


def test_a_server_that_comes_back_is_asked_again(monkeypatch):
    """After it was lost, or was not there at the start."""
    monkeypatch.setattr(http, "AGAIN_S", 0.0)
    monkeypatch.setattr(schedule, "LOOK_S", 0.01)
    with servers(2) as stubs:
        said = []
        stubs[1].listed = RESET
        engine = engine_at(stubs, said)
        first = list(engine.generate(requests(40)))
        stubs[1].listed = None
        second = list(engine.generate(requests(1_000)[40:]))

        assert len(first) == 40
        assert len(second) == 960
        assert len(stubs[1].asked) > 40
        assert said == [f"asking at 1 of 2 servers; {stubs[1].url} can't be reached", "asking at 2 of 2 servers"]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_answers_no_question_is_lost_too():
    """Although it still lists its models; and it is not asked again without end."""
    with servers(2) as stubs:
        said = []
        engine = engine_at(stubs, said)
        stubs[1].reply = lambda *_: RESET
        answers = list(engine.generate(requests(60)))

        assert {one.error for one in answers} == {None}
        assert len({one.request_key for one in answers}) == len(answers) == 60
    with servers(2) as stubs, pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "AGAIN_S", 0.0)
        patch.setattr(schedule, "LOOK_S", 0.01)
        for stub in stubs:
            stub.reply = lambda *_: RESET
        with pytest.raises(
            ServerLost, match=r"^no server is left to ask: .* was lost while it was asked, 3 times: no req"
        ):
            list(engine_at(stubs).generate(requests(60)))


def test_an_asking_that_ends_does_not_end_another_at_the_same_servers():
    """As a judge's, which is asked while the sides are."""
    with servers(2) as stubs:
        engine = engine_at(stubs)
        long = engine.generate(requests(300))
        first = [next(long) for _ in range(20)]
        short = list(engine.generate(requests(320)[300:]))
        rest = list(long)

        assert len(short) == 20
        assert len({one.request_key for one in (*first, *rest)}) == 300
        assert sum(len(stub.asked) for stub in stubs) == 320


def test_a_model_that_one_of_them_does_not_list_is_an_error():
    """It names the server."""
    with servers(2) as stubs:
        stubs[1].models[:] = ["tiny"]

        with pytest.raises(EngineSetupError, match=rf"{stubs[1].url}.*mine"):
            list(engine_at(stubs).generate(requests(400, MINE, BASE)))


def version(number):
    """Return what answers for vLLM's version."""
    return lambda _method, path, *_: Sent({"version": number}) if path == "/version" else Sent("", 404)


def test_what_the_servers_say_of_themselves_is_among_the_facts():
    """Their version, and the parameters that they refuse."""
    refusal = Sent({"error": {"message": "Unsupported parameter: 'seed'", "param": "seed"}}, 400)
    with servers(2) as stubs:
        for stub in stubs:
            stub.elsewhere = version("0.32.0")
            stub.reply = lambda *_, stub=stub: refusal if "seed" in stub.bodies[-1] else "yes"
        engine = engine_at(stubs)
        list(engine.generate(requests(40)))

    first, *rest = engine.notes
    assert first.startswith("asked at 2 servers, of version 0.32.0 where they say it: http://127.0.0.1:")
    assert ["is asked without seed" in line for line in rest] == [True, True]


def test_servers_of_two_versions_are_refused():
    """Before anything is asked, and both are named."""
    with servers(2) as stubs:
        stubs[0].elsewhere, stubs[1].elsewhere = version("0.32.0"), version("0.33.0")

        with pytest.raises(EngineSetupError, match=r"the version is 0\.32\.0 at .*/v1 and 0\.33\.0 at .*must be alike"):
            list(engine_at(stubs).generate(requests(4)))

        assert not [one for stub in stubs for one in stub.asked]


def test_an_adapter_that_does_not_answer_at_one_of_them_is_found():
    """Each server proves it before its answers count."""
    with servers(2, lambda *_: "yes") as stubs:
        stubs[1].alike = True

        with pytest.raises(SilentAdapter, match=rf"^{stubs[1].url}: mine changes nothing"):
            list(engine_at(stubs).generate(requests(80, MINE, BASE)))


def test_a_server_with_other_weights_under_the_same_names_is_refused():
    """Each proves its adapter by itself, but their token log-probabilities are not those of one model."""
    with servers(2) as stubs:
        own = stubs[1]._logprobs
        stubs[1]._logprobs = lambda body, text: own({**body, "model": f"another {body['model']}"}, text)

        with pytest.raises(EngineSetupError, match=r"/v1 answers otherwise than http.*nats apart.*by the same command"):
            list(engine_at(stubs).generate(requests(80, MINE, BASE)))


def test_how_many_servers_answer_is_told_while_they_are_asked():
    """The bar shows it; before and after there is nothing to show."""
    asked, seen, gone = threading.Event(), threading.Event(), threading.Event()
    answered_when = chain((asked,), repeat(gone))
    with servers(2) as stubs:
        engine = engine_at(stubs)

        def drop(*_: str) -> Sent:
            asked.set()
            return Sent(until=seen)

        def see_it_gone() -> None:
            until(lambda: engine.replicas.startswith("1 of 2"))
            gone.set()

        stubs[0].reply = lambda *_: Sent(completion("yes"), until=next(answered_when))
        stubs[1].reply = drop
        told = [engine.replicas]
        for number, _ in enumerate(engine.generate(requests(100))):
            told.append(engine.replicas)
            if number == 0:
                stubs[1].listed = RESET
                seen.set()
                threading.Thread(target=see_it_gone, daemon=True).start()
        told.append(engine.replicas)

        assert list(dict.fromkeys(told[:-1])) == ["", "2 of 2 servers", "1 of 2 servers, 1 lost"]
        assert told[-1] == ""


@pytest.mark.usefixtures("impatient")
def test_without_any_server_there_is_an_error():
    """At the start it is a setting; later what was answered is yielded first."""
    with servers(2) as stubs:
        for stub in stubs:
            kill(stub)
        with pytest.raises(EngineSetupError, match=r"^none of these servers answers: http.*check base_url"):
            list(engine_at(stubs).generate(requests(4)))
    with servers(2) as stubs:
        kill_after(30, *stubs)
        answers = []
        with pytest.raises(ServerLost, match=r"none of 2 servers answers for 0\.2 s"):
            answers.extend(engine_at(stubs).generate(requests(100)))

        assert len(answers) == 30


def test_stopping_ends_all_of_them():
    """What has arrived is yielded, and no thread stays."""
    with servers(2) as stubs:
        engine = engine_at(stubs)
        answers = []
        for answer in engine.generate(requests(5_000)):
            answers.append(answer)
            if len(answers) == 20:
                engine.stop()

        assert 20 <= len(answers) < 5_000
        assert len(answers) == len({one.request_key for one in answers})


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_keeps_what_is_on_its_way(monkeypatch):
    """From all servers; nothing more is sent to any."""
    monkeypatch.setattr(sending, "GRACE_S", MOST_S)
    finish, told, released = sending.Sending.finish, set(), threading.Event()

    def finish_and_release(one: sending.Sending) -> None:
        finish(one)
        told.add(one)
        if len(told) == 2:
            released.set()

    monkeypatch.setattr(sending.Sending, "finish", finish_and_release)
    with servers(2, lambda *_: Sent(completion("yes"), until=released)) as stubs:

        def press() -> None:
            until(lambda: sum(stub.under_way for stub in stubs) == 8)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        threading.Thread(target=press, daemon=True).start()
        answers = []
        with pytest.raises(KeyboardInterrupt):
            answers.extend(engine_at(stubs).generate(requests(100)))

        assert [one.text for one in answers] == ["yes"] * 8
        assert sum(stub.count for stub in stubs) == 8
        assert "harness-http" not in {thread.name for thread in threading.enumerate()}


def test_replicas_of_nothing_are_refused():
    """They are more servers like the first."""
    with pytest.raises(ValueError, match="`replica_urls` are more servers like the one at `base_url`"):
        EngineConfig(replica_urls=("http://127.0.0.1:9/v1",))
