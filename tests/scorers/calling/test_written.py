"""Calls that are written into a text: read as vLLM's parser "hermes" reads them, but with the model's own arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.messages import Tools
from harness.scorers.calling.written import is_written, may_call, written_calls

THOUGHT = "<think>maybe <tool_call></think>\n\n"
ADD = '{"name": "add", "arguments": {"a":  1}}'


@pytest.mark.parametrize(
    ("text", "before", "calls"),
    [
        (f"<tool_call>\n{ADD}\n</tool_call>", "", [("add", '{"a":  1}')]),
        (f"  \n<tool_call>{ADD}", "", [("add", '{"a":  1}')]),  # max_tokens or a stop cut the end off
        (f"Sure. <tool_call>{ADD}</tool_call> Done.", "Sure. ", [("add", '{"a":  1}')]),
        (f"<tool_call>{ADD}</tool_call>\n<tool_call>{ADD}</tool_call>", "", [("add", '{"a":  1}')] * 2),
        (f"{THOUGHT}<tool_call>{ADD}</tool_call>", THOUGHT, [("add", '{"a":  1}')]),
        (f"<tool_call>{ADD}</tool_call> <tool_call>{{</tool_call>", None, []),
        ('<tool_call>{"name": "add"}</tool_call>', None, []),
        ('<tool_call>["add"]</tool_call>', None, []),
        ("<tool_call></tool_call>", None, []),
        (f"<think>only <tool_call>{ADD}</tool_call>", None, []),
        ("nothing", None, []),
    ],
)
def test_calls_are_taken_out_of_a_text_all_or_none(text, before, calls):
    """What is before them stays; those in reasoning were only thought of."""
    left, made = written_calls(text)

    assert (left, [(one.name, one.arguments) for one in made]) == (text if before is None else before, calls)


@given(st.lists(st.sampled_from(["<tool_call>", "</tool_call>", "<think>", "</think>", ADD, "x", "{"])).map("".join))
def test_no_text_breaks_the_reading(text):
    """And what was read is no longer written in what is left."""
    left, made = written_calls(text)

    assert made == () or not is_written(left)


def test_nothing_is_read_where_nothing_can_be_called():
    """Without tools, or with the choice "none"."""
    functions = ({"type": "function", "function": {"name": "f"}},)

    assert may_call(Tools(functions=functions))
    assert not may_call(Tools())
    assert not may_call(Tools(functions=functions, choice="none"))
