"""The order of turns: which tool answers which call, and what is refused with its place."""

import json

import pytest

from harness.asking.cases import load_cases, read_baseline_prompt
from harness.errors import CaseFileError

USER = {"role": "user", "content": "Weather in Paris and Rome?"}


def called(*ids: str, content: object = None, arguments: object = None) -> dict[str, object]:
    """Return a turn that calls, once for each id."""
    function = {"name": "get_weather", "arguments": {"city": "x"} if arguments is None else arguments}
    calls = [{"id": one, "type": "function", "function": function} for one in ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def answered(one: str) -> dict[str, object]:
    """Return a tool's answer to a call."""
    return {"role": "tool", "tool_call_id": one, "name": "get_weather", "content": "12 degrees"}


def load(folder, *messages: object):
    """Read a case file of one case with these messages."""
    path = folder / "cases.jsonl"
    path.write_text("\n" + json.dumps({"id": "a", "messages": messages}) + "\n")
    return load_cases(path)


def test_nearly_a_megabyte_of_arguments_in_a_case_is_read_and_more_is_refused_by_its_line(tmp_path):
    """As an object, or as its JSON in a text; the limit is that of any line."""
    note = {"note": "x" * 990_000}
    given = [called("1", arguments=note), called("1", arguments=json.dumps(note))]

    read = [load(tmp_path, USER, turn, answered("1"))[0].messages[1].tool_calls for turn in given]

    assert [json.loads(call.function.text) for (call,) in read] == [note, note]
    with pytest.raises(CaseFileError, match=r"cases\.jsonl:2: the line has 1,000,\d\d\d bytes, more than 1,000,000"):
        load(tmp_path, USER, called("1", arguments={"note": "x" * 1_000_000}), answered("1"))


@pytest.mark.parametrize(
    "messages",
    [
        [USER, called("1"), answered("1")],
        [USER, called("1", "2"), answered("2"), answered("1")],
        [USER, called("1", content="One moment."), answered("1"), USER],
        [USER, called("1"), answered("1"), called("1"), answered("1"), {"role": "assistant", "content": "12."}, USER],
        [USER, called("1", arguments='{"city": "Paris"}'), answered("1")],
        [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "you"}]}],
    ],
)
def test_a_conversation_with_tools_ends_with_a_user_or_a_tool(tmp_path, messages):
    """Several calls are answered in any order, before anything else is said."""
    [case] = load(tmp_path, *messages)

    assert len(case.messages) == len(messages)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([USER, called("1")], "ends with a message of role 'assistant'; the last one must be the user's or a tool's"),
        ([USER, answered("1")], "message 2 (role 'tool'): no call of an assistant's message before it waits"),
        ([USER, called("1"), answered("2")], "`tool_call_id` '2' is not that of a call that waits: '1'"),
        ([USER, called("1"), answered("1"), answered("1")], "message 4 (role 'tool'): no call"),
        (
            [USER, called("1"), {"role": "tool", "content": "12"}],
            "no `tool_call_id`; name the call that it answers: '1'",
        ),
        ([USER, called("1", "2"), answered("1"), USER], "no answer to the call '2' before message 4 (role 'user')"),
        ([USER, called("1", "2"), answered("1")], "ends before the call '2' is answered"),
        ([USER, called("1", "1"), answered("1")], "each of its calls needs an `id` of its own"),
        ([USER, called(""), answered("")], "each of its calls needs an `id` of its own"),
        ([USER, called(), USER], "its `tool_calls` are empty; leave them out"),
        ([called("1") | {"role": "user"}], "`tool_calls` belong to an assistant's message"),
        ([USER | {"tool_call_id": "1"}], "`tool_call_id` to one of role 'tool'"),
        (
            [{"role": "user", "content": None}],
            "its content is null, which only an assistant's message with `tool_calls`",
        ),
        ([USER, {"role": "assistant", "content": None}, USER], "message 2 (role 'assistant'): its content is null"),
        ([{"role": "user", "content": []}], "its content is a list without parts"),
        ([USER, called("1", arguments="{"), answered("1")], "the arguments of its call '1' are not JSON"),
        ([USER, called("1", arguments="[1]"), answered("1")], "the arguments of its call '1' are not a JSON object"),
        ([{"role": "user", "content": [{"type": "image_url", "text": "x"}]}], "Invalid enum value 'image_url'"),
    ],
)
def test_turns_in_a_wrong_order_are_refused_with_their_place(tmp_path, messages, words):
    """File, line, case and message, before any model starts."""
    with pytest.raises(CaseFileError) as caught:
        load(tmp_path, *messages)

    assert str(caught.value).startswith(f"{tmp_path}/cases.jsonl:2: ")
    assert words in str(caught.value)


def prompt(folder, *messages: object):
    """Read a baseline prompt with these messages."""
    path = folder / "prompt.jsonl"
    path.write_text("\n".join(map(json.dumps, messages)))
    return read_baseline_prompt(path)


def test_an_example_of_a_baseline_prompt_can_call_tools(tmp_path):
    """It ends with the assistant's words, as any example."""
    said = {"role": "assistant", "content": "12 degrees."}

    assert len(prompt(tmp_path, USER, called("1"), answered("1"), said)) == 4
    with pytest.raises(CaseFileError, match=r":2: the prompt ends before the call '1' is answered"):
        prompt(tmp_path, USER, called("1"))
    with pytest.raises(CaseFileError, match=r":3: a message of role 'user', where 'tool' was expected"):
        prompt(tmp_path, USER, called("1"), USER)
