"""The HTTP engine: what is sent, what comes back, and what each failure means."""

import socket
import threading
from dataclasses import replace

import pytest

from harness.config import EngineConfig
from harness.engines.openai import HttpEngine, Route, choose_name, hosted_model, remote_engine
from harness.errors import EngineSetupError
from harness.records import ModelRef, Request
from tests.engines.fakes import BASE_REF, Reply, completion, make_request

ADAPTER_REF = ModelRef(
    base="tiny", base_digest="b" * 64, template_digest="t" * 64, adapter="triage", adapter_digest="a" * 64
)


def engine_for(scripted, **changed: object):
    """Return an engine that asks the server for every model under the model's own name."""
    endpoint = replace(scripted.endpoint, **changed)
    return HttpEngine("test", lambda ref: Route(endpoint, ref.name))


def ask(scripted, *requests: Request, **changed: object):
    """Return the responses to the requests, one request by default."""
    return list(engine_for(scripted, **changed).generate(requests or (make_request(),)))


def test_an_answer_carries_text_reason_tokens_and_time(scripted):
    """Everything that the server tells about an answer is kept."""
    request = make_request()

    [response] = ask(scripted, request)

    assert (response.request_key, response.text, response.finish_reason) == (request.key, "fine", "stop")
    assert (response.tokens_in, response.tokens_out, response.error) == (5, 2, None)
    assert 0 < response.seconds < 30


def test_the_sampling_is_sent_in_full(scripted):
    """Each repeat gets a seed of its own, else all would be the same answer."""
    schema = {"type": "json_schema", "json_schema": {"name": "reply", "schema": {"type": "object"}}}
    request = make_request(
        "hi", repeat=3, temperature=0.7, top_p=0.9, max_tokens=17, seed=40, stop=("\n", "END"), response_format=schema
    )

    ask(scripted, request)

    assert scripted.bodies == [
        {
            "model": "tiny",
            "messages": [{"role": "user", "content": "hi"}],
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 17,
            "seed": 43,
            "stop": ["\n", "END"],
            "response_format": schema,
        }
    ]


def test_the_default_is_greedy_and_free_of_options(scripted):
    """Servers differ in what they make of an empty stop or format, so neither is sent."""
    ask(scripted)

    assert scripted.bodies[0]["temperature"] == 0
    assert not {"stop", "response_format"} & set(scripted.bodies[0])


def test_the_key_travels_in_the_header_only(scripted):
    """A key must not show where objects are printed."""
    engine = engine_for(scripted)

    list(engine.generate([make_request()]))

    assert scripted.headers[0]["authorization"] == "Bearer secret-key-123"
    assert "secret" not in repr(scripted.endpoint)


def test_each_request_is_answered_once(scripted):
    """The server counts: nothing is asked twice, nothing is left out."""
    scripted.reply = lambda body: Reply(content=completion("re: " + body["messages"][0]["content"]))
    requests = [make_request(f"q{number}", number) for number in range(200)]

    responses = ask(scripted, *requests, in_flight=16)

    assert len(scripted.bodies) == 200
    assert {one.request_key: one.text for one in responses} == {
        request.key: f"re: q{number}" for number, request in enumerate(requests)
    }


def test_requests_are_under_way_together_up_to_the_limit(scripted):
    """Eight wait at the server at once, never nine."""
    together, here, most = threading.Barrier(8), [0], [0]
    lock = threading.Lock()

    def reply(_body: dict[str, object]) -> Reply:
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
        together.wait(timeout=20)
        with lock:
            here[0] -= 1
        return Reply(content=completion())

    scripted.reply = reply

    responses = ask(scripted, *(make_request(number=number) for number in range(32)), in_flight=8)

    assert [one.error for one in responses] == [None] * 32
    assert most == [8]


def test_answers_come_in_the_order_of_completion(scripted):
    """A slow one holds nobody up."""
    released = threading.Event()

    def reply(body: dict[str, object]) -> Reply:
        if body["messages"][0]["content"] == "slow":
            assert released.wait(timeout=20)
        return Reply(content=completion(body["messages"][0]["content"]))

    scripted.reply = reply
    stream = engine_for(scripted).generate([make_request("slow"), make_request("quick")])

    first = next(stream)
    released.set()
    second = next(stream)

    assert (first.text, second.text) == ("quick", "slow")
    assert list(stream) == []


