"""Langfuse's exports: observations, traces and scores, in rows of their own or one inside of the other.

Names are as in its exports to buckets (``start_time``) or as in its API and its pages (``startTime``).
"""

from collections.abc import Iterator, Mapping

import msgspec

from harness.logs.content import answer_of
from harness.logs.documents import documents_of
from harness.logs.feedback import scored, scores_in
from harness.logs.fields import answer_text, first, loose, number, rows, span_s, table, texts, whole, words
from harness.logs.part import CONTEXT, NO_ANSWER, Part, merged
from harness.logs.times import time_of
from harness.logs.turns import tools_of, turns_of
from harness.records.logged import Logged
from harness.records.messages import Called
from harness.records.record import Json

NO_CONTENT = (
    "content was not captured: log the input and output of generations (no mask and no capture_input=False in "
    "@observe), and export them (the field group `io` of exports to buckets)"
)
KINDS = ("GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL")
OWN = ("trace_id", "traceId", "usage_details", "usageDetails", "parent_observation_id", "parentObservationId")
TRACE_ONLY = ("htmlPath", "html_path", "session_id", "sessionId", "user_id", "userId", "bookmarked", "release")


def is_observation(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is a step of a trace."""
    return words(values.get("type")).upper() in KINDS and any(name in values for name in OWN)


def is_score(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is a score."""
    about = first(values, "trace_id", "traceId", "observation_id", "observationId")
    named = "name" in values and ("value" in values or "string_value" in values or "stringValue" in values)
    return named and about is not None and ("data_type" in values or "dataType" in values or "source" in values)


def is_trace(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is a trace."""
    return (
        "id" in values
        and "timestamp" in values
        and ("input" in values or "observations" in values)
        and any(name in values for name in TRACE_ONLY)
    )


def langfuse_parts(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    """Yield what a row says, and what is inside of it."""
    if is_observation(values):
        yield from _observation(values, place, words(first(values, "trace_id", "traceId")))
    elif is_score(values):
        yield _score(values, place)
    else:
        yield from _trace(values, place)


def _trace(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    trace = words(values.get("id"))
    inner = [table(one) for one in rows(values.get("observations"))]
    for one in inner:
        if is_observation(one) or words(one.get("type")).upper() in KINDS:
            yield from _observation(one, place, trace)
    found = values.get("scores")
    scores = loose(found)
    for each in rows(found):
        if isinstance(each, dict):
            yield msgspec.structs.replace(_score(each, place), trace=trace)
    own = Logged(place=place, messages=())
    for said in scores_in(place, scores if isinstance(scores, dict) else {}):
        own = merged(own, said)
    session = words(first(values, "session_id", "sessionId"))
    answer = _answer(values.get("output"), place)
    own = merged(own, msgspec.structs.replace(answer, tags=texts(rows(values.get("tags")))))
    logged = msgspec.structs.replace(
        own,
        id=trace,
        messages=turns_of(loose(values.get("input"))),
        time=time_of(values.get("timestamp")),
        seconds=number(values.get("latency")),
        cost=number(first(values, "total_cost", "totalCost")),
        error="" if answer.text or answer.tool_calls else NO_ANSWER,
        meta={**own.meta, **({"session": session} if session else {})},
    )
    yield Part(logged=logged, kind="more", trace=trace)


def _observation(values: Mapping[str, Json], place: str, trace: str) -> Iterator[Part]:
    key = words(values.get("id"))
    kind = words(values.get("type")).upper()
    parent = words(first(values, "parent_observation_id", "parentObservationId"))
    start = time_of(first(values, "start_time", "startTime"))
    end = time_of(first(values, "end_time", "endTime"))
    base = Part(logged=Logged(place=place, messages=()), key=key, trace=trace, parent=parent, ended=end)
    for one in map(table, rows(values.get("scores"))):
        yield msgspec.structs.replace(_score(one, place), key=key, trace=trace)
    if kind != "GENERATION":
        found = documents_of(values.get("output")) if kind == "RETRIEVER" else []
        if found:
            logged = msgspec.structs.replace(base.logged, meta={CONTEXT: found})
            yield msgspec.structs.replace(base, kind="documents", logged=logged)
        yield msgspec.structs.replace(base, kind="span")
        return
    asked = loose(values.get("input"))
    turns = turns_of(asked)
    answer = _answer(values.get("output"), place)
    seconds = span_s(start, end)
    failed = words(values.get("level")).upper() == "ERROR"
    said = words(first(values, "status_message", "statusMessage")) or "the generation has the level ERROR"
    usage = table(first(values, "usage_details", "usageDetails", "usage"))
    parameters = table(first(values, "model_parameters", "modelParameters"))
    tools = table(asked).get("tools") or first(values, "tool_definitions", "toolDefinitions") or parameters.get("tools")
    is_answered = bool(answer.text or answer.tool_calls)
    logged = msgspec.structs.replace(
        answer,
        id=key,
        messages=turns,
        time=start,
        model=words(first(values, "provided_model_name", "providedModelName", "model")),
        seconds=number(values.get("latency")) if seconds is None else seconds,
        tokens_in=whole(
            first(usage, "input", "prompt_tokens", "promptTokens") or first(values, "promptTokens", "inputUsage")
        ),
        tokens_out=whole(
            first(usage, "output", "completion_tokens", "completionTokens")
            or first(values, "completionTokens", "outputUsage")
        ),
        cost=number(
            first(values, "total_cost", "totalCost", "calculatedTotalCost", "cost_details.total", "costDetails.total")
        ),
        error=said if failed else answer.error or ("" if is_answered else NO_ANSWER),
        tools=tools_of(tools),
        tags=texts(rows(first(values, "tags", "trace_tags"))),
    )
    yield msgspec.structs.replace(base, kind="request", logged=logged, lacks="" if turns else NO_CONTENT)


def _answer(value: Json, place: str) -> Logged:
    """Return the answer in an output: a turn, a response, or a text."""
    found = loose(value)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found = found[-1]
    if isinstance(found, dict):
        choice = table(next(iter(rows(found.get("choices"))), None)) or found
        if "message" in choice or "role" in choice or "tool_calls" in choice:
            return answer_of(place, choice)
    calls: tuple[Called, ...] = ()
    return Logged(place=place, messages=(), text=answer_text(value), tool_calls=calls)


def _score(values: Mapping[str, Json], place: str) -> Part:
    kind = words(first(values, "data_type", "dataType")).upper()
    figure, said = values.get("value"), first(values, "string_value", "stringValue")
    value = bool(number(figure)) if kind == "BOOLEAN" and number(figure) is not None else figure
    name = words(values.get("name"))
    source = words(values.get("source"))
    if kind == "CORRECTION":
        written = answer_text(said if said is not None else figure)
        logged = Logged(place=place, messages=(), corrected=written, comment=words(values.get("comment")))
    else:
        value = said if kind in ("CATEGORICAL", "TEXT") and said is not None else value
        logged = scored(place, name, value, by=source, comment=values.get("comment"), label=said)
    key = words(first(values, "observation_id", "observationId"))
    return Part(logged=logged, kind="more", key=key, trace=words(first(values, "trace_id", "traceId")))
