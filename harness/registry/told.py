"""Entries and adapters in words, a line for each fact; lines that belong to the one above start with two spaces."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.records.parties import TRUSTED
from harness.records.trained import TrainedFile
from harness.registry.entry import Entry
from harness.registry.facts import AdapterFacts
from harness.registry.promoted import promotions
from harness.registry.statement import Promotion
from harness.text.figures import count, percent
from harness.train.hosted_manifest import told_settings
from harness.train.sweep.combined import told_values


def entry_lines(entry: Entry) -> Iterator[str]:
    """Yield what an entry says, after who was promoted: by whom, when and why, and on what evidence."""
    said = entry.promotion
    yield f"  entry {entry.number}, {said.time}, by {said.by}{f': {said.reason}' if said.reason else ''}"
    yield from (f"  overridden: {line}" for line in said.overridden)
    if said.back_to:
        yield f"  as entry {said.back_to} said"
    yield f"  {_evidence(said)}"
    if said.run.known_by in TRUSTED:
        yield "  taken on trust: nothing proved that these weights gave the answers that the run judged"
    yield f"  base model: {said.base.name}{f' at commit {said.base.commit}' if said.base.commit else ''}"
    for one in said.sealed:
        looks = "; ".join(f'read on {day}: "{why}"' for why, day in one.unsealed)
        unread = "nobody has read its cases since it was sealed"
        yield f"  the sealed test {one.suite} has judged {count(one.judged, 'candidate')}; {looks or unread}"
    yield f"  adapter digest {said.adapter.digest[:12]}, entry digest {entry.digest[:12]}"
    if entry.signatures:
        keys = ", ".join(one.keyid[:12] for one in entry.signatures)
        checked = entry.signed_by or "not checked: [registry] trusted_keys names no keys"
        yield f"  signed by key {keys} ({checked})"


def adapter_lines(facts: AdapterFacts) -> Iterator[str]:
    """Yield what is known of an adapter."""
    yield f"{facts.name}{', the promoted adapter' if facts.is_promoted else ''}"
    if facts.wrong:
        yield f"  {facts.wrong}"
    if facts.digest:
        yield f"  digest {facts.digest}"
    if facts.rank:
        targets = ", ".join(facts.targets)
        yield f"  LoRA of rank {facts.rank}{f' on {targets}' if targets else ''}"
    yield from _training_lines(facts)
    yield "runs:" if facts.runs else "runs: none has judged it"
    for one in reversed(facts.runs):
        among = f", one of {len(one.beside):,} candidates" if one.beside else ""
        yield f"  {one.id}: {one.outcome}, compared with {one.baseline.name}{among}"
    yield "promotions:" if facts.entries else "promotions: none"
    for entry in reversed(facts.entries):
        yield f"  {entry.promotion.action} {entry.name}"
        yield from entry_lines(entry)


def _training_lines(facts: AdapterFacts) -> Iterator[str]:
    manifest = facts.manifest
    if manifest is None and (job := facts.job) is not None:
        yield f"training, {job.time}, at {job.base_url}: job {job.job}"
        yield f"  base model {job.base_model}{f', until {job.base_ends}' if job.base_ends else ''}"
        yield from _file_lines(job.files)
        yield f"  settings: {told_settings(job)}"
        yield from ([f"  course: {facts.curve}"] if facts.curve else [])
        return
    if manifest is None:
        yield "training: not known, since its folder has no manifest of harness train"
        return
    commit = f" at commit {manifest.base_commit}" if manifest.base_commit else ""
    yield f"training, {manifest.time}:"
    if manifest.sweep is not None:
        yield f"  of the sweep {manifest.sweep.name}: {told_values(manifest.sweep.values)}"
    yield f"  base model {manifest.base}{commit}, digest {manifest.base_digest[:12]}"
    yield f"  rows {manifest.train_digest[:12]}, validation {(manifest.validation_digest or 'none')[:12]}"
    yield from _file_lines(manifest.files)
    yield from _checked_lines(facts)
    if facts.curve:
        yield f"  course: {facts.curve}"
    settings = msgspec.to_builtins(manifest.settings)
    yield f"  settings: {', '.join(f'{name} {value}' for name, value in settings.items() if value not in (None, {}))}"
    yield f"  packages: {', '.join(f'{name} {version}' for name, version in sorted(manifest.versions.items()))}"


def _file_lines(files: Sequence[TrainedFile]) -> Iterator[str]:
    """Yield each file of rows, and what it was mixed of."""
    for file in files:
        yield f"  {file.name}: {count(file.rows, 'row')}, {count(file.tokens, 'token')}, digest {file.digest[:12]}"
        parts = file.mixed.parts if file.mixed else ()
        total = sum(part.tokens for part in parts) or 1
        yield from (f"  of {part.name}: {count(part.rows, 'row')}, {percent(part.tokens / total)}" for part in parts)


def _checked_lines(facts: AdapterFacts) -> Iterator[str]:
    """Yield what the check of its rows found, where its last promotion says so."""
    for entry in promotions(facts.entries)[-1:]:
        training = entry.promotion.training
        if training is not None and training.checked is not None:
            of = training.checked
            yield f"  check of {of.time[:10]}: {count(of.problems, 'problem')}, {count(of.warnings, 'warning')}"


def _evidence(said: Promotion) -> str:
    run = said.run
    gates = [one for one in run.findings if not one.advisory]
    passed = sum(one.outcome == "passed" for one in gates)
    among = f", chosen from {count(run.among, 'candidate')}" if run.among > 1 else ""
    at = f", suites at commit {run.commit[:12]}" if run.commit else ""
    return (
        f"run {run.id} {run.outcome}: {passed} of {count(len(gates), 'gate')} passed, compared with "
        f"{run.baseline_name}{among}{at}"
    )
