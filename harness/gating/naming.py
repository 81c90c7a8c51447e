"""What the name of a model means, by its form and the tables [models.NAME]; no weights are read here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from harness.config.models import ModelConfig
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError, NoSuchModel
from harness.gating.promoted import adapter_of
from harness.models.adapter import FILES, adapters_in, is_adapter
from harness.records.asked import ModelRef
from harness.records.record import Record
from harness.text.visible import for_terminal
from harness.train.hosted_manifest import JOB, is_model_alone, read_job

BASE, SAVED, HOSTED, SERVED, PROMOTED = "base", "run:", "openai:", "served:", "registry:"
PREFIXES = (SAVED, HOSTED, SERVED, PROMOTED)
FORMS = (
    "base, a path to an adapter folder, registry:NAME, run:7, openai:MODEL, served:NAME, or the name of a table "
    "[models.NAME]"
)
Kind = Literal["here", "saved", "hosted", "served"]
LISTED = 5
"""Number of names that are listed when the folder of adapters has other files but no adapter."""
TABLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Named(Record, frozen=True, kw_only=True):
    """What one name means.

    ``kind`` is "here" for a base model and its adapters, and otherwise where the answers come from; ``model`` is then
    what follows the prefix. ``settings`` always name a base model. ``declared`` names the entries of the fingerprint in
    which a table lets this model differ from the other side.
    """

    kind: Kind
    model: str
    table: str = ""
    """NAME of [models.NAME]; empty where no table is meant."""
    settings: ModelConfig = ModelConfig()
    declared: tuple[str, ...] = ()
    job: str = ""
    """The folder of a training at a service; a "hosted" model of it is asked at that service."""


def meaning(party: str, name: str, config: HarnessConfig, root: Path) -> Named:
    """Return what ``name`` means; the folders that settings name are beside ``root``.

    Raises:
        NoSuchModel: there is nothing in the name, as an unset variable in a shell gives; or nothing of it was promoted.
        PromotionRefused, RegistryError: what was promoted is not there any more, or the ledger can't be read.
        ConfigError: it is the name of a table and of another adapter's folder.
    """
    prefix = next((one for one in PREFIXES if name.startswith(one)), "")
    if not name.removeprefix(prefix).strip():
        raise NoSuchModel(f"the {party} is {name!r}, which is not the name of a model; use {FORMS}")
    kinds: Mapping[str, Kind] = {SAVED: "saved", HOSTED: "hosted", SERVED: "served"}
    if prefix in kinds:
        return Named(kind=kinds[prefix], model=name.removeprefix(prefix))
    if name in config.models:
        return _of_table(name, config, root)
    if prefix == PROMOTED:
        name = adapter_of(name.removeprefix(prefix), config, root)
    if (job := _job_folder(name, root)) is not None:
        return _of_job(job)
    adapter = None if name == BASE else name
    return Named(kind="here", model=name, settings=msgspec.structs.replace(_defaults(config), adapter=adapter))


def newest_adapter(folder: Path) -> str:
    """Return the path of the adapter that was trained last, relative to the folder of the settings.

    Raises:
        NoSuchModel: there is none.
    """
    adapters = adapters_in(folder)
    if not adapters:
        there = sorted(path.name for path in folder.glob("[!.]*"))
        told = f"has {', '.join(map(for_terminal, there[:LISTED]))}, but no adapter" if there else "is empty"
        raise NoSuchModel(
            f"no candidate: name one with --candidate ({FORMS}); {folder.name}/ "
            f"{told if folder.is_dir() else 'does not exist'} (a folder with {' and '.join(FILES)})"
        )
    return f"{folder.name}/{adapters[-1].name}"


def base_of(named: Named) -> Named:
    """Return the base model of a model that is here, alone, with the same settings."""
    settings = msgspec.structs.replace(named.settings, adapter=None, served_as=None)
    return msgspec.structs.replace(named, model=BASE, table="", settings=settings)


def default_baseline(candidate: Named, config: HarnessConfig, root: Path) -> Named:
    """Return what a candidate is compared with where no baseline is named and no adapter of its base is promoted.

    That is the base model; for an adapter in a table the one of the table, and for a saved run that run's baseline. For
    a model that was tuned at a service, it is the base model there.
    """
    if candidate.job and (job := read_job(Path(candidate.job))) is not None:
        return msgspec.structs.replace(candidate, model=job.base_model)
    if candidate.kind == "saved":
        return msgspec.structs.replace(candidate, model=f"{candidate.model}#baseline")
    if candidate.table and candidate.settings.adapter is not None:
        return base_of(candidate)
    return meaning("baseline", BASE, config, root)


def check_tables(config: HarnessConfig) -> None:
    """Refuse tables whose name means something else.

    Raises:
        ConfigError: there is one.
    """
    for name in config.models:
        shown = for_terminal(f"[models.{name}]")
        if name == BASE or name.startswith(PREFIXES):
            raise ConfigError(f"{shown}: {name!r} already names a model ({FORMS}); give the table another name")
        if not TABLE_NAME.fullmatch(name):
            raise ConfigError(
                f"{shown}: a table's name has letters, digits, points, - and _ alone, and starts with a letter or "
                "digit; give the table another name"
            )
    for name in config.judges:
        if name == BASE or name.startswith(PREFIXES) or name in config.models:
            shown = for_terminal(f"[judges.{name}]")
            raise ConfigError(f"{shown}: {name!r} already names a model; give the table another name")


def refuse_one_label(models: Sequence[ModelRef]) -> None:
    """Refuse a table whose NAME is also what the other side is called: no report could tell them apart.

    Raises:
        ConfigError: it is.
    """
    if len(models) < 2:
        return
    first, second = models
    if first.name == second.name and first.label != second.label:
        raise ConfigError(
            f"both sides are called {first.name}: one by its table [models.{first.name}], the other by its folder "
            "or at the server; give the table another name"
        )


def served_names(models: Iterable[tuple[Named, ModelRef]]) -> dict[tuple[str, ...], str]:
    """Return what a running server calls models, where the settings say it, by what tells models apart.

    Raises:
        ConfigError: the settings give two names for one.
    """
    names: dict[tuple[str, ...], str] = {}
    for named, model in models:
        told = named.settings.served_as
        if told is not None and names.setdefault(model.weights, told) != told:
            raise ConfigError(
                f"[models.{named.table}] served_as = {told!r}: the same weights are already served as "
                f"{names[model.weights]!r}, and answers are kept by the weights; give one name for both sides"
            )
    return names


def _defaults(config: HarnessConfig) -> ModelConfig:
    """Return what holds for the base model and every adapter on it."""
    return ModelConfig(
        base=config.base_model,
        chat_template=config.chat_template,
        template_args=config.template_args,
        prompt_format=config.prompt_format,
    )


def _of_table(name: str, config: HarnessConfig, root: Path) -> Named:
    """Return what a table means: on the base model of the settings, with what is set for that one where it is silent.

    A base model of its own takes nothing over: a chat template that is set beside ``base_model`` is for that one.
    """
    table, known = config.models[name], _defaults(config)
    _refuse_two_meanings(name, config, root)
    has_own_base = table.base not in {None, known.base}
    settings = msgspec.structs.replace(table, base=table.base or known.base)
    if not has_own_base:
        settings = msgspec.structs.replace(
            settings,
            chat_template=table.chat_template or known.chat_template,
            template_args={**known.template_args, **table.template_args},
            prompt_format=known.prompt_format if table.prompt_format == "chat" else table.prompt_format,
        )
    renders = table.chat_template is not None or table.template_args or table.prompt_format != "chat"
    declared = (
        *(("base model",) if has_own_base else ()),
        *(("chat template",) if has_own_base or renders else ()),
        *(("engine",) if table.args else ()),
    )
    return Named(kind="here", model=name, table=name, settings=settings, declared=declared)


def _job_folder(name: str, root: Path) -> Path | None:
    """Return the folder of a name that holds a service's job without weights; None where it holds none."""
    return next((folder for folder in (root / name, Path(name)) if name != BASE and is_model_alone(folder)), None)


