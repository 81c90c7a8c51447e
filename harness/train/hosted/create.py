"""Exactly one job for rows and settings, whatever is lost or killed on the way: look first, then make.

The job has the digest of rows and settings in its metadata, and the uploaded files have it in their names, so that both
are found again, also by a service that drops metadata or does not filter by it.
"""

from collections.abc import Collection
from pathlib import Path

from harness.errors import TrainingError
from harness.records.record import Json
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.hosted.api import KEY, Api
from harness.train.hosted.seen import Job
from harness.train.hosted.sending import TRIES, NoAnswer
from harness.train.hosted.state import Journal

LOOKS = 4
"""How often a job is looked for that may have been made: a list can be behind."""
FIRST_LOOK_S = 2.0
GOES_ON = frozenset({"validating_files", "queued", "running", "paused", "succeeded"})


def uploaded(api: Api, path: Path, name: str) -> str:
    """Return the id of a file at the service: one of this name and size that is there already, or uploaded now.

    Raises:
        TrainingError: the service refuses the file, or it can't be uploaded whole.
    """
    size = path.stat().st_size
    for attempt in range(TRIES):
        there = [one.id for one in api.find_files(name) if one.bytes == size and one.status != "error"]
        if there:
            return there[0]
        try:
            file = api.upload(path, name)
        except NoAnswer as problem:
            if not problem.is_passing:
                raise
            api.pause(problem, attempt)
            continue
        if file.bytes in {size, None}:
            return file.id
    raise TrainingError(
        f"{api.address}: the upload of {name} was cut {TRIES} times: the service has fewer bytes than the file's "
        f"{size:,}; run the same command again later"
    )


def refuse_broken(api: Api, file_id: str) -> None:
    """Refuse a file that the service could not read.

    Raises:
        TrainingError: in the service's words.
    """
    file = api.file(file_id)
    if file.status == "error":
        words = for_terminal(file.status_details or "it gives no reason", 400)
        raise TrainingError(
            f"{api.address}: file {file_id} can't be trained on: {words}; correct the rows, or read in the service's "
            "documentation what it takes, then train again"
        )


def the_job(api: Api, journal: Journal, request: dict[str, Json], names: Collection[str]) -> str:
    """Return the id of the only job for a request: one that is there already, or made now.

    ``names`` are those under which its files were uploaded.

    Raises:
        TrainingError: the service refuses it, or it stays unknown whether there is one.
    """
    metadata = request["metadata"]
    assert isinstance(metadata, dict)  # noqa: S101 - the recipe makes it
    key = str(metadata[KEY])
    looks = LOOKS if journal.state.is_creating else 1
    for attempt in range(TRIES):
        found = _find(api, key, names, journal.state.ended, looks)
        if found is not None:
            say(f"job {for_terminal(found.id)} is there already; it is followed, and no second one is made")
            journal.note(job=found.id, is_creating=False)
            return found.id
        journal.note(is_creating=True)
        try:
            made = api.create(request, f"{key}-{len(journal.state.ended)}")
        except NoAnswer as problem:
            if problem.is_undone:
                journal.note(is_creating=False)
            if not problem.is_passing:
                raise
            looks = 1 if problem.is_undone else LOOKS
            api.pause(problem, attempt)
            continue
        journal.note(job=made.id, is_creating=False)
        return made.id
    raise AssertionError  # the last pause raises


def _find(api: Api, key: str, names: Collection[str], ended: Collection[str], looks: int) -> Job | None:
    """Return the job of a key, looked for several times; the one that goes on, where others of the key have ended."""
    for look in range(looks):
        files = {file.id for name in names for file in api.find_files(name)}
        ours = [job for job in api.jobs(key) if job.id not in ended and _is_ours(job, key, files)]
        if ours:
            ours.sort(key=lambda job: (job.status not in GOES_ON, job.created_at or 0.0))
            return ours[0]
        if look + 1 < looks:
            api.sleep(FIRST_LOOK_S * 2**look)
    return None


def _is_ours(job: Job, key: str, files: Collection[str]) -> bool:
    """Tell whether a job has the key, or, where the service keeps no metadata, was made of our files."""
    told = (job.metadata or {}).get(KEY)
    return job.training_file in files if told is None else told == key
