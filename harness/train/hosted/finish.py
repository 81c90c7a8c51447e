"""What a job that has succeeded leaves in the output's folder: weights, course, signatures of rows, and job.json."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.data.leaks.signed import sign, written
from harness.models.adapter import SIGNATURES
from harness.models.answering import digest_adapter
from harness.models.folders import CONFIG
from harness.models.installed import installed_versions
from harness.text.atomic import write_durably
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.curve import write_curve
from harness.train.hosted.api import Api
from harness.train.hosted.course import curve_of
from harness.train.hosted.fetch import fetch_tables, fetch_weights
from harness.train.hosted.order import Order, cost_of
from harness.train.hosted.rows import JobRows
from harness.train.hosted.seen import Job, Kept
from harness.train.hosted.sending import NoAnswer
from harness.train.hosted.state import Journal
from harness.train.hosted_manifest import Checkpoint, JobManifest, write_job
from harness.train.results import name_base

MODEL_POLL_S = 5.0
UNSAID = frozenset({400, 401, 403, 405, 501})
"""What a service answers that doesn't tell of single models."""


@dataclass(frozen=True)
class Work:
    """One training at a service: where, what, its rows, what is kept of it meanwhile, and how the output is called."""

    api: Api
    order: Order
    rows: JobRows
    journal: Journal
    name: str


def finish(work: Work, job: Job, ends: dt.date | None) -> tuple[Path, JobManifest]:
    """Return the finished folder, which is not in place yet, and its manifest. Everything can be fetched again.

    Raises:
        AdapterError: the weights are of no adapter that can be used.
        TrainingError: something can't be had.
    """
    api, name = work.api, work.name
    say(f"{name}: job {for_terminal(job.id)} has succeeded; fetching what it left from {api.address}")
    finished = work.journal.folder / "finished"
    shutil.rmtree(finished, ignore_errors=True)
    finished.mkdir()
    kept = api.checkpoints(job.id)
    has_weights = fetch_weights(api, job, kept, finished)
    if has_weights:
        name_base(finished / CONFIG, work.order.jobs.model)
    curve = curve_of(name, api.events(job.id), kept, fetch_tables(api, job, work.journal.folder))
    if curve is not None:
        write_curve(finished, curve)
    write_durably(finished / SIGNATURES, written(sign(work.rows.written)))
    listed = (
        None if job.fine_tuned_model is None else _is_listed(api, job.fine_tuned_model, work.order.jobs.model_wait_s)
    )
    if listed is False:
        say(f"{for_terminal(job.fine_tuned_model or '')} is still unknown to the service; it may answer later")
    manifest = _manifest(work, job, kept, (ends, listed, digest_adapter(finished) if has_weights else ""))
    write_job(finished, manifest)
    return finished, manifest


def _is_listed(api: Api, model: str, wait_s: float) -> bool | None:
    """Return whether the service knows the tuned model, which can take a minute; None where it does not say."""
    start = api.clock()
    while True:
        try:
            api.model(model)
        except NoAnswer as problem:
            if problem.status in UNSAID:
                return None
            if problem.status != 404:
                raise
        else:
            return True
        if api.clock() - start >= wait_s:
            return False
        api.sleep(MODEL_POLL_S)


def _manifest(work: Work, job: Job, kept: list[Kept], facts: tuple[dt.date | None, bool | None, str]) -> JobManifest:
    order, rows, (ends, listed, adapter_digest) = work.order, work.rows, facts
    checkpoints = tuple(
        Checkpoint(
            id=one.id, step=one.step_number or 0, model=one.fine_tuned_model_checkpoint, files=one.result_files or ()
        )
        for one in kept
    )
    return JobManifest(
        name=work.name,
        key=order.key,
        base_url=work.api.address,
        job=job.id,
        model=job.fine_tuned_model,
        base_model=order.jobs.model,
        base_ends=ends,
        training_file=job.training_file or work.journal.state.training_file or "",
        validation_file=work.journal.state.validation_file,
        result_files=job.result_files or (),
        checkpoints=checkpoints,
        form=order.jobs.form,
        hyperparameters=order.hyperparameters,
        suffix=order.jobs.suffix,
        seed=order.seed,
        tokens=rows.tokens,
        counted=rows.counted,
        cost=cost_of(order.jobs, rows.tokens, order.epochs),
        trained_tokens=job.trained_tokens,
        is_listed=listed,
        has_weights=bool(adapter_digest),
        adapter_digest=adapter_digest,
        versions=installed_versions(),
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        files=rows.files,
    )