def test_closing_the_iterator_cancels_what_is_in_flight(scripted):
    """Ctrl-C must not wait for answers; what was not yet sent is never sent."""
    released = threading.Event()

    def reply(body: dict[str, object]) -> Reply:
        if body["messages"][0]["content"] != "first":
            released.wait(timeout=20)
        return Reply(content=completion())

    scripted.reply = reply
    requests = [make_request("first"), *(make_request(f"q{number}", number) for number in range(50))]
    stream = engine_for(scripted, in_flight=4).generate(requests)

    next(stream)
    stream.close()
    released.set()

    assert len(scripted.bodies) <= 5
    assert not [thread for thread in threading.enumerate() if thread.name == "harness-http"]


def test_no_request_needs_no_server():
    """A run whose answers are all stored must not touch the network."""
    engine = HttpEngine("test", lambda _ref: pytest.fail("asked for a route"))

    assert list(engine.generate([])) == []


def test_two_models_may_live_at_two_addresses(scripted):
    """Merged serving has one server for each model, and the limit counts for each."""
    other = replace(scripted.endpoint, in_flight=1)
    engine = HttpEngine("test", lambda ref: Route(other if ref.adapter else scripted.endpoint, ref.name))

    list(engine.generate([make_request(model=BASE_REF), make_request(model=ADAPTER_REF)]))

    assert sorted(str(body["model"]) for body in scripted.bodies) == ["tiny", "triage"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "assistant", "content": None}, ""),
        ({"role": "assistant", "content": ""}, ""),
        ({"role": "assistant", "content": None, "refusal": "I can't."}, "I can't."),
        ({"role": "assistant", "content": "a\ud800b"}, "a\ufffdb"),
        ({"role": "assistant", "content": "{{ x }}<b>\x1b[31m\x00"}, "{{ x }}<b>\x1b[31m\x00"),
        ({"role": "assistant", "content": "x" * 1_000_000}, "x" * 1_000_000),
    ],
)
def test_odd_answers_are_answers(scripted, message, text):
    """Empty, refused, hostile and huge answers are the model's words, and scored as such."""
    scripted.reply = lambda _body: Reply(content=completion(choices=[{"message": message, "finish_reason": "stop"}]))

    [response] = ask(scripted)

    assert (response.text, response.error) == (text, None)


def test_missing_usage_counts_as_nothing(scripted):
    """Some servers don't count tokens."""
    scripted.reply = lambda _body: Reply(content=completion(usage=None))

    [response] = ask(scripted)

    assert (response.tokens_in, response.tokens_out, response.text) == (0, 0, "fine")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(content={"object": "list"}),
        Reply(content=completion(choices=[])),
        Reply(content=completion(choices=[{"message": {"content": 7}}])),
        Reply(content=[1, 2]),
        Reply(content=b"<html>welcome</html>", headers={"content-type": "text/html"}),
        Reply(content=b'{"choices": [{"mess'),
        Reply(content=b"[" * 100_000),
        Reply(content=b""),
    ],
)
def test_an_unreadable_answer_is_an_error_response(scripted, reply):
    """Never an empty answer, which would be scored as wrong."""
    scripted.reply = lambda _body: reply

    [response] = ask(scripted)

    assert response.error.startswith("the server's answer can't be read: ")
    assert response.text == ""


def test_a_truncated_body_is_an_error_response(scripted):
    """The connection ends before the announced length."""
    scripted.reply = lambda _body: Reply(content=completion(), cut=10)

    [response] = ask(scripted)

    assert response.error.startswith("the connection was lost: ")


def test_a_bad_request_keeps_the_servers_words_without_control_characters(scripted):
    """A prompt that is too long concerns one case; it's asked once, and the others go on."""
    words = "This model's maximum context length\n is 2048 tokens.\x1b[31m" + "!" * 1000

    def reply(body: dict[str, object]) -> Reply:
        too_long = body["messages"][0]["content"] == "long"
        return Reply(400, {"error": {"message": words, "code": 400}}) if too_long else Reply(content=completion())

    scripted.reply = reply

    failed, fine = sorted(
        ask(scripted, make_request("long", 1), make_request("short", 2), max_retries=3), key=lambda one: one.text
    )

    assert failed.error.startswith("HTTP 400: This model's maximum context length is 2048 tokens.[31m!!!")
    assert len(failed.error) < 450
    assert failed.error.isprintable()
    assert fine.text == "fine"
    assert len(scripted.bodies) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_pass_is_tried_again(scripted, status):
    """One hiccup costs no answer; the server's own pause is obeyed."""
    left = iter([Reply(status, {}, {"retry-after-ms": "1"}), Reply(content=completion())])
    scripted.reply = lambda _body: next(left)

    [response] = ask(scripted, max_retries=1)

    assert (response.text, response.error, len(scripted.bodies)) == ("fine", None, 2)


