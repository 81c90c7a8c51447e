"""The table of faults, each row against a server that fails as told and counts what it was asked."""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from itertools import count

import pytest

from harness.engines.http import lane
from harness.engines.openai import HttpEngine, Route
from harness.errors import EngineSetupError, ServerLost
from harness.records.asked import ModelRef
from tests.engines.clock import Clock
from tests.engines.fakes import KEY, ask, endpoint_of, make_request, make_requests
from tests.stub import RESET, Sent, completion

NEVER = threading.Event()
PASSING = {
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "529": Sent({}, 529),
    "408": 408,
    "dropped": Sent(),
    "reset": RESET,
    "truncated body": Sent(completion(), cut=10),
    "truncated head": Sent(b"", headers={"content-length": "9" * 30}, cut=0),
    "invalid JSON": Sent(b'{"choices": [{"mess'),
    "no JSON": Sent(b"<html>welcome</html>", headers={"content-type": "text/html"}),
    "wrong schema": Sent({"object": "list"}),
    "wrong type": Sent(completion(7)),
    "broken gzip": Sent(b"no gzip", headers={"content-encoding": "gzip"}),
    "empty": Sent(b""),
}
passing = pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())


def script(*said: object):
    """Return a reply that says one after the other, and the last one for ever."""
    left = list(said)
    return lambda _model, _question: left.pop(0) if len(left) > 1 else left[0]


@passing
def test_what_may_pass_is_asked_again(stub, fault):
    """Three hiccups cost no answer."""
    stub.reply = script(fault, fault, fault, "fine")

    [response] = ask(stub)

    assert (response.text, response.error, stub.count) == ("fine", None, 4)


@passing
def test_what_lasts_is_an_error_response_with_the_reason(stub, fault):
    """After three more tries the request is unscored, never wrong; the others are asked once and answered."""
    stub.reply = lambda _model, text: fault if text == "q3" else "fine"

    responses = ask(stub, *make_requests(20))

    [failed] = [one for one in responses if one.error is not None]
    assert failed.request_key == make_requests(4)[3].key
    assert failed.error.endswith(" (asked 4 times)")
    assert (failed.text, failed.error.isprintable()) == ("", True)
    asked = Counter(text for _, text in stub.asked)
    assert asked.pop("q3") == 4
    assert set(asked.values()) == {1}
    assert len(responses) == 20


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (503, "HTTP 503: the stub was told to fail"),
        (Sent(), "the connection was lost: Server disconnected"),
        (RESET, "the connection was lost: "),
        (Sent(completion(), cut=10), "the connection was lost: "),
        (Sent(b"[oops"), "the server's answer can't be read: "),
        (Sent({"object": "list"}), "the server's answer can't be read: "),
    ],
)
def test_the_reason_says_what_happened(stub, fault, reason):
    """People read it in the report."""
    stub.reply = script(fault)

    [response] = ask(stub)

    assert response.error.startswith(reason)


def hang(clock: Clock) -> Sent:
    """Say nothing for longer than the timeout of the tests, 30 s."""
    clock.skip(31)
    return Sent(until=NEVER)


def test_a_hang_is_asked_again_twice(stub, clock):
    """A server that says nothing holds a request up for the timeout, three times."""
    stub.reply = lambda _model, _text: hang(clock)

    [response] = ask(stub)

    assert response.error == "no answer within 30 s (asked 3 times)"
    assert stub.count == 3


def test_a_hang_of_one_request_is_that_requests_own(stub, clock):
    """The others get through all the while, half a second each."""

    def reply(_model: str, text: str) -> object:
        if text == "q0":
            return Sent(until=NEVER)
        clock.skip(0.5)
        return "fine"

    stub.reply = reply

    responses = ask(stub, *make_requests(200), in_flight=4, max_in_flight=4)

    assert Counter(one.error for one in responses) == {None: 199, "no answer within 30 s (asked 3 times)": 1}
    assert stub.count == 202


