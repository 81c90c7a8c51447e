"""The one vLLM server for an adapter that users get: its command line and its environment, values only."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.deploy.chosen import Chosen
from harness.deploy.modules import KEY, UPDATING
from harness.engines.http.endpoint import NO_KEY
from harness.engines.server.arguments import INSTEAD, identity_of, options_of
from harness.engines.server.launch import (
    BOUNDLESS,
    HOST,
    LORA_RANKS,
    SPARE_SLOT,
    Launch,
    Reach,
    ServerSettings,
    Serving,
    environment,
    python,
    server_options,
)
from harness.errors import ConfigError
from harness.records.record import Record
from harness.text.visible import for_terminal

SERVER = "harness.deploy.vllm_server"
SLOTS = 2
"""The adapter that answers, and the next one, while it is proved."""
DRAINED_S = 30
"""So long requests under way can go on after Ctrl-C or SIGTERM."""
WORKERS = "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS"
"""How long vLLM waits for processes that have nothing left to compute, before it ends them."""
OURS: Mapping[str, str] = {
    **dict.fromkeys(INSTEAD, "the server must answer as the gate's did: change harness.toml, and gate it so"),
    "--host": "write --host before the --",
    "--port": "write --port before the --",
    "--api-key": "name a variable with it: --api-key-env NAME, before the --",
    **dict.fromkeys(("--uds", "--headless", "--grpc"), "the proof asks the server at its port"),
    **dict.fromkeys(("--ssl-keyfile", "--ssl-certfile"), "put a proxy that has the certificate before the server"),
    "--root-path": "put a proxy that has the path before the server",
    **dict.fromkeys(("--served-model-name", "--lora-modules"), "the harness names what it serves"),
    "--api-server-count": "adapters can be swapped in one process alone",
}
FREE = ("--max-loras", "--max-lora-rank")
"""What a gate refuses, and users of a server can set: neither changes an answer."""


class Place(Record, frozen=True, kw_only=True):
    """Where a server listens, what key it asks for, and further arguments for vLLM."""

    host: str = HOST
    port: int
    api_key: str = NO_KEY
    args: tuple[str, ...] = ()

    @property
    def asked_at(self) -> str:
        """The address by which this machine reaches it."""
        return {"0.0.0.0": HOST, "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)  # noqa: S104 - compared, not bound

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://{self.asked_at}:{self.port}/v1"


def refuse_arguments(args: Sequence[str]) -> None:
    """Refuse arguments for vLLM by which users would get something else than what was gated.

    Raises:
        ConfigError: there is one; the text says what to do instead.
    """
    if args and not args[0].startswith("-"):
        raise ConfigError(
            f"after --, {for_terminal(args[0])} is no option of vLLM; write its options there, as in -- --seed 1"
        )
    for name, _ in options_of(args):
        meant = next((one for one in OURS if one == name or (name.startswith("--") and one.startswith(name))), None)
        if meant is not None and name not in FREE:
            raise ConfigError(f"after --, {for_terminal(name)} can't be set: {OURS[meant]}")


def as_module(chosen: Chosen, folder: str) -> Serving:
    """Return a server with the base model under its own name, and the adapter as a module under both of its names.

    Its own name comes first: it is the one that answers name as their model.
    """
    modules = tuple((name, folder) for name in reversed(chosen.names))
    return Serving(name=chosen.model.ref.base, base_path=chosen.model.base_path, modules=modules)


def as_merged(chosen: Chosen) -> Serving:
    """Return a server with the merged model alone, under both names of the adapter."""
    return Serving(name=chosen.names[0], base_path=chosen.model.base_path, merge=chosen.model)


def launch_of(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    serving: Serving,
    folder: str,
    chosen: Chosen,
    settings: ServerSettings,
    place: Place,
    template: Path,
    environ: Mapping[str, str],
) -> Launch:
    """Return everything needed to start the server whose base model, or merged model, is in ``folder``.

    ``template`` is where the chat template is written to before the start, if the settings or the adapter have one.
    """
    names = tuple(name for name, _ in serving.modules) or chosen.names
    more = [
        *_text(chosen, template),
        *(_room(settings) if serving.modules else ("--served-model-name", *names)),
        *("--host", place.host, "--shutdown-timeout", str(DRAINED_S)),
    ]
    config = msgspec.structs.replace(settings.config, args=(*settings.config.args, *more, *place.args))
    settings = msgspec.structs.replace(settings, config=config)
    variables = environment(environ, settings.hardware.cores, settings)
    variables = {WORKERS: "1"} | variables
    variables |= {UPDATING: "1"} if serving.modules else {}
    variables |= {KEY: place.api_key} if place.api_key != NO_KEY else {}
    return Launch(
        name=serving.name,
        model_path=folder,
        served=names,
        port=place.port,
        command=(*python(SERVER), *server_options(serving, folder, place.port, settings, Reach(tokens=BOUNDLESS))),
        environment=variables,
        on_gpu=settings.hardware.has_gpu,
        host=place.asked_at,
        api_key=place.api_key,
        drain_s=DRAINED_S + 5,
    )


def unlike_gate(args: Sequence[str]) -> str:
    """Return which of the further arguments can change answers, which the gate's server did not have."""
    kept = [word for name, values in options_of(args) if name not in FREE for word in (name, *values)]
    return identity_of(kept, {})


def _text(chosen: Chosen, template: Path) -> tuple[str, ...]:
    """Return the options that give a server what the gate sends with each request."""
    rendering = chosen.rendering
    options: tuple[str, ...] = ()
    if rendering.template is not None:
        options += ("--chat-template", str(template))
    if rendering.template_args:
        options += ("--default-chat-template-kwargs", json.dumps(rendering.template_args))
    return options


def _room(settings: ServerSettings) -> tuple[str, ...]:
    """Return the options that leave room for the next adapter, up to the rank that is served as a module.

    On a CPU its rank can be that of this adapter's step at most: there each token costs as much as the largest rank.
    """
    if not settings.hardware.has_gpu:
        return ("--max-loras", str(SLOTS + SPARE_SLOT))
    allowed = min(settings.config.max_lora_rank, LORA_RANKS[-1])
    return ("--max-loras", str(SLOTS), "--max-lora-rank", str(min(one for one in LORA_RANKS if one >= allowed)))
