"""Serve an adapter to users until a signal: start vLLM, prove that the adapter answers, say so, wait, stop."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.deploy.chosen import Chosen, Say, folder_to_serve
from harness.deploy.launched import Place, as_merged, as_module, launch_of, refuse_arguments, unlike_gate
from harness.deploy.modules import KEY
from harness.deploy.proof import answers, earlier, fingerprint, keep, proof_file, refuse_unlike
from harness.deploy.running import proving, running, wait
from harness.engines.http.endpoint import NO_KEY, Endpoint
from harness.engines.installed import hardware_for, installed_vllm
from harness.engines.server import launch
from harness.engines.server.launch import Launch, ServerSettings
from harness.engines.weights.merge import merged_folder
from harness.errors import ConfigError
from harness.interrupts import Interrupts
from harness.models.mergeable import refuse_merging
from harness.records.compared import Probe
from harness.records.record import Record
from harness.serving.server import is_loopback

TEMPLATE = "chat_template.jinja"
Planned = Callable[[Chosen, Place, Path, Say], tuple[Launch, str]]
"""How a server is started, and why the adapter is merged in it; empty where it isn't."""


class Ready(Record, frozen=True, kw_only=True):
    """What is served, and the proof of it. ``proof`` is None for a merged model: it was compared with PEFT instead."""

    url: str
    names: tuple[str, ...]
    adapter: str
    digest: str
    base: str
    merged: str = ""
    """Why the adapter is served merged, so that ``harness reload`` can't replace it; empty for a module."""
    proof: Probe | None = None


def serve(
    chosen: Chosen, place: Place, say: Say, announce: Callable[[Ready], None], plan: Planned | None = None
) -> None:
    """Serve until Ctrl-C, SIGTERM or SIGHUP; ``announce`` is called once, when the adapter was proved to answer.

    vLLM logs to stderr. Requests under way have half a minute to end. ``plan`` says how the server is started; None
    starts vLLM.

    Raises:
        ConfigError: it would be open to others without a key, or an argument for vLLM can't be set.
        AdapterError: it can be served neither as a module nor merged.
        EngineSetupError, EngineStartError: vLLM is not installed, or doesn't start.
        SilentAdapter, WrongAdapter, Unmeasured: the adapter was not proved to answer.
        ServerLost: the server stopped by itself.
    """
    refuse_arguments(place.args)
    _refuse_open(place)
    for note in _notes(chosen, place):
        say(note)
    signals, until = Interrupts(), " before it was ready: nothing was served"
    signals.install()
    try:
        with tempfile.TemporaryDirectory() as folder:
            started, merged = (plan or _plan)(chosen, place, Path(folder) / TEMPLATE, say)
            with running(started, chosen, say) as server:
                with proving(server):
                    ready = _proved(chosen, place, merged)
                until = ""
                announce(ready)
                wait(server, Endpoint(base_url=place.url, api_key=place.api_key))
    except KeyboardInterrupt:
        say(f"stopped by {signals.name}{until}")
    finally:
        signals.restore()


def how_merged(chosen: Chosen, settings: ServerSettings) -> str:
    """Return why an adapter is served merged, as its gate serves it; empty where it is served as a module."""
    if settings.mode == "merged":
        return 'lora = "merged" under [engine], which "auto" is on a CPU; lora = "dynamic" serves it as a module'
    return launch.served_apart([chosen.model], chosen.engine).get(chosen.model, "")


def settings_of(config: EngineConfig) -> ServerSettings:
    """Return the settings of a vLLM server on this machine.

    Raises:
        EngineSetupError: vLLM isn't installed.
    """
    return launch.resolve(config, hardware_for(*installed_vllm()))


def _plan(chosen: Chosen, place: Place, template: Path, say: Say) -> tuple[Launch, str]:
    """Return the server to start, and why the adapter is merged in it; empty where it isn't."""
    settings = settings_of(chosen.engine)
    merged = how_merged(chosen, settings)
    if chosen.rendering.template is not None:
        template.write_text(chosen.rendering.template, encoding="utf-8")
    if merged:
        refuse_merging({chosen.model: merged})
        say(f"{chosen.entry.name}: served merged: {merged}")
        serving, folder = as_merged(chosen), merged_folder(chosen.model, settings.dtype, home_folder(), say).resolve()
    else:
        serving, folder = as_module(chosen, folder_to_serve(chosen.model)), Path(chosen.model.base_path).resolve()
    return launch_of(serving, str(folder), chosen, settings, place, template, os.environ), merged


def _proved(chosen: Chosen, place: Place, merged: str) -> Ready:
    """Prove that the adapter answers under both names, as it did whenever that was proved before."""
    endpoint = Endpoint(base_url=place.url, api_key=place.api_key)
    stable, name = chosen.names
    found = None if merged else fingerprint(endpoint, name, chosen.model.ref.base, chosen.rendering)
    now = found.responses if found else answers(endpoint, name, chosen.rendering)
    noise = found.probe.noise if found else 0.0
    refuse_unlike(name, now, earlier(proof_file(chosen)) or now, noise)
    refuse_unlike(stable, answers(endpoint, stable, chosen.rendering), now, noise)
    keep(proof_file(chosen), now)
    return Ready(
        url=place.url,
        names=chosen.names,
        adapter=name,
        digest=str(chosen.model.ref.adapter_digest),
        base=chosen.model.ref.base,
        merged=merged,
        proof=found.probe if found else None,
    )


def _notes(chosen: Chosen, place: Place) -> Iterator[str]:
    """Yield what users of the server should know."""
    if unlike := unlike_gate(place.args):
        yield f"served with arguments that its gate did not have: {unlike}; answers can differ from what was gated"
    if chosen.rendering.format == "raw":
        yield 'prompt_format = "raw": it was gated on plain text, so ask it at /v1/completions'
    if chosen.entry.promotion.overridden:
        yield f"{chosen.entry.name} was promoted though something was missing: {chosen.entry.promotion.overridden[0]}"


def _refuse_open(place: Place) -> None:
    if place.api_key == NO_KEY and not is_loopback(place.host):
        raise ConfigError(
            f"--host {place.host} opens the server to other machines without a key, and who reaches it can load other "
            f"adapters into it; set the environment variable {KEY} to a key of your own, or name one with --api-key-env"
        )
