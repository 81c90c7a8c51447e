"""Spans of models as parts of requests: OpenTelemetry's GenAI conventions of any age, OpenLLMetry, OpenInference.

Content is in five places: attributes with messages as JSON, the event with all details, an event for each message,
``gen_ai.prompt.N.*``, and ``llm.input_messages.N.*``. Events can also be in a file of logs, apart from their span.
"""

from collections.abc import Iterator

import msgspec

from harness.logs.documents import documents_of
from harness.logs.feedback import scored
from harness.logs.fields import answer_text, error_of, first, number, reason_of, rows, span_s, table, words
from harness.logs.part import CONTEXT, NO_ANSWER, Part, merged
from harness.logs.spans import Attributes, Event, Span, nested
from harness.logs.turns import tools_of, turns_of
from harness.records.asked import Message
from harness.records.logged import Logged
from harness.records.record import Json

NO_CONTENT = (
    "content was not captured: set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true where the model is called "
    "(OpenLLMetry: TRACELOOP_TRACE_CONTENT=true; OpenInference: OPENINFERENCE_HIDE_INPUTS and _HIDE_OUTPUTS unset). "
    "vLLM's own spans never hold any: log it where vLLM is called. If it is in events, name their file too"
)
DETAILS, EVALUATION = "gen_ai.client.inference.operation.details", "gen_ai.evaluation.result"
OLD_NAMES = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
TURNS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE = "gen_ai.choice"
ASKED = ("chat", "text_completion", "generate_content", "completion", "generate", "responses", "messages", "")
"""Operations in which a model is asked for an answer."""
_MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "llm.request.model")


def parts_of(span: Span, place: str) -> Iterator[Part]:
    """Yield what a span says: a request, documents, opinions, or only which trace it is in."""
    attributes = span.attributes
    base = Part(logged=Logged(place=place, messages=()), key=span.key, trace=span.trace, ended=span.end)
    found = documents_in(attributes)
    context = Logged(place=place, messages=(), meta={CONTEXT: found} if found else {})
    if _is_request(span):
        part = _request(span, place)
        yield msgspec.structs.replace(part, logged=merged(part.logged, context))
    elif found:
        yield msgspec.structs.replace(base, kind="documents", logged=context)
        yield msgspec.structs.replace(base, kind="span")
    elif span.key and span.trace:
        yield msgspec.structs.replace(base, kind="span")
    annotations = [
        *span.annotations,
        *rows(nested(attributes, "annotations")),
        *rows(nested(attributes, "evaluations")),
    ]
    for one in map(table, annotations):
        inner = table(one.get("annotation") or one.get("evaluation")) or one
        yield annotation_of(inner, place, span.key, span.trace)
    yield from (each for event in span.events if event.name == EVALUATION for each in event_parts(event, "", "", place))


def annotation_of(one: dict[str, Json], place: str, key: str, trace: str) -> Part:
    """Return what somebody said of a span, as Phoenix writes it."""
    result = table(one.get("result")) or one
    said = scored(
        place,
        words(first(one, "name", "annotation_name", "annotation.name")),
        first(result, "score", "result.score"),
        by=words(first(one, "annotator_kind", "annotatorKind", "source")),
        comment=first(result, "explanation", "result.explanation"),
        label=first(result, "label", "result.label"),
    )
    return Part(logged=said, kind="more", key=key, trace=trace)


def event_parts(event: Event, key: str, trace: str, place: str) -> Iterator[Part]:
    """Yield what an event says that is in a file of logs, apart from its span."""
    attributes = event.attributes
    base = Part(logged=Logged(place=place, messages=()), key=key, trace=trace, ended=event.time, kind="more")
    if event.name == EVALUATION:
        said = scored(
            place,
            words(attributes.get("gen_ai.evaluation.name")),
            attributes.get("gen_ai.evaluation.score.value"),
            comment=attributes.get("gen_ai.evaluation.explanation"),
            label=attributes.get("gen_ai.evaluation.score.label"),
        )
        yield msgspec.structs.replace(base, logged=said)
    elif event.name == DETAILS or "gen_ai.input.messages" in attributes:
        given = {**attributes, **_in_body(event)}
        whole = _said(given, (), place)
        yield msgspec.structs.replace(base, logged=msgspec.structs.replace(whole, time=event.time))
    elif event.name in TURNS or event.name == CHOICE:
        said = _turn(event, place)
        model = words(first(attributes, *_MODEL))
        yield msgspec.structs.replace(
            base, kind="turn", logged=msgspec.structs.replace(said, time=event.time, model=model)
        )


def documents_in(attributes: Attributes) -> list[Json]:
    """Return the documents that a step of retrieval found; none of other spans."""
    found: Json = None
    for name in ("retrieval.documents", "reranker.output_documents", "gen_ai.retrieval.documents"):
        found = found or nested(attributes, name)
    kind = words(first(attributes, "traceloop.span.kind", "openinference.span.kind")).lower()
    if not found and kind in ("retriever", "retrieval"):
        found = first(attributes, "traceloop.entity.output", "output.value")
    return documents_of(found) if found else []


