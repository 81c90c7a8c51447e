"""One request in production, with its answer and what people made of it, as logs of any form are read."""

from typing import Literal

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.messages import Called, Message, Tools
from harness.records.record import Json, Record, digest

Feedback = Literal["up", "down", ""]


class Logged(Record, frozen=True, kw_only=True):
    """What was asked and what came back. What a log does not say is None or empty; nothing is guessed."""

    place: str
    """Where it is, as ``file:line``."""
    messages: tuple[Message, ...]
    """What was asked, without the answer."""
    id: str = ""
    """The log's own name of it."""
    time: float | None = None
    """When it was asked, in seconds since 1970 (UTC)."""
    model: str = ""
    text: str = ""
    tool_calls: tuple[Called, ...] = ()
    finish_reason: str = ""
    error: str = ""
    """Why there is no answer; empty where there is one."""
    tools: Tools = Tools()
    seconds: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    """In the currency of the log."""
    feedback: Feedback = ""
    comment: str = ""
    """What a person wrote to their feedback."""
    corrected: str = ""
    """The answer that a person wrote instead."""
    tags: tuple[str, ...] = ()
    meta: dict[str, Json] = msgspec.field(default_factory=dict)
    """What else is to be kept, such as the ``context`` that a retriever found: as in a case's ``meta``."""

    @property
    def key(self) -> str:
        """The digest of what was asked and answered; where it was logged doesn't matter."""
        return digest([self.messages, self.text, self.tool_calls])

    @property
    def asked(self) -> str:
        """What the user said, turn by turn."""
        return "\n".join(message.text for message in self.messages if message.role == "user")

    @property
    def case(self) -> Case:
        """The request as a case without an expected answer, named by its digest."""
        return Case(id=digest(list(self.messages))[:16], messages=self.messages, tags=self.tags, meta=self.meta)

    @property
    def response(self) -> Response:
        """The answer, as scorers read it."""
        return Response(
            request_key=self.key,
            text=self.text,
            finish_reason=self.finish_reason,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            seconds=self.seconds or 0.0,
            error=self.error or None,
            tool_calls=self.tool_calls,
        )
