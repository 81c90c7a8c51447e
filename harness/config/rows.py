"""[data] and [logs]: how rows that others wrote are read: training rows, and production logs."""

import msgspec

from harness.config.prices import TrainingPrice
from harness.records.record import Record


class DataConfig(Record, frozen=True, kw_only=True):
    """[data]: what `harness data check` makes of each kind of problem, and where its page is; see docs/data.md."""

    off: dict[str, str] = msgspec.field(default_factory=dict)
    """Kinds that are not told at all, each with the reason, such as ``html = "our answers are HTML"``."""
    warn: dict[str, str] = msgspec.field(default_factory=dict)
    """Kinds that are told and fail nothing, each with the reason."""
    prices: dict[str, TrainingPrice] = msgspec.field(default_factory=dict)
    """[data.prices."NAME"]: what hosted training costs, by a name of yours."""
    page: str = "runs/training_rows.html"
    """The page of ``harness data check --html`` that reports link where it is of the adapter's own training rows."""

    def __post_init__(self) -> None:
        """Refuse a kind without a reason, or one that is in both tables."""
        for kind, reason in (*self.off.items(), *self.warn.items()):
            if not reason.strip():
                raise ValueError(f'[data]: `{kind}` needs a reason, such as {kind} = "they are meant to be so"')
        if both := sorted(self.off.keys() & self.warn.keys()):
            raise ValueError(f"[data]: `{both[0]}` is under `off` and under `warn`; leave it in one of them")


class LogMapping(Record, frozen=True, kw_only=True):
    """[logs.mapping]: where rows of your own logs hold what, as dotted paths; see docs/logs.md."""

    messages: str = ""
    """What was asked: a conversation, or what the user wrote."""
    system: str = ""
    """The system prompt, where it is no turn of the conversation."""
    text: str = ""
    """The answer."""
    tool_calls: str = ""
    """What the answer calls."""
    tools: str = ""
    """The functions that could be called."""
    finish_reason: str = ""
    """Why the answer ended."""
    error: str = ""
    """Why there is no answer."""
    id: str = ""
    """The name of the request."""
    time: str = ""
    """When it was asked: seconds, milli-, micro- or nanoseconds since 1970, or ISO 8601."""
    model: str = ""
    """Which model was asked."""
    seconds: str = ""
    """How long the answer took; a name that ends in ms, us or ns says that it is in these."""
    tokens_in: str = ""
    """Tokens of the prompt."""
    tokens_out: str = ""
    """Tokens of the answer."""
    cost: str = ""
    """What it cost."""
    feedback: str = ""
    """A thumb: up or down, true or false, 1 or -1."""
    comment: str = ""
    """What a person wrote to their thumb."""
    corrected: str = ""
    """The answer that a person wrote instead."""
    tags: str = ""
    """A list of tags, or some with commas between."""
    context: str = ""
    """The documents that a retriever found."""


class LogsConfig(Record, frozen=True, kw_only=True):
    """[logs]: how production logs are read."""

    mapping: LogMapping = LogMapping()
    """Where rows of your own logs hold what."""
