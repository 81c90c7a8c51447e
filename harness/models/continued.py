"""A prompt and a text after it, as the tokens that a model reads, and which of them are the text's.

The text is one of which it is asked how likely it is, or the beginning of an answer that the model goes on from.
"""

from collections.abc import Sequence
from typing import NamedTuple

from harness.errors import InputError
from harness.models.chat import Chat
from harness.models.foreign import reading
from harness.records.answered import Likelihood, Response
from harness.records.asked import Request


class Span(NamedTuple):
    """The tokens of a prompt and the text after it; those from ``start`` on are the text's."""

    tokens: tuple[int, ...]
    start: int


def spans_of(request: Request, chat: Chat, limit: int) -> tuple[Span, ...]:
    """Return each continuation of a request after its prompt, which ends where the assistant's answer begins.

    Where the request has a beginning of the answer, the only span is that, and room is left for what is generated.

    Prompt and text are made into tokens together, as in lm-evaluation-harness. Where the border is inside of a token,
    that token is the text's, with all that follows: the text begins at the first token that the prompt alone hasn't.

    Raises:
        ValueError: the chat template refuses the messages, a text has no token of its own, no token is before it, or it
            doesn't fit into ``limit`` tokens.
    """
    try:
        with reading("the chat template refuses the messages:", InputError):  # a template can raise anything
            prompt = chat.text(request.messages, answer_next=True, tools=request.tools)
    except InputError as problem:
        raise ValueError(str(problem)) from problem
    alone = chat.encoded(prompt)
    if request.begun:
        return (_span(alone, chat.encoded(prompt + request.begun), request.begun, limit - request.sampling.max_tokens),)
    return tuple(_span(alone, chat.encoded(prompt + text), text, limit) for text in request.continuations)


def likelihoods_of(
    request: Request, likelihoods: tuple[Likelihood, ...], tokens_in: int | None, seconds: float
) -> Response:
    """Return the response that tells how likely each continuation is; its text is the likeliest."""
    return Response(
        request_key=request.key,
        text=max(likelihoods, key=lambda one: one.total).text,
        tokens_in=tokens_in,
        seconds=seconds,
        likelihoods=likelihoods,
    )


def _span(alone: Sequence[int], whole: Sequence[int], text: str, limit: int) -> Span:
    pairs = zip(alone, whole, strict=False)
    start = next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(alone), len(whole)))
    if not 0 < start < len(whole):
        where = "no token before it" if start == 0 else "no token of its own"
        raise ValueError(f"the text {text[:40]!r} has {where}, so it has no log-probability after this prompt")
    if len(whole) >= limit:
        raise ValueError(
            f"prompt and text {text[:40]!r} have {len(whole)} tokens, but the limit is {limit - 1} "
            f"(max_model_len = {limit})"
        )
    return Span(tuple(whole), start)
