"""What a running vLLM serves, and how its LoRA modules are loaded and unloaded while it answers."""

import http
import re
import time
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from harness.config.engine import EngineConfig
from harness.deploy.vllm_server import OWNER
from harness.engines.http.endpoint import NO_KEY, Endpoint, Reply
from harness.engines.http.failure import as_setup_error, read_failure
from harness.engines.http.faults import Fault
from harness.engines.http.named import endpoint_at
from harness.engines.http.transport import fetch, send
from harness.errors import EngineError, EngineSetupError
from harness.records.record import UNREADABLE, Record

LOAD, UNLOAD = "/load_lora_adapter", "/unload_lora_adapter"
UPDATING = "VLLM_ALLOW_RUNTIME_LORA_UPDATING"
KEY = "VLLM_API_KEY"
"""The variable in which vLLM itself looks for the key that it asks for."""
LIST_TIMEOUT_S = 10.0
LOAD_TIMEOUT_S = 120.0
RANK = re.compile(r"LoRA rank (\d+) is greater than max_lora_rank (\d+)")


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One name that a server lists: ``root`` is a folder or a name on a hub, ``parent`` the base model of a module."""

    id: str
    root: str | None = None
    parent: str | None = None
    owned_by: str = ""


class Listed(Record, frozen=True, kw_only=True):
    """What a server serves: its base model under one name or several, and modules by their names."""

    bases: tuple[Served, ...]
    modules: dict[str, Served]

    @property
    def shares(self) -> bool:
        """Whether names of one folder share a module there, as in a server that ``harness serve`` started."""
        return any(one.owned_by == OWNER for one in self.modules.values())


class _Models(msgspec.Struct):
    data: list[Served]


def endpoint_of(url: str, api_key_env: str, environ: Mapping[str, str], config: EngineConfig) -> Endpoint:
    """Return the way to a server that runs already, at an address with or without ``/v1``.

    Raises:
        EngineSetupError: it is no HTTP address, or the key can't be sent there.
    """
    base = url.rstrip("/")
    named = EngineConfig(
        base_url=base if base.endswith("/v1") else f"{base}/v1",
        api_key_env=api_key_env,
        allow_plain_http=config.allow_plain_http,
        request_timeout_s=config.request_timeout_s,
    )
    return endpoint_at(named, environ)


def list_served(endpoint: Endpoint) -> Listed:
    """Ask a server what it serves.

    Raises:
        EngineSetupError: nothing answers there, the key is refused, or it is no vLLM.
    """
    try:
        reply = fetch("/models", replace(endpoint, timeout_s=LIST_TIMEOUT_S))
    except Fault as fault:
        raise as_setup_error(fault, endpoint, "") from None
    _refuse_key(reply, endpoint)
    try:
        found = msgspec.json.decode(reply.body, type=_Models).data if reply.status == http.HTTPStatus.OK else []
    except UNREADABLE:
        found = []
    if not any(one.owned_by in {"vllm", OWNER} for one in found):
        raise EngineSetupError(
            f"{endpoint.address}/models is not that of a vLLM server, and adapters can be swapped in vLLM alone; "
            "with --url, name a server that `harness serve` started"
        )
    return Listed(
        bases=tuple(one for one in found if one.parent is None),
        modules={one.id: one for one in found if one.parent is not None},
    )


def load(endpoint: Endpoint, name: str, folder: str, *, in_place: bool) -> None:
    """Load the adapter in a folder, as the server sees it, under a name; in place of what has the name already.

    Raises:
        EngineSetupError: the server doesn't allow that, or can't hold this adapter.
        EngineError: it can't load it.
    """
    body = {"lora_name": name, "lora_path": folder, "load_inplace": in_place}
    reply = _sent(LOAD, body, endpoint)
    if reply.status == http.HTTPStatus.OK:
        return
    told = read_failure(reply, endpoint, time.time()).words
    if found := RANK.search(told):
        raise EngineSetupError(
            f"{endpoint.address} takes adapters up to rank {found[2]}, and {name} has rank {found[1]}; restart it with "
            "room for more: harness serve takes max_lora_rank under [engine], or -- --max-lora-rank N"
        )
    if "LoRA is not enabled" in told or "not support LoRA" in told:
        raise EngineSetupError(
            f"{endpoint.address} serves no LoRA modules ({told}); restart it with --enable-lora, or by `harness serve`"
        )
    if "No adapter found" in told or "not exist" in told:
        raise EngineSetupError(
            f"{endpoint.address} doesn't find {folder} ({told}); it must see this folder under the same path: run this "
            "command beside the server, or mount HARNESS_HOME there"
        )
    raise EngineError(f"{endpoint.address} can't load {name}: {told}; what it served before goes on answering")


def unload(endpoint: Endpoint, name: str) -> None:
    """Take a name away.

    Raises:
        EngineError: the server refuses.
    """
    reply = _sent(UNLOAD, {"lora_name": name}, endpoint)
    if reply.status not in {http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND}:
        told = read_failure(reply, endpoint, time.time()).words
        raise EngineError(f"{endpoint.address} can't unload {name}: {told}; it goes on answering under that name too")


def _sent(path: str, body: object, endpoint: Endpoint) -> Reply:
    try:
        reply = send(path, msgspec.json.encode(body), replace(endpoint, timeout_s=LOAD_TIMEOUT_S))
    except Fault as fault:
        raise EngineError(
            f"{endpoint.address}{path}: {fault.words}; whether it was done is not known: run harness reload again, "
            "which looks first"
        ) from None
    _refuse_key(reply, endpoint)
    if (
        path == LOAD
        and reply.status in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED}
        and _no_route(reply)
    ):
        raise EngineSetupError(
            f"{endpoint.address} doesn't let adapters be swapped while it runs; start it with {UPDATING}=1 in its "
            "environment, or by `harness serve`"
        )
    return reply


def _no_route(reply: Reply) -> bool:
    """Tell whether an answer is that of a server without such an address: vLLM's own errors have more to say."""
    return b'"error"' not in reply.body


def _refuse_key(reply: Reply, endpoint: Endpoint) -> None:
    if reply.status not in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        return
    name = endpoint.api_key_env
    sent = (
        f"refuses the API key in {name}" if endpoint.api_key != NO_KEY else f"asks for an API key, and {name} has none"
    )
    raise EngineSetupError(
        f"{endpoint.address} {sent}; set the environment variable {name} to the server's key, or name another one with "
        "--api-key-env"
    )
