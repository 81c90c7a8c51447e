"""Requests and responses of OpenAI's API: chat completions, completions and responses; and the files of its batches."""

from collections.abc import Iterator, Mapping

import msgspec

from harness.logs.content import answer_of
from harness.logs.documents import documents_of
from harness.logs.fields import error_of, first, number, reason_of, rows, table, whole, words
from harness.logs.part import CONTEXT, NO_ANSWER, Part, merged
from harness.logs.plain import beside
from harness.logs.times import time_of
from harness.logs.turns import tools_of, turns_of
from harness.records.logged import Logged
from harness.records.messages import Message
from harness.records.record import Json

GIVE_INPUT = "an answer of a batch without its request; name the batch's input file too"
ONE_BATCH = "a custom_id that several requests of these files have; read one batch at a time"
OTHER_CALLS = ("embedding", "rerank", "image", "transcription", "speech", "moderation")
"""What is in the addresses, or the types, of calls that are for no answer."""
OTHER_RESULTS = frozenset({"embedding", "b64_json", "url", "categories", "relevance_score"})
"""Fields of what such calls return."""
BODIES = ("messages", "input", "prompt")


def is_pair(values: Mapping[str, Json]) -> bool:
    """Tell whether a row holds a request body and what came back."""
    request = request_in(values)
    return any(name in request for name in BODIES) or ("response" in values and is_other_call(values))


