"""The promoted adapter as a side of a run: where no baseline is named, and as registry:NAME."""

from pathlib import Path

import msgspec

from harness.config.models import ModelConfig
from harness.config.whole import HarnessConfig
from harness.records.asked import ModelRef
from harness.registry.entry import Entry
from harness.registry.ledger import Ledger
from harness.registry.promoted import folder_of, named_entry, promoted_now
from harness.text.visible import for_terminal


def adapter_of(name: str, config: HarnessConfig, root: Path) -> str:
    """Return the folder of the adapter that ``registry:NAME`` means, as settings name it.

    Raises:
        NoSuchModel: no such adapter was promoted.
        PromotionRefused: its folder is gone, or holds another adapter.
        RegistryError: the ledger can't be read, or was edited.
    """
    return _named(named_entry(Ledger(config, root).entries(), name), config, root)


def promoted_entry(config: HarnessConfig, root: Path) -> Entry | None:
    """Return the entry of the promoted adapter; None where nothing is promoted.

    Raises:
        RegistryError: the ledger can't be read, or was edited.
    """
    return promoted_now(Ledger(config, root).entries())


def as_baseline(
    entry: Entry, candidate: ModelConfig, base: ModelRef, config: HarnessConfig, root: Path
) -> tuple[ModelConfig | None, str]:
    """Return the promoted adapter's settings where a candidate is compared with it, and a line that says so, and why.

    None stands for the candidate's base model. ``base`` is what is known of that: where its weights are not on this
    machine, its name decides whether the promoted adapter is on it.

    Raises:
        PromotionRefused: the promoted adapter's folder is gone, or holds another adapter: then nothing takes its place.
    """
    promoted, shown = entry.promotion, for_terminal(entry.name)
    has_weights = len(base.base_digest) == len(promoted.base.digest)
    if base.base_digest != promoted.base.digest if has_weights else base.base != promoted.base.name:
        on = for_terminal(f"{promoted.base.name} {promoted.base.commit[:12]}".strip())
        return None, f"baseline: the base model, since the promoted adapter, {shown}, is on another one ({on})"
    folder = _named(entry, config, root)
    own = (Path(candidate.adapter), root / candidate.adapter) if candidate.adapter is not None else ()
    if (root / folder).resolve() in {one.resolve() for one in own}:
        return None, f"baseline: the base model, since the candidate is the promoted adapter itself, {shown}"
    by = for_terminal(promoted.by.partition(" <")[0], 80)  # no address in a report
    told = f"baseline: {shown}, promoted{' again' if promoted.back_to else ''} on {promoted.time[:10]} by {by}"
    if promoted.overridden:
        told += f", though something was missing then: {for_terminal(promoted.overridden[0], 300)}"
    settings = msgspec.structs.replace(candidate, adapter=folder, served_as=None)
    return settings, f"{told}; --baseline names another one"


def _named(entry: Entry, config: HarnessConfig, root: Path) -> str:
    folder_of(entry, root / config.adapters)
    return f"{config.adapters}/{entry.promotion.adapter.folder}"
