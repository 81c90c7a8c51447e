"""What is served: the promoted adapter, with its base model, and asked exactly as its gate asked it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.config.whole import HarnessConfig
from harness.errors import PromotionRefused
from harness.gating.local_engines import settings_for
from harness.gating.local_models import LocalModels
from harness.gating.naming import PROMOTED, Named, meaning
from harness.gating.renderings import rendering_of
from harness.models.answering import digest_adapter
from harness.models.folders import CONFIG
from harness.models.local import LocalModel
from harness.models.merged import PLAIN, mark_used
from harness.models.plain import WEIGHTS
from harness.records.asked import AS_IS, Rendering
from harness.records.record import Record, digest
from harness.registry.entry import Entry
from harness.registry.ledger import Ledger
from harness.registry.promoted import before, named_entry, promoted_now
from harness.text.atomic import make_folder
from harness.text.visible import for_terminal

ALIASES = ("promoted", "previous")
DIGITS = 64
"""Of a digest of files; what is known of a base model that was asked elsewhere is shorter."""

Say = Callable[[str], None]


class Chosen(Record, frozen=True, kw_only=True):
    """An adapter to serve: the entry that promoted it, its files, and how it is given messages.

    ``names`` are what it is served as: the name that stays, and the adapter's own with the number of its entry.
    """

    entry: Entry
    names: tuple[str, str]
    model: LocalModel
    rendering: Rendering
    engine: EngineConfig


def choose(wanted: str, config: HarnessConfig, root: Path, say: Say) -> Chosen:
    """Return what ``promoted``, ``previous``, NAME or NAME@NUMBER is; ``root`` is the folder of harness.toml.

    Raises:
        PromotionRefused: nothing is promoted, or it isn't as it was when its gate asked it.
        NoSuchModel: no such adapter was promoted.
        AdapterError: it can't be read, or doesn't fit the base model.
        RegistryError: the ledger can't be read, or was edited.
    """
    entries = Ledger(config, root).entries()
    name = wanted.removeprefix(PROMOTED)
    entry = _of_alias(name, entries) if name in ALIASES else named_entry(entries, name)
    stable = name if name in ALIASES else entry.promotion.adapter.name
    models = LocalModels(root, config.engine, say)
    told = ""
    for named in _meanings(entry, config, root):
        model = models.read(named)
        rendering = rendering_of(named, Path(model.base_path), root, model.own_template)
        unlike = _unlike(entry, model, rendering)
        if unlike is None:
            engine = settings_for(_vllm(config), named.settings.args)
            return Chosen(entry=entry, names=(stable, entry.name), model=model, rendering=rendering, engine=engine)
        told = told or unlike
    raise PromotionRefused(f"{for_terminal(entry.name)}: {told}")


def folder_to_serve(model: LocalModel) -> str:
    """Return a folder with an adapter's files that nobody changes: a copy in the cache folder, named by its digest.

    A server can read a module again at any time, and knows what it has computed by the path, so that other weights
    need another one.

    Raises:
        PromotionRefused: the copy was changed.
    """
    if model.plain_path is not None:
        return model.plain_path
    own, source = str(model.ref.adapter_digest), Path(str(model.adapter_path))
    folder = (home_folder() / PLAIN / digest(("served", own))[:32]).resolve()

    def make(unfinished: Path) -> None:
        for name in (CONFIG, WEIGHTS):
            shutil.copyfile(source / name, unfinished / name)

    make_folder(folder, make)
    mark_used(folder)
    if digest_adapter(folder) != own:
        raise PromotionRefused(f"{folder}: this copy of {model.ref.name} was changed; remove the folder, and run again")
    return str(folder)


def _of_alias(alias: str, entries: tuple[Entry, ...]) -> Entry:
    now = promoted_now(entries)
    if now is None:
        raise PromotionRefused("nothing is promoted yet; run pytest suites/, then harness promote ADAPTER --run RUN")
    if alias == "promoted":
        return now
    earlier = before(entries, now)
    if earlier is None:
        raise PromotionRefused(f"{for_terminal(now.name)} is the first that was promoted; there is no previous one")
    return earlier


def _meanings(entry: Entry, config: HarnessConfig, root: Path) -> Iterator[Named]:
    """Yield how settings can mean an adapter: on the base model of the settings, then as each table that names it."""
    own = meaning("served adapter", f"{PROMOTED}{entry.name}", config, root)
    yield own
    folder = (root / str(own.settings.adapter)).resolve()
    for name, table in config.models.items():
        if table.adapter is not None and (root / table.adapter).resolve() == folder:
            yield meaning("served adapter", name, config, root)


def _unlike(entry: Entry, model: LocalModel, rendering: Rendering) -> str | None:
    """Say in what an adapter would be asked otherwise than by its gate; None where all is the same."""
    promoted, ref = entry.promotion, model.ref
    told = ""
    if len(promoted.base.digest) == DIGITS and promoted.base.digest != ref.base_digest:
        told = (
            f"was gated on the base model {promoted.base.name} (digest {promoted.base.digest[:12]}), and the settings"
        )
        told = f"{told} name {ref.base} (digest {ref.base_digest[:12]})"
    elif len(promoted.text.digest) == DIGITS and promoted.text.digest != ref.template_digest:
        told = "its tokenizer, or its folder's chat template, is not the one that its gate asked it with"
    elif promoted.text.rendering != ("" if rendering == AS_IS else digest(rendering)):
        told = (
            "the settings give it another chat template, other template_args or another prompt_format than its gate had"
        )
    if not told:
        return None
    return f"{for_terminal(told, 400)}; put back what was gated, or gate it as it is now and promote it again"


def _vllm(config: HarnessConfig) -> EngineConfig:
    return msgspec.structs.replace(config.engine, kind="vllm", base_url=None, replica_urls=())
