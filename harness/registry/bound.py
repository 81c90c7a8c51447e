"""Put together what a promotion binds: the adapter's files, its training, its run, and the suites of that run."""

from pathlib import Path

from harness.models.adapter import MANIFEST
from harness.models.digests import remembered
from harness.models.folders import CONFIG
from harness.models.own_text import own_text
from harness.models.plain import weight_files
from harness.records.asked import AS_IS
from harness.records.record import digest
from harness.records.saved import Run
from harness.registry.evidence import base_commit, evidence_of, sealed_now
from harness.registry.statement import PromotedAdapter, PromotedBase, Promotion, Statement, Subject, Text, Training
from harness.train.hosted_manifest import JOB, read_job
from harness.train.manifest import read_manifest


def bound_by(adapter: PromotedAdapter, folder: Path, run: Run, run_folder: Path, root: Path) -> Statement:
    """Return the statement that promotes an adapter on a run; its number, time and author are still to be set.

    Raises:
        CaseFileError: a seal of the run's suites can't be read.
    """
    candidate, setup = run.candidate, run.setup_of("candidate")
    promotion = Promotion(
        action="promote",
        number=0,
        time="",
        by="",
        adapter=adapter,
        base=PromotedBase(name=candidate.base, digest=candidate.base_digest, commit=base_commit(run.origins)),
        text=Text(
            digest=candidate.template_digest,
            own=own_text(folder),
            rendering="" if setup.rendering == AS_IS else digest(setup.rendering),
        ),
        training=_training(folder, run),
        suites=run.suite_files,
        sealed=sealed_now(run, root),
        run=evidence_of(run, run_folder),
    )
    return Statement(subject=_subjects(adapter.name, folder), predicate=promotion)


def _training(folder: Path, run: Run) -> Training | None:
    """Return what an adapter's manifest says of its training, with the check of its rows; None without a manifest."""
    manifest = read_manifest(folder)
    if manifest is None and (job := read_job(folder)) is not None:
        return Training(
            manifest=remembered(folder / JOB),
            train=digest(job.files),
            settings=job.key,
            time=job.time,
            files=job.files,
            checked=run.rows_checked,
        )
    if manifest is None:
        return None
    return Training(
        manifest=remembered(folder / MANIFEST),
        train=manifest.train_digest,
        validation=manifest.validation_digest or "",
        settings=manifest.settings_digest,
        time=manifest.time,
        files=manifest.files,
        checked=run.rows_checked,
    )


def _subjects(name: str, folder: Path) -> tuple[Subject, ...]:
    files = (folder / CONFIG, *weight_files(folder))
    return tuple(Subject(name=f"{name}/{one.name}", digest={"sha256": remembered(one)}) for one in files)