def request_in(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the body of the request in a row with a response; an empty one where there is none."""
    if "response" not in values:
        return {}
    if request := body_of(values.get("request")):
        return request
    return values if _is_response(values["response"]) else {}


def _is_response(value: Json) -> bool:
    """Tell whether a value is a response of an API, also in pieces; an answer in JSON is none."""
    body = body_of(value)
    pieces = rows(value)
    held = table(pieces[0]) if pieces else body
    is_failed = "error" in body and (not isinstance(value, str) or bool(table(body["error"])))
    return "choices" in held or "object" in held or bool(rows(body.get("output"))) or is_failed


def is_batch(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is one of a batch's input file, or of its output or error file."""
    return "custom_id" in values and ("body" in values or "response" in values)


def pair_parts(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    """Yield the request in a row with both; other calls than for an answer are left out."""
    if is_other_call(values):
        return
    asked = asked_in(request_in(values), place)
    said = answer_in(values.get("response"), place)
    failed = error_of(first(values, "error", "exception"))
    own = msgspec.structs.replace(said, error=said.error or failed)
    own = merged(msgspec.structs.replace(own, messages=asked.messages, model=""), beside(_besides(values), place))
    own = msgspec.structs.replace(own, model=own.model or said.model or asked.model, tools=asked.tools)
    yield Part(logged=_with_time(own, values.get("response")))


def _besides(values: Mapping[str, Json]) -> dict[str, Json]:
    return {name: one for name, one in values.items() if name not in ("request", "response", *BODIES)}


def batch_parts(values: Mapping[str, Json], place: str) -> Iterator[Part]:
    """Yield a batch's request, or an answer to one; other calls than for an answer are left out."""
    if is_other_call(values):
        return
    key = f"batch:{words(values.get('custom_id'))}"
    if "body" in values:
        asked = asked_in(table(values.get("body")), place)
        logged = msgspec.structs.replace(asked, id=words(values.get("custom_id")), error=NO_ANSWER)
        yield Part(logged=logged, key=key, needs_own=ONE_BATCH)
        return
    response = table(values.get("response"))
    said = answer_in(response or None, place)
    failed = error_of(values.get("error"))
    said = _with_time(msgspec.structs.replace(said, error=failed or said.error, id=""), response)
    yield Part(logged=said, kind="more", key=key, needs_key=GIVE_INPUT)


def is_other_call(values: Mapping[str, Json]) -> bool:
    """Tell whether a row is a call for embeddings, images, moderation or the like, by its address or its response."""
    address = words(first(values, "url", "path", "endpoint", "request.url", "request.path")).lower()
    if any(name in address for name in OTHER_CALLS):
        return True
    body = body_of(values.get("response"))
    listed = [table(one) for name in ("data", "results") for one in rows(body.get(name))]
    return not body.keys() & {"choices", "output", "content", "message"} and any(
        not OTHER_RESULTS.isdisjoint(one) for one in listed
    )


def body_of(value: Json) -> dict[str, Json]:
    """Return the body of a request or a response, also one inside of what was sent, or JSON in a text."""
    outer = table(value)
    return table(outer.get("body")) or table(outer.get("json")) or outer


def asked_in(body: Mapping[str, Json], place: str) -> Logged:
    """Return what a request body asks."""
    turns = turns_of(first(body, *BODIES))
    if (system := words(first(body, "instructions", "system"))) and not any(turn.role == "system" for turn in turns):
        turns = (Message(role="system", content=system), *turns)
    return Logged(
        place=place,
        messages=turns,
        model=words(body.get("model")),
        tools=tools_of(first(body, "tools", "functions"), first(body, "tool_choice")),
    )


def answer_in(value: Json, place: str) -> Logged:
    """Return what a response says: of any of the APIs, also one in pieces, an error, or the text alone."""
    empty = Logged(place=place, messages=())
    if isinstance(value, str) and not (_is_response(value) or "content" in table(value)):
        return msgspec.structs.replace(empty, text=value)
    if pieces := rows(value):
        return _of_pieces([table(one) for one in pieces], place)
    outer = table(value)
    body = body_of(value)
    if not body:
        return msgspec.structs.replace(empty, error=NO_ANSWER)
    failed = error_of(body.get("error")) or error_of(outer.get("error"))
    status = number(first(outer, "status_code", "status"))
    if status is not None and status >= 400 and not failed:
        failed = f"status {int(status)}"
    choice = table(next(iter(rows(body.get("choices"))), None))
    said = answer_of(place, choice) if choice else empty
    if isinstance(body.get("output"), list):
        said = _of_output(rows(body["output"]), place, body)
    elif not choice and (turn := first(body, "message", "content")) is not None:
        said = answer_of(place, table(turn) or {"content": turn, "stop_reason": body.get("stop_reason")})
    text = said.text or words(choice.get("text"))
    found = documents_of([hit for one in rows(body.get("output")) for hit in rows(table(one).get("results"))])
    return msgspec.structs.replace(
        said,
        id=words(body.get("id")),
        model=words(body.get("model")),
        text=text,
        error=failed or said.error,
        tokens_in=whole(first(body, "usage.prompt_tokens", "usage.input_tokens")),
        tokens_out=whole(first(body, "usage.completion_tokens", "usage.output_tokens")),
        meta={CONTEXT: found} if found else {},
    )


def _of_output(items: list[Json], place: str, body: Mapping[str, Json]) -> Logged:
    """Return the answer in the items of the Responses API."""
    turns = turns_of([one for one in items if table(one).get("type") in ("message", "function_call")])
    cut = reason_of(first(body, "incomplete_details.reason"))
    calls = tuple(call for turn in turns for call in turn.calls)
    status = reason_of(body.get("status"))
    return Logged(
        place=place,
        messages=(),
        text="\n".join(turn.text for turn in turns if turn.text),
        tool_calls=calls,
        finish_reason=cut or ("tool_calls" if calls and status == "stop" else status),
    )


def _of_pieces(pieces: list[dict[str, Json]], place: str) -> Logged:
    """Return what the pieces of a streamed answer are together."""
    text: list[str] = []
    calls: dict[int, dict[str, str]] = {}
    reason = ""
    for piece in pieces:
        choice = table(next(iter(rows(piece.get("choices"))), None))
        delta = table(choice.get("delta"))
        text.append(words(delta.get("content")) or words(choice.get("text")))
        reason = reason_of(choice.get("finish_reason")) or reason
        for number_of, call in enumerate(map(table, rows(delta.get("tool_calls")))):
            own = calls.setdefault(whole(call.get("index")) or number_of, {"name": "", "arguments": ""})
            for name in own:
                own[name] += words(table(call.get("function")).get(name))
    usage = next((one for one in reversed(pieces) if one.get("usage")), {})
    made: dict[str, Json] = {
        **(pieces[0] if pieces else {}),
        "usage": usage.get("usage"),
        "choices": [
            {
                "finish_reason": reason,
                "message": {
                    "content": "".join(text),
                    "tool_calls": [{"function": calls[one]} for one in sorted(calls)],
                },
            }
        ],
    }
    return answer_in(made, place)


def _with_time(logged: Logged, response: Json) -> Logged:
    if logged.time is not None:
        return logged
    return msgspec.structs.replace(logged, time=time_of(first(body_of(response), "created", "created_at")))
