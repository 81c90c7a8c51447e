"""Rows of anybody's making: each field where a mapping says that it is, or under one of its usual names."""

from collections.abc import Iterator, Mapping

import msgspec

from harness.config.rows import LogMapping
from harness.data.formats.known import COMPLETION, INSTRUCTION, PROMPT, TEXT, TURNS
from harness.logs.documents import documents_of
from harness.logs.feedback import scores_in, thumbs_of
from harness.logs.fields import (
    answer_text,
    at,
    error_of,
    first,
    loose,
    number,
    reason_of,
    rows,
    table,
    texts,
    whole,
    words,
)
from harness.logs.part import CONTEXT, Part, merged
from harness.logs.times import time_of
from harness.logs.turns import holds_turns, tools_of, turns_of
from harness.records.logged import Logged
from harness.records.messages import Called, Message
from harness.records.record import Json

ASKED = (
    *(*TURNS, "input.messages", "request.messages"),
    *(*INSTRUCTION, *PROMPT, *TEXT, "ticket", "request.prompt", "request", "user_message", "user_input"),
)
USUAL: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "request_id", "requestId", "uuid", "log_id"),
    "time": (
        "time",
        "timestamp",
        "ts",
        "@timestamp",
        "created_at",
        "createdAt",
        "date",
        "start_time",
        "startTime",
        "created",
    ),
    "model": ("model", "model_name", "model_id", "response.model", "request.model"),
    "system": ("system", "system_prompt", "instructions"),
    "text": (
        *COMPLETION[1:],
        "completion",
        "response.text",
        "reply",
        "assistant",
        "generated_text",
        "assistant_message",
    ),
    "tool_calls": ("tool_calls", "function_calls"),
    "finish_reason": ("finish_reason", "finishReason", "stop_reason"),
    "error": ("error", "exception", "error_message"),
    "tools": ("tools", "functions"),
    "seconds": (
        *("seconds", "latency_s", "duration_s", "latency_seconds", "duration_seconds", "elapsed_s", "response_time_s"),
        *("latency_ms", "duration_ms", "elapsed_ms", "response_time_ms", "latencyMs", "durationMs", "ms"),
    ),
    "tokens_in": ("tokens_in", "prompt_tokens", "input_tokens", "usage.prompt_tokens", "usage.input_tokens"),
    "tokens_out": (
        "tokens_out",
        "completion_tokens",
        "output_tokens",
        "usage.completion_tokens",
        "usage.output_tokens",
    ),
    "cost": ("cost", "cost_usd", "total_cost", "response_cost", "price", "usage.cost"),
    "feedback": (
        "feedback.thumbs",
        "feedback.value",
        "feedback",
        "thumbs",
        "thumb",
        "vote",
        "user_feedback",
    ),
    "comment": ("comment", "feedback_comment", "feedback.comment", "feedback.text", "user_comment"),
    "corrected": (
        "corrected",
        "correction",
        "corrected_answer",
        "corrected_output",
        "feedback.corrected",
        "feedback.correction",
    ),
    "tags": ("tags", "labels"),
    "context": ("context", "documents", "retrieved", "retrieved_documents", "passages", "sources"),
}
"""Where a field is looked for that no mapping places, in this order."""
_BEGINS = {name: [(path.partition(".")[0], path) for path in paths] for name, paths in USUAL.items()}
PER_SECOND = {"ms": 1e3, "Ms": 1e3, "millis": 1e3, "us": 1e6, "ns": 1e9, "Ns": 1e9}
"""How the names of durations end that are not in seconds."""


def plain_parts(values: Mapping[str, Json], place: str, mapping: LogMapping) -> Iterator[Part]:
    """Yield the request in a row of no known form; none where it asks nothing."""
    asked_at = mapping.messages or next((path for path in ASKED if turns_of(_turns_at(values, path))), "")
    turns = turns_of(_turns_at(values, asked_at)) if asked_at else ()
    if not turns:
        return
    said = beside(values, place, mapping, asked_at)
    if turns[-1].role == "assistant" and not (said.text or said.tool_calls):
        last = turns[-1]
        said = msgspec.structs.replace(said, text=last.text, tool_calls=last.calls)
        turns = turns[:-1]
    elif turns[-1].role == "assistant" and said.text in (turns[-1].text, ""):
        turns = turns[:-1]
    system = words(_value(values, "system", mapping, asked_at))
    if system and not any(turn.role == "system" for turn in turns):
        turns = (Message(role="system", content=system), *turns)
    if turns:
        yield Part(logged=msgspec.structs.replace(said, messages=turns))


