"""A training as the page of its course needs it, and what is said of one that was made on this machine."""

from collections.abc import Sequence

import msgspec

from harness.records.record import Record
from harness.report.view.facts import Pairs, readable
from harness.text.figures import count, join, percent
from harness.text.progress import time_of
from harness.train.curve import Curve
from harness.train.findings import Finding
from harness.train.manifest import Manifest, other_settings


class Training(Record, frozen=True, kw_only=True):
    """One training as the page needs it; ``facts`` are names with values, ``limit`` the most that a gradient may be.

    ``varied`` says in what it differs from the others on the page.
    """

    curve: Curve
    facts: Pairs = ()
    findings: tuple[Finding, ...] = ()
    limit: float | None = None
    varied: str = ""


def training_of(manifest: Manifest, curve: Curve, others: Sequence[Manifest] = ()) -> Training:
    """Return a training of this machine as the page needs it; ``others`` are on the same page."""
    return Training(
        curve=curve,
        facts=_facts(manifest),
        findings=manifest.findings,
        limit=manifest.settings.max_grad_norm,
        varied=_varied(manifest, others),
    )


def _facts(manifest: Manifest) -> Pairs:
    """Return what a training was, in short."""
    settings = manifest.settings
    size = "" if settings.lora_rank is None else f", rank {settings.lora_rank}, alpha {settings.lora_alpha}"
    accumulated = settings.gradient_accumulation
    batch = f"{count(settings.rows_per_batch, 'row')}{f', {accumulated} times' if accumulated > 1 else ''}"
    files = join([f"{file.name} ({count(file.rows, 'row')})" for file in manifest.files])
    padding = "" if manifest.padding is None else f", {percent(manifest.padding)} of it padding"
    other = [
        f"{name} = {value}"
        for name, value in msgspec.to_builtins(settings).items()
        if value not in (None, {}, [], False)
    ]
    pairs = (
        ("Base model", f"{manifest.base}{f' at commit {manifest.base_commit}' if manifest.base_commit else ''}"),
        ("Method", f"{settings.method}{size}"),
        ("Rows", files),
        ("Batches", f"{batch}; {manifest.batches}"),
        ("Learning rate", f"{settings.learning_rate:g}"),
        ("Read", f"{count(manifest.tokens, 'token')}{padding}, in {time_of(manifest.seconds)} minutes"),
        ("Device", f"{manifest.device}, {manifest.dtype}"),
        ("Trained", readable(manifest.time)),
        ("Adapter digest", manifest.adapter_digest[:16]),
        ("Settings", ", ".join(other)),
    )
    return tuple((name, value) for name, value in pairs if value)


def _varied(manifest: Manifest, others: Sequence[Manifest]) -> str:
    """Return the settings in which a training differs from any other one, but for its output."""
    names = {
        line.partition(" = ")[0] for other in others for line in other_settings(manifest.settings, other.settings)
    } - {"output"}
    settings = msgspec.structs.asdict(manifest.settings)
    return ", ".join(f"{name} = {value}" for name, value in settings.items() if name in names)
