"""What is known of an adapter: its training, the runs that judged it, who promoted it; and how two of them differ."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.models.adapter import CURVE_PAGE, adapters_in, folder_name, read_config
from harness.models.answering import digest_adapter
from harness.records.record import Record
from harness.records.saved import Run
from harness.registry.entry import Entry
from harness.registry.promoted import promoted_now, promotions
from harness.runs.folder import read_run
from harness.runs.listing import ListedRun
from harness.train.hosted_manifest import JobManifest, read_job, told_settings
from harness.train.manifest import Manifest, read_manifest


class AdapterFacts(Record, frozen=True, kw_only=True):
    """One adapter: what its folder says, the runs that judged it, and the entries about it, the oldest first.

    ``digest`` is empty and ``manifest`` None where its folder is gone. ``rank`` is 0 and ``wrong`` says why where its
    configuration can't be read.
    """

    name: str
    folder: str
    digest: str = ""
    rank: int = 0
    targets: tuple[str, ...] = ()
    manifest: Manifest | None = None
    job: JobManifest | None = None
    """Of an adapter that a service trained; it has no manifest."""
    curve: str = ""
    """The page of its training's course; empty where there is none."""
    runs: tuple[ListedRun, ...] = ()
    entries: tuple[Entry, ...] = ()
    is_promoted: bool = False
    wrong: str = ""


def adapters_here(adapters: Path, runs: Sequence[ListedRun], entries: Sequence[Entry]) -> tuple[AdapterFacts, ...]:
    """Return the adapters of a folder, the one trained last at the end; before them those that are gone but promoted.

    Raises:
        AdapterError: the folder is a link that leads back to itself.
    """
    here = tuple(facts_of(folder, adapters, runs, entries) for folder in adapters_in(adapters))
    known = {one.digest for one in here}
    elsewhere = {one.promotion.adapter.digest: one for one in entries if one.promotion.adapter.digest not in known}
    return (*(_of_entry(one, adapters, runs, entries) for one in elsewhere.values()), *here)


def facts_of(folder: Path, adapters: Path, runs: Sequence[ListedRun], entries: Sequence[Entry]) -> AdapterFacts:
    """Return what is known of the adapter in ``folder``."""
    place = folder.resolve()
    inside = place.is_relative_to(adapters.resolve())
    name = folder_name(folder)
    known = AdapterFacts(name=name, folder=place.relative_to(adapters.resolve()).as_posix() if inside else name)
    try:
        config, own = read_config(folder), digest_adapter(folder)
    except (HarnessError, OSError) as problem:
        return msgspec.structs.replace(known, wrong=str(problem))
    targets = config.target_modules or ()
    return msgspec.structs.replace(
        _with_history(known, own, runs, entries),
        rank=config.rank,
        targets=(targets,) if isinstance(targets, str) else tuple(sorted(targets)),
        manifest=read_manifest(folder),
        job=read_job(folder),
        curve=str(folder / CURVE_PAGE) if (folder / CURVE_PAGE).is_file() else "",
    )


def runs_of(facts: AdapterFacts, runs: Path) -> Iterator[Run]:
    """Yield the runs that judged an adapter, whole, the newest first; one that can't be read any more is left out."""
    for one in reversed(facts.runs):
        try:
            yield read_run(runs / one.id)
        except HarnessError:
            continue


def differences(one: AdapterFacts, other: AdapterFacts) -> tuple[tuple[str, str, str], ...]:
    """Return the facts in which two adapters differ: the fact's name, and its value for each."""
    first, second = _flat(one), _flat(other)
    names = dict.fromkeys((*first, *second))
    pairs = [(name, first.get(name, ""), second.get(name, "")) for name in names]
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def _of_entry(entry: Entry, adapters: Path, runs: Sequence[ListedRun], entries: Sequence[Entry]) -> AdapterFacts:
    """Return what the ledger knows of an adapter that is in no folder any more."""
    adapter = entry.promotion.adapter
    known = AdapterFacts(name=adapter.name, folder=adapter.folder)
    gone = f"its folder {adapters / adapter.folder} is gone, or holds another adapter now"
    if entry.promotion.action == "remove":
        gone = f"its folder was removed on {entry.promotion.time[:10]}: {entry.promotion.reason}"
    return msgspec.structs.replace(_with_history(known, adapter.digest, runs, entries), wrong=gone)


def _with_history(
    facts: AdapterFacts, digest: str, runs: Sequence[ListedRun], entries: Sequence[Entry]
) -> AdapterFacts:
    now = promoted_now(entries)
    return msgspec.structs.replace(
        facts,
        digest=digest,
        runs=tuple(one for one in runs if one.candidate.known_digest == digest),
        entries=tuple(one for one in entries if one.promotion.adapter.digest == digest),
        is_promoted=now is not None and now.promotion.adapter.digest == digest,
    )


def _flat(facts: AdapterFacts) -> Mapping[str, str]:
    """Return an adapter's facts by name, as texts."""
    found = {"digest": facts.digest, "rank": str(facts.rank or ""), "target modules": ", ".join(facts.targets)}
    manifest = facts.manifest
    if manifest is not None:
        found |= {"base model": manifest.base, "base digest": manifest.base_digest, "base commit": manifest.base_commit}
        found |= {"training rows": manifest.train_digest, "validation rows": manifest.validation_digest or ""}
        found |= {f"file {file.name}": f"{file.rows:,} rows, {file.digest}" for file in manifest.files}
        found |= {"chat template": manifest.template_digest, "device": manifest.device, "dtype": manifest.dtype}
        settings = msgspec.to_builtins(manifest.settings)
        found |= {name: str(value) for name, value in settings.items() if name != "output"}
        found |= {f"package {name}": version for name, version in sorted(manifest.versions.items())}
        found |= {"steps": f"{manifest.step} of {manifest.steps}", "tokens": f"{manifest.tokens:,}"}
        last = manifest.validation_losses[-1:]
        found |= {"last validation loss": f"{last[0].loss:.4f}" if last else ""}
    if manifest is None and (job := facts.job) is not None:
        found |= {"base model": job.base_model, "service": job.base_url, "job": job.job, "settings": told_settings(job)}
        found |= {f"file {file.name}": f"{file.rows:,} rows, {file.digest}" for file in job.files}
    found |= {"runs": ", ".join(f"{one.id} {one.outcome}" for one in facts.runs)}
    return found | {"promoted as": ", ".join(one.name for one in promotions(facts.entries))}
