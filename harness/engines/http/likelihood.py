"""How likely a server finds given texts: vLLM's log-probabilities of a prompt, from its address for completions."""

import math
from collections.abc import Callable, Sequence

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.failure import clean, read_error_in_answer
from harness.engines.http.faults import Fault
from harness.models.continued import Span, likelihoods_of
from harness.records.answered import Likelihood, Response
from harness.records.asked import Request

PATH = "/completions"
NO_LOGPROB = -9999.0
"""What vLLM writes for minus infinity, which JSON can't hold."""
# vLLM 0.32 looks up LoRA weights by sequence where those of a prompt's tokens are needed: on a CPU it stops, for
# requests to the base model too, and an adapter of lm_head is left out in silence (its issues 29955 and 51594).
WITH_MODULES = (
    "how likely texts are can't be asked of a server with LoRA modules: vLLM's log-probabilities of prompts are wrong "
    'for some modules and stop it for others; set lora = "merged", or kind = "transformers", under [engine] in '
    "harness.toml"
)
ROUNDING = 0.001
"""A log-probability is at most 0, but for this."""
ReadSpans = Callable[[Request], tuple[Span, ...]]
"""Returns the tokens of each continuation. Raises ValueError where there are none."""


class _Body(msgspec.Struct):
    """Prompts as tokens, so that nothing but this process decides where a text begins.

    vLLM generates at least one token, which is not looked at, and doesn't use cached prefixes for such prompts.
    """

    model: str
    prompt: tuple[tuple[int, ...], ...]
    max_tokens: int = 1
    temperature: float = 0.0
    prompt_logprobs: int = 0


class _Logprob(msgspec.Struct):
    logprob: float


class _Choice(msgspec.Struct):
    index: int
    prompt_logprobs: list[dict[str, _Logprob] | None] | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Completion(msgspec.Struct):
    """The part of a completion that is read."""

    choices: list[_Choice]
    usage: _Usage | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)


def by_name_alone(request: Request) -> tuple[Span, ...]:
    """Refuse: without a tokenizer nobody knows which tokens a text has."""
    if request.begun:
        raise ValueError(
            f"{request.model.name} can't be asked to go on from the beginning of an answer: that needs a model whose "
            "tokenizer is here, and a server that takes prompts as tokens, as vLLM does"
        )
    raise ValueError(
        f"how likely {request.model.name} finds a given text can't be asked: that needs a model whose tokenizer is "
        "here, and a server that reports log-probabilities of prompts, as vLLM does"
    )


def encode_likelihood(spans: Sequence[Span], served_name: str) -> bytes:
    """Return the body that asks how likely the texts of one request are."""
    return msgspec.json.encode(_Body(model=served_name, prompt=tuple(span.tokens for span in spans)))


def read_likelihood(
    request: Request, spans: Sequence[Span], body: bytes, seconds: float, endpoint: Endpoint
) -> Response:
    """Return the response in a server's answer; its text is the likeliest continuation.

    Raises:
        Fault: it is an error, or doesn't tell the log-probability of each token.
    """
    try:
        completion = _COMPLETION.decode(body)
    except msgspec.DecodeError as problem:
        said = clean(str(problem), endpoint)
        raise read_error_in_answer(body, endpoint) or _unreadable(said) from None
    reported = {choice.index: choice.prompt_logprobs for choice in completion.choices}
    likelihoods = tuple(
        Likelihood(text=text, logprobs=_logprobs(reported.get(number), span))
        for number, (text, span) in enumerate(zip(request.continuations, spans, strict=True))
    )
    return likelihoods_of(request, likelihoods, completion.usage.prompt_tokens if completion.usage else None, seconds)


def _logprobs(reported: Sequence[dict[str, _Logprob] | None] | None, span: Span) -> tuple[float, ...]:
    if reported is None:
        raise Fault("refused", "the server reports no log-probabilities of prompts; serve the model with vLLM")
    if len(reported) != len(span.tokens):
        raise _unreadable(f"it tells {len(reported)} tokens of a prompt of {len(span.tokens)}")
    known = [
        (entry or {}).get(str(token))
        for entry, token in zip(reported[span.start :], span.tokens[span.start :], strict=True)
    ]
    values = tuple(one.logprob for one in known if one is not None)
    if len(values) < len(known) or not all(math.isfinite(value) and NO_LOGPROB < value < ROUNDING for value in values):
        raise Fault("refused", "the server reports no finite log-probability for a token of the text")
    return tuple(min(value, 0.0) for value in values)


def _unreadable(why: str) -> Fault:
    return Fault("unreadable", f"the server's answer can't be read: {why}")
