"""Every format of training rows: what a row in it says, and why one doesn't fit."""

import json

import pytest

from harness.data.formats.format import Misfit
from harness.data.formats.known import FORMATS, columns_named, recognised
from harness.records.messages import Message, TextPart

ASKED, ANSWERED = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}
PAIR = [("user", "Hi"), ("assistant", "Yes")]
LED = [("system", "Be brief."), *PAIR]
CALL = {"name": "look", "arguments": {"at": "it"}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def said(values: dict) -> list[tuple[str, str]]:
    """Return who says what in a row, by the format that is recognised."""
    return [(message.role, message.text) for message in read(values).messages]


def read(values: dict):
    """Return the conversation in a row, by the format that is recognised."""
    return recognised([values]).read(values)


@pytest.mark.parametrize(
    ("name", "values", "turns"),
    [
        ("chat", {"messages": [ASKED, ANSWERED]}, PAIR),
        ("chat", {"conversations": [ASKED, ANSWERED], "id": 7}, PAIR),
        ("chat", {"messages": json.dumps([ASKED, ANSWERED]), "system": "Be brief."}, LED),
        ("chat", {"messages": [{"role": "developer", "content": "Be brief."}, ASKED, ANSWERED]}, LED),
        (
            "chat",
            {"messages": [ASKED | {"name": None, "tool_calls": None, "extra": None}, ANSWERED | {"weight": 1}]},
            PAIR,
        ),
        ("sharegpt", {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]}, PAIR),
        (
            "sharegpt",
            {
                "system": "Be brief.",
                "conversation": [{"from": "user", "value": "Hi"}, {"from": "model", "value": "Yes"}],
            },
            LED,
        ),
        ("instruction", {"instruction": "Hi", "input": "", "output": "Yes"}, PAIR),
        ("instruction", {"instruction": "Hi", "output": "Yes", "history": []}, PAIR),
        ("prompt-completion", {"prompt": "Hi", "completion": "Yes", "history": "", "tools": ""}, PAIR),
        ("instruction", {"instruction": "Hi", "output": "Yes", "system": "Be brief."}, LED),
        (
            "instruction",
            {"instruction": "Add", "context": "1 2", "response": "3"},
            [("user", "Add\n\n1 2"), ("assistant", "3")],
        ),
        (
            "instruction",
            {"instruction": "Hi", "input": None, "output": "Yes", "history": [["a", "b"], ["c", "d"]]},
            [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), *PAIR],
        ),
        ("prompt-completion", {"prompt": "Hi", "completion": "Yes"}, PAIR),
        ("prompt-completion", {"question": "Hi", "answer": "Yes"}, PAIR),
        ("prompt-completion", {"input": "Hi", "output": "Yes"}, PAIR),
        ("prompt-completion", {"prompt": [ASKED], "completion": [ANSWERED], "system": "Be brief."}, LED),
        ("text-label", {"text": "Hi", "label": "Yes", "split": "train"}, PAIR),
        ("text-label", {"text": "Hi", "category": 3}, [("user", "Hi"), ("assistant", "3")]),
        ("text-label", {"sentence": "Hi", "label": True}, [("user", "Hi"), ("assistant", "true")]),
        ("preference", {"prompt": "Hi", "chosen": "Yes", "rejected": "No"}, PAIR),
        ("preference", {"prompt": "Hi", "chosen": [ASKED, ANSWERED], "rejected": [ASKED]}, PAIR),
        ("preference", {"prompt": [ASKED], "chosen": [ANSWERED], "rejected": [ANSWERED]}, PAIR),
        ("preference", {"chosen": [ASKED, ANSWERED], "rejected": [ASKED, ANSWERED], "system": "Be brief."}, LED),
        ("preference", {"messages": [ASKED], "chosen": "Yes", "rejected": "No"}, PAIR),
    ],
)
def test_a_row_of_each_format_is_a_conversation(name, values, turns):
    """Recognised by its columns and the types of their values."""
    assert recognised([values]).name == name
    assert said(values) == turns


def test_white_space_of_answers_stays_as_it_is():
    """Nothing of what is trained is changed."""
    assert said({"prompt": "Hi\n\n###\n", "completion": " Yes\n"}) == [("user", "Hi\n\n###\n"), ("assistant", " Yes\n")]


def test_the_format_is_that_of_most_rows():
    """A few odd ones at the start don't decide."""
    rows = [{"text": "x", "label": "a"}, {"other": 1}, *[{"messages": [ASKED]}] * 3]

    assert recognised(rows).name == "chat"
    assert recognised([{"other": 1}]) is None
    assert recognised([]) is None


def test_preference_pairs_say_what_is_left_out():
    """In the line that names the format."""
    assert [one.note for one in FORMATS if one.note] == ["chosen taken, rejected left out"]


def test_parts_calls_and_results_of_the_api():
    """Parts with nulls, as columnar files fill them in; arguments as an object or as text; ids as they are given."""
    calls = [{"id": "c1", "type": "function", "function": CALL}, {"id": "c2", "function": CALL | {"arguments": "{}"}}]
    turns = [
        {"role": "user", "content": [{"type": "text", "text": "Hi", "image_url": None}]},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c2", "name": "look", "content": "two"},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        ANSWERED,
    ]

    made = read({"messages": turns, "tools": json.dumps([TOOL])})

    assert made.tools == (TOOL,)
    assert made.messages[0].content == (TextPart(type="text", text="Hi"),)
    assert [call.text for call in made.messages[1].calls] == ['look({"at":"it"})', "look({})"]
    assert [call.id for call in made.messages[1].tool_calls] == ["c1", "c2"]
    assert made.messages[2] == Message(role="tool", content="two", tool_call_id="c2", name="look")