def _is_request(span: Span) -> bool:
    attributes = span.attributes
    if kind := words(attributes.get("openinference.span.kind")):
        return kind.upper() == "LLM"
    if words(attributes.get("traceloop.span.kind")):
        return False
    if "gen_ai.operation.name" in attributes:
        return words(attributes["gen_ai.operation.name"]).lower() in ASKED
    if words(attributes.get("llm.request.type")).lower() in ("embedding", "rerank"):
        return False
    known = (
        "gen_ai.request.",
        "gen_ai.response.",
        "gen_ai.usage.",
        "gen_ai.prompt",
        "gen_ai.input.",
        "gen_ai.latency.",
    )
    return any(name.startswith((*known, "llm.input_messages", "llm.request.")) for name in attributes)


def _request(span: Span, place: str) -> Part:
    attributes = span.attributes
    said = _said(attributes, span.events, place)
    seconds = span_s(span.start, span.end)
    is_answered = bool(said.text or said.tool_calls or said.finish_reason)
    logged = msgspec.structs.replace(
        said,
        id=words(first(attributes, "gen_ai.response.id", "gen_ai.request.id")) or span.key,
        time=span.start,
        seconds=number(attributes.get("gen_ai.latency.e2e")) if seconds is None else seconds,
        error=span.error or said.error or ("" if is_answered else NO_ANSWER),
    )
    return Part(
        logged=logged,
        key=span.key,
        trace=span.trace,
        ended=span.end,
        lacks="" if said.messages else NO_CONTENT,
    )


def _said(attributes: Attributes, events: tuple[Event, ...], place: str) -> Logged:
    """Return what attributes and events say together; of two places the first one with content counts."""
    usage = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
    made = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
    tools = (nested(attributes, name) for name in ("gen_ai.tool.definitions", "llm.tools", "llm.request.functions"))
    choice = table(attributes.get("llm.invocation_parameters")).get("tool_choice")
    session = first(attributes, "gen_ai.conversation.id", "session.id")
    tags = rows(first(attributes, "tag.tags", "langfuse.trace.tags"))
    tokens_in, tokens_out = number(first(attributes, *usage)), number(first(attributes, *made))
    base = Logged(
        place=place,
        messages=(),
        model=words(first(attributes, *_MODEL)),
        finish_reason=reason_of(first(attributes, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason")),
        error=words(attributes.get("error.type")),
        tools=tools_of(next((one for one in tools if one), None), choice),
        tokens_in=None if tokens_in is None else int(tokens_in),
        tokens_out=None if tokens_out is None else int(tokens_out),
        cost=number(first(attributes, "llm.cost.total", "gen_ai.usage.cost", "gen_ai.cost.total_cost")),
        tags=tuple(map(words, tags)),
        meta={"session": words(session)} if session else {},
    )
    if asked := _asked(attributes):
        base = msgspec.structs.replace(base, messages=asked)
    base = merged(base, _answer(attributes, place))
    turns: tuple[Message, ...] = ()
    for event in events:
        if event.name == DETAILS or event.name in OLD_NAMES:
            base = merged(base, _said({**event.attributes, **_in_body(event)}, (), place))
        elif event.name in TURNS or event.name == CHOICE:
            one = _turn(event, place)
            turns = (*turns, *one.messages)
            base = merged(base, msgspec.structs.replace(one, messages=()))
    return base if base.messages else msgspec.structs.replace(base, messages=turns)


def _asked(attributes: Attributes) -> tuple[Message, ...]:
    for name in ("gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages", "llm.prompts"):
        if turns := turns_of(nested(attributes, name)):
            break
    else:
        turns = turns_of(first(attributes, "input.value", "traceloop.entity.input"))
    system = nested(attributes, "gen_ai.system_instructions") or attributes.get("llm.system_prompt")
    if system and not any(turn.role == "system" for turn in turns):
        said = turns_of([{"role": "system", "content": system}])
        turns = (*said, *turns)
    return turns


def _answer(attributes: Attributes, place: str) -> Logged:
    for name in ("gen_ai.output.messages", "gen_ai.completion", "llm.output_messages", "llm.choices"):
        found = nested(attributes, name)
        if isinstance(found, str):
            return Logged(place=place, messages=(), text=found)
        if choices := rows(found):
            return answer_of(place, table(choices[0]))
    whole = first(attributes, "output.value")
    return Logged(place=place, messages=(), text=answer_text(whole) if whole is not None else "")


def answer_of(place: str, choice: dict[str, Json]) -> Logged:
    """Return the answer in a choice, or in a turn of the assistant."""
    inner = table(choice.get("message")) or choice
    turns = turns_of([{**inner, "role": "assistant"}])
    return Logged(
        place=place,
        messages=(),
        text="\n".join(turn.text for turn in turns if turn.text),
        tool_calls=tuple(call for turn in turns for call in turn.calls),
        finish_reason=reason_of(first(choice, "finish_reason", "finishReason", "stop_reason")),
        error=error_of(choice.get("error")),
    )


def _turn(event: Event, place: str) -> Logged:
    given = _in_body(event) or event.attributes
    if event.name == CHOICE:
        return answer_of(place, given)
    return Logged(place=place, messages=turns_of([{"role": TURNS[event.name], **given}]))


def _in_body(event: Event) -> dict[str, Json]:
    """Return what an event says besides its attributes: as a log record, or as Azure's SDK writes it."""
    return table(event.body) or table(event.attributes.get("gen_ai.event.content"))
