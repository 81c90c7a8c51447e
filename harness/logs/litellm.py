"""LiteLLM's request logs: a ``StandardLoggingPayload`` a line, as its loggers for files and buckets write them."""

from collections.abc import Iterator, Mapping

import msgspec

from harness.logs.documents import documents_of
from harness.logs.fields import error_of, first, number, rows, span_s, table, texts, whole, words
from harness.logs.openai_api import OTHER_CALLS, answer_in, asked_in
from harness.logs.part import CONTEXT, Part, merged
from harness.logs.plain import opinion
from harness.logs.times import time_of
from harness.logs.turns import tools_of, turns_of
from harness.records.logged import Logged
from harness.records.record import Json

WRAPPED = ("standard_logging_object", "kwargs.standard_logging_object")
REDACTED = "redacted-by-litellm"
NO_CONTENT = (
    "content was not captured: remove turn_message_logging_off (`turn_off_message_logging: true` in litellm_settings) "
    "from LiteLLM's config; for its spend logs set `store_prompts_in_spend_logs: true` in general_settings"
)


def is_litellm(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is a payload of LiteLLM's."""
    found = payload_of(values)
    return "call_type" in found and ("startTime" in found or "response_cost" in found)


def payload_of(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the payload in a row, which callbacks of one's own often leave inside of what they got."""
    return table(first(values, *WRAPPED)) or values


def litellm_parts(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    """Yield the request in a row; other calls than for an answer are left out."""
    given = payload_of(values)
    if any(name in words(given.get("call_type")).lower() for name in OTHER_CALLS):
        return
    answer = answer_in(given.get("response"), place)
    start, end = time_of(given.get("startTime")), time_of(given.get("endTime"))
    seconds = span_s(start, end)
    failed = error_of(given.get("error_str")) or error_of(first(given, "error_information.error_message"))
    is_failure = words(given.get("status")).lower() == "failure"
    if is_failure and not failed:
        failed = error_of(first(given, "error_information.error_class")) or "the request failed"
    parameters = table(given.get("model_parameters"))
    asked = asked_in({"messages": given.get("messages")}, place)
    turns = turns_of(given.get("messages"))
    stores = rows(first(given, "metadata.vector_store_request_metadata"))
    found = [hit for one in stores for hit in documents_of(table(one).get("vector_store_search_response"))]
    session = words(given.get("trace_id"))
    logged = Logged(
        place=place,
        messages=turns or asked.messages,
        id=words(given.get("id")),
        time=start,
        model=words(first(given, "model", "model_group")),
        tools=tools_of(first(parameters, "tools", "functions"), parameters.get("tool_choice")),
        seconds=number(given.get("response_time")) if seconds is None else seconds,
        tokens_in=whole(given.get("prompt_tokens")) if not is_failure else None,
        tokens_out=whole(given.get("completion_tokens")) if not is_failure else None,
        cost=number(first(given, "response_cost", "spend")) if not is_failure else None,
        error=failed,
        tags=texts(rows(given.get("request_tags"))),
        meta={**({CONTEXT: found} if found else {}), **({"session": session} if session else {})},
    )
    said = msgspec.structs.replace(answer, error="" if failed else answer.error, id="", model="")
    if failed:
        said = Logged(place=place, messages=())
    whole_one = merged(merged(logged, said), opinion(table(given.get("metadata")), place))
    is_hidden = not logged.messages or any(REDACTED in turn.text for turn in logged.messages)
    if is_hidden:
        whole_one = msgspec.structs.replace(whole_one, messages=())
    yield Part(logged=whole_one, lacks=NO_CONTENT if is_hidden else "")
