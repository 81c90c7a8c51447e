"""job.json: the facts saved of a training at a service, with which the gate can ask for what came of it."""

import datetime as dt
from pathlib import Path

import msgspec

from harness.models.adapter import is_adapter
from harness.records.record import UNREADABLE, Json, Record
from harness.records.trained import TrainedFile
from harness.text.record_files import write_record
from harness.text.regular import read_regular

JOB = "job.json"


class Checkpoint(Record, frozen=True, kw_only=True):
    """A state of the weights that the service kept, after ``step`` steps; ``model`` is what it is asked by."""

    id: str
    step: int
    model: str | None
    files: tuple[str, ...] = ()


class JobManifest(Record, frozen=True, kw_only=True):
    """Everything known about a finished job. ``time`` is ISO 8601 in UTC.

    ``model`` is what the service calls the tuned model; None where it serves none until its weights are deployed.
    ``base_ends`` is the day on which the base model is retired there. ``tokens`` were estimated as ``counted`` says,
    ``trained_tokens`` are what the service bills; ``has_weights`` says whether the adapter is in the folder.
    """

    name: str
    key: str
    """The digest of rows and settings, which the job has in its metadata."""
    base_url: str
    job: str
    model: str | None
    base_model: str
    base_ends: dt.date | None
    training_file: str
    validation_file: str | None
    result_files: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    form: str
    hyperparameters: dict[str, Json]
    suffix: str | None
    seed: int
    tokens: int
    counted: str
    cost: str
    trained_tokens: int | None
    is_listed: bool | None
    """Whether the service knew the model at the end; None where it was not asked."""
    has_weights: bool
    adapter_digest: str
    """Of the adapter in the folder; empty without one."""
    versions: dict[str, str]
    time: str
    files: tuple[TrainedFile, ...]


def read_job(folder: Path) -> JobManifest | None:
    """Return what is saved of a job in a folder; None when there is nothing that this version wrote."""
    try:
        return msgspec.json.decode(read_regular(folder / JOB), type=JobManifest)
    except (OSError, *UNREADABLE):
        return None


def told_settings(job: JobManifest) -> str:
    """Return the settings that a job was given, for people."""
    return ", ".join(f"{name} = {value}" for name, value in (*job.hyperparameters.items(), ("seed", job.seed)))


def is_model_alone(folder: Path) -> bool:
    """Return whether a folder holds a job without weights: what is known of its model is a name at a service."""
    return (folder / JOB).is_file() and not is_adapter(folder)


def write_job(folder: Path, manifest: JobManifest) -> None:
    """Write what is known of a job into its folder.

    Raises:
        StoreError: it can't be written.
    """
    write_record(folder / JOB, manifest)
