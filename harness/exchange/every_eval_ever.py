"""Every Eval Ever's shared schema of single instances, one a line, versions 0.2 and 0.3."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.exchange.foreign import Lax, as_record, decode, lines_of
from harness.exchange.imported import AskedBy, ImportedRow, asked_in_text
from harness.records.messages import Message
from harness.records.record import Json
from harness.text.visible import quoted

TOOL = "Every Eval Ever"
READ = ("0.2.", "0.3.")
"""How the versions start that are read."""


class Input(Lax, frozen=True, kw_only=True):
    """The question. ``formatted`` is what the model saw, where the converter knew it."""

    raw: str
    reference: tuple[str, ...] = ()
    formatted: str | None = None
    choices: tuple[str, ...] | None = None


class Output(Lax, frozen=True, kw_only=True):
    """The answers."""

    raw: tuple[str, ...]
    reasoning_trace: tuple[str, ...] | None = None


class TokenUsage(Lax, frozen=True, kw_only=True):
    """Counted tokens."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class Performance(Lax, frozen=True, kw_only=True):
    """How long it took."""

    latency_ms: float | None = None


class Turn(Lax, frozen=True, kw_only=True):
    """A message of a conversation."""

    role: str
    content: str | None = None
    reasoning_trace: str | None = None
    tool_calls: list[Json] | None = None


class Instance(Lax, frozen=True, kw_only=True):
    """One line."""

    schema_version: str
    evaluation_id: str
    model_id: str
    evaluation_name: str
    sample_id: str
    interaction_type: str
    input: Input
    output: Output | None = None
    messages: tuple[Turn, ...] | None = None
    token_usage: TokenUsage | None = None
    performance: Performance | None = None
    error: str | None = None


def read(path: Path, content: bytes) -> Iterator[ImportedRow]:
    """Yield the answers of a file.

    Raises:
        DataError: a line is wrong, of a version that is not known, a multiple choice, or what an agent did.
    """
    for place, line in lines_of(path, content):
        one = as_record(decode(line, place), Instance, place)
        if not one.schema_version.removeprefix("instance_level_eval_").startswith(READ):
            raise DataError(f"{place}: schema_version is {quoted(one.schema_version)}; versions 0.2 and 0.3 are read")
        if one.input.choices:
            raise DataError(f"{place}: a multiple choice can't be imported")
        yield from _rows(one, place)


def _rows(one: Instance, place: str) -> Iterator[ImportedRow]:
    usage, took = one.token_usage or TokenUsage(), one.performance or Performance()
    prompt, answers, reasoning = _parts(one, place)
    error = one.error if answers or one.error is not None else "no answer"
    if error is not None:
        answers, reasoning = ("",), ()
    for repeat, text in enumerate(answers):
        yield ImportedRow(
            place=place,
            by=AskedBy(tool=TOOL, model=one.model_id),
            prompt=prompt,
            id=one.sample_id,
            targets=one.input.reference or None,
            text=text,
            error=error,
            repeat=repeat,
            tokens_in=usage.input_tokens,
            tokens_out=usage.output_tokens,
            seconds=(took.latency_ms or 0.0) / 1000,
            reasoning=reasoning[repeat] if repeat < len(reasoning) else "",
        )


def _parts(one: Instance, place: str) -> tuple[tuple[Message, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the question, the answers to it, and what was reasoned before each."""
    if one.interaction_type == "single_turn":
        asked_text = asked_in_text(one.input.raw if one.input.formatted is None else one.input.formatted)
        if one.output is None:
            return asked_text, (), ()
        return asked_text, one.output.raw, one.output.reasoning_trace or ()
    *before, last = one.messages or (Turn(role=""),)
    if last.role != "assistant":
        if one.error is None:
            raise DataError(f"{place}: the conversation does not end with the model's answer")
        before = [*before, last]
    other = next((turn for turn in (*before, last) if turn.tool_calls or turn.role == "tool"), None)
    if other is not None:
        raise DataError(f"{place}: what an agent did with tools is not one question and its answer")
    unknown = next((turn for turn in before if turn.role not in {"system", "user", "assistant"}), None)
    if unknown is not None:
        raise DataError(f"{place}: a message of role {quoted(unknown.role)}; expected system, user or assistant")
    asked = tuple(Message(role=turn.role, content=turn.content or "") for turn in before)  # type: ignore[arg-type]
    return asked, (last.content or "",), (last.reasoning_trace or "",)
