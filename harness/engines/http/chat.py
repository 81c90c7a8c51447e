"""One chat completion over HTTP: where it is asked, what is sent, and what is read back or told of a failure."""

import functools
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from harness.config import EngineConfig
from harness.engines.http.faults import Fault, asked_pause_s, kind_of
from harness.engines.http.pace import FIRST_LIMIT
from harness.errors import EngineSetupError
from harness.records.asked import Message, Request, Response, TokenLogprob
from harness.records.record import Json
from harness.text.visible import hide_login

NO_KEY = "none"
HOSTED_HOST = "api.openai.com"
HOSTED_URL = f"https://{HOSTED_HOST}/v1"
LONGEST_WORDS = 400
WHERE = "under [engine] in harness.toml"
WHERE_KEY = "api_key_env under [engine] in harness.toml, or under [judge] for a judge"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One OpenAI-compatible address, and how hard it may be asked. The key never shows in a ``repr``.

    Args:
        in_flight: requests under way at once, to begin with; ``max_in_flight`` is the most, also for the beginning.
        timeout_s: longest time for one request, and for a server that lets none through.
        back_off_s: the first pause before a request is asked again.
        window_s: the shortest time over which throughput is measured.
        is_alive: tells whether the server still runs, where that can be known.
    """

    base_url: str
    api_key: str = field(default=NO_KEY, repr=False)
    api_key_env: str = "OPENAI_API_KEY"
    in_flight: int = FIRST_LIMIT
    max_in_flight: int = 256
    timeout_s: float = 300.0
    back_off_s: float = 0.5
    window_s: float = 1.0
    is_alive: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)

    @property
    def address(self) -> str:
        """The URL as it may be shown: without a user's name and password."""
        return hide_login(self.base_url)

    @functools.cached_property
    def host(self) -> str:
        """The server's name or number."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine, where a proxy of the environment can't reach it."""
        return self.host in {"localhost", "127.0.0.1", "::1"}

    @property
    def is_hosted(self) -> bool:
        """Whether this is OpenAI's own address."""
        return self.host == HOSTED_HOST


def address_of(config: EngineConfig) -> str:
    """Return the address that is meant by [engine]'s settings: OpenAI's own when none is named."""
    return HOSTED_URL if config.base_url is None else config.base_url


class Reply(NamedTuple):
    """What a server sent back; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Body(msgspec.Struct, omit_defaults=True):
    """A request as it is sent; servers differ in what they make of an empty option, so none is sent."""

    model: str
    messages: tuple[Message, ...]
    temperature: float
    top_p: float
    seed: int
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: tuple[str, ...] = ()
    response_format: dict[str, Json] | None = None
    logprobs: bool = False
    top_logprobs: int | None = None


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Alternative(msgspec.Struct):
    token: str
    logprob: float


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    """The part of a chat completion that is read; servers add fields of their own."""

    choices: list[_Choice]
    usage: _Usage | None = None


_NO_USAGE = _Usage()
_COMPLETION = msgspec.json.Decoder(_Completion)
_ENCODER = msgspec.json.Encoder()


def encode_request(request: Request, served_name: str, endpoint: Endpoint) -> bytes:
    """Return the body that asks for a request's answer; each repeat gets a seed of its own."""
    sampling = request.sampling
    # OpenAI's newer models refuse the old name of the limit, other servers don't know the new one.
    limit = sampling.max_tokens
    body = _Body(
        model=served_name,
        messages=request.messages,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed + request.repeat,
        max_tokens=None if endpoint.is_hosted else limit,
        max_completion_tokens=limit if endpoint.is_hosted else None,
        stop=sampling.stop,
        response_format=sampling.response_format,
        logprobs=sampling.logprobs is not None,
        top_logprobs=sampling.logprobs,
    )
    return _ENCODER.encode(body)


def read_answer(request_key: str, body: bytes, seconds: float) -> Response:
    """Return the response in a server's answer.

    Raises:
        Fault: it is no chat completion.
    """
    try:
        completion = _decode(body)
    except (ValueError, RecursionError) as problem:
        raise Fault("unreadable", f"the server's answer can't be read: {printable(str(problem))}") from None
    if not completion.choices:
        raise Fault("unreadable", "the server's answer can't be read: it holds no choice")
    choice, usage = completion.choices[0], completion.usage or _NO_USAGE
    return Response(
        request_key=request_key,
        text=choice.message.content or choice.message.refusal or "",
        finish_reason=sys.intern(choice.finish_reason or ""),  # nearly all are alike
        tokens_in=usage.prompt_tokens or 0,
        tokens_out=usage.completion_tokens or 0,
        seconds=seconds,
        logprobs=_logprobs(choice.logprobs.content) if choice.logprobs and choice.logprobs.content else (),
    )


def read_failure(reply: Reply, endpoint: Endpoint, wall_clock: float) -> Fault:
    """Return what an HTTP status other than 200 means, with the server's words, without the key, as one short line."""
    said = _words(reply.body)
    if endpoint.api_key != NO_KEY:
        said = said.replace(endpoint.api_key, "***")
    if target := reply.headers.get("location"):
        said = f"redirects to {hide_login(target)}"
    return Fault(
        kind_of(reply.status),
        f"HTTP {reply.status}: {printable(said) or 'no reason given'}",
        status=reply.status,
        pause_s=asked_pause_s(reply.headers, wall_clock),
    )


def as_setup_error(fault: Fault, endpoint: Endpoint, served_name: str) -> EngineSetupError:
    """Return the error for a fault that every other request would meet too: it names the setting."""
    if fault.kind == "unreachable":
        return EngineSetupError(
            f"nothing answers at {endpoint.address}: {fault.words}; check base_url, and that the server runs"
        )
    if fault.status in {401, 403}:
        if not endpoint.api_key_env:
            return EngineSetupError(
                f"{endpoint.address} was sent no API key: {fault.words}; name its key's {WHERE_KEY}"
            )
        return EngineSetupError(
            f"{endpoint.address} refuses the API key: {fault.words}; set the environment variable "
            f"{endpoint.api_key_env} (its name is {WHERE_KEY})"
        )
    model = f"; check the model's name {served_name!r}, and" if served_name else "; check"
    return EngineSetupError(f"{endpoint.address}: {fault.words}{model} base_url (up to and with /v1)")


def printable(text: str, limit: int = LONGEST_WORDS) -> str:
    r"""Return foreign text fit for a terminal: one line, no control characters, trimmed.

    >>> printable("no\x1b[31m such\n  model")
    'no[31m such model'
    """
    text = "".join(char for char in re.sub(r"\s+", " ", text) if char.isprintable()).strip()
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _decode(body: bytes) -> _Completion:
    """Read a chat completion. Raises ValueError when it's none."""
    try:
        return _COMPLETION.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Python's reader takes half a surrogate, which models do send; it can't be saved, so it's replaced.
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return _COMPLETION.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _logprobs(content: list[_Token]) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            token=one.token, logprob=one.logprob, top={each.token: each.logprob for each in one.top_logprobs or ()}
        )
        for one in content
    )


def _words(body: bytes) -> str:
    """Return what the server says of a failure: OpenAI's and FastAPI's shapes, else the body as it is."""
    text = body.decode(errors="replace")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return text
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and key in said:
            said = said[key]
    return said if isinstance(said, str) else text