def test_a_hang_that_passes_costs_no_answer(stub, clock):
    """The second try is answered."""
    stub.reply = lambda _model, _text: hang(clock) if stub.count == 1 else "fine"

    [response] = ask(stub)

    assert (response.text, stub.count) == ("fine", 2)


def test_a_hang_within_the_answer_is_a_hang(stub):
    """The head came, the rest never does, and the connection stays open."""
    half = Sent(b'{"choices"', headers={"content-length": "1000"})
    stub.reply = script(half, "fine")

    [response] = ask(stub, timeout_s=1.0)

    assert (response.text, stub.count) == ("fine", 2)


def test_429_slows_down_and_loses_nothing(stub):
    """However often it comes: it's no failure of the request while others get through."""
    refusals: Counter[str] = Counter()

    def reply(_model: str, text: str) -> object:
        refusals[text] += 1
        return 429 if refusals[text] <= 6 and int(text[1:]) % 3 == 0 else "fine"

    stub.reply = reply

    responses = ask(stub, *make_requests(60))

    assert [one.error for one in responses] == [None] * 60
    assert stub.count == 60 + 20 * 6


def test_429_leaves_the_tries_for_other_faults(stub):
    """Being told to wait is no failed try."""
    stub.reply = script(*[429] * 6, 500, 500, 500, "fine")

    [response] = ask(stub)

    assert (response.text, stub.count) == ("fine", 10)


def test_429_of_a_server_that_takes_two_at_once_ends_well(stub):
    """The pace falls until the server can take it."""
    stub.reply = lambda _model, _text: 429 if stub.under_way > 2 else Sent(completion(), after_s=0.003)

    responses = ask(stub, *make_requests(60), in_flight=32)

    assert [one.error for one in responses] == [None] * 60
    assert stub.count < 300


def test_429_without_end_is_an_error_once_nothing_got_through_for_the_timeout(stub, clock):
    """Then the server won't answer the rest either: they aren't asked one by one for hours."""

    def reply(_model: str, _text: str) -> object:
        clock.skip(1)
        return 429

    stub.reply = reply

    responses = ask(stub, *make_requests(300), in_flight=8)

    assert len({one.request_key for one in responses}) == len(responses) == 300
    [reason] = {one.error for one in responses}
    assert reason == (
        f"gave up: no request to {stub.url} got through for 30 s (request_timeout_s under [engine] in "
        "harness.toml); the last failure: HTTP 429: the stub was told to fail"
    )


@pytest.mark.parametrize("fault", [503, Sent(), RESET])
def test_a_server_that_stays_down_ends_the_asking(stub, clock, fault):
    """Ten thousand requests to a dead server must not take a night."""

    def reply(_model: str, _text: str) -> object:
        clock.skip(0.1)
        return fault

    stub.reply = reply

    responses = ask(stub, *make_requests(5000))

    assert len({one.request_key for one in responses}) == len(responses) == 5000
    assert not [one for one in responses if one.error is None]
    assert stub.count < 2000


