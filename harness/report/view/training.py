"""A training as the page of its course needs it, and what is said of one: made on this machine, or at a service."""

from collections.abc import Sequence

import msgspec

from harness.records.record import Record
from harness.report.view.facts import Pairs, readable
from harness.text.figures import count, join, percent
from harness.text.progress import time_of
from harness.train.curve import Curve
from harness.train.findings import Finding
from harness.train.hosted_manifest import JobManifest, told_settings
from harness.train.manifest import Manifest, other_settings


class Training(Record, frozen=True, kw_only=True):
    """One training as the page needs it; ``facts`` are names with values, ``limit`` the most that a gradient may be.

    ``varied`` says in what it differs from the others on the page. ``is_watched`` is False of a training at a service,
    of whose course nothing more is known than is drawn.
    """

    curve: Curve
    facts: Pairs = ()
    findings: tuple[Finding, ...] = ()
    limit: float | None = None
    varied: str = ""
    is_watched: bool = True


def training_of(manifest: Manifest, curve: Curve, others: Sequence[Manifest] = ()) -> Training:
    """Return a training of this machine as the page needs it; ``others`` are on the same page."""
    return Training(
        curve=curve,
        facts=_facts(manifest),
        findings=manifest.findings,
        limit=manifest.settings.max_grad_norm,
        varied=_varied(manifest, others),
    )


def training_of_job(job: JobManifest, curve: Curve) -> Training:
    """Return a training at a service as the page needs it."""
    files = join([f"{file.name} ({count(file.rows, 'row')})" for file in job.files])
    billed = "" if job.trained_tokens is None else f"{count(job.trained_tokens, 'token')} by the service's count"
    pairs = (
        ("Base model", job.base_model),
        ("Trained at", f"{job.base_url}, job {job.job}"),
        ("Model there", job.model or ""),
        ("Rows", files),
        ("Read", billed or f"about {count(job.tokens, 'token')} per epoch ({job.counted})"),
        ("Cost", job.cost),
        ("Trained", readable(job.time)),
        ("Adapter digest", job.adapter_digest[:16]),
        ("Settings", told_settings(job)),
    )
    return Training(curve=curve, facts=tuple((name, value) for name, value in pairs if value), is_watched=False)


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