def _of_job(folder: Path) -> Named:
    """Return the model that a training at a service left there.

    Raises:
        NoSuchModel: it left none that can be asked by name.
    """
    job = read_job(folder)
    if job is None:
        raise NoSuchModel(f"{folder / JOB}: is not what this version writes; train again")
    if job.model is None:
        raise NoSuchModel(
            f"{folder}: job {for_terminal(job.job)} left neither weights nor the name of a model to ask; deploy it "
            "at the service, and name it there: openai:MODEL"
        )
    return Named(kind="hosted", model=job.model, job=str(folder))


def _refuse_two_meanings(name: str, config: HarnessConfig, root: Path) -> None:
    table = config.models[name]
    for folder in (Path(name), root / name):
        own = table.adapter is not None and (root / table.adapter).resolve() == folder.resolve()
        if is_adapter(folder) and not own:
            raise ConfigError(
                f"{name} is the table [models.{name}] in harness.toml and also an adapter's folder; write ./{name} for "
                "the folder, or give the table another name"
            )
    if table.adapter in config.models and not (root / table.adapter).exists():
        raise ConfigError(
            f"[models.{name}] adapter = {table.adapter!r}: an adapter is a folder, and this names the table "
            f"[models.{table.adapter}]; write the folder, as that table does"
        )