def beside(values: Mapping[str, Json], place: str, mapping: LogMapping | None = None, asked_at: str = "") -> Logged:
    """Return all that a row says besides what was asked."""
    mapping = mapping or LogMapping()
    found = {name: _value(values, name, mapping, asked_at) for name in USUAL}
    answer = loose(found["text"])
    turn = turns_of([{**answer, "role": "assistant"}]) if isinstance(answer, dict) and "tool_calls" in answer else ()
    documents = documents_of(found["context"]) if found["context"] not in (None, "", []) else []
    return Logged(
        place=place,
        messages=(),
        id=words(found["id"]),
        time=time_of(found["time"]),
        model=words(found["model"]) if not isinstance(found["model"], dict) else "",
        text=turn[0].text if turn else answer_text(found["text"]),
        tool_calls=turn[0].calls if turn else _calls(found["tool_calls"]),
        finish_reason=reason_of(found["finish_reason"]),
        error=error_of(found["error"]),
        tools=tools_of(found["tools"]),
        seconds=_seconds(values, mapping),
        tokens_in=whole(found["tokens_in"]),
        tokens_out=whole(found["tokens_out"]),
        cost=number(found["cost"]),
        feedback=thumbs_of(found["feedback"]) if not isinstance(found["feedback"], dict | list) else "",
        comment=words(found["comment"]),
        corrected=answer_text(found["corrected"]),
        tags=_tags(found["tags"]),
        meta={CONTEXT: documents} if documents else {},
    )


def opinion(values: Mapping[str, Json], place: str) -> Logged:
    """Return what people made of a request, where a row holds that beside it."""
    said = beside({key: one for key, one in values.items() if key not in USUAL["text"]}, place)
    made = Logged(place=place, messages=(), feedback=said.feedback, comment=said.comment, corrected=said.corrected)
    for one in scores_in(place, table(values.get("scores"))):
        made = merged(made, one)
    return made


def mapped(logged: Logged, values: Mapping[str, Json], mapping: LogMapping) -> Logged:
    """Return a request of a known form with what a mapping says of its row: that counts more."""
    given = {name: path for name, path in msgspec.structs.asdict(mapping).items() if path}
    if not given:
        return logged
    said = beside(values, logged.place, mapping)
    fields = {name: getattr(said, name) for name in given if name not in ("messages", "system", "context")}
    made = {name: one for name, one in fields.items() if one not in (None, "", ())}
    if mapping.messages and (turns := turns_of(_turns_at(values, mapping.messages))):
        made["messages"] = turns
    if mapping.context and CONTEXT in said.meta:
        made["meta"] = {**logged.meta, CONTEXT: said.meta[CONTEXT]}
    return msgspec.structs.replace(logged, **made)


def _value(values: Mapping[str, Json], name: str, mapping: LogMapping, asked_at: str) -> Json:
    if path := getattr(mapping, name):
        return at(values, path)
    return first(values, *(path for begin, path in _BEGINS[name] if begin in values and path != asked_at))


def _turns_at(values: Mapping[str, Json], path: str) -> Json:
    found = at(values, path)
    inner = loose(found)
    return inner if holds_turns(inner) else found


def _seconds(values: Mapping[str, Json], mapping: LogMapping) -> float | None:
    for path in (mapping.seconds,) if mapping.seconds else USUAL["seconds"]:
        if (found := number(at(values, path))) is not None:
            return found / next((per for end, per in PER_SECOND.items() if path.endswith(end)), 1.0)
    return None


def _calls(value: Json) -> tuple[Called, ...]:
    turns = turns_of([{"role": "assistant", "tool_calls": rows(value)}]) if value else ()
    return tuple(call for turn in turns for call in turn.calls)


def _tags(value: Json) -> tuple[str, ...]:
    value = loose(value)
    return texts(value if isinstance(value, list) else words(value).split(",") if isinstance(value, str) else ())
