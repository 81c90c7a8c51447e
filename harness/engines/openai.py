"""Ask any OpenAI-compatible address over HTTP, many requests in flight, answers in order of completion.

The client library retries what may pass (lost connections, 408, 409, 429, 5xx) with growing, jittered pauses and obeys
Retry-After. What a setting causes stops everything at once; any other failure belongs to its one request.
"""

import asyncio
import contextlib
import functools
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from harness.config import EngineConfig
from harness.engines import chat
from harness.engines.chat import HOSTED_URL, Endpoint, printable
from harness.errors import EngineSetupError
from harness.records import ModelRef, Request, Response

if TYPE_CHECKING:
    import openai

HOSTED = "hosted"


@dataclass(frozen=True)
class Route:
    """Where one model answers: an endpoint, and the name that it serves the model under."""

    endpoint: Endpoint
    served_name: str


class HttpEngine:
    """Sends each request along its model's route; ``in_flight`` holds for each endpoint.

    ``identity`` is part of every request's key. ``route`` may raise ``EngineSetupError`` for a model not served.
    """

    def __init__(self, identity: str, route: Callable[[ModelRef], Route]) -> None:
        self.identity = identity
        self._route = route

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Yield one response for each request as it arrives; closing the iterator cancels what is in flight.

        Raises:
            EngineSetupError: the key is refused, the model or the address is not known, or nothing answers there.
        """
        lanes: dict[Endpoint, list[tuple[Request, str]]] = {}
        for request in requests:
            route = self._route(request.model)
            lanes.setdefault(route.endpoint, []).append((request, route.served_name))
        arrived: queue.SimpleQueue[Response | BaseException | None] = queue.SimpleQueue()
        cancel = _start_in_thread(lanes, arrived)
        try:
            while (item := arrived.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            cancel()


def remote_engine(config: EngineConfig, environ: Mapping[str, str]) -> HttpEngine:
    """Return the engine for ``base_url`` (OpenAI's own address when unset); nothing is asked yet.

    Raises:
        EngineSetupError: ``base_url`` is no HTTP address, or OpenAI's own address is meant and there is no key.
    """
    url = config.base_url or HOSTED_URL
    if not is_http(url):
        raise EngineSetupError(f"base_url {url!r} is no HTTP address; write it like http://127.0.0.1:8000/v1")
    api_key = environ.get(config.api_key_env, "")
    if not api_key and config.base_url is None:
        raise EngineSetupError(
            f"the environment variable {config.api_key_env} holds no API key; set it, "
            "or name another one as api_key_env under [engine] in harness.toml"
        )
    endpoint = Endpoint(
        base_url=url,
        api_key=api_key or "none",
        api_key_env=config.api_key_env,
        in_flight=config.in_flight,
        timeout_s=config.request_timeout_s,
    )
    listed = functools.cache(lambda: listed_names(endpoint))

    def route(ref: ModelRef) -> Route:
        return Route(endpoint, ref.name if is_hosted(ref) else choose_name(ref, listed(), endpoint.address))

    return HttpEngine(f"openai {endpoint.address.rstrip('/')}", route)


def hosted_model(name: str) -> ModelRef:
    """Return the reference of a model whose weights can't be digested.

    It counts as an adapter on one unknown base, so that two hosted models can be compared.
    """
    return ModelRef(base=HOSTED, base_digest=HOSTED, template_digest=HOSTED, adapter=name, adapter_digest=name)


def is_hosted(ref: ModelRef) -> bool:
    """Tell whether ``ref`` came from ``hosted_model``."""
    return ref.base_digest == HOSTED


def is_http(url: str) -> bool:
    """Tell whether ``url`` is an HTTP address with a host.

    >>> is_http("http://127.0.0.1:8000/v1"), is_http("localhost:8000/v1")
    (True, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def choose_name(ref: ModelRef, listed: Mapping[str, bool], url: str) -> str:
    """Return the name to ask for; ``listed`` maps each served name to whether it is an adapter's.

    Raises:
        EngineSetupError: the server doesn't list the model, or it's unclear which one is the base model.
    """
    bases = [name for name, is_adapter in listed.items() if not is_adapter]
    if ref.name in (listed if ref.adapter else bases):
        return ref.name
    if ref.adapter is None and len(bases) == 1:
        return bases[0]
    known = ", ".join(listed) or "no model at all"
    hint = (
        f"start the server with --lora-modules {ref.adapter}=FOLDER"
        if ref.adapter
        else "set base_model in harness.toml to one of these names"
    )
    raise EngineSetupError(f"{url} serves {printable(known)}, but not {ref.name!r}; {hint}")


def listed_names(endpoint: Endpoint) -> dict[str, bool]:
    """Ask the server for its models; a model with a parent is an adapter."""
    import openai

    client = openai.OpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        timeout=chat.CONNECT_TIMEOUT_S,
        http_client=openai.DefaultHttpxClient(trust_env=not chat.is_loopback(endpoint)),
    )
    with client:
        try:
            models = client.models.list().data
        except openai.APIError as problem:
            raise chat.as_setup_error(problem, endpoint, "") or EngineSetupError(
                f"{endpoint.address}/models can't be read: {chat.words(problem, endpoint)}; check base_url"
            ) from None
        except (AttributeError, TypeError, ValueError):
            models = None
    if not models:
        raise EngineSetupError(f"{endpoint.address}/models lists no model; is base_url right, up to and with /v1?")
    return {str(model.id): bool((model.model_extra or {}).get("parent")) for model in models}


def _start_in_thread(
    lanes: Mapping[Endpoint, Sequence[tuple[Request, str]]],
    arrived: "queue.SimpleQueue[Response | BaseException | None]",
) -> Callable[[], None]:
    """Ask in a thread with an event loop of its own; return the function that cancels and waits for the end.

    Each response, then the exception that ended it all if any, then None is put into ``arrived``.
    """
    running: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None] = queue.SimpleQueue()

    async def ask() -> None:
        task = asyncio.current_task()
        running.put((asyncio.get_running_loop(), task) if task else None)
        await _ask_all(lanes, arrived.put)

    def work() -> None:
        try:
            asyncio.run(ask())
        except asyncio.CancelledError:
            pass
        except BaseException as problem:  # noqa: BLE001 - raised again in the thread that waits
            arrived.put(problem)
        finally:
            arrived.put(None)
            running.put(None)

    # A daemon: an iterator that nobody closes must not keep the interpreter from ending.
    thread = threading.Thread(target=work, name="harness-http", daemon=True)
    thread.start()

    def cancel() -> None:
        if started := running.get():
            loop, task = started
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(task.cancel)
        thread.join()

    return cancel


async def _ask_all(
    lanes: Mapping[Endpoint, Sequence[tuple[Request, str]]], deliver: Callable[[Response], None]
) -> None:
    async with contextlib.AsyncExitStack() as clients:
        workers = []
        for endpoint, lane in lanes.items():
            client = await clients.enter_async_context(chat.open_client(endpoint))
            waiting = iter(lane)
            workers += [
                asyncio.ensure_future(_work_through(waiting, client, endpoint, deliver))
                for _ in range(min(max(1, endpoint.in_flight), len(lane)))
            ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def _work_through(
    waiting: Iterator[tuple[Request, str]],
    client: "openai.AsyncOpenAI",
    endpoint: Endpoint,
    deliver: Callable[[Response], None],
) -> None:
    for request, served_name in waiting:
        started = time.monotonic()
        response = await chat.ask(request, served_name, client, endpoint)
        deliver(msgspec.structs.replace(response, seconds=time.monotonic() - started))
