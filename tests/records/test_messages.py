"""How turns of a conversation are read."""

import msgspec

from harness.records.messages import Message, TextPart, ToolCall


def test_a_turn_that_calls_tools_is_read_as_the_openai_api_writes_it():
    """Its content is null, and its arguments are JSON as text."""
    line = (
        b'{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", '
        b'"function": {"name": "block_card", "arguments": "{\\"card\\": 7}"}}]}'
    )

    message = msgspec.json.decode(line, type=Message)

    assert message.text == ""
    assert isinstance(message.tool_calls, tuple)
    assert isinstance(message.tool_calls[0], ToolCall)
    assert message.tool_calls[0].function.arguments == '{"card": 7}'
    assert b"tool_call_id" not in msgspec.json.encode(message)


def test_the_parts_of_a_content_are_one_text():
    """Whoever reads a message's words needs not know in which of the two shapes it is written."""
    message = Message(
        role="user", content=(TextPart(type="text", text="My card "), TextPart(type="text", text="is lost."))
    )

    assert message.text == "My card is lost."
