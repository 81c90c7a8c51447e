"""What is sent with a request besides its text, whether messages are asked or a text is continued."""

from typing import Any

import msgspec

from harness.engines.http.endpoint import Endpoint
from harness.engines.http.left_out import NEW_LIMIT, OLD_LIMIT, limit_name
from harness.records.asked import Request
from harness.records.record import Json


class Options(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The part that both kinds of request have; servers treat an empty option differently, so none is sent."""

    model: str
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: tuple[str, ...] = ()
    response_format: dict[str, Json] | None = None


def options_of(request: Request, served_name: str, endpoint: Endpoint, unsent: frozenset[str]) -> dict[str, Any]:
    """Return the fields of ``Options`` for a request, without the parameters that are ``unsent``.

    Each repeat gets a seed of its own.
    """
    sampling = request.sampling
    limit = limit_name(endpoint, unsent)
    return {
        "model": served_name,
        "temperature": None if "temperature" in unsent else sampling.temperature,
        "top_p": None if "top_p" in unsent else sampling.top_p,
        "seed": None if "seed" in unsent else sampling.seed + request.repeat,
        "max_tokens": sampling.max_tokens if limit == OLD_LIMIT else None,
        "max_completion_tokens": sampling.max_tokens if limit == NEW_LIMIT else None,
        "stop": sampling.stop,
        "response_format": sampling.response_format,
    }
