"""The HTTP engine: one response for each request, from the right address, and an end when there is no use in asking."""

import signal
import socket
import subprocess
import sys
import threading
import time

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.http import sending
from harness.engines.http.endpoint import NO_KEY
from harness.engines.openai import HttpEngine, Route, hosted_model, remote_engine
from harness.errors import EngineSetupError
from harness.interrupts import heard_until
from harness.records.asked import ModelRef
from tests.engines.fakes import BASE_REF, ask, endpoint_of, make_request, make_requests
from tests.stub import Sent, completion
from tests.waiting import until

LONG_S = 1000.0
ADAPTER_REF = ModelRef(
    base="tiny", base_digest="b" * 64, template_digest="t" * 64, adapter="triage", adapter_digest="a" * 64
)
ASKS_A_LOCAL_SERVER = """
import sys
from harness.config.engine import EngineConfig
from harness.engines.openai import remote_engine
from tests.engines.fakes import make_request
[response] = remote_engine(EngineConfig(base_url=sys.argv[1]), {}).generate([make_request()])
print(response.text, sorted({"openai", "httpx", "httpx2"} & set(sys.modules)))
"""


def engine_for(stub, **changed: object):
    """Return an engine that asks the server for every model under the model's own name."""
    endpoint = endpoint_of(stub, **changed)
    return HttpEngine("test", lambda ref: Route(endpoint, ref.name))


def has_ended():
    """Tell whether no thread asks any more."""
    return not [thread for thread in threading.enumerate() if thread.name == "harness-http"]


def test_an_answer_carries_text_reason_tokens_and_time(stub):
    """Everything that the server tells about an answer is kept."""
    stub.reply = lambda _model, _question: Sent(completion("two words"), after_s=0.02)
    request = make_request()

    [response] = ask(stub, request)

    assert (response.request_key, response.text, response.finish_reason) == (request.key, "two words", "stop")
    assert (response.tokens_in, response.tokens_out, response.error) == (3, 2, None)
    assert 0.02 <= response.seconds < 30


def test_each_request_is_answered_once(stub):
    """The server counts: nothing is asked twice, nothing is left out."""
    stub.reply = lambda _model, question: f"re: {question}"
    requests = make_requests(500)

    responses = ask(stub, *requests, in_flight=16)

    assert sorted(stub.asked) == sorted(("tiny", f"q{number}") for number in range(500))
    assert len(responses) == 500
    assert {one.request_key: one.text for one in responses} == {
        request.key: f"re: q{number}" for number, request in enumerate(requests)
    }


def test_a_request_that_is_given_twice_is_answered_twice(stub):
    """One response for each request is the engine's promise."""
    request = make_request()

    responses = ask(stub, request, request)

    assert [one.request_key for one in responses] == [request.key] * 2


def test_answers_come_in_the_order_of_completion(stub):
    """A slow one holds nobody up."""
    released = threading.Event()
    stub.reply = lambda _model, text: Sent(completion(text), until=released if text == "slow" else None)
    stream = engine_for(stub).generate([make_request("slow"), make_request("quick")])

    first = next(stream)
    released.set()
    second = next(stream)

    assert (first.text, second.text) == ("quick", "slow")
    assert list(stream) == []


def test_closing_the_iterator_cancels_what_is_in_flight(stub):
    """What was not yet sent is never sent, and the server sees its connections end."""
    stub.reply = lambda _model, text: "fine" if text == "first" else Sent(until=threading.Event())
    engine = engine_for(stub, in_flight=4, max_in_flight=4, timeout_s=LONG_S)
    stream = engine.generate([make_request("first"), *make_requests(50)])

    next(stream)
    started = time.monotonic()
    stream.close()

    assert time.monotonic() - started < LONG_S / 2
    assert has_ended()
    assert stub.count <= 5
    until(lambda: stub.under_way == 0)
    assert stub.abandoned == stub.count - 1


