"""One chat completion over HTTP: what is sent, what is read back, and what each failure means."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from harness.errors import EngineSetupError
from harness.records import Request, Response

if TYPE_CHECKING:
    import openai

HOSTED_URL = "https://api.openai.com/v1"
LONGEST_WORDS = 400
CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One OpenAI-compatible address, and how hard it may be asked. The key never shows in a ``repr``."""

    base_url: str
    api_key: str = field(default="none", repr=False)
    api_key_env: str = "OPENAI_API_KEY"
    in_flight: int = 32
    timeout_s: float = 300.0
    max_retries: int = 3

    @property
    def address(self) -> str:
        """The URL as it may be shown: without a user's name and password."""
        return re.sub(r"//[^/@]*@", "//", self.base_url)


async def ask(request: Request, served_name: str, client: "openai.AsyncOpenAI", endpoint: Endpoint) -> Response:
    """Return the response to one request; its ``error`` tells what failed, with the server's words.

    Raises:
        EngineSetupError: the failure would meet every other request too.
    """
    import openai

    try:
        answer = await client.post("/chat/completions", cast_to=object, body=_body(request, served_name, endpoint))
        return _response(request, answer)
    except openai.APIError as problem:
        if stop := as_setup_error(problem, endpoint, served_name):
            raise stop from None
        error = words(problem, endpoint)
    except (ValueError, RecursionError) as problem:
        error = f"the server's answer can't be read: {printable(str(problem))}"
    return Response(request_key=request.key, error=error)


def open_client(endpoint: Endpoint) -> "openai.AsyncOpenAI":
    """Return a client for the endpoint, to be closed by the caller."""
    import openai

    return openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        max_retries=endpoint.max_retries,
        timeout=openai.Timeout(endpoint.timeout_s, connect=CONNECT_TIMEOUT_S),
        http_client=openai.DefaultAsyncHttpxClient(trust_env=not is_loopback(endpoint)),
    )


def is_loopback(endpoint: Endpoint) -> bool:
    """Tell whether the server runs on this machine, where a proxy of the environment can't reach it."""
    return urlsplit(endpoint.base_url).hostname in {"localhost", "127.0.0.1", "::1"}


def as_setup_error(problem: "openai.APIError", endpoint: Endpoint, served_name: str) -> EngineSetupError | None:
    """Return the error for what a setting causes; None when only this one request failed."""
    import openai

    said = words(problem, endpoint)
    if isinstance(problem, openai.AuthenticationError | openai.PermissionDeniedError):
        return EngineSetupError(
            f"{endpoint.address} refuses the API key: {said}; set the environment variable {endpoint.api_key_env} "
            "(its name is api_key_env under [engine] in harness.toml)"
        )
    if isinstance(problem, openai.NotFoundError):
        model = f"; check the model's name {served_name!r}, and" if served_name else "; check"
        return EngineSetupError(f"{endpoint.address}: {said}{model} base_url (up to and with /v1)")
    if type(problem.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}:
        return EngineSetupError(
            f"nothing answers at {endpoint.address}: {printable(str(problem.__cause__))}; "
            "check base_url, and that the server runs"
        )
    return None


def words(problem: "openai.APIError", endpoint: Endpoint) -> str:
    """Return what the server said, without the key, as one short line."""
    import openai

    if isinstance(problem, openai.APITimeoutError):
        return f"no answer within {endpoint.timeout_s:g} s"
    if isinstance(problem, openai.APIConnectionError):
        return f"the connection was lost: {printable(str(problem.__cause__ or problem))}"
    said = problem.message
    if isinstance(problem.body, dict) and isinstance(problem.body.get("message"), str):
        said = f"{problem.body['message']}"
    status = f"HTTP {problem.status_code}: " if isinstance(problem, openai.APIStatusError) else ""
    return status + printable(said.replace(endpoint.api_key, "***") if endpoint.api_key != "none" else said)


def printable(text: str, limit: int = LONGEST_WORDS) -> str:
    r"""Return foreign text fit for a terminal: one line, no control characters, trimmed.

    >>> printable("no\x1b[31m such\n  model")
    'no[31m such model'
    """
    text = "".join(char for char in re.sub(r"\s+", " ", text) if char.isprintable()).strip()
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _body(request: Request, served_name: str, endpoint: Endpoint) -> dict[str, object]:
    sampling = request.sampling
    # OpenAI's newer models refuse the old name of the limit, other servers don't know the new one.
    limit = "max_completion_tokens" if endpoint.base_url.startswith(HOSTED_URL) else "max_tokens"
    body: dict[str, object] = {
        "model": served_name,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        limit: sampling.max_tokens,
        "seed": sampling.seed + request.repeat,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if sampling.response_format is not None:
        body["response_format"] = sampling.response_format
    return body


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    """The part of a chat completion that is read; servers add fields of their own."""

    choices: list[_Choice]
    usage: _Usage | None = None


def _response(request: Request, answer: object) -> Response:
    """Read the server's answer. Raises ValueError when it's no chat completion."""
    completion = msgspec.convert(answer, _Completion)
    if not completion.choices:
        raise ValueError("it holds no choice")
    choice, usage = completion.choices[0], completion.usage or _Usage()
    text = choice.message.content or choice.message.refusal or ""
    return Response(
        request_key=request.key,
        text=text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),  # half a surrogate can't be saved
        finish_reason=choice.finish_reason or "",
        tokens_in=usage.prompt_tokens or 0,
        tokens_out=usage.completion_tokens or 0,
    )