def test_a_lasting_failure_is_an_error_response(scripted):
    """After the last try the case is unscored, and the words say why."""
    scripted.reply = lambda _body: Reply(503, {"error": {"message": "overloaded"}}, {"retry-after-ms": "1"})

    [response] = ask(scripted, max_retries=3)

    assert response.error == "HTTP 503: overloaded"
    assert len(scripted.bodies) == 4


def test_silence_is_an_error_response(scripted):
    """A server that hangs holds a request up for the timeout, no longer."""
    released = threading.Event()
    scripted.reply = lambda _body: Reply(content=completion(str(released.wait(timeout=20))))

    [response] = ask(scripted, timeout_s=0.2)
    released.set()

    assert response.error == "no answer within 0.2 s"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_everything_and_names_the_setting(scripted, status):
    """The key itself stays out of the text, even when the server repeats it."""
    words = "Incorrect API key provided: secret-key-123"
    scripted.reply = lambda _body: Reply(status, {"error": {"message": words}})

    with pytest.raises(EngineSetupError, match=r"OPENAI_API_KEY.*api_key_env") as raised:
        ask(scripted, *(make_request(number=number) for number in range(100)), in_flight=2)

    assert "secret" not in str(raised.value)
    assert len(scripted.bodies) <= 4


def test_an_unknown_model_stops_everything_and_names_it(scripted):
    """Each further request would fail alike."""
    scripted.reply = lambda _body: Reply(404, {"error": {"message": "The model `tiny` does not exist."}})

    with pytest.raises(EngineSetupError, match=r"does not exist.*'tiny'.*base_url"):
        ask(scripted)


def test_an_address_where_nothing_answers_is_named():
    """The port is free, so the connection is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        config = EngineConfig(base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        engine = remote_engine(config, {})

        with pytest.raises(EngineSetupError, match=r"nothing answers at http://127\.0\.0\.1:\d+/v1.*base_url"):
            list(engine.generate([make_request()]))


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(scripted, monkeypatch):
    """Company machines set one for everything, and it can't reach a loopback address."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    [response] = ask(scripted)

    assert response.text == "fine"


def test_a_running_server_is_asked_for_its_models_name(scripted):
    """The base model is served under any name; an adapter by its own."""
    scripted.models.append({"id": "triage", "object": "model", "root": "/adapters/triage", "parent": "tiny"})
    scripted.models[0]["id"] = "org/renamed"
    engine = remote_engine(EngineConfig(base_url=scripted.endpoint.base_url), {})

    list(engine.generate([make_request(model=BASE_REF), make_request(model=ADAPTER_REF)]))

    assert sorted(str(body["model"]) for body in scripted.bodies) == ["org/renamed", "triage"]
    assert engine.identity == f"openai {scripted.endpoint.base_url}"


def test_an_adapter_that_is_not_served_is_named(scripted):
    """Nothing is asked: the base model's answers must not pass for the adapter's."""
    engine = remote_engine(EngineConfig(base_url=scripted.endpoint.base_url), {})

    with pytest.raises(EngineSetupError, match=r"serves tiny, but not 'triage'.*--lora-modules triage="):
        list(engine.generate([make_request(model=ADAPTER_REF)]))

    assert scripted.bodies == []


def test_an_adapters_name_never_stands_for_the_base_model():
    """A server that lists only an adapter, or two bases, doesn't say which one is meant."""
    with pytest.raises(EngineSetupError, match="set base_model"):
        choose_name(BASE_REF, {"one": False, "two": False}, "here")
    with pytest.raises(EngineSetupError, match="but not 'tiny'"):
        choose_name(BASE_REF, {"tiny": True}, "here")


def test_a_page_that_is_no_model_list_is_told(scripted):
    """A wrong path often answers with something."""
    scripted.models.clear()
    engine = remote_engine(EngineConfig(base_url=scripted.endpoint.base_url), {})

    with pytest.raises(EngineSetupError, match="lists no model"):
        list(engine.generate([make_request()]))


def test_a_hosted_model_is_asked_by_its_name_without_a_listing(scripted):
    """Hosted lists are long and don't hold every name that works."""
    scripted.models.clear()
    engine = remote_engine(EngineConfig(base_url=scripted.endpoint.base_url), {"OPENAI_API_KEY": "k"})

    [response] = engine.generate([make_request(model=hosted_model("gpt-large"))])

    assert scripted.bodies[0]["model"] == "gpt-large"
    assert response.text == "fine"


def test_a_hosted_model_without_a_key_is_refused_at_once():
    """Before anything is asked, with the setting's name."""
    with pytest.raises(EngineSetupError, match=r"MY_KEY holds no API key.*api_key_env"):
        remote_engine(EngineConfig(api_key_env="MY_KEY"), {"OPENAI_API_KEY": "other"})


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "ftp://host/v1", "http://", "http://[::1", "file:///etc"])
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
