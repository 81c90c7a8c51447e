"""Models that a running server holds and this machine does not: known by their names, and taken on trust."""

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.config.whole import HarnessConfig
from harness.engines.http.endpoint import address_of
from harness.errors import ConfigError, EngineError, InputError, NoSuchModel
from harness.gating.naming import BASE, SERVED, Named, served_names
from harness.gating.origins import exact_names, refuse_one_name_for_two, runs_already
from harness.models.adapter import check_adapter, folder_name, is_adapter
from harness.models.answering import digest_adapter, digest_template
from harness.models.embedded import EMBEDDED, PACKAGE
from harness.models.hub import fetch_text
from harness.models.hub_cache import hub_model, hub_name
from harness.models.local import told_own_template
from harness.models.tokenizer import chat_templates, other_tokenizer, own_template, tokenizer_files
from harness.records.asked import HOSTED, ModelRef
from harness.records.record import Record
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


def text_of_base(base: str, root: Path, say: Callable[[str], None]) -> str:
    """Return the folder with the tokenizer and configuration of a base model on a hub; any other name as it is.

    Weights are not fetched, for a running server has them. ``say`` is told where nothing can be fetched.
    """
    on_hub = hub_name(base)
    if on_hub is None or base == EMBEDDED or folder_of(base, root) is not None:
        return base
    try:
        return str(fetch_text(on_hub, say))
    except NoSuchModel as problem:
        say(f"{problem}; without it, chat templates can't be compared here, nor texts be read as tokens")
        return base


class ByName(Record, frozen=True, kw_only=True):
    """A model that is only a name at a server; ``served_as`` is that name where the settings say it.

    ``base`` is the folder with its base model's tokenizer and configuration, where there is one. ``own_template`` and
    ``notes`` are as for a LocalModel.
    """

    model: ModelRef
    served_as: str | None
    base: Path | None = None
    own_template: str | None = None
    notes: tuple[str, ...] = ()


def known_by_name(named: Named, root: Path) -> ByName:
    """Return what is known of a model without its base model's weights.

    An adapter's own files are digested where they are here: one that was trained again is another model. Its own chat
    template is used where it can be compared with the base model's.

    Raises:
        NoSuchModel: it should be an adapter's folder, and there is none.
        AdapterError: the adapter is unsafe or damaged.
    """
    if named.kind == "served":
        return ByName(model=_ref(named.model, named.model), served_as=named.model)
    told, label, folder = named.settings.served_as, named.table, folder_of(named.settings.base or "", root)
    base = folder if folder is not None and tokenizer_files(folder) else None
    template = HOSTED if base is None else digest_template(base)
    if named.settings.adapter is None:
        own = _name_of(named.settings.base or "", folder)
        ref = ModelRef(base=own, base_digest=HOSTED, template_digest=template, adapter_digest=told or own, label=label)
        return ByName(model=ref, served_as=told, base=base)
    adapter = named.settings.adapter
    here = [place for place in (root / adapter, *([] if label else [Path(adapter)])) if is_adapter(place)]
    if here:
        check_adapter(here[0])
        own_template, notes = _own_text(here[0], base)
        return ByName(
            model=_ref(folder_name(here[0]), digest_adapter(here[0]), label, template),
            served_as=told,
            base=base,
            own_template=own_template,
            notes=notes,
        )
    if told is not None:
        return ByName(model=_ref(told, told, label, template), served_as=told, base=base)
    raise NoSuchModel(f"{adapter}: no such adapter folder; name a model of the server as {SERVED}NAME")


def names_at_server(
    here: Sequence[tuple[Named, ModelRef]], there: Sequence[tuple[Named, ByName]], engine: EngineConfig
) -> dict[tuple[str, ...], str]:
    """Return what a running server calls models, by what tells them apart: where the settings say it, or it must be so.

    Raises:
        ConfigError: the settings give two names for one model.
        AdapterError: two models, whose weights are not here, have one name.
    """
    names = served_names(here) | {one.model.weights: one.served_as for _, one in there if one.served_as is not None}
    if not runs_already(engine):
        return names
    folders = [(one.model, named.model) for named, one in there if named.kind == "here"]
    refuse_one_name_for_two(folders, names, hide_login(address_of(engine)))
    return exact_names([*(model for _, model in here), *(one.model for _, one in there)]) | names


def _own_text(adapter: Path, base: Path | None) -> tuple[str | None, tuple[str, ...]]:
    """Return an adapter's own chat template where it differs from the base model's, and what to know about its text."""
    name = folder_name(adapter)
    if base is None:
        has_own = bool(chat_templates(adapter))
        note = (
            f"{name}: its folder has a chat template, and the base model's is not here to compare: it is asked in the "
            "server's; to use its own, set chat_template in a table [models.NAME]"
        )
        return None, (note,) * has_own
    template, other = own_template(adapter, base), other_tokenizer(adapter, base)
    notes = [told_own_template(name)] * (template is not None)
    notes += [f"{name}: its folder has a tokenizer of its own ({other}); the server must serve it with that"] * bool(
        other
    )
    return template, tuple(notes)


def _name_of(base: str, folder: Path | None) -> str:
    """Return what people call a base model: its name on the hub, its folder's name, or what the settings say."""
    if folder is None:
        return base
    fetched = hub_model(folder)
    return fetched.repo if fetched else folder_name(folder)


def told_by_name(named: Named, config: HarnessConfig) -> str:
    """Return what is said of a base model or adapter without its base model's weights here."""
    if named.kind == "served":
        return ""
    base = named.settings.base or ""
    what = named.table or (_name_of(base, Path(base)) if named.model == BASE else named.model)
    address = for_terminal(hide_login(address_of(config.engine)))
    return (
        f"{for_terminal(what)}: its base model's weights are not here, so {address} is asked by name: "
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


def _ref(name: str, known_as: str, label: str = "", template: str = HOSTED) -> ModelRef:
    return ModelRef(
        base=HOSTED, base_digest=HOSTED, template_digest=template, adapter=name, adapter_digest=known_as, label=label
    )
