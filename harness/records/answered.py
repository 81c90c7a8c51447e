"""What comes back: a response, or why there is none."""

import math

import msgspec

from harness.records.messages import Called, in_lines
from harness.records.record import Record

ENDINGS = frozenset({"", "stop", "length", "tool_calls"})
"""The finish reasons of answers, "" where none is given. With any other (abort, ...) it is not an answer."""


class TokenLogprob(Record, frozen=True, kw_only=True):
    """One generated token with its natural-log probability, and the alternatives that were considered."""

    token: str
    logprob: float | None
    """None where the server gave no finite one."""
    top: dict[str, float] = msgspec.field(default_factory=dict)


class Likelihood(Record, frozen=True, kw_only=True):
    """How likely a model finds a text after a prompt: the natural-log probability of each of its tokens."""

    text: str
    logprobs: tuple[float, ...]

    @property
    def total(self) -> float:
        """The log-probability of the whole text, in nats."""
        return math.fsum(self.logprobs)


class Response(Record, frozen=True, kw_only=True):
    """What came back. A failed call carries ``error`` and no text that could be scored.

    Tokens are None where the server did not count them. Version 0.1 kept 0 for that, so read the counts through
    ``counted_in`` and ``counted_out``.
    """

    request_key: str
    text: str = ""
    finish_reason: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float = 0.0
    logprobs: tuple[TokenLogprob, ...] = ()
    error: str | None = None
    reasoned: bool = False
    """Whether the model reasoned before it answered, and the server kept that apart from the text."""
    reasoning: str = ""
    """What it reasoned, where that is known; no part of the text, and no scorer reads it."""
    tool_calls: tuple[Called, ...] = ()
    """What the model called, in its order. An answer that only calls has no text, and is not empty."""
    likelihoods: tuple[Likelihood, ...] = ()
    """One for each of the request's continuations, in its order; then ``text`` is the likeliest of them."""

    @property
    def said(self) -> str:
        """The text, and a line for each call."""
        return in_lines(self.text, self.tool_calls)

    @property
    def is_empty(self) -> bool:
        """Whether it neither says nor calls anything."""
        return not self.text.strip() and not self.tool_calls

    @property
    def spent_on_reasoning(self) -> bool:
        """Whether reasoning used up all tokens, so that none was left for the answer."""
        return self.reasoned and self.finish_reason == "length" and self.is_empty

    def says_the_same(self, other: "Response") -> bool:
        """Whether another answer has the same text and calls; how either was reasoned doesn't matter."""
        return (self.text, self.tool_calls) == (other.text, other.tool_calls)

    @property
    def counted_in(self) -> int | None:
        """Tokens of the prompt; None when not counted, as 0 can't be right."""
        return self.tokens_in or None

    @property
    def counted_out(self) -> int | None:
        """Tokens of the answer; None when not counted, as 0 can't be right for a text."""
        return self.tokens_out if self.tokens_out or not (self.text or self.tool_calls) else None
