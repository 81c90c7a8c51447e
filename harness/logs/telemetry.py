"""Spans of models as parts of requests: OpenTelemetry's GenAI conventions of any age, OpenLLMetry, OpenInference.

Content is in five places: attributes with messages as JSON, the event with all details, an event for each message,
``gen_ai.prompt.N.*``, and ``llm.input_messages.N.*``. Events can also be in a file of logs, apart from their span.
"""

from collections.abc import Iterator

import msgspec

from harness.logs.attributes import Attributes, nested
from harness.logs.content import CHOICE, DETAILS, MODEL, TURNS, in_body, said_by, turn_of
from harness.logs.documents import documents_of
from harness.logs.feedback import scored
from harness.logs.fields import first, number, rows, span_s, table, words
from harness.logs.part import CONTEXT, NO_ANSWER, Part, merged
from harness.logs.spans import Event, Span
from harness.records.logged import Logged
from harness.records.record import Json

NO_CONTENT = (
    "content was not captured: set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true where the model is called "
    "(OpenLLMetry: TRACELOOP_TRACE_CONTENT=true; OpenInference: OPENINFERENCE_HIDE_INPUTS and _HIDE_OUTPUTS unset). "
    "vLLM's own spans never hold any: log it where vLLM is called. If it is in events, name their file too"
)
EVALUATION = "gen_ai.evaluation.result"
ASKED = ("chat", "text_completion", "generate_content", "completion", "generate", "responses", "messages", "")
"""Operations in which a model is asked for an answer."""


def parts_of(span: Span, place: str) -> Iterator[Part]:
    """Yield what a span says: a request, documents, opinions, or only which trace it is in."""
    attributes = span.attributes
    base = Part(
        logged=Logged(place=place, messages=()), key=span.key, trace=span.trace, parent=span.parent, ended=span.end
    )
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
        given = {**attributes, **in_body(event)}
        whole = said_by(given, (), place)
        yield msgspec.structs.replace(base, logged=msgspec.structs.replace(whole, time=event.time))
    elif event.name in TURNS or event.name == CHOICE:
        said = turn_of(event, place)
        model = words(first(attributes, *MODEL))
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
    said = said_by(attributes, span.events, place)
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
        parent=span.parent,
        ended=span.end,
        lacks="" if said.messages else NO_CONTENT,
    )