@pytest.mark.parametrize(
    "values",
    [
        {
            "conversations": [
                {"from": "human", "value": "Hi"},
                {"from": "function_call", "value": json.dumps(CALL)},
                {"from": "observation", "value": "seen"},
                {"from": "gpt", "value": "Yes"},
            ],
            "tools": json.dumps([TOOL["function"]]),
        },
        {
            "messages": [
                ASKED,
                {"role": "assistant", "content": None, "function_call": CALL},
                {"role": "function", "name": None, "content": "seen"},
                ANSWERED,
            ],
            "functions": [TOOL["function"] | {"description": None}],
        },
    ],
    ids=["sharegpt", "openai-before-tools"],
)
def test_calls_without_ids_get_some(values):
    """So that the call and its result name each other; a function that is named alone is wrapped."""
    made = read(values)

    assert made.tools == (TOOL,)
    assert [(message.role, message.text) for message in made.messages] == [
        PAIR[0],
        ("assistant", ""),
        ("tool", "seen"),
        PAIR[1],
    ]
    assert made.messages[1].tool_calls[0].id == made.messages[2].tool_call_id == "call_1"
    assert made.messages[1].calls[0].text == 'look({"at":"it"})'


def chat(*turns: object, **columns: object) -> dict:
    """Return values of a chat row."""
    return {"messages": [ASKED, *turns], **columns}


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (chat(3), "wrong-format", "message 2: expected an object, got 3"),
        (
            chat({"role": "robot", "content": "x"}),
            "unknown-role",
            "message 2: the role 'robot' in `role`; expected one of sys",
        ),
        (chat({"content": "x"}), "unknown-role", "no role in `role`"),
        (chat({"from": "gpt", "value": "x"}), "wrong-format", "a turn without `role`; it has 'from', 'value'"),
        (chat(ANSWERED | {"content": 3}), "wrong-format", "`content` is 3; expected a text, or a list of parts"),
        (chat(ANSWERED | {"content": [{"type": "image_url"}]}), "wrong-format", "only .* can be trained on"),
        (chat(ANSWERED | {"thinking": "hm"}), "wrong-format", "unknown field 'thinking', which would be lost"),
        (chat(ANSWERED | {"weight": 0}), "wrong-format", "`weight` is 0: every answer is trained alike"),
        (chat(ANSWERED | {"weight": []}), "wrong-format", "`weight` is"),
        (chat(ANSWERED | {"name": 3}), "wrong-format", "`name` is 3"),
        (chat(ASKED | {"tool_calls": [{"function": CALL}]}), "broken-call", "only the assistant calls"),
        (chat(ASKED | {"tool_call_id": "c"}), "broken-call", "only a tool's result has one"),
        (chat(ANSWERED | {"tool_calls": [3]}), "broken-call", "a call is 3; expected an object"),
        (chat(ANSWERED | {"tool_calls": "x"}), "broken-call", "expected a list of calls"),
        (
            chat(ANSWERED | {"tool_calls": [{"type": [], "function": CALL}]}),
            "broken-call",
            "expected one of a function",
        ),
        (chat(ANSWERED | {"tool_calls": [{"function": {"name": 3}}]}), "broken-call", "a call is"),
        (chat(ANSWERED, tools="x"), "wrong-format", "`tools` is 'x'; expected a list of functions"),
        (chat(ANSWERED, tools=[{"name": "a b"}]), "wrong-format", "`tools`: tool 1: function.name must be 1 to 64"),
        ({"conversations": [{"from": "gpt", "value": 3}]}, "wrong-format", "message 1: `value` is 3"),
        ({"conversations": [{"from": "x", "value": ""}]}, "unknown-role", "the role 'x' in `from`"),
        ({"conversations": [{"from": "tool_call", "value": "{"}]}, "broken-call", "the call is not JSON"),
        ({"prompt": "Hi", "completion": 3}, "wrong-format", "the column 'completion' is 3"),
        ({"instruction": ["Hi"], "output": "x"}, "wrong-format", "the column 'instruction' is"),
        (
            {"instruction": "Hi", "output": "x", "history": [["a"]]},
            "wrong-format",
            "expected a list of .asked, answered.",
        ),
        ({"text": "Hi", "label": ["a", "b"]}, "wrong-format", "expected one label"),
        ({"chosen": "Yes", "rejected": "No"}, "missing-column", "no value in `prompt` or"),
    ],
)
def test_a_row_that_does_not_fit_says_why(values, kind, words):
    """In one line, with the number of the turn."""
    with pytest.raises(Misfit, match=words) as wrong:
        read(values)

    assert wrong.value.kind.name == kind
    assert len(str(wrong.value).splitlines()) == 1


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
@pytest.mark.parametrize("values", [{}, {"x\x1b": 1}, {"prompt": None, "messages": None, "chosen": None}])
def test_a_column_that_is_missing_is_named_with_those_that_are_there(one, values):
    """Hostile names of columns are made visible."""
    with pytest.raises(Misfit, match="no value in `") as wrong:
        one.read(values)

    assert wrong.value.kind.name == "missing-column"
    assert str(wrong.value).isprintable()


def test_columns_that_are_named_are_the_row():
    """Where no format has their names."""
    one = columns_named("ticket", "team")

    assert [message.text for message in one.read({"ticket": "Hi", "team": "Yes"}).messages] == ["Hi", "Yes"]
    with pytest.raises(Misfit, match="no value in `team`; the row has ticket"):
        one.read({"ticket": "Hi", "team": None})
