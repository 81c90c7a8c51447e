"""Text as it is: asked at ``/completions``, and read as a chat completion.

It is the text of the only message, for a model without a chat template, or, as tokens that were made in this process,
a whole prompt with the beginning of its answer, which no chat API takes in the same way.
"""

import json
from collections.abc import Sequence

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.options import Options, options_of
from harness.records.asked import Request
from harness.records.messages import only_text


class _Body(Options, omit_defaults=True, kw_only=True):
    """A request as it is sent."""

    prompt: str | tuple[int, ...]
    logprobs: int | None = None


_ENCODER = msgspec.json.Encoder()


def encode_raw(request: Request, served_name: str, endpoint: Endpoint, unsent: frozenset[str]) -> bytes:
    """Return the body that asks for a text to be continued, without the parameters that are ``unsent``.

    Raises:
        ValueError: the request is not the text of one message.
    """
    return _encoded(request, only_text(request.messages, request.tools), served_name, endpoint, unsent)


def encode_begun(
    request: Request, tokens: Sequence[int], served_name: str, endpoint: Endpoint, unsent: frozenset[str]
) -> bytes:
    """Return the body that asks to go on from a prompt whose answer has begun, given as ``tokens``."""
    return _encoded(request, tuple(tokens), served_name, endpoint, unsent)


def _encoded(
    request: Request, prompt: str | tuple[int, ...], served_name: str, endpoint: Endpoint, unsent: frozenset[str]
) -> bytes:
    options = options_of(request, served_name, endpoint, unsent)
    return _ENCODER.encode(_Body(**options, prompt=prompt, logprobs=request.sampling.logprobs))


def as_chat(body: bytes) -> bytes:
    """Return a completion in the shape of a chat completion; what is none stays as it is.

    >>> as_chat(b'{"choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}')
    b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi"}, "logprobs": null}]}'
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not all(isinstance(one, dict) and "text" in one for one in choices):
        return body
    return json.dumps({**answer, "choices": [_as_choice(one) for one in choices]}).encode()


def _as_choice(choice: dict[str, object]) -> dict[str, object]:
    rest = {name: value for name, value in choice.items() if name not in {"text", "logprobs"}}
    return {**rest, "message": {"content": choice["text"]}, "logprobs": _as_logprobs(choice.get("logprobs"))}


def _as_logprobs(listed: object) -> dict[str, object] | None:
    """Return the tokens of a completion, which come as parallel lists, one by one; None where they don't fit."""
    if not isinstance(listed, dict):
        return None
    tokens, values, tops = (listed.get(name) for name in ("tokens", "token_logprobs", "top_logprobs"))
    if not isinstance(tokens, list) or not isinstance(values, list):
        return None
    alternatives = tops if isinstance(tops, list) else [None] * len(tokens)
    if not len(tokens) == len(values) == len(alternatives):
        return None
    return {
        "content": [
            {
                "token": token,
                "logprob": value,
                "top_logprobs": [{"token": name, "logprob": one} for name, one in top.items()]
                if isinstance(top, dict)
                else None,
            }
            for token, value, top in zip(tokens, values, alternatives, strict=True)
        ]
    }