def test_ctrl_c_ends_a_wait_at_once(stub, hears_ctrl_c):
    """The signal comes while the caller's thread waits for a server that says nothing."""
    stub.reply = lambda _model, _question: Sent(until=threading.Event())
    stream = engine_for(stub, timeout_s=LONG_S).generate(make_requests(100))
    caller = threading.get_ident()

    def press() -> None:
        """Press once when the caller reads, be it just before it falls asleep."""
        until(lambda: sys._current_frames()[caller].f_code is heard_until.__code__)
        signal.pthread_kill(caller, signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    started = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        next(stream)

    assert time.monotonic() - started < LONG_S / 2
    assert has_ended()
    until(lambda: stub.under_way == 0)


def test_no_request_needs_no_server():
    """A run whose answers are all stored must not touch the network."""
    engine = HttpEngine("test", lambda _ref: pytest.fail("asked for a route"))

    assert list(engine.generate([])) == []


def test_two_models_may_live_at_two_addresses(stub):
    """Merged serving has one server for each model, and the pace is that of each server."""
    other = endpoint_of(stub, in_flight=1)
    first = endpoint_of(stub)
    engine = HttpEngine("test", lambda ref: Route(other if ref.adapter else first, ref.name))

    responses = list(engine.generate([make_request(model=BASE_REF), make_request(model=ADAPTER_REF)]))

    assert [one.error for one in responses] == [None, None]
    assert sorted(model for model, _ in stub.asked) == ["tiny", "triage"]


def test_requests_of_one_model_share_one_lane_whatever_its_route_closes_over(stub):
    """A new function in each route must not make each request a lane of its own."""

    def route(ref: ModelRef) -> Route:
        async def is_alive() -> bool:
            return True

        return Route(endpoint_of(stub, in_flight=2, max_in_flight=2, is_alive=is_alive), ref.name)

    engine = HttpEngine("test", route)
    stub.reply = lambda _model, text: Sent(completion(text), after_s=0.002)

    list(engine.generate([*make_requests(20), *(make_request(f"q{n}", model=ADAPTER_REF) for n in range(20))]))

    assert stub.count == 40
    assert stub.most_under_way == 2


def test_the_deadline_ends_all_asking_and_names_the_setting(stub, clock):
    """Nothing hangs: what is unanswered is an error, whether it was asked or not; what came stays."""

    def reply(_model: str, text: str) -> str | Sent:
        if text == "q0":
            return "fine"
        if text == "q4":  # it is asked once the first is answered
            clock.skip(100)
        return Sent(until=threading.Event())

    stub.reply = reply

    responses = ask(stub, *make_requests(50), in_flight=4, max_in_flight=4, timeout_s=LONG_S, deadline_s=100.0)

    assert len({one.request_key for one in responses}) == len(responses) == 50
    assert [one.text for one in responses if one.error is None] == ["fine"]
    assert {one.error for one in responses if one.error} == {
        "out of time: all requests together have deadline_s = 100 (under [engine] in harness.toml)"
    }
    assert stub.count <= 5


def test_the_deadline_holds_for_all_that_an_engine_is_asked(stub, clock):
    """A judge is asked after the models: once the time is over, nothing more is sent."""
    endpoint = endpoint_of(stub)
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), deadline_s=100.0)
    [first] = engine.generate(make_requests(1))
    clock.skip(100)

    late = list(engine.generate(make_requests(3)))

    assert first.error is None
    assert ["deadline_s" in one.error for one in late] == [True] * 3
    assert stub.count == 1


def test_an_error_of_our_own_reaches_the_caller(stub):
    """A bug must not look like a server that says nothing."""

    def chance() -> float:
        raise ZeroDivisionError

    stub.reply = lambda _model, _question: 500
    endpoint = endpoint_of(stub)
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), chance=chance)

    with pytest.raises(ZeroDivisionError):
        list(engine.generate(make_requests(5)))


