"""How likely a model in this process finds given tokens: one pass over each batch, nothing is generated."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.models.chat import Chat
from harness.models.continued import Span, likelihoods_of, spans_of
from harness.records.answered import Likelihood, Response
from harness.records.asked import Request

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

TOKENS_IN_PASS = 8_192
"""Tokens of one pass, padding included ..."""
LOGITS_IN_PASS = 1_024
"""... and places for which it computes a log-probability of every token there is: both bound the memory."""


class Weighed(NamedTuple):
    """A request with its continuations as tokens."""

    request: Request
    spans: tuple[Span, ...]


def read_all(
    requests: Sequence[Request], chat_for: Callable[[Request], Chat], limit: int
) -> tuple[list[Weighed], list[Response]]:
    """Return the requests with their tokens, and an error response to each of which some can't be read."""
    weighed, refused = [], []
    for request in requests:
        try:
            weighed.append(Weighed(request, spans_of(request, chat_for(request), limit)))
        except ValueError as problem:
            refused.append(Response(request_key=request.key, error=str(problem)))
    return weighed, refused


def passes(weighed: Sequence[Weighed]) -> Iterator[list[Weighed]]:
    """Yield requests of similar length together, shortest first; the continuations of one are never apart."""
    together: list[Weighed] = []
    for one in sorted(weighed, key=lambda one: _width(one.spans)):
        spans = [span for other in (*together, one) for span in other.spans]
        too_many = len(spans) * _width(spans) > TOKENS_IN_PASS or len(spans) * _kept(spans) > LOGITS_IN_PASS
        if together and too_many:
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def weigh(batch: Sequence[Weighed], model: "PreTrainedModel | PeftModel", pad: int) -> tuple[Response, ...]:
    """Run a model once over all continuations of some requests, and return its responses."""
    started = time.monotonic()
    found = iter(token_logprobs(model, [span for one in batch for span in one.spans], pad))
    seconds = time.monotonic() - started
    responses = []
    for request, spans in batch:
        likelihoods = tuple(Likelihood(text=text, logprobs=next(found)) for text in request.continuations)
        responses.append(likelihoods_of(request, likelihoods, sum(len(span.tokens) for span in spans), seconds))
    return tuple(responses)


def token_logprobs(model: "PreTrainedModel | PeftModel", spans: Sequence[Span], pad: int) -> list[tuple[float, ...]]:
    """Return the log-probability of each token from each span's start on, in nats, from one pass over all."""
    import torch

    width, kept = _width(spans), _kept(spans)
    rows = [[*span.tokens, *[pad] * (width - len(span.tokens))] for span in spans]
    mask = [[1] * len(span.tokens) + [0] * (width - len(span.tokens)) for span in spans]
    with torch.inference_mode():
        output = model(
            input_ids=torch.tensor(rows, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            use_cache=False,
            logits_to_keep=kept,
        )
        logits = output.logits[:, -kept:]
        return [_row(logits[number], span, width - kept) for number, span in enumerate(spans)]


def _row(logits: "torch.Tensor", span: Span, offset: int) -> tuple[float, ...]:
    """Return what one row says; the logits at a place are those of the token after it."""
    import torch

    places = range(span.start - 1 - offset, len(span.tokens) - 1 - offset)
    chosen = torch.tensor(span.tokens[span.start :], device=logits.device)
    logprobs = logits[places.start : places.stop].float().log_softmax(-1)
    return tuple(logprobs.gather(-1, chosen[:, None])[:, 0].tolist())


def _width(spans: Sequence[Span]) -> int:
    return max(len(span.tokens) for span in spans)


def _kept(spans: Sequence[Span]) -> int:
    """Return how many places at the end of a padded row are needed: from before the first start on."""
    return _width(spans) - min(span.start for span in spans) + 1
