"""The expected level over the probabilities of a judge's score tokens (G-Eval; Liu et al. 2023, arXiv 2303.16634).

A server that is given a JSON schema masks tokens before it reports log-probabilities, so all of the mass is on the
levels whatever the model thinks. So one more request has the verdict begun, up to the number, and no schema.
"""

import json
import math
from collections.abc import Mapping, Sequence

import msgspec

from harness.records.answered import Response, TokenLogprob
from harness.records.asked import Request, Sampling
from harness.records.record import Record

LEAST_MASS = 0.8
"""Of the probability of what comes next, the share that the levels must hold together."""
# And not ``logprob_token_ids``, though vLLM takes the levels by their ids there: in vLLM 0.32 one request with it takes
# the alternatives from all others of its batch (v1/sample/sampler.py), those of the sides and of strangers among them.
ALTERNATIVES = 20
"""The most that vLLM (unless told otherwise) and the OpenAI API report of a token; no scale has more levels."""
DIGITS = 9
"""To which an expected level is rounded, so that the same is the same."""
ROUNDED = 1e-2
"""How far above 0 a log-probability can be by rounding."""
TOKENS = 2
"""A number, or the space before it, which some chat templates cut off at the end of a message."""


class Expected(Record, frozen=True, kw_only=True):
    """The mean level, None where the mass is too small, and the probability of all levels together, from 0 to 1."""

    level: float | None
    mass: float


def token_requests(request: Request, key: str, levels: Sequence[str], before: Mapping[str, int]) -> tuple[Request, ...]:
    """Return what asks for the probabilities of a level under ``key`` of a verdict, after the levels ``before`` it.

    That is one request, and one more for each beginning of a longer level: "1" of "10" can be the whole level too.
    """
    start = json.dumps({**before, key: 0}, ensure_ascii=False).removesuffix("0}")
    sampling = Sampling(max_tokens=TOKENS, logprobs=ALTERNATIVES, seed=request.sampling.seed)
    return tuple(
        msgspec.structs.replace(request, sampling=sampling, begun=start + beginning, repeat=0)
        for beginning in beginnings(levels)
    )


def beginnings(levels: Sequence[str]) -> tuple[str, ...]:
    """Return what can stand already of a level when its next token is asked for, the shortest first.

    >>> beginnings(["1", "2", "10"])
    ('', '1')
    """
    return tuple(sorted({level[:place] for level in levels for place in range(len(level))}, key=len))


def expected_level(levels: Sequence[str], replies: Sequence[Response]) -> Expected | None:
    """Return the mean level, given the reply to each of ``token_requests``; None without log-probabilities.

    P(level) sums over the ways to write it in tokens, so that a level of two tokens and its first one are told apart.
    """
    after: dict[str, Mapping[str, float]] = {}
    for beginning, reply in zip(beginnings(levels), replies, strict=True):
        if not any(token.top for token in reply.logprobs[:1]):
            return None
        after[beginning] = _next(reply.logprobs, is_number_begun=bool(beginning))
    reached: dict[str, float] = {"": 1.0}
    for text in sorted({*levels, *after} - {""}, key=len):
        reached[text] = math.fsum(
            reached[start] * found.get(text.removeprefix(start), 0.0)
            for start, found in after.items()
            if text.startswith(start) and text != start
        )
    ends = {level: reached[level] * (1 - _goes_on(after.get(level, {}))) for level in levels}
    mass = math.fsum(ends.values())
    if mass < LEAST_MASS:
        return Expected(level=None, mass=mass)
    mean = math.fsum(int(level) * share for level, share in ends.items()) / mass
    # A quotient in floating point can be a little beyond the levels, which is no score, or a little short of one.
    return Expected(level=round(mean, DIGITS), mass=min(mass, 1.0))


def _next(tokens: Sequence[TokenLogprob], *, is_number_begun: bool) -> dict[str, float]:
    """Return the probability of each text that comes next, without the spaces that can stand before a number."""
    found: dict[str, float] = {}
    first = _probabilities(tokens[0])
    for text, share in first.items():
        name = text if is_number_begun else text.strip()
        found[name] = found.get(name, 0.0) + share
    blank = tokens[0].token
    if not is_number_begun and not blank.strip() and len(tokens) > 1:
        for text, share in _probabilities(tokens[1]).items():
            found[text.strip()] = found.get(text.strip(), 0.0) + first.get(blank, 0.0) * share
    return found


def _probabilities(token: TokenLogprob) -> dict[str, float]:
    """Return the probability of each text; what is no log-probability, such as NaN, is as one that was not told."""
    own = {} if token.logprob is None else {token.token: token.logprob}
    return {text: min(math.exp(value), 1.0) for text, value in {**token.top, **own}.items() if value <= ROUNDED}


def _goes_on(after: Mapping[str, float]) -> float:
    """Return how likely it is that a number which has begun has more digits."""
    return math.fsum(share for text, share in after.items() if text[:1].isdigit())