def test_an_address_where_nothing_answers_is_named():
    """The port is free, so the connection is refused; that is told at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        config = EngineConfig(base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        engine = remote_engine(config, {"OPENAI_API_KEY": "k"})

        for ref in (BASE_REF, hosted_model("m")):
            with pytest.raises(EngineSetupError, match=r"nothing answers at http://127\.0\.0\.1:\d+/v1: .*base_url"):
                list(engine.generate([make_request(model=ref)]))


def test_a_running_server_is_asked_for_its_models_name(stub):
    """The base model is served under any name; an adapter by its own."""
    stub.models = ["org/renamed", "triage"]
    engine = remote_engine(EngineConfig(base_url=stub.url), {})

    list(engine.generate([make_request(model=BASE_REF), make_request(model=ADAPTER_REF)]))

    assert sorted(model for model, _ in stub.asked) == ["org/renamed", "triage"]
    assert engine.identity == f"openai {stub.url}"


@pytest.mark.parametrize(
    ("setting", "said"), [("request_timeout_s", "got through for 50 s"), ("deadline_s", "deadline_s = 50 ")]
)
def test_the_configuration_reaches_the_server(stub, clock, setting, said):
    """Pace, time and deadline are settings of harness.toml."""

    def reply(_model: str, _text: str) -> Sent:
        if stub.count >= 3:
            clock.skip(51)
        return Sent(until=threading.Event())

    stub.reply = reply
    settings = {"request_timeout_s": LONG_S, "deadline_s": LONG_S, setting: 50.0}
    config = EngineConfig(base_url=stub.url, in_flight=9, max_in_flight=3, **settings)

    responses = list(remote_engine(config, {}).generate(make_requests(4)))

    assert stub.most_under_way == 3
    assert [said in one.error for one in responses] == [True] * 4


def test_an_adapter_that_is_not_served_is_named(stub):
    """Nothing is asked: the base model's answers must not pass for the adapter's."""
    engine = remote_engine(EngineConfig(base_url=stub.url), {})

    with pytest.raises(EngineSetupError, match=r"serves tiny, but not 'triage'.*--lora-modules triage="):
        list(engine.generate([make_request(model=ADAPTER_REF)]))

    assert stub.asked == []


def test_what_the_settings_leave_out_is_never_sent_and_part_of_the_identity(stub):
    """Answers to other questions are not served from the store for these."""
    engine = remote_engine(EngineConfig(base_url=stub.url, leave_out=("temperature", "seed")), {})

    list(engine.generate(make_requests(2)))

    assert engine.identity == f"openai {stub.url} without seed, temperature"
    assert [body.keys() & {"temperature", "seed", "top_p"} for body in stub.bodies] == [{"top_p"}] * 2
    assert engine.left_out == ()


def test_a_key_with_a_line_break_is_an_error_that_names_its_variable():
    """White space around it does no harm."""
    with pytest.raises(EngineSetupError, match="OPENAI_API_KEY"):
        remote_engine(EngineConfig(), {"OPENAI_API_KEY": "one\ntwo"})
    with pytest.raises(EngineSetupError, match="OPENAI_API_KEY has no API key in it"):
        remote_engine(EngineConfig(), {"OPENAI_API_KEY": " \n"})


def test_a_hosted_model_is_asked_by_its_name_without_a_listing(stub):
    """Hosted lists are long and don't hold every name that works."""
    stub.models = []
    engine = remote_engine(EngineConfig(base_url=stub.url), {"OPENAI_API_KEY": "k"})

    [response] = engine.generate([make_request(model=hosted_model("gpt-large"))])

    assert stub.asked == [("gpt-large", "hello")]
    assert response.text == "fine"


