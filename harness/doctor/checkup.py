"""All checks of one checkout, in the order in which a newcomer would need them."""

import functools
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.asking.store import STORE_FILE
from harness.config.home import home_folder
from harness.config.located import settings_file
from harness.config.read import load_config
from harness.config.whole import HarnessConfig
from harness.doctor.engine import devices, hardware_of
from harness.doctor.finding import Finding
from harness.doctor.folders import check_folder, check_store
from harness.doctor.memory import check_memory, find_base, free_memory, nvidia_memory, weights_bytes
from harness.doctor.packages import OWN, check_extras, check_needed, check_python, check_versions
from harness.doctor.plugins import check_plugins, pytest_options
from harness.doctor.servers import check_servers
from harness.engines.weights.hardware import choose_dtype
from harness.errors import ConfigError, EngineSetupError, NoSuchModel
from harness.gating.naming import check_tables
from harness.gating.origins import runs_already, secrets_of
from harness.gating.settings import Names, overrule
from harness.text.secrets import Secrets, hide_login, known_secrets
from harness.text.visible import for_terminal

EXPLAIN = "harness config --explain lists every key"


def examine(named: Path | None, names: Names, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what all checks find; ``named`` and ``names`` are what the command line says, as for pytest.

    With wrong settings, what depends on them is left out.
    """
    found = [*_packages(), *check_plugins(_plugins(), pytest_options(Path().absolute(), environ), environ)]
    try:
        path = settings_file(named, Path())
        config = overrule(load_config(path), names)
        check_tables(config)
    except ConfigError as problem:
        wrong = Finding(name="settings", state="problem", found=str(problem), remedy=f"correct the file; {EXPLAIN}")
        return _shown([*found, wrong], known_secrets(environ, (), ()))
    there = f"{path}" if path.exists() else "no harness.toml here or above: the defaults hold"
    found += [Finding(name="settings", state="ok", found=there), *_of_checkout(config, path.parent, environ)]
    return _shown(found, secrets_of(config, environ))


def _packages() -> Iterator[Finding]:
    version = functools.cache(_version)
    requires = _requires(OWN)
    try:
        facts = importlib.metadata.metadata(OWN)
    except importlib.metadata.PackageNotFoundError:
        remedy = f"pip install {OWN}"
        yield Finding(name="packages", state="problem", found=f"{OWN} is not installed", remedy=remedy)
        return
    yield check_python(platform.python_version(), facts["Requires-Python"])
    yield check_needed(requires, version)
    yield from check_extras(_requires, facts.get_all("Provides-Extra") or (), version)
    yield from check_versions(_requires, version)


def _of_checkout(config: HarnessConfig, root: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what depends on the settings."""
    yield from devices(config.engine)
    if not runs_already(config.engine):
        yield from _weights(config, root)
    yield from check_servers(config, environ)
    runs = root / config.runs
    yield check_folder("runs", runs, "set runs in harness.toml (--run-dir)")
    yield check_store(runs / STORE_FILE)
    try:
        yield check_folder("cache", home_folder(), "set the environment variable HARNESS_HOME")
    except ConfigError as problem:
        what, _, remedy = str(problem).partition("; ")
        yield Finding(name="cache", state="problem", found=what, remedy=remedy)


def _weights(config: HarnessConfig, root: Path) -> Iterator[Finding]:
    """Yield where the base model is, and whether the memory is enough for it."""
    try:
        home = home_folder()
    except ConfigError:  # told where the cache folder is checked
        home = Path()
    folder, finding = find_base(config.base_model, root, home, _hub_cache())
    yield finding
    if folder is None:
        return
    try:
        hardware = hardware_of(config.engine)
        if hardware is None:
            return
        weights = weights_bytes(folder, choose_dtype(config.engine.dtype, hardware))
    except EngineSetupError:  # told where the engine is checked
        return
    except (ValueError, NoSuchModel, OSError) as problem:
        remedy = "copy or fetch the model again"
        yield Finding(name="base model", state="problem", found=f"{folder.name}: {problem}", remedy=remedy)
        return
    yield check_memory(config.engine, hardware, weights, free_memory(), nvidia_memory())


def _hub_cache() -> Path | None:
    try:
        from huggingface_hub import constants
    except ModuleNotFoundError:
        return None
    return Path(constants.HF_HUB_CACHE)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _requires(name: str) -> Sequence[str]:
    try:
        return importlib.metadata.requires(name) or ()
    except importlib.metadata.PackageNotFoundError:
        return ()


def _plugins() -> frozenset[str]:
    return frozenset(one.name for one in importlib.metadata.entry_points(group="pytest11"))


def _shown(found: Sequence[Finding], secrets: Secrets) -> tuple[Finding, ...]:
    """Return the findings without secrets, and with nothing that a terminal obeys."""

    def safe(text: str) -> str:
        return for_terminal(secrets.mask(hide_login(text)), None)

    return tuple(msgspec.structs.replace(one, found=safe(one.found), remedy=safe(one.remedy)) for one in found)
