"""Tools over HTTP: what is sent, and the calls and the reasoning in what hosted models and vLLM answer."""

import json

import msgspec
import pytest

from harness.engines.http.chat import encode_request, read_answer
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.faults import Fault
from harness.errors import EngineSetupError
from harness.records.messages import Called, CalledFunction, Message, TextPart, ToolCall, Tools
from tests.engines.fakes import KEY, ask, make_request
from tests.stub import Sent, completion, serve

ENDPOINT = Endpoint(base_url="http://127.0.0.1:1/v1", api_key=KEY)
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TURNS = (
    Message(role="user", content=(TextPart(type="text", text="Paris?"),)),
    Message(
        role="assistant",
        content=None,
        tool_calls=(ToolCall(id="1", function=CalledFunction(name="get_weather", arguments={"city": "Paris"})),),
    ),
    Message(role="tool", content="12", tool_call_id="1", name="get_weather"),
)


def sent(**changed: object):
    """Return the body that a request with these changes becomes."""
    request = msgspec.structs.replace(make_request("hi"), **changed)
    return json.loads(encode_request(request, "served", ENDPOINT, frozenset()))


def said(message: dict[str, object], ending: str = "tool_calls"):
    """Return a completion with this message."""
    return completion(choices=[{"index": 0, "message": {"role": "assistant"} | message, "finish_reason": ending}])


def read(message: dict[str, object], ending: str = "tool_calls"):
    """Return the response that is read in an answer with this message."""
    return read_answer("key", json.dumps(said(message, ending)).encode(), 0.5, ENDPOINT)


def call(arguments: object = '{"city": "Paris"}', name: object = "get_weather"):
    """Return a call as OpenAI sends it."""
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_tools_and_turns_with_calls_are_sent_as_the_api_wants_them():
    """Arguments are text there, however the case writes them; nothing that is unset is sent."""
    body = sent(messages=TURNS, tools=Tools(functions=(TOOL,), choice="required"))

    function = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Paris?"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"function": function, "id": "1", "type": "function"}]},
        {"role": "tool", "content": "12", "tool_call_id": "1", "name": "get_weather"},
    ]
    assert (body["tools"], body["tool_choice"]) == ([TOOL], "required")


@pytest.mark.parametrize("tools", [Tools(), Tools(choice="auto")])
def test_nothing_empty_is_sent(tools):
    """Servers refuse an empty list of tools, and a choice without any."""
    assert sent(tools=tools).keys().isdisjoint({"tools", "tool_choice"})


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"content": None, "tool_calls": [call()]}, [Called(name="get_weather", arguments='{"city": "Paris"}')]),
        ({"content": "", "tool_calls": [call('{"city": ')]}, [Called(name="get_weather", arguments='{"city": ')]),
        ({"tool_calls": [call({"city": "Paris"})]}, [Called(name="get_weather", arguments='{"city":"Paris"}')]),
        ({"tool_calls": [call(None)]}, [Called(name="get_weather", arguments="{}")]),
        ({"tool_calls": [call("")]}, [Called(name="get_weather", arguments="")]),
        ({"tool_calls": [call("1"), call("2")]}, [Called(name="get_weather", arguments=one) for one in "12"]),
        ({"tool_calls": []}, []),
        ({"tool_calls": None}, []),
    ],
)
def test_calls_are_read_as_the_model_wrote_them(message, calls):
    """Also where they are broken; an answer that only calls is not empty."""
    response = read(message)

    assert (response.text, response.tool_calls) == ("", tuple(calls))
    assert response.is_empty is (not calls)


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        ({"type": "custom", "custom": {"name": "f", "input": "x"}}, "'custom'"),
        ("get_weather", "'get_weather'"),
        (call(name=""), "'function'"),
        (call(name=None), "'function'"),
    ],
)
def test_a_call_of_something_else_leaves_the_case_unscored(one, shown):
    """A part of what the model did is missing."""
    with pytest.raises(Fault, match="not of a function with a name") as caught:
        read({"tool_calls": [one]})

    assert (caught.value.kind, shown in caught.value.words) == ("refused", True)


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        ({"content": "12", "reasoning_content": "hm"}, "hm"),
        ({"content": "12", "reasoning": "hm"}, "hm"),
        ({"content": "12", "reasoning": "hm", "reasoning_content": "hm"}, "hm"),
        ({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "12"}]}, "hm"),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]},
                    {"type": "text", "text": "12"},
                ]
            },
            "h\nm",
        ),
        ({"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}, "12"]}, "hm"),
        ({"content": "12", "reasoning": {"effort": "low"}}, ""),
        ({"content": "12", "reasoning": [[[[[[["too deep"]]]]]]]}, ""),
    ],
)
def test_reasoning_is_kept_beside_the_text(message, reasoning):
    """In the shapes of vLLM and hosted models; where it is not told, it is known that there was some."""
    response = read(message, "stop")

    assert (response.text, response.reasoning, response.reasoned) == ("12", reasoning, True)


def test_the_key_is_masked_in_calls_and_reasoning_too():
    """As in the text."""
    response = read({"content": KEY, "reasoning": f"it is {KEY}", "tool_calls": [call(f'{{"key": "{KEY}"}}', KEY)]})

    assert KEY not in msgspec.json.encode(response).decode()
    assert response.tool_calls == (Called(name="***", arguments='{"key": "***"}'),)


def test_an_answer_that_thinking_used_up_is_known_for_it_but_not_one_that_calls():
    """Whose arguments were cut off."""
    assert read({"content": None, "reasoning": "hm"}, "length").spent_on_reasoning
    assert not read({"content": None, "reasoning": "hm", "tool_calls": [call('{"c')]}, "length").spent_on_reasoning


def test_a_megabyte_of_arguments_is_read():
    """And kept as it is."""
    arguments = json.dumps({"note": "x" * 1_000_000})

    assert read({"tool_calls": [call(arguments)]}).tool_calls[0].arguments == arguments


def test_a_request_with_tools_goes_to_a_server_and_comes_back_as_a_call():
    """The whole way, as hosted models and vLLM answer."""
    request = msgspec.structs.replace(make_request("hi"), tools=Tools(functions=(TOOL,)))

    with serve(lambda _model, _text: Sent(said({"content": None, "tool_calls": [call()]}))) as stub:
        [response] = ask(stub, request)

    assert response.tool_calls == (Called(name="get_weather", arguments='{"city": "Paris"}'),)
    assert (response.error, response.finish_reason) == (None, "tool_calls")
    assert stub.bodies[0]["tools"] == [TOOL]
    assert "tool_choice" not in stub.bodies[0]


@pytest.mark.parametrize(
    "words",
    [
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        'tool_choice="required" requires --tool-call-parser to be set',
    ],
)
def test_a_server_without_a_parser_of_calls_stops_the_run_and_says_what_to_set(words):
    """Every other request with tools would meet the same."""
    error = Sent({"error": {"message": words, "type": "BadRequestError", "code": 400}}, 400)

    with serve(lambda _model, _text: error) as stub, pytest.raises(EngineSetupError) as caught:
        ask(stub)

    assert words in str(caught.value)
    assert 'args = ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]' in str(caught.value)
    assert len(stub.bodies) == 1
