"""Which form a row has, by its content, and the parts of requests in it."""

from collections.abc import Iterator, Mapping

import msgspec

from harness.config import LogMapping
from harness.logs.fields import first, table
from harness.logs.langfuse import is_observation, is_score, is_trace, langfuse_parts
from harness.logs.litellm import is_litellm, litellm_parts
from harness.logs.openai_api import batch_parts, is_batch, is_pair, pair_parts
from harness.logs.part import Part
from harness.logs.plain import mapped, plain_parts
from harness.logs.spans import LOG_LISTS, SPAN_LISTS, id_of, otlp_events, otlp_spans, plain_span
from harness.logs.telemetry import annotation_of, event_parts, parts_of
from harness.records.record import Json

OTLP = frozenset(outer for outer, *_ in (*SPAN_LISTS, *LOG_LISTS))


def parts_in(values: Mapping[str, Json], place: str, mapping: LogMapping) -> tuple[bool, Iterator[Part]]:
    """Return whether a row has a known form, and its parts; a mapping counts more than the form."""
    found = _known(values, place)
    if found is None:
        return False, plain_parts(values, place, mapping)
    if mapping == LogMapping():
        return True, found
    return True, (msgspec.structs.replace(one, logged=mapped(one.logged, values, mapping)) for one in found)


def _known(values: Mapping[str, Json], place: str) -> Iterator[Part] | None:  # noqa: PLR0911 - one for each form
    if not OTLP.isdisjoint(values):
        return _otlp(values, place)
    if _is_span(values):
        return parts_of(plain_span(values), place)
    if _is_annotation(values):
        key, trace = id_of(first(values, "span_id", "context.span_id")), id_of(first(values, "trace_id"))
        return iter((annotation_of(dict(values), place, key, trace),))
    if is_observation(values) or is_score(values):
        return langfuse_parts(values, place)
    if is_litellm(values):
        return litellm_parts(values, place)
    if is_batch(values):
        return batch_parts(values, place)
    if is_pair(values):
        return pair_parts(values, place)
    return langfuse_parts(values, place) if is_trace(values) else None


def _otlp(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    for span in otlp_spans(values):
        yield from parts_of(span, place)
    for key, trace, event in otlp_events(values):
        yield from event_parts(event, key, trace, place)


def _is_span(values: Mapping[str, Json]) -> bool:
    has_key = "context.span_id" in values or "span_id" in values or "span_id" in table(values.get("context"))
    return has_key and (
        "span_kind" in values or "attributes" in values or any(key.startswith("attributes.") for key in values)
    )


def _is_annotation(values: Mapping[str, Json]) -> bool:
    about = "span_id" in values or "context.span_id" in values or "trace_id" in values
    return about and ("annotator_kind" in values or "annotation_name" in values)