@pytest.mark.parametrize(
    "pause",
    [
        {"retry-after": "0.4"},
        {"retry-after-ms": "400"},
        {"retry-after": formatdate(90_000, usegmt=True), "date": formatdate(89_000, usegmt=True)},
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_all_requests(stub, status, pause):
    """Seconds or a date, read by the server's own clock; no longer than the timeout, and then all is answered."""
    arrived: list[float] = []

    def reply(_model: str, _text: str) -> object:
        arrived.append(time.monotonic())
        return Sent({}, status, pause) if len(arrived) == 1 else "fine"

    stub.reply = reply

    responses = ask(stub, *make_requests(20), in_flight=1, max_in_flight=2, timeout_s=1.0, deadline_s=100.0)

    assert [one.error for one in responses] == [None] * 20
    assert arrived[1] - arrived[0] > 0.3


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_is_wrong_is_asked_once(stub, status):
    """A prompt that is too long concerns one case; its unscored reason is in the server's words."""
    words = "This model's maximum context length\n is 2048 tokens.\x1b[31m" + "!" * 1000
    stub.reply = lambda _model, text: Sent({"error": {"message": words}}, status) if text == "q1" else "fine"

    responses = ask(stub, *make_requests(3))

    [failed] = [one for one in responses if one.error is not None]
    assert failed.error.startswith(f"HTTP {status}: This model's maximum context length is 2048 tokens.\\x1b[31m!!!")
    assert len(failed.error) < 450
    assert stub.count == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_everything_and_names_the_setting(stub, status):
    """The key itself stays out of the text, even when the server repeats it."""
    stub.reply = lambda _model, _text: Sent({"error": {"message": f"Incorrect API key provided: {KEY}"}}, status)

    with pytest.raises(EngineSetupError, match=r"OPENAI_API_KEY.*api_key_env") as raised:
        ask(stub, *make_requests(100), in_flight=2, max_in_flight=2)

    assert KEY not in str(raised.value)
    assert stub.count <= 3  # those under way, and a harmless one


def test_an_unknown_model_stops_everything_and_names_it(stub):
    """Each further request would fail alike."""
    stub.reply = lambda _model, _text: Sent({"error": {"message": "The model `tiny` does not exist."}}, 404)

    with pytest.raises(EngineSetupError, match=r"does not exist.*'tiny'.*base_url"):
        ask(stub, *make_requests(100), in_flight=2, max_in_flight=2)

    assert stub.count <= 3


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("which", ["q0", "q7"])
def test_a_denied_request_among_others_is_its_own(stub, status, which):
    """One flagged case, the first or a later one, is unscored; the key and the model are right."""
    stub.reply = lambda _model, text: Sent({"error": {"message": "no"}}, status) if text == which else "fine"

    responses = ask(stub, *make_requests(12), in_flight=1, max_in_flight=1)

    assert [one.error for one in responses if one.error] == [f"HTTP {status}: no"]
    assert len(responses) == 12


def test_all_that_is_asked_may_be_denied_while_the_key_is_right(stub):
    """As when a later run asks only what was denied before: a harmless question gets through, and settles it."""
    stub.reply = lambda _model, text: 403 if text.startswith("q") else "fine"

    responses = ask(stub, *make_requests(20), in_flight=8)

    assert len([one for one in responses if one.error]) == 20
    assert [text for _, text in stub.asked if not text.startswith("q")] == ["Hello"]


def test_a_model_that_is_denied_beside_one_that_answers_stops_everything(stub):
    """The base model's answers say nothing of the adapter's name."""
    stub.reply = lambda model, _text: "fine" if model == "tiny" else 404
    endpoint = endpoint_of(stub, in_flight=1, max_in_flight=1)
    other = ModelRef(base="gone", base_digest="g", template_digest="t")

    with pytest.raises(EngineSetupError, match="check the model's name 'gone'"):
        list(
            HttpEngine("test", lambda ref: Route(endpoint, ref.name)).generate(
                [*make_requests(2), make_request("q", 3, other), make_request("r", 4, other)]
            )
        )

    assert stub.count == 4


def test_an_empty_account_stops_everything_at_once(stub):
    """Waiting for five minutes fills no account."""
    error = {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    stub.reply = script("fine", Sent({"error": error}, 429))

    with pytest.raises(EngineSetupError, match=r"no credit left.*You exceeded your current quota.*add credit"):
        ask(stub, *make_requests(50), in_flight=1, max_in_flight=1)

    assert stub.count == 2


def ended(reason: str) -> Sent:
    """Return an answer that ended for a reason."""
    return Sent(completion(choices=[{"index": 0, "message": {"content": "bi"}, "finish_reason": reason}]))


@pytest.mark.parametrize("reason", ["abort", "error", "insufficient_system_resource"])
def test_an_answer_that_the_server_broke_off_is_asked_for_again(stub, reason):
    """As of a server that is broken: a few times, and then it is an error."""
    stub.reply = script(ended(reason), ended(reason), "fine")
    [passed] = ask(stub)

    stub.reply = script(ended(reason))
    [lasting] = ask(stub)

    assert (passed.text, passed.error) == ("fine", None)
    assert (lasting.text, lasting.error) == (
        "",
        f"the server ended the answer with finish_reason '{reason}' (asked 4 times)",
    )


def test_a_filtered_answer_is_an_error_at_once(stub):
    """The filter would say the same again."""
    stub.reply = lambda _model, text: ended("content_filter") if text == "q1" else "fine"

    responses = ask(stub, *make_requests(3))

    assert [one.error for one in responses if one.error] == [
        "the server ended the answer with finish_reason 'content_filter'"
    ]
    assert stub.count == 3


def test_an_error_under_status_200_is_treated_by_its_code(stub):
    """A rate limit passes, and a text that is too long does not."""
    busy, long = (Sent({"error": {"message": "words", "code": code}}) for code in (429, 400))
    stub.reply = script(*[busy] * 6, "fine")
    [passed] = ask(stub)

    stub.reply = script(long)
    [refused] = ask(stub)

    assert (passed.text, refused.error) == ("fine", "the server answered with an error 400: words")
    assert stub.count == 8


def refusing(stub, *names: str) -> Callable[[str, str], object]:
    """Return a reply that refuses parameters, one at a time, as OpenAI's newer models do."""

    def reply(_model: str, _text: str) -> object:
        for name in names:
            if name in stub.bodies[-1]:
                error = {"message": f"Unsupported parameter: '{name}' is not supported with this model."}
                return Sent({"error": error | {"param": name, "code": "unsupported_parameter"}}, 400)
        return "fine"

    return reply


@pytest.mark.parametrize("names", [("temperature",), ("seed",), ("max_tokens",), ("temperature", "seed", "max_tokens")])
def test_a_parameter_that_the_server_refuses_is_left_out_from_then_on(stub, names):
    """Each request is answered, and only the first ones meet the refusal; the engine tells what it left out."""
    stub.reply = refusing(stub, *names)
    endpoint = endpoint_of(stub, in_flight=2, max_in_flight=2)
    said: list[str] = []
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name), say=said.append)

    first = list(engine.generate(make_requests(30)))
    met = stub.count - 30
    later = list(engine.generate(make_requests(5)))

    assert [one.text for one in (*first, *later)] == ["fine"] * 35
    assert met <= 2 * len(names)
    assert stub.count == 35 + met
    assert engine.left_out == tuple(sorted(names))
    assert len(said) == len(engine.notes) == len(names)
    limit = "max_completion_tokens" if "max_tokens" in names else "max_tokens"
    assert {"messages", "model", limit} <= stub.bodies[-1].keys()


@pytest.mark.parametrize("name", ["response_format", "logprobs"])
def test_what_changes_the_answer_is_never_left_out(stub, name):
    """The request is unscored in the server's words."""
    stub.reply = refusing(stub, name)

    [response] = ask(stub, make_request(response_format={"type": "json_object"}, logprobs=2))

    assert response.error == f"HTTP 400: Unsupported parameter: '{name}' is not supported with this model."
    assert stub.count == 1


def test_a_server_that_refuses_both_names_of_the_limit_gets_no_answer_without_one(stub):
    """Its refusal is the error, and nothing is asked for ever."""
    stub.reply = refusing(stub, "max_tokens", "max_completion_tokens")

    [response] = ask(stub)

    assert "'max_completion_tokens' is not supported" in response.error
    assert stub.count == 2


def test_a_redirect_stops_everything_and_tells_where_to(stub):
    """A followed redirect would cost every request twice, and could take the key elsewhere."""
    stub.reply = lambda _model, _text: Sent({}, 308, {"location": "https://me:pass@else.where/v1/chat/completions"})

    with pytest.raises(EngineSetupError, match=r"redirects to https://else\.where/v1.*base_url"):
        ask(stub)

    assert stub.count == 1


def test_a_lost_server_is_told_at_once_after_what_it_answered(stub):
    """Whoever started it can start it again, and ask what is unanswered."""
    alive = [True]

    def reply(_model: str, text: str) -> object:
        if text == "q5":
            alive[0] = False
            return RESET
        return "fine"

    stub.reply = reply

    async def is_alive() -> bool:
        return alive[0]

    endpoint = endpoint_of(stub, in_flight=1, max_in_flight=1, back_off_s=1.0, is_alive=is_alive)
    engine = HttpEngine("test", lambda ref: Route(endpoint, ref.name))
    got = []

    with pytest.raises(ServerLost, match=r"http://127\.0\.0\.1:\d+/v1 has stopped: the connection was lost"):
        got.extend(one.text for one in engine.generate(make_requests(20)))

    assert (got, stub.count) == (["fine"] * 5, 6)


def test_a_connection_lost_by_a_server_that_lives_is_asked_again(stub):
    """One dropped connection is no dead server."""
    stub.reply = script(RESET, "fine")

    async def is_alive() -> bool:
        return True

    responses = ask(stub, *make_requests(3), is_alive=is_alive)

    assert [one.error for one in responses] == [None] * 3


def test_requests_are_under_way_together_up_to_the_limit(stub):
    """Eight wait at the server at once, never nine, also when the beginning is set higher."""
    asked, full = count(1), threading.Event()

    def wait_for_the_eighth(*_: str) -> Sent:
        if next(asked) == 8:
            full.set()
        return Sent(completion(), after_s=0.005, until=full)

    stub.reply = wait_for_the_eighth

    responses = ask(stub, *make_requests(64), in_flight=20, max_in_flight=8)

    assert [one.error for one in responses] == [None] * 64
    assert stub.most_under_way == 8


def test_more_are_let_through_while_that_helps(stub):
    """A server without a limit gets more and more."""
    stub.reply = lambda _model, _text: Sent(completion(), after_s=0.05)

    ask(stub, *make_requests(400), in_flight=2, max_in_flight=64, window_s=0.1)

    assert 8 <= stub.most_under_way <= 64


def test_jumps_of_the_clock_matter_to_nothing(stub, monkeypatch):
    """Someone sets the clock, or it is set by the network: all waiting is measured by a clock that only runs."""
    jumps = iter(range(10**9))
    monkeypatch.setattr(lane.time, "time", lambda: (-1) ** next(jumps) * 1e9)
    refused: set[str] = set()

    def reply(_model: str, text: str) -> object:
        if text not in refused:
            refused.add(text)
            return Sent({}, 429, {"retry-after": "0.01", "date": formatdate(0, usegmt=True)})
        return Sent(completion(), after_s=0.01)

    stub.reply = reply

    responses = ask(stub, *make_requests(30), timeout_s=1000.0, deadline_s=2000.0)

    assert [one.error for one in responses] == [None] * 30
    assert all(0 < one.seconds < 1000 for one in responses)


def test_a_compressed_answer_and_a_large_one_are_read(stub):
    """Proxies compress; a model may say a megabyte."""
    large = "word " * 200_000
    packed = Sent(gzip.compress(json.dumps(completion(large)).encode()), headers={"content-encoding": "gzip"})
    stub.reply = lambda _model, text: packed if text == "packed" else large

    responses = ask(stub, make_request("packed", 1), make_request("plain", 2))

    assert [(one.error, one.text == large) for one in responses] == [(None, True)] * 2


def test_half_a_surrogate_is_replaced(stub):
    """It can be sent as JSON, but not be saved."""
    stub.reply = lambda _model, _text: Sent(completion("a\ud800b"))

    [response] = ask(stub)

    assert (response.text, stub.count) == ("a\ufffdb", 1)
