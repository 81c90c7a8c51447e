"""Which form a row has, by its content, and the parts of requests that are in it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from harness.config.rows import LogMapping
from harness.data.checks.problem import Problem
from harness.data.files.found import Values
from harness.logs.fields import first, table
from harness.logs.files import LogFile, log_rows
from harness.logs.langfuse import is_observation, is_score, is_trace, langfuse_parts
from harness.logs.litellm import is_litellm, litellm_parts
from harness.logs.openai_api import batch_parts, is_batch, is_pair, pair_parts
from harness.logs.part import Part
from harness.logs.plain import mapped, plain_parts
from harness.logs.problems import TOO_DEEP
from harness.logs.spans import LOG_LISTS, SPAN_LISTS, id_of, otlp_events, otlp_spans, plain_span
from harness.logs.telemetry import annotation_of, event_parts, parts_of
from harness.records.record import Json

OTLP = frozenset(outer for outer, *_ in (*SPAN_LISTS, *LOG_LISTS))


class Row(NamedTuple):
    """A row with the parts of requests in it; ``is_known`` where it is of a known form."""

    place: str
    values: Values
    is_known: bool
    parts: tuple[Part, ...]

    @property
    def has_anything(self) -> bool:
        """Whether it belongs to a log."""
        return self.is_known or bool(self.parts)


def rows_of(file: LogFile, mapping: LogMapping) -> Iterator[Row | Problem]:
    """Yield each row of a file, or what is wrong with it; a mapping counts more than a known form.

    Raises:
        DataError: the file can't be read.
    """
    for found in log_rows(file):
        if isinstance(found, Problem):
            yield found
            continue
        line, values = found
        place = f"{file.called}:{line}"
        try:
            known = _known(values, place)
            parts = tuple(plain_parts(values, place, mapping) if known is None else known)
        except RecursionError:
            yield Problem(kind=TOO_DEEP.name, places=(place,), told="a value is nested too deeply")
            continue
        if known is not None and mapping != LogMapping():
            parts = tuple(msgspec.structs.replace(one, logged=mapped(one.logged, values, mapping)) for one in parts)
        yield Row(place, values, known is not None, parts)


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
