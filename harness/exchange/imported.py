"""What every reader makes of another tool's file: rows, each an answer with its question and how it was asked."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from harness.records.messages import Message
from harness.records.record import Json, Record, digest

SAMPLING = frozenset(
    {
        "temperature",
        "maxtokens",
        "maxoutputtokens",
        "maxcompletiontokens",
        "topp",
        "topk",
        "minp",
        "seed",
        "stop",
        "stopseqs",
        "stopsequences",
        "frequencypenalty",
        "presencepenalty",
        "repetitionpenalty",
        "reasoningeffort",
        "responseformat",
        "responseschema",
        "numchoices",
        "n",
        "bestof",
        "dosample",
        "effort",
        "generationconfig",
        "lengthpenalty",
        "logitbias",
        "maxgentoks",
        "maxnewtokens",
        "maxtokenstosample",
        "minnewtokens",
        "mintokens",
        "norepeatngramsize",
        "numbeams",
        "numctx",
        "numpredict",
        "reasoning",
        "reasoningtokens",
        "repeatpenalty",
        "thinking",
        "thinkingbudget",
        "thinkingconfig",
        "typicalp",
        "until",
        "verbosity",
    }
)
"""Settings that say how answers are drawn, in small letters without marks. Others are not kept: some are keys."""
OPAQUE = frozenset({"extrabody", "passthrough", "chattemplatekwargs", "chattemplateargs"})
"""Settings that hold others, which decide too and can hold keys: only their digest is kept."""


class AskedBy(Record, frozen=True, kw_only=True):
    """Who answered, and what the file says of how. ``tool`` has its version where the file tells it.

    ``model`` is empty where the file does not name it. ``sampling`` has what the file tells, by the tool's own names.
    With "raw" the model was sent the text of the question, without a chat.
    """

    tool: str
    model: str = ""
    sampling: dict[str, Json] = msgspec.field(default_factory=dict)
    format: Literal["chat", "raw"] = "chat"


class ImportedRow(Record, frozen=True, kw_only=True):
    """One answer. A row with ``error`` has no text that could be scored.

    ``place`` is the file and the record, for people. ``targets`` holds what the file says was expected; None where it
    doesn't say. ``repeat`` counts the answers to one question from 0.
    """

    place: str
    by: AskedBy
    prompt: tuple[Message, ...]
    id: str = ""
    """What the tool calls the case; empty where it has no name that a case could have."""
    targets: tuple[Json, ...] | None = None
    text: str = ""
    error: str | None = None
    repeat: int = 0
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    reasoning: str = ""


def asked_in_text(text: str) -> tuple[Message, ...]:
    """Return a question that is one text."""
    return (Message(role="user", content=text),)


def sampling_in(settings: Mapping[str, Json]) -> dict[str, Json]:
    """Return what of a tool's settings says how answers are drawn, by its own names."""
    given = {name: value for name, value in settings.items() if value is not None}
    return {
        name: digest(value)[:12] if _plain(name) in OPAQUE else value
        for name, value in given.items()
        if _plain(name) in SAMPLING | OPAQUE
    }


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
