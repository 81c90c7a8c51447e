"""What a row of a log is by itself: a request, or a part of one whose other parts are in other rows or files."""

from typing import Literal

import msgspec

from harness.logs.documents import together
from harness.records.logged import Logged
from harness.records.messages import Tools
from harness.records.record import Json, Record

Kind = Literal["request", "more", "turn", "documents", "span"]
"""``more`` belongs to the request with its ``key``, else to the last one of its trace; without any, it is a request by
itself where it says what was asked. ``turn`` is one message of the request with its key. ``documents`` were found
for requests of the trace that came later. ``span`` only says which trace something is in."""

NO_ANSWER = "no answer in the log"
"""The error of a request whose answer no log holds."""
CONTEXT, SCORES = "context", "scores"
"""Where in ``meta`` retrieved documents are, as passages with ``id`` and ``text``, and scores, by their names."""


class Part(Record, frozen=True, kw_only=True):
    """One row as its form reads it, with nothing masked yet."""

    logged: Logged
    kind: Kind = "request"
    key: str = ""
    """What parts of one request share, such as the id of a span."""
    trace: str = ""
    parent: str = ""
    """The key of the step that it is inside of."""
    ended: float | None = None
    """When it was over, in seconds since 1970."""
    lacks: str = ""
    """Why a request has no content, with the remedy."""
    needs_key: str = ""
    """What to do where no request has its key; empty where nothing is lost then."""
    needs_own: str = ""
    """What to do where another request has its key; empty where that is the same request, which was logged twice."""


def with_opinion(one: Logged, more: Logged) -> Logged:
    """Return a request with only what people made of another part, as of the whole trace that it is in."""
    told = msgspec.structs.replace(
        Logged(place="", messages=()),
        feedback=more.feedback,
        comment=more.comment,
        corrected=more.corrected,
        tags=more.tags,
        meta=more.meta,
    )
    return merged(one, told)


def merged(one: Logged, more: Logged) -> Logged:
    """Return a request with what another part says where it says nothing itself."""
    given: dict[str, object] = {}
    for name in LATER:
        own, other = getattr(one, name), getattr(more, name)
        if other != _DEFAULTS[name] and own == _DEFAULTS[name]:
            given[name] = other
    if not one.messages:
        given["messages"] = more.messages
    if one.error == NO_ANSWER and (more.text or more.tool_calls or more.error or more.finish_reason):
        given["error"] = more.error
    if one.tools == Tools():
        given["tools"] = more.tools
    if more.tags:
        given["tags"] = tuple(dict.fromkeys((*one.tags, *more.tags)))
    if more.meta:
        given["meta"] = _both(one.meta, more.meta)
    return msgspec.structs.replace(one, **given) if given else one


def _both(one: dict[str, Json], more: dict[str, Json]) -> dict[str, Json]:
    """Return what is kept of both: passages one behind the other, tables together, else what is there first."""
    made = dict(one)
    for key, value in more.items():
        own = made.get(key)
        if isinstance(own, list) and isinstance(value, list):
            made[key] = together(own, value)
        elif isinstance(own, dict) and isinstance(value, dict):
            made[key] = {**value, **own}
        else:
            made.setdefault(key, value)
    return made


LATER = (
    *("id", "time", "model", "text", "tool_calls", "finish_reason", "seconds", "tokens_in", "tokens_out", "cost"),
    *("feedback", "comment", "corrected", "error"),
)
"""Fields that any part can fill."""
_DEFAULTS = {name: getattr(Logged(place="", messages=()), name) for name in LATER}
