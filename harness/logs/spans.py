"""Spans and events as OTLP JSON, Phoenix, pandas and consoles write them, as one record each."""

from collections.abc import Iterator, Mapping

import msgspec

from harness.logs.attributes import DEEPEST, Attributes, flat
from harness.logs.fields import first, loose, rows, table, words
from harness.logs.times import time_of
from harness.records.record import Json, Record

SPAN_LISTS = (("resourceSpans", "scopeSpans", "spans"), ("resource_spans", "scope_spans", "spans"))
LOG_LISTS = (("resourceLogs", "scopeLogs", "logRecords"), ("resource_logs", "scope_logs", "log_records"))
OLD_SCOPES = ("instrumentationLibrarySpans", "instrumentationLibraryLogs")


class Event(Record, frozen=True, kw_only=True):
    """Something at one moment of a span; ``body`` is that of a log record."""

    name: str
    attributes: Attributes
    body: Json = None
    time: float | None = None


class Span(Record, frozen=True, kw_only=True):
    """One step of a trace."""

    key: str
    trace: str
    parent: str = ""
    name: str = ""
    start: float | None = None
    end: float | None = None
    error: str = ""
    attributes: Attributes = msgspec.field(default_factory=dict)
    events: tuple[Event, ...] = ()
    annotations: tuple[Json, ...] = ()
    """What Phoenix exports beside a span: who said what of it."""


def otlp_spans(values: Mapping[str, Json]) -> Iterator[Span]:
    """Yield the spans in a row of OTLP JSON."""
    for span in _inner(values, SPAN_LISTS):
        status = table(span.get("status"))
        failed = status.get("code") in (2, "2", "STATUS_CODE_ERROR")
        events = tuple(
            Event(
                name=words(event.get("name")),
                attributes=_attributes(event.get("attributes")),
                time=time_of(first(event, "timeUnixNano", "time_unix_nano")),
            )
            for event in map(table, rows(span.get("events")))
        )
        yield Span(
            key=id_of(first(span, "spanId", "span_id")),
            trace=id_of(first(span, "traceId", "trace_id")),
            parent=id_of(first(span, "parentSpanId", "parent_span_id")),
            name=words(span.get("name")),
            start=time_of(first(span, "startTimeUnixNano", "start_time_unix_nano")),
            end=time_of(first(span, "endTimeUnixNano", "end_time_unix_nano")),
            error=(words(status.get("message")) or _exception(events) or "the span has the status error")
            if failed
            else "",
            attributes=_attributes(span.get("attributes")),
            events=events,
        )


def otlp_events(values: Mapping[str, Json]) -> Iterator[tuple[str, str, Event]]:
    """Yield (span, trace, event) for each log record in a row of OTLP JSON; both are empty where it is in none."""
    for record in _inner(values, LOG_LISTS):
        attributes = _attributes(record.get("attributes"))
        body = table(record.get("body"))
        event = Event(
            name=words(first(record, "eventName", "event_name") or attributes.get("event.name")),
            attributes=attributes,
            body=_any(body, 0) if body else None,
            time=time_of(first(record, "timeUnixNano", "time_unix_nano", "observedTimeUnixNano")),
        )
        yield id_of(first(record, "spanId", "span_id")), id_of(first(record, "traceId", "trace_id")), event


def plain_span(values: Mapping[str, Json]) -> Span:
    """Return the span in a row that Phoenix, pandas or a console exporter wrote.

    Its attributes are a table, or each has a column ``attributes.NAME``.
    """
    given = table(values.get("attributes"))
    attributes = {_without(key): loose(value) for key, value in values.items() if key.startswith("attributes.")}
    status = first(values, "status_code", "statusCode", "status.status_code", "status.code")
    failed = words(status).upper().removeprefix("STATUSCODE.") in ("ERROR", "2", "STATUS_CODE_ERROR")
    events = tuple(
        Event(
            name=words(event.get("name")),
            attributes=table(event.get("attributes")),
            time=time_of(event.get("timestamp")),
        )
        for event in map(table, rows(values.get("events")))
    )
    said = words(first(values, "status_message", "statusMessage", "status.description", "status.message"))
    return Span(
        key=id_of(first(values, "context.span_id", "span_id", "spanId")),
        trace=id_of(first(values, "context.trace_id", "trace_id", "traceId")),
        parent=id_of(first(values, "parent_id", "parentId", "parent_span_id")),
        name=words(values.get("name")),
        start=time_of(first(values, "start_time", "startTime")),
        end=time_of(first(values, "end_time", "endTime")),
        error=(said or _exception(events) or "the span has the status error") if failed else "",
        attributes={**flat(given), **{key: value for key, value in attributes.items() if value is not None}},
        events=events,
        annotations=tuple(rows(first(values, "annotations", "span_annotations", "spanAnnotations", "evaluations"))),
    )


def id_of(value: Json) -> str:
    """Return the name of a span or a trace."""
    return words(value).removeprefix("0x").strip()


def _without(key: str) -> str:
    return key.removeprefix("attributes.")


def _exception(events: tuple[Event, ...]) -> str:
    return next((words(one.attributes.get("exception.message")) for one in events if one.name == "exception"), "")


def _inner(values: Mapping[str, Json], lists: tuple[tuple[str, str, str], ...]) -> Iterator[dict[str, Json]]:
    for outer, scopes, inner in lists:
        for resource in map(table, rows(values.get(outer))):
            for scope in map(table, rows(first(resource, scopes, *OLD_SCOPES))):
                yield from map(table, rows(scope.get(inner)))


def _attributes(value: Json) -> Attributes:
    """Return attributes by name, of a list of keys with values, or of a table."""
    if isinstance(value, dict):
        return flat(value)
    found = (one for one in rows(value) if isinstance(one, dict))
    return {words(one.get("key")): _any(table(one.get("value")), 0) for one in found}


def _any(value: Mapping[str, Json], depth: int) -> Json:
    """Return an AnyValue of OTLP as the value that it is."""
    if depth > DEEPEST:
        return None
    for kind, one in value.items():
        name = kind.replace("_", "").lower()
        if name == "arrayvalue":
            return [_any(table(each), depth + 1) for each in rows(table(one).get("values"))]
        if name == "kvlistvalue":
            pairs = (table(each) for each in rows(table(one).get("values")))
            return {words(pair.get("key")): _any(table(pair.get("value")), depth + 1) for pair in pairs}
        if name == "intvalue":
            return int(one) if isinstance(one, str) and one.lstrip("-").isdecimal() else one
        if name in ("stringvalue", "doublevalue", "boolvalue", "bytesvalue"):
            return one
    return None
