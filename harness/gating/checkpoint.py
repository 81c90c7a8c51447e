"""``harness merge``: which adapter, base model and chat template are meant, and what the checkpoint's card says."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.config.engine import EngineConfig
from harness.config.whole import HarnessConfig
from harness.engines.weights.hardware import NumberFormat
from harness.errors import NoSuchModel
from harness.gating.local_models import LocalModels
from harness.gating.naming import Named, meaning
from harness.gating.renderings import rendering_of
from harness.models.adapter import folder_name, is_adapter, read_config
from harness.models.hub_cache import hub_name
from harness.records.record import Record
from harness.records.saved import Run
from harness.registry.card import evaluation_lines
from harness.registry.facts import facts_of, runs_of
from harness.runs.listing import ListedRun
from harness.text.visible import for_terminal
from harness.train.manifest import read_manifest
from harness.train.merged import BEHIND, Merge, Wanted, merge, number_format

OF_THE_ADAPTER = "These figures are the adapter's, before it was merged; how far both agree is said above."


class Checkpoint(Record, frozen=True, kw_only=True):
    """What is asked for: all but the adapter can be left out.

    ``base`` is a base model in place of that of the settings, ``dtype`` a number format in place of the base model's.
    """

    adapter: str
    base: str = ""
    into: str = ""
    dtype: NumberFormat | None = None
    license: str = ""


class Project(Record, frozen=True, kw_only=True):
    """A checkout: its settings, the folder of its harness.toml, and its runs; without such a file, the defaults."""

    config: HarnessConfig
    root: Path
    has_settings: bool
    runs: Path
    listed: tuple[ListedRun, ...]


def make_checkpoint(asked: Checkpoint, project: Project, say: Callable[[str], None]) -> tuple[Path, Merge]:
    """Leave an adapter merged into its base model in a folder; return the folder and the record in it.

    Raises:
        InputError: there is no such adapter or base model, or they can't be merged.
        StoreError: the folder holds something else, or can't be written.
    """
    named = _named(asked, project, say)
    model = LocalModels(project.root, EngineConfig(), say).read(named)
    adapter = Path(str(model.adapter_path))
    manifest = read_manifest(adapter)
    base = Path(model.base_path)
    own = rendering_of(named, base, project.root, model.own_template)
    wanted = Wanted(
        dtype=asked.dtype or number_format(base),
        rendering=manifest.rendering if manifest else own,
        manifest=manifest,
        license=asked.license,
        evaluated=_evaluated(adapter, project),
    )
    folder = Path(asked.into) if asked.into else _beside(adapter)
    return folder, merge(model, folder, wanted, say)


def _named(asked: Checkpoint, project: Project, say: Callable[[str], None]) -> Named:
    """Return what the adapter's name means: in the folder of adapters, as a path, or as for the gate."""
    beside = Path(project.config.adapters) / asked.adapter
    is_beside = asked.adapter not in project.config.models and is_adapter(project.root / beside)
    named = meaning("adapter", str(beside) if is_beside else asked.adapter, project.config, project.root)
    if named.kind != "here" or named.settings.adapter is None:
        raise NoSuchModel(f"{for_terminal(asked.adapter)}: not an adapter on this machine; name an adapter's folder")
    base = asked.base or (None if named.table or project.has_settings else _told_base(named.settings.adapter, say))
    # A model's own Python code, which a server can be allowed to run, is never run here.
    settings = msgspec.structs.replace(named.settings, base=base or named.settings.base, args=())
    return msgspec.structs.replace(named, settings=settings)


def _told_base(adapter: str, say: Callable[[str], None]) -> str | None:
    """Return the base model that an adapter's own files name, where no settings do and it can be found by that name."""
    folder = Path(adapter)
    if not is_adapter(folder):
        return None
    manifest = read_manifest(folder)
    told = manifest.base if manifest else read_config(folder).base_model_name_or_path
    if not told or (manifest is None and not Path(told).is_dir() and hub_name(told) is None):
        return None
    at = f"@{manifest.base_commit}" if manifest and manifest.base_commit else ""
    shown = for_terminal(told + at)
    say(f"{folder_name(folder)}: no harness.toml is here; merging into {shown}, which the adapter names")
    return told + at


def _evaluated(adapter: Path, project: Project) -> tuple[str, ...]:
    adapters = project.root / project.config.adapters
    facts = facts_of(adapter, adapters, project.listed, ())
    run: Run | None = next(runs_of(facts, project.runs), None)
    return (*((OF_THE_ADAPTER, "") if run else ()), *evaluation_lines(run))


def _beside(adapter: Path) -> Path:
    """Return the folder beside an adapter's where its merged model goes by default."""
    place = adapter if adapter.name.strip(".") else adapter.resolve()
    return place.with_name(f"{folder_name(adapter)}{BEHIND}")
