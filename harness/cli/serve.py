"""``harness serve`` and ``harness reload``: the promoted adapter for users. See docs/serving.md."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import EngineSetupError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.config.whole import HarnessConfig
    from harness.deploy.reload import Reloaded
    from harness.deploy.serve import Ready
    from harness.records.compared import Probe

KEY_ENV = "VLLM_API_KEY"
ADAPTER = "NAME, NAME@ENTRY or registry:NAME of an adapter that was promoted; default: --alias"
ALIAS = "promoted: what users get; previous: what a rollback leads back to"
KEY_HELP = "variable with the key that the server asks for; without a key it answers everybody who reaches it"

KeyEnv = Annotated[str, typer.Option("--api-key-env", metavar="NAME", help=KEY_HELP)]


def serve_command(  # noqa: PLR0913 - one parameter for each option
    adapter: Annotated[str, typer.Argument(metavar="[NAME]", help=ADAPTER)] = "",
    args: Annotated[list[str] | None, typer.Argument(metavar="[-- ARGS]", help="more arguments for vLLM")] = None,
    *,
    alias: Annotated[Literal["promoted", "previous"], typer.Option(help=ALIAS)] = "promoted",
    host: Annotated[str, typer.Option(help="where to listen; other machines need a key")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 8000,
    api_key_env: KeyEnv = KEY_ENV,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Serve the promoted adapter with vLLM, as its gate asked it, until Ctrl-C or SIGTERM."""
    from harness.deploy.chosen import choose
    from harness.deploy.launched import Place
    from harness.deploy.serve import serve
    from harness.engines.http.endpoint import NO_KEY, key_in
    from harness.engines.server.process import choose_ports

    if adapter.startswith("-"):  # what follows -- on a line without NAME
        adapter, args = "", [adapter, *(args or [])]
    config, root = _project(settings)
    chosen = choose(adapter or alias, config, root, _say)
    [free] = choose_ports(port or None, 1, "use another --port, or --port 0 for any free one")
    key = key_in(os.environ, api_key_env)
    if api_key_env != KEY_ENV and not key:
        raise EngineSetupError(
            f"the environment variable {api_key_env} has no API key in it; set it to a key of your own"
        )
    place = Place(host=host, port=free, api_key=key or NO_KEY, args=tuple(args or ()))
    serve(chosen, place, _say, print_json if as_json else _announce)


def reload_command(
    *,
    url: Annotated[str, typer.Option(metavar="URL", help="address of the running vLLM")] = "http://127.0.0.1:8000",
    api_key_env: KeyEnv = KEY_ENV,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Put the adapter that is promoted now into a running server, once it is proved; the old one answers until then."""
    from harness.deploy.chosen import choose
    from harness.deploy.modules import endpoint_of
    from harness.deploy.reload import reload
    from harness.registry.ledger import Ledger

    config, root = _project(settings)
    endpoint = endpoint_of(url, api_key_env, os.environ, config.engine)
    done = reload(choose("promoted", config, root, _say), Ledger(config, root).entries(), endpoint, _say)
    if as_json:
        print_json(done)
    else:
        _tell(done)


def _announce(ready: "Ready") -> None:
    how = "merged" if ready.merged else f"as a LoRA module on {ready.base}"
    typer.echo(for_terminal(f"ready: {ready.adapter} {how} at {ready.url}, as {' and '.join(ready.names)}", 1_000))
    if ready.proof is not None:
        typer.echo(_proof(ready.proof))


def _tell(done: "Reloaded") -> None:
    earlier = f", in place of {done.before}" if done.before else ""
    said = f"promoted is {done.adapter} now{earlier}" if done.changed else f"promoted was {done.adapter} already"
    typer.echo(for_terminal(f"{done.url}: {said}", 1_000))
    typer.echo(_proof(done.proof))


def _proof(proof: "Probe") -> str:
    return (
        f"  proved: on {proof.changed} of {proof.prompts} prompts its first token differs from its base model's, "
        f"by up to {proof.largest:.2f} nats (noise {proof.noise:.2f})"
    )


def _project(settings: Path | None) -> "tuple[HarnessConfig, Path]":
    from harness.config.located import settings_file
    from harness.config.read import load_config

    path = settings_file(settings, Path())
    return load_config(path), path.parent


def _say(line: str) -> None:
    typer.echo(for_terminal(line, 1_000), err=True)