def test_a_hosted_model_without_a_key_is_refused_at_once():
    """Before anything is asked, with the setting's name."""
    with pytest.raises(EngineSetupError, match=r"MY_KEY has no API key in it.*api_key_env"):
        remote_engine(EngineConfig(api_key_env="MY_KEY"), {"OPENAI_API_KEY": "other"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000/v1",
        "ftp://host/v1",
        "http://",
        "http://[::1",
        "file:///etc",
        "http://h:99999/v1",
        f"http://{'a' * 300}.x/v1",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    """An empty address counts as unset, and then there is no key."""
    with pytest.raises(EngineSetupError):
        list(remote_engine(EngineConfig(base_url=url or None), {}).generate([make_request()]))


def test_a_password_in_the_address_stays_out_of_identity_and_errors():
    """The identity goes into runs and reports."""
    engine = remote_engine(EngineConfig(base_url="http://me:hunter2@127.0.0.1:9/v1"), {})

    with pytest.raises(EngineSetupError) as raised:
        list(engine.generate([make_request()]))

    assert engine.identity == "openai http://127.0.0.1:9/v1"
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hun@ter2@127.0.0.1:9/v1",
        "//me:hun@ter2@host/v1",
        "http://me:12/hun@ter2@127.0.0.1:9/v1",
        "http://me:hun?@ter2@127.0.0.1:9/v1",
        "http://me:hun#@ter2@127.0.0.1:9/v1",
    ],
)
def test_a_password_with_an_at_sign_stays_out_too(url):
    """An address ends its login at the last one; also an address that is refused, which names no host but its own."""
    with pytest.raises(EngineSetupError) as raised:
        list(remote_engine(EngineConfig(base_url=url), {}).generate([make_request()]))

    assert "ter2" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://me:12/secret@host/v1", "https://host/a@b/v1", "http://me:a?b@host/v1"])
def test_an_at_sign_behind_the_host_is_refused_with_the_way_to_write_it(url):
    """The first of them would be asked at the host "me", with the password in the path."""
    with pytest.raises(EngineSetupError, match=r"has an @ behind its host; in a password write / as %2F, .*@ as %40"):
        remote_engine(EngineConfig(base_url=url), {})


@pytest.mark.parametrize(
    ("url", "named", "sent"),
    [
        ("https://api.openai.com/v1", None, "k-openai"),
        ("https://api.openai.com/v1", "MY_KEY", "k-mine"),
        ("https://api.openai.com.evil.example/v1", None, NO_KEY),
        ("https://far.example/v1", None, NO_KEY),
        ("https://far.example/v1", "", NO_KEY),
        ("https://far.example/v1", "MY_KEY", "k-mine"),
        ("https://far.example/v1", "OPENAI_API_KEY", "k-openai"),
        ("http://127.0.0.1:9/v1", None, NO_KEY),
    ],
)
def test_openais_key_goes_elsewhere_only_where_it_is_named(url, named, sent):
    """Whoever runs another server must not get it because it happens to be in the environment."""
    environ = {"OPENAI_API_KEY": "k-openai", "MY_KEY": "k-mine"}

    route = remote_engine(EngineConfig(base_url=url, api_key_env=named), environ)._route(hosted_model("m"))

    assert route.endpoint.api_key == sent


@pytest.mark.parametrize(
    ("url", "what"),
    [("http://far.example/v1", "API key in MY_KEY"), ("http://me:hunter2@far.example/v1", "password in base_url")],
)
def test_no_secret_goes_out_unencrypted_unless_it_is_allowed(url, what):
    """Anyone on the way could read it; a network of one's own is a setting."""
    config = EngineConfig(base_url=url, api_key_env="MY_KEY")

    with pytest.raises(EngineSetupError, match=f"^http://far.example/v1 is not .* {what}; .*allow_plain_http = true"):
        remote_engine(config, {"MY_KEY": "k"})

    allowed = msgspec.structs.replace(config, allow_plain_http=True)
    assert remote_engine(allowed, {"MY_KEY": "k"}).identity == "openai http://far.example/v1"


@pytest.mark.parametrize("url", ["https://far.example/v1", "http://127.0.0.1:9/v1", "http://localhost:9/v1"])
def test_a_key_goes_to_this_machine_and_over_https(url):
    """Nobody is on the way."""
    assert remote_engine(EngineConfig(base_url=url, api_key_env="MY_KEY"), {"MY_KEY": "k"})


