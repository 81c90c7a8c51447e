"""One turn that was sent, and one answer with its score, as the page shows them."""

from collections.abc import Sequence

from harness.records.asked import Message
from harness.records.record import Record
from harness.records.saved import Answer
from harness.records.scored import CaseScore
from harness.text.figures import measured
from harness.text.visible import NOTE_LIMIT, Shown, fact, show

TURNS_SHOWN = 12


class MessageView(Record, frozen=True, kw_only=True):
    """One turn that was sent."""

    role: str
    text: Shown


class AnswerView(Record, frozen=True, kw_only=True):
    """One side's answer to one case with its score. ``problem`` says why there is no answer."""

    text: Shown
    problem: str = ""
    score: str
    category: str = ""
    reason: Shown
    facts: str


def messages_view(messages: Sequence[Message], page_bytes: int) -> tuple[MessageView, ...]:
    """Return the last turns of a case as the page shows them, and the first if it is the system's."""
    shown = list(messages[-TURNS_SHOWN:])
    if len(messages) > TURNS_SHOWN and messages[0].role == "system":
        shown[0] = messages[0]
    return tuple(MessageView(role=message.role, text=show(message.text, page_bytes=page_bytes)) for message in shown)


def answer_view(answer: Answer | None, item: CaseScore | None, text: Shown, unit: str = "") -> AnswerView:
    """Return one answer with its score; either can be missing."""
    score = item.score if item else None
    problem = fact(answer.response.error) if answer and answer.response.error else ""
    if answer is None:
        problem = "No answer was recorded."
    return AnswerView(
        text=text,
        problem=problem,
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
