"""Models that a running server holds and this machine does not: known by their names, and taken on trust."""

import os
from importlib.util import find_spec
from pathlib import Path

from harness.config import HarnessConfig, home_folder
from harness.engines.http.endpoint import address_of
from harness.errors import ConfigError, EngineError, InputError, NoSuchModel
from harness.gating.naming import BASE, SERVED, Named
from harness.gating.origins import runs_already
from harness.models.adapter import check_adapter, folder_name, is_adapter
from harness.models.embedded import EMBEDDED, PACKAGE
from harness.models.local import digest_adapter
from harness.records.asked import HOSTED, ModelRef
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal

UNKNOWN = ("base model", "chat template")
"""Entries of the fingerprint that nobody can know of such a model: naming it accepts that they differ."""


def folder_of(base: str, root: Path) -> Path | None:
    """Return the folder of a base model where there is one, whatever it holds; None for any other name."""
    for folder in (root / base, Path(os.path.expanduser(base))):  # noqa: PTH111 - a Path raises where a user has no home
        if folder.is_dir():
            return folder
    return None


def has_weights(base: str, root: Path) -> bool:
    """Tell whether the weights of a base model are here, or in the package that carries the embedded one."""
    if (folder := folder_of(base, root)) is not None:
        return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    if base != EMBEDDED:
        return False
    return find_spec(PACKAGE) is not None or any((home_folder() / "base").glob(f"{EMBEDDED}-*"))


def is_elsewhere(named: Named, config: HarnessConfig, root: Path) -> bool:
    """Tell whether a model is only a name at a running server.

    Raises:
        ConfigError: it is named as one of a server, and none is named.
    """
    if named.kind == "served" and not runs_already(config.engine):
        raise ConfigError(
            f"{SERVED}{named.model}: this is a model of a running server; name the server with --base-url, or "
            "base_url under [engine] in harness.toml"
        )
    is_ours = named.kind == "here" and runs_already(config.engine)
    return named.kind == "served" or (is_ours and not has_weights(named.settings.base or "", root))


def known_by_name(named: Named, root: Path) -> tuple[ModelRef, str | None]:
    """Return a model that is only a name at a server, and what the server calls it where the settings say so.

    An adapter's own files are digested where they are here: one that was trained again is another model.

    Raises:
        NoSuchModel: it should be an adapter's folder, and there is none.
        AdapterError: the adapter is unsafe or damaged.
    """
    if named.kind == "served":
        return _ref(named.model, named.model, ""), named.model
    base, adapter, label = named.settings.base or "", named.settings.adapter, named.table
    if adapter is None:
        folder = folder_of(base, root)
        own = folder_name(folder) if folder else base
        name = named.settings.served_as or own
        ref = ModelRef(base=own, base_digest=HOSTED, template_digest=HOSTED, adapter_digest=name, label=label)
        return ref, named.settings.served_as
    here = [folder for folder in (root / adapter, *([] if label else [Path(adapter)])) if is_adapter(folder)]
    if here:
        check_adapter(here[0])
        return _ref(folder_name(here[0]), digest_adapter(here[0]), label), named.settings.served_as
    if named.settings.served_as is not None:
        return _ref(named.settings.served_as, named.settings.served_as, label), named.settings.served_as
    raise NoSuchModel(f"{adapter}: no such adapter folder; name a model of the server as {SERVED}NAME")


def told_by_name(named: Named, config: HarnessConfig) -> str:
    """Return what is said of a base model or adapter without its base model's weights here."""
    if named.kind == "served":
        return ""
    what = named.table or (named.settings.base if named.model == BASE else named.model)
    address = for_terminal(hide_login(address_of(config.engine)))
    return (
        f"{for_terminal(what or '')}: its base model's weights are not here, so {address} is asked by name: "
        "what it holds can't be digested or proved, and is taken on trust"
    )


def suggest(named: Named, problem: InputError, config: HarnessConfig, root: Path) -> None:
    """Raise a hint where a running server lists what was taken for an adapter's folder; ``problem`` was found with it.

    Raises:
        NoSuchModel: it does.
    """
    if named.table or named.model == BASE or not runs_already(config.engine) or (root / named.model).is_dir():
        return
    from harness.engines.openai import listed_at

    try:
        listed = listed_at(config.engine, os.environ)
    except EngineError:  # what is wrong with the name is still the first thing to say
        return
    if named.model in listed:
        name, address = for_terminal(named.model), for_terminal(hide_login(address_of(config.engine)))
        raise NoSuchModel(
            f"{name} is not an adapter's folder, but the server at {address} lists a model of that name: "
            f"did you mean {SERVED}{name}?"
        ) from problem


def _ref(name: str, known_as: str, label: str) -> ModelRef:
    return ModelRef(
        base=HOSTED, base_digest=HOSTED, template_digest=HOSTED, adapter=name, adapter_digest=known_as, label=label
    )
