"""One chat completion: what is sent, and what is made of what comes back."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.http.chat import HOSTED_URL, Endpoint, Reply, encode_request, printable, read_answer, read_failure
from harness.engines.http.faults import Fault
from tests.engines.fakes import KEY, make_request
from tests.stub import completion

ENDPOINT = Endpoint(base_url="http://127.0.0.1:1/v1", api_key=KEY)


def sent(*, endpoint=ENDPOINT, repeat=0, **sampling: object):
    """Return the body that a request becomes."""
    return json.loads(encode_request(make_request("hi", repeat=repeat, **sampling), "served", endpoint))


def read(answer: object):
    """Return the response that is read in an answer."""
    return read_answer("key", answer if isinstance(answer, bytes) else json.dumps(answer).encode(), 0.5)


def test_the_sampling_is_sent_in_full():
    """Each repeat gets a seed of its own, else all would be the same answer."""
    schema = {"type": "json_schema", "json_schema": {"name": "reply", "schema": {"type": "object"}}}

    body = sent(
        repeat=3,
        temperature=0.7,
        top_p=0.9,
        max_tokens=17,
        seed=40,
        stop=("\n", "END"),
        response_format=schema,
        logprobs=5,
    )

    assert body == {
        "model": "served",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 17,
        "seed": 43,
        "stop": ["\n", "END"],
        "response_format": schema,
        "logprobs": True,
        "top_logprobs": 5,
    }


def test_the_default_is_greedy_and_free_of_options():
    """Servers differ in what they make of an empty option, so none is sent."""
    body = sent()

    assert body["temperature"] == 0
    assert set(body) == {"model", "messages", "temperature", "top_p", "max_tokens", "seed"}


def test_no_alternatives_are_still_log_probabilities():
    """0 asks for the chosen token's alone."""
    assert sent(logprobs=0).items() >= {"logprobs": True, "top_logprobs": 0}.items()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (HOSTED_URL, "max_completion_tokens"),
        (f"{HOSTED_URL}/", "max_completion_tokens"),
        ("https://api.openai.com.example.org/v1", "max_tokens"),
    ],
)
def test_the_limit_has_another_name_at_openai(url, name):
    """Its newer models refuse the old one, other servers don't know the new one."""
    body = sent(endpoint=Endpoint(base_url=url), max_tokens=9)

    assert {key for key, value in body.items() if value == 9} == {name}


def test_logprobs_are_kept_with_their_alternatives():
    """They prove which model answers."""
    top = [{"token": "a", "logprob": -0.1, "bytes": [97]}, {"token": "b", "logprob": -2.5, "bytes": None}]
    content = [{"token": "a", "logprob": -0.1, "top_logprobs": top}, {"token": "c", "logprob": 0, "top_logprobs": []}]

    response = read(completion(logprobs={"content": content, "refusal": None}))

    first, second = response.logprobs
    assert (first.token, first.logprob, first.top) == ("a", -0.1, {"a": -0.1, "b": -2.5})
    assert (second.token, second.logprob, second.top) == ("c", 0, {})


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}])
def test_a_server_may_report_no_logprobs(logprobs):
    """Then there are none, and the answer counts."""
    response = read(completion(logprobs=logprobs))

    assert (response.text, response.logprobs) == ("fine", ())


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "assistant", "content": None}, ""),
        ({"role": "assistant", "content": ""}, ""),
        ({"role": "assistant", "content": None, "refusal": "I can't."}, "I can't."),
        ({"role": "assistant", "content": "a\ud800b"}, "a\ufffdb"),
        ({"role": "assistant", "content": "\ud83d\ude00 \udc00"}, "\U0001f600 \ufffd"),
        ({"role": "assistant", "content": "{{ x }}<b>\x1b[31m\x00"}, "{{ x }}<b>\x1b[31m\x00"),
        ({"role": "assistant", "content": "x" * 1_000_000}, "x" * 1_000_000),
    ],
)
def test_odd_answers_are_answers(message, text):
    """Empty, refused, hostile and huge answers are the model's words, and scored as such."""
    response = read(completion(choices=[{"message": message, "finish_reason": "stop"}]))

    assert response.text == text


def test_missing_usage_counts_as_nothing():
    """Some servers don't count tokens."""
    response = read(completion(usage=None))

    assert (response.tokens_in, response.tokens_out, response.text) == (0, 0, "fine")


@pytest.mark.parametrize(
    "answer",
    [
        {"object": "list"},
        completion(choices=[]),
        completion(choices=[{"message": {"content": 7}}]),
        completion(choices=None),
        completion(logprobs={"content": [{"token": 1}]}),
        [1, 2],
        b"<html>\x1b[31mwelcome</html>",
        b'{"choices": [{"mess',
        b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
        b"[" * 100_000,
        b"",
        b"null",
    ],
)
def test_what_is_no_completion_is_a_fault(answer):
    """Never an empty answer, which would be scored as wrong."""
    with pytest.raises(Fault, match="the server's answer can't be read: ") as raised:
        read(answer)

    assert raised.value.kind == "unreadable"
    assert raised.value.words.isprintable()


@given(st.binary(max_size=200) | st.from_regex(rb'\{"choices": \[.{0,40}\]\}', fullmatch=True))
def test_no_body_at_all_breaks_the_reader(body):
    """Whatever a server sends, there is an answer or a fault."""
    with contextlib.suppress(Fault):
        assert read(body).error is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "too long", "code": 400}}', "too long"),
        (b'{"error": "too long"}', "too long"),
        (b'{"object": "error", "message": "too long"}', "too long"),
        (b'{"detail": "too long"}', "too long"),
        (b'{"detail": [{"loc": 1}]}', '{"detail": [{"loc": 1}]}'),
        (b"Bad\x1b[31m\r\n  Gateway", "Bad[31m Gateway"),
        (b"[" * 100_000, "[" * 397 + "..."),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", "no reason given"),
        (b"wrong key " + KEY.encode(), "wrong key ***"),
        (b'{"error": {"message": "key secret\\u002dkey-123"}}', "key ***"),
    ],
)
def test_the_servers_words_are_one_harmless_line_without_the_key(body, said):
    """Servers differ in the shape of their errors, and some repeat the key."""
    fault = read_failure(Reply(400, {}, body), ENDPOINT, 0.0)

    assert fault.words == f"HTTP 400: {said}"
    assert fault.kind == "refused"


@given(st.text(), st.integers(min_value=4, max_value=50))
def test_foreign_text_fits_a_terminal(text, limit):
    """One line, no control characters, no more than asked for."""
    shown = printable(text, limit)

    assert shown.isprintable()
    assert len(shown) <= limit


def test_the_key_shows_in_no_repr():
    """A key must not show where objects are printed."""
    assert KEY not in repr(ENDPOINT)
