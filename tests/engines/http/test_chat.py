"""One chat completion: what is sent, and what is made of what comes back."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.http.chat import encode_request, read_answer
from harness.engines.http.endpoint import HOSTED_URL, Endpoint, Reply
from harness.engines.http.failure import read_failure
from harness.engines.http.faults import Fault
from harness.records.answered import TokenLogprob
from tests.engines.fakes import KEY, make_request
from tests.stub import completion

ENDPOINT = Endpoint(base_url="http://127.0.0.1:1/v1", api_key=KEY)


def sent(*, endpoint=ENDPOINT, repeat=0, unsent=frozenset(), **sampling: object):
    """Return the body that a request becomes."""
    return json.loads(encode_request(make_request("hi", repeat=repeat, **sampling), "served", endpoint, unsent))


def chosen(message: object, ending: object = "stop"):
    """Return a completion of one choice."""
    return completion(choices=[{"index": 0, "message": message, "finish_reason": ending}])


def read(answer: object):
    """Return the response that is read in an answer."""
    return read_answer("key", answer if isinstance(answer, bytes) else json.dumps(answer).encode(), 0.5, ENDPOINT)


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


@pytest.mark.parametrize(
    "content",
    [
        [{"token": token, "logprob": -0.1} for token in ("my ", KEY[:5], KEY[5:])],
        [{"token": "my", "logprob": -0.1, "top_logprobs": [{"token": KEY, "logprob": -0.2}]}],
    ],
)
def test_logprobs_with_the_key_in_them_are_left_out(content):
    """Also where it is cut into tokens."""
    response = read(completion("fine", logprobs={"content": content}))

    assert (response.text, response.logprobs) == ("fine", ())


def test_an_answer_with_the_key_in_it_is_read_without_it():
    """So it is scored, kept and shown."""
    assert read(completion(f"it is {KEY}, or \u00b5 %")).text == "it is ***, or \u00b5 %"


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


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 3}, (10, 3)),
        ({"prompt_tokens": 10.0, "completion_tokens": 3.0}, (10, 3)),
        ({"prompt_tokens": "10", "completion_tokens": "3"}, (10, 3)),
        ({"prompt_tokens": 10, "completion_tokens": 0}, (10, 0)),
        ({"prompt_tokens": 10}, (10, None)),
        ({"prompt_tokens": -1, "completion_tokens": -1.0}, (None, None)),
        ({"prompt_tokens": "many", "completion_tokens": 2.5}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": [3]}, (None, None)),
        ({"other": 1}, (None, None)),
        ({}, (None, None)),
        ("none", (None, None)),
        ([10, 3], (None, None)),
        (None, (None, None)),
    ],
)
def test_a_count_of_tokens_is_read_or_unknown_and_never_costs_the_answer(usage, counts):
    """Servers count as integers, floats or text, or not at all; not at all is not 0."""
    response = read(completion(usage=usage))

    assert (response.tokens_in, response.tokens_out) == counts
    assert response.text == "fine"


def test_a_count_beyond_all_numbers_is_unknown():
    """JSON can write it, and no float can hold it."""
    body = json.dumps(completion()).replace('"prompt_tokens": 3', '"prompt_tokens": 1e999').encode()

    assert (read(body).tokens_in, read(body).text) == (None, "fine")


@pytest.mark.parametrize("ending", ["stop", "length", "tool_calls", None, ""])
def test_these_endings_are_those_of_answers(ending):
    """None and an empty one are what servers send that do not tell."""
    response = read(chosen({"content": "billing"}, ending))

    assert (response.text, response.finish_reason, response.error) == ("billing", ending or "", None)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("abort", "broken"),
        ("error", "broken"),
        ("insufficient_system_resource", "broken"),
        ("content_filter", "refused"),
        ("something_new", "refused"),
        ("Stop", "refused"),
    ],
)
@pytest.mark.parametrize("content", [None, "", "bi"])
def test_an_answer_that_the_server_broke_off_is_none(ending, kind, content):
    """Whatever it holds so far; scored as wrong it would let a real drop pass when it happens to the baseline."""
    with pytest.raises(Fault, match=f"^the server ended the answer with finish_reason '{ending}'$") as raised:
        read(chosen({"content": content}, ending))

    assert raised.value.kind == kind


def test_why_an_answer_was_broken_off_is_told():
    """Some servers say so beside it."""
    choice = {"message": None, "finish_reason": "error", "error": {"code": 502, "message": f"no\x1b upstream {KEY}"}}

    with pytest.raises(Fault, match=r"finish_reason 'error': no\\x1b upstream \*\*\*$"):
        read({"choices": [choice]})


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"error": {"message": "model overloaded", "code": 502}}, "broken", " 502: model overloaded"),
        ({"error": {"message": "slow down", "code": 429}, "choices": []}, "busy", " 429: slow down"),
        ({"error": {"message": "slow down", "code": "429"}, "choices": None}, "busy", " 429: slow down"),
        ({"error": {"message": "too long", "code": 400}}, "refused", " 400: too long"),
        ({"error": {"message": "no such key", "code": 401}}, "setting", " 401: no such key"),
        ({"error": {"message": "pay", "code": "insufficient_quota"}}, "unpaid", ": pay"),
        ({"object": "error", "message": "context length is 2048 tokens", "code": 40303}, "broken", ": context length"),
        ({"error": "broken\x1b[31m", "choices": [{"message": {"content": "bi"}}]}, "broken", r": broken\\x1b\[31m"),
        ({"detail": f"bad {KEY}"}, "broken", r": bad \*\*\*"),
    ],
)
def test_an_error_under_status_200_is_a_fault_in_the_servers_words(body, kind, words):
    """Routers send what a provider said this way; the code in it decides as a status would."""
    with pytest.raises(Fault, match=f"^the server answered with an error{words}") as raised:
        read(body)

    assert raised.value.kind == kind


def test_the_choice_with_index_0_is_read():
    """Wherever it is listed."""
    choices = [
        {"index": 1, "message": {"content": "wrong"}, "finish_reason": "abort"},
        {"index": 0, "message": {"content": "right"}, "finish_reason": "stop"},
    ]

    assert read(completion(choices=choices)).text == "right"


@pytest.mark.parametrize(
    ("content", "text", "reasoned"),
    [
        ([{"type": "text", "text": "bil"}, {"type": "text", "text": "ling"}], "billing", False),
        ([{"type": "output_text", "text": "billing"}], "billing", False),
        (["bil", "ling"], "billing", False),
        ([], "", False),
        ([{"type": "refusal", "refusal": "I can't."}], "I can't.", False),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}],
            "a",
            True,
        ),
    ],
)
def test_a_content_in_parts_is_joined(content, text, reasoned):
    """Reasoning among them is none of the answer."""
    response = read(chosen({"content": content}))

    assert (response.text, response.reasoned) == (text, reasoned)


@pytest.mark.parametrize("part", [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text"}, 7, {"text": "a"}])
def test_a_part_that_is_no_text_is_a_fault_that_names_it(part):
    """An answer of which a part is missing must not be scored."""
    with pytest.raises(Fault, match="a part of the server's answer is not text but ") as raised:
        read(chosen({"content": [{"type": "text", "text": "a"}, part]}))

    assert raised.value.kind == "refused"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_beside_the_answer_is_noted(name):
    """An answer that it used up is not simply empty."""
    used_up = read(chosen({"content": None, name: "Let me think"}, "length"))

    assert (used_up.text, used_up.finish_reason, used_up.reasoned) == ("", "length", True)
    assert not read(chosen({"content": None, name: None}, "length")).reasoned


@pytest.mark.parametrize("value", [None, float("nan"), float("-inf")])
def test_alternatives_without_a_finite_log_probability_are_passed_over(value):
    """The others still prove which model answers."""
    top = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": value}]

    response = read(completion(logprobs={"content": [{"token": "a", "logprob": -0.5, "top_logprobs": top}]}))

    assert response.logprobs == (TokenLogprob(token="a", logprob=-0.5, top={"a": -0.5}),)


def test_a_log_probability_beyond_all_numbers_is_passed_over():
    """As minus infinity, which it stands for."""
    top = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -77.0}]
    body = json.dumps(completion(logprobs={"content": [{"token": "a", "logprob": -0.5, "top_logprobs": top}]}))

    response = read(body.replace("-77.0", "-1e999").encode())

    assert response.logprobs[0].top == {"a": -0.5}


@pytest.mark.parametrize(
    ("top", "known"),
    [
        ([{"token": "a", "logprob": -0.5}], TokenLogprob(token="a", logprob=-0.5, top={"a": -0.5})),
        ([{"token": "b", "logprob": -0.5}], TokenLogprob(token="a", logprob=None, top={"b": -0.5})),
    ],
)
def test_a_token_without_its_own_log_probability_keeps_its_alternatives(top, known):
    """Its own may be among them."""
    content = [{"token": "a", "logprob": float("-inf"), "top_logprobs": top}]

    assert read(completion(logprobs={"content": content})).logprobs == (known,)


def test_from_a_token_without_any_log_probability_on_there_are_none():
    """The second token's must not stand for the first one's."""
    blank = {"token": "a", "logprob": None, "top_logprobs": [{"token": "b", "logprob": None}]}
    content = [blank, {"token": "c", "logprob": -0.1}]

    response = read(completion(logprobs={"content": content}))

    assert (response.text, response.logprobs) == ("fine", ())


@pytest.mark.parametrize("name", ["temperature", "top_p", "seed"])
def test_what_is_left_out_is_not_sent(name):
    """Nothing else changes."""
    assert sent().keys() - sent(unsent=frozenset({name})).keys() == {name}


@pytest.mark.parametrize(
    ("unsent", "limits"),
    [
        ((), {"max_tokens": 9}),
        (("max_tokens",), {"max_completion_tokens": 9}),
        (("max_completion_tokens",), {"max_tokens": 9}),
        (("max_tokens", "max_completion_tokens"), {}),
    ],
)
def test_a_limit_that_is_left_out_is_sent_under_its_other_name(unsent, limits):
    """An answer without a limit is asked for only when both are named."""
    body = sent(unsent=frozenset(unsent), max_tokens=9)

    assert {name: value for name, value in body.items() if name.startswith("max_")} == limits


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
        (b"Bad\x1b[31m\r\n  Gateway", r"Bad\x1b[31m Gateway"),
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


def test_the_key_shows_in_no_repr():
    """A key must not show where objects are printed."""
    assert KEY not in repr(ENDPOINT)
