"""Plain text at /completions: what is sent, and how its answer is read."""

import json

import msgspec
import pytest

from harness.engines.http.chat import read_answer
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.raw import as_chat, encode_raw
from harness.errors import EngineSetupError
from harness.records.answered import TokenLogprob
from harness.records.asked import Rendering
from harness.records.messages import Message
from tests.engines.fakes import ask, make_request
from tests.stub import Sent, completion

ENDPOINT = Endpoint(base_url="http://127.0.0.1:1/v1")
RAW = Rendering(format="raw")
TEMPLATE = Rendering(template="{{ messages }}", template_args={"enable_thinking": False})
UNTRUSTED = (
    "Chat template is passed with request, but --trust-request-chat-template is not set. "
    "Refused request with untrusted chat template."
)


def raw_request(text="hello", **sampling: object):
    """Return a request of plain text."""
    return msgspec.structs.replace(make_request(text, **sampling), rendering=RAW)


def test_the_text_is_sent_as_it_is_with_the_whole_sampling():
    """A repeat has a seed of its own."""
    request = msgspec.structs.replace(raw_request("2+2=", stop=("\n",), seed=40, logprobs=5), repeat=1)

    assert json.loads(encode_raw(request, "served", ENDPOINT, frozenset({"top_p"}))) == {
        "model": "served",
        "prompt": "2+2=",
        "temperature": 0.0,
        "max_tokens": 8,
        "seed": 41,
        "stop": ["\n"],
        "logprobs": 5,
    }


def test_two_messages_have_no_plain_text():
    """Nothing is made up to join them."""
    turns = msgspec.structs.replace(raw_request(), messages=(Message(role="system", content="a"),))

    with pytest.raises(ValueError, match="one user message"):
        encode_raw(turns, "served", ENDPOINT, frozenset())


def test_a_completion_is_read_with_its_log_probabilities():
    """They come as lists side by side."""
    logprobs = {"tokens": ["4", "."], "token_logprobs": [-0.5, None], "top_logprobs": [{"4": -0.5, "5": -1.5}, None]}
    choice = {"index": 0, "text": "4.", "finish_reason": "length", "logprobs": logprobs}
    body = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}

    answer = read_answer("key", as_chat(json.dumps(body).encode()), 0.5, ENDPOINT)

    assert (answer.text, answer.finish_reason, answer.tokens_in, answer.tokens_out) == ("4.", "length", 3, 2)
    assert answer.logprobs == (TokenLogprob(token="4", logprob=-0.5, top={"4": -0.5, "5": -1.5}),)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'{"error": "full"}', b'{"choices": [{"index": 0}]}', b"[" * 99999]
)
def test_what_is_no_completion_stays_as_it_is(body):
    """The reader of chat completions says what is wrong with it."""
    assert as_chat(body) == body


@pytest.mark.parametrize(
    "logprobs", [7, {"tokens": ["a"]}, {"tokens": ["a"], "token_logprobs": []}, {"tokens": 1, "token_logprobs": 2}]
)
def test_log_probabilities_that_do_not_fit_are_left_out(logprobs):
    """The text is an answer all the same."""
    body = {"choices": [{"index": 0, "text": "a", "finish_reason": "stop", "logprobs": logprobs}]}

    answer = read_answer("key", as_chat(json.dumps(body).encode()), 0.5, ENDPOINT)

    assert (answer.text, answer.logprobs) == ("a", ())


def test_a_server_is_asked_at_the_path_for_plain_text(stub):
    """And with its messages for any other request."""
    stub.reply = lambda _model, text: f"said {text}"

    [raw], [chat] = ask(stub, raw_request("2+2=")), ask(stub, make_request("hi"))

    assert (raw.text, chat.text) == ("said 2+2=", "said hi")
    assert ["prompt" in body for body in stub.bodies] == [True, False]


def test_a_template_and_its_values_are_sent_with_each_request(stub):
    """As vLLM takes them; without them nothing of the kind is sent."""
    ask(stub, msgspec.structs.replace(make_request(), rendering=TEMPLATE), make_request("b", 1))

    with_it, without = sorted(stub.bodies, key=lambda body: body["messages"][0]["content"], reverse=True)
    assert with_it["chat_template"] == "{{ messages }}"
    assert with_it["chat_template_kwargs"] == {"enable_thinking": False}
    assert not {"chat_template", "chat_template_kwargs"} & set(without)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (UNTRUSTED, "takes no chat template with a request: .*start it with --trust-request-chat-template"),
        ("Unrecognized request argument supplied: chat_template", "takes no chat template with a request"),
        ("Unrecognized request argument supplied: chat_template_kwargs", "takes no values for its chat template: "),
    ],
)
def test_a_server_that_takes_no_template_stops_the_run_with_its_words(stub, message, told):
    """Every request would meet it, and answers without the template would be to another question."""
    stub.reply = lambda _model, _text: Sent({"error": {"message": message, "type": "BadRequestError"}}, 400)

    with pytest.raises(EngineSetupError, match=told):
        ask(stub, msgspec.structs.replace(make_request(), rendering=TEMPLATE))


def test_a_refusal_of_something_else_stops_nothing(stub):
    """One request has no answer, others can have one."""
    stub.reply = lambda _model, text: (
        Sent({"error": {"message": "the prompt is too long"}}, 400) if text == "long" else Sent(completion("fine"))
    )

    answers = ask(stub, *(msgspec.structs.replace(make_request(text), rendering=TEMPLATE) for text in ("long", "hi")))

    assert sorted((one.error or "", one.text) for one in answers) == [
        ("", "fine"),
        ("HTTP 400: the prompt is too long", ""),
    ]