def test_without_a_secret_plain_http_needs_no_permission():
    """Most servers of a company's own network."""
    assert remote_engine(EngineConfig(base_url="http://far.example/v1"), {"OPENAI_API_KEY": "k"})


def test_an_empty_address_is_refused_and_is_not_openais():
    """Although a key for OpenAI is at hand."""
    with pytest.raises(EngineSetupError, match="base_url '' is not an HTTP address"):
        remote_engine(EngineConfig(base_url=""), {"OPENAI_API_KEY": "k"})


def test_a_server_that_wants_a_key_where_none_is_named_says_which_setting(stub):
    """A judge at an address of its own is sent no key unless one is named for it."""
    stub.reply = lambda _model, _text: Sent({"error": "no key"}, 401)
    engine = remote_engine(EngineConfig(base_url=stub.url), {"OPENAI_API_KEY": "k"})

    said = r"no API key was sent to .*; set its api_key_env .*\[judge\].*OPENAI_API_KEY too is only sent elsewhere"
    with pytest.raises(EngineSetupError, match=said):
        list(engine.generate([make_request(model=hosted_model("m"))]))

    assert "authorization" not in stub.headers[0]


def test_a_local_server_is_asked_without_the_openai_client(stub):
    """Its import alone takes most of a second."""
    done = subprocess.run(
        [sys.executable, "-c", ASKS_A_LOCAL_SERVER, stub.url], check=False, capture_output=True, text=True
    )

    assert (done.stdout, done.stderr) == ("fine []\n", "")


@pytest.mark.parametrize("starts_first", [True, False])
def test_ctrl_c_while_asking_starts_leaves_no_thread_behind(monkeypatch, stub, starts_first):
    """Whether the thread runs already or not."""

    class Interrupted(threading.Thread):
        def start(self) -> None:
            if starts_first:
                super().start()
            raise KeyboardInterrupt

    engine = HttpEngine("test", lambda _ref: Route(endpoint_of(stub), "tiny"))
    monkeypatch.setattr("harness.engines.http.loop.threading.Thread", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(engine.generate(make_requests(1)))

    assert not [thread for thread in threading.enumerate() if thread.name == "harness-http"]


def stopped_half_way(stub, monkeypatch, grace_s: float):
    """Stop an engine with one answer read and four questions in flight; return the server's answers from then on."""
    monkeypatch.setattr(sending, "GRACE_S", grace_s)
    released = threading.Event()
    stub.reply = lambda _model, text: Sent(completion(text), until=None if text == "first" else released)
    engine = engine_for(stub, in_flight=4, max_in_flight=4, timeout_s=LONG_S)
    stream = engine.generate([make_request("first"), *make_requests(50)])
    next(stream)
    until(lambda: stub.under_way == 4)
    engine.stop()
    if grace_s:
        released.set()
    return [one.text for one in stream]


def test_a_stopped_engine_sends_nothing_more_and_yields_what_arrives(stub, monkeypatch):
    """What is in flight is waited for as long as the grace, and answers that came are read to the last."""
    answered = stopped_half_way(stub, monkeypatch, grace_s=LONG_S)

    assert sorted(answered) == ["q0", "q1", "q2", "q3"]
    assert stub.count == 5
    assert has_ended()


def test_a_stopped_engine_does_not_wait_longer_than_the_grace(stub, monkeypatch):
    """A server that hangs can't keep the run from ending."""
    answered = stopped_half_way(stub, monkeypatch, grace_s=0.0)

    assert answered == []
    until(lambda: stub.abandoned == 4)
    assert stub.count == 5
    assert has_ended()


def test_an_engine_that_is_stopped_before_it_is_read_asks_nothing(stub):
    """Ctrl-C can come before a stream's thread starts; the next stream of the same engine is whole."""
    engine = engine_for(stub)
    stream = engine.generate(make_requests(50))

    engine.stop()
    before = list(stream)
    after = list(engine.generate(make_requests(2)))

    assert before == []
    assert (len(after), stub.count) == (2, 2)
