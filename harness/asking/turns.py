"""The order of a conversation's turns: what calls a tool, what answers a call, and what each message must hold."""

import json
from collections.abc import Iterator, Sequence

from msgspec import UnsetType

from harness.records.messages import Message, ToolCall
from harness.text.visible import quoted

CHECKED_ROLES = "`tool_calls` belong to an assistant's message, and `tool_call_id` to one of role 'tool'"


def problem_in(messages: Sequence[Message]) -> str | None:
    """Say what is wrong with the turns of a conversation, in words that follow a case's name; None when nothing is.

    Who speaks last is not judged.
    """
    open_calls: list[str] = []
    for number, message in enumerate(messages, start=1):
        place = f"message {number} (role {message.role!r})"
        if problem := _problem_of(message):
            return f"has a wrong {place}: {problem}"
        if message.role == "tool":
            if problem := _wrong_answer(message, open_calls):
                return f"has a wrong {place}: {problem}"
            open_calls.remove(str(message.tool_call_id))
            continue
        if open_calls:
            return (
                f"has no answer to the call {quoted(open_calls[0])} before {place}; each call is answered by a message "
                "of role 'tool' with its `tool_call_id`"
            )
        open_calls = [call.id for call in _calls(message)]
    if open_calls:
        return (
            f"ends before the call {quoted(open_calls[0])} is answered; add a message of role 'tool' with its "
            "`tool_call_id`, or leave the call out, so that the model is asked for it"
        )
    return None


def _problem_of(message: Message) -> str | None:
    """Say what is wrong with one message, whatever is around it."""
    return next(_problems_of(message), None)


def _problems_of(message: Message) -> Iterator[str]:
    calls = _calls(message)
    has_calls = not isinstance(message.tool_calls, UnsetType)
    has_answered = not isinstance(message.tool_call_id, UnsetType)
    if (has_calls and message.role != "assistant") or (has_answered and message.role != "tool"):
        yield CHECKED_ROLES
    if has_calls and not calls:
        yield "its `tool_calls` are empty; leave them out"
    if message.content is None and not calls:
        yield "its content is null, which only an assistant's message with `tool_calls` can have; write a text"
    if message.content == ():
        yield "its content is a list without parts; write a text"
    ids = [call.id for call in calls]
    if "" in ids or len(set(ids)) < len(ids):
        yield "each of its calls needs an `id` of its own, which the tool's answer names as `tool_call_id`"
    yield from filter(None, map(_wrong_call, calls))


def _wrong_call(call: ToolCall) -> str | None:
    if not call.function.name:
        return f"its call {quoted(call.id)} names no function"
    try:
        arguments = json.loads(call.function.text)
    except (ValueError, RecursionError) as problem:
        return f"the arguments of its call {quoted(call.id)} are not JSON: {problem}"
    if not isinstance(arguments, dict):
        return f"the arguments of its call {quoted(call.id)} are not a JSON object"
    return None


def _wrong_answer(message: Message, open_calls: Sequence[str]) -> str | None:
    """Say why a tool's message answers none of the calls that wait for an answer."""
    if not open_calls:
        return "no call of an assistant's message before it waits for an answer"
    waiting = ", ".join(map(quoted, open_calls))
    if isinstance(message.tool_call_id, UnsetType):
        return f"it has no `tool_call_id`; name the call that it answers: {waiting}"
    if message.tool_call_id not in open_calls:
        return f"its `tool_call_id` {quoted(message.tool_call_id)} is not that of a call that waits: {waiting}"
    return None


def _calls(message: Message) -> tuple[ToolCall, ...]:
    return () if isinstance(message.tool_calls, UnsetType) else message.tool_calls
