"""One turn that was sent, and one answer with its score, as the page shows them."""

from collections.abc import Sequence

import msgspec
from msgspec import UnsetType

from harness.records.answered import Response
from harness.records.messages import Called, Message, Tools
from harness.records.record import Record
from harness.records.saved import Answer
from harness.records.scored import CaseScore
from harness.text.figures import measured
from harness.text.shown import NOTE_LIMIT, PLENTY, Shown, fact, show

TURNS_SHOWN = 12
CALLS_SHOWN = 8
NAME_LIMIT = 80


class CallView(Record, frozen=True, kw_only=True):
    """One call of a function, with its arguments as they were written."""

    name: str
    arguments: Shown


class MessageView(Record, frozen=True, kw_only=True):
    """One turn that was sent. ``about`` names the call that a tool's turn answers."""

    role: str
    text: Shown
    about: str = ""
    calls: tuple[CallView, ...] = ()
    more_calls: int = 0


class AnswerView(Record, frozen=True, kw_only=True):
    """One side's answer to one case with its score. ``problem`` says why there is no answer."""

    text: Shown
    problem: str = ""
    calls: tuple[CallView, ...] = ()
    more_calls: int = 0
    reasoning: Shown | None = None
    """What was thought before the answer; None where that is not known."""
    score: str
    category: str = ""
    reason: Shown
    facts: str


def messages_view(messages: Sequence[Message], page_bytes: int) -> tuple[MessageView, ...]:
    """Return the last turns of a case as the page shows them, and the first if it is the system's."""
    shown = list(messages[-TURNS_SHOWN:])
    if len(messages) > TURNS_SHOWN and messages[0].role == "system":
        shown[0] = messages[0]
    return tuple(_message(message, page_bytes) for message in shown)


def _message(message: Message, page_bytes: int) -> MessageView:
    calls = message.calls
    each = page_bytes // (2 if calls and message.text else 1)
    about = [] if isinstance(message.name, UnsetType) else [message.name]
    about += [] if isinstance(message.tool_call_id, UnsetType) else [message.tool_call_id]
    return MessageView(
        role=message.role,
        text=show(message.text, page_bytes=each),
        about=fact(" · ".join(about), 2 * NAME_LIMIT),
        calls=calls_view(calls, each),
        more_calls=max(0, len(calls) - CALLS_SHOWN),
    )


def calls_view(calls: Sequence[Called], page_bytes: int) -> tuple[CallView, ...]:
    """Return the first calls as the page shows them, in at most ``page_bytes`` together."""
    shown = calls[:CALLS_SHOWN]
    return tuple(
        CallView(name=fact(one.name, NAME_LIMIT), arguments=show(one.arguments, page_bytes=page_bytes // len(shown)))
        for one in shown
    )


def tools_text(tools: Tools) -> str:
    """Return the tools of a request as text, one a line; nothing where there are none."""
    lines = [msgspec.json.encode(one.get("function")).decode() for one in tools.functions]
    if lines and tools.choice is not None:
        lines.append(f"tool_choice: {msgspec.json.encode(tools.choice).decode()}")
    return "\n".join(lines)


def parts_of(response: Response) -> int:
    """Return among how many texts an answer's share of the page is divided: text, calls, reasoning."""
    return 1 + bool(response.tool_calls) + bool(response.reasoning)


def answer_view(
    answer: Answer | None, item: CaseScore | None, text: Shown, unit: str = "", page_bytes: int = PLENTY
) -> AnswerView:
    """Return one answer with its score; either can be missing. ``page_bytes`` are for its calls, and its reasoning."""
    response = answer.response if answer and not answer.response.error else None
    score = item.score if item else None
    problem = fact(answer.response.error) if answer and answer.response.error else ""
    if answer is None:
        problem = "No answer was recorded."
    return AnswerView(
        text=text,
        problem=problem,
        calls=calls_view(response.tool_calls, page_bytes) if response else (),
        more_calls=max(0, len(response.tool_calls) - CALLS_SHOWN) if response else 0,
        reasoning=show(response.reasoning, page_bytes=page_bytes) if response and response.reasoning else None,
        score="" if score is None else "unscored" if score.value is None else measured(score.value, unit),
        category=fact(score.category, 80) if score else "",
        reason=show(fact(score.reason) if score and not problem else "", 2 * NOTE_LIMIT),
        facts=_facts(answer),
    )


def _facts(answer: Answer | None) -> str:
    if answer is None or answer.response.error:
        return ""
    response = answer.response
    parts = [f"{response.tokens_out:,} tokens"] if response.tokens_out else []
    parts += [f"{response.seconds:.2f} s"] if response.seconds else []
    parts += [f"ended by {fact(response.finish_reason, 40)}"] if response.finish_reason else []
    return " · ".join(parts)
