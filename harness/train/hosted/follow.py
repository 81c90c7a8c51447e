"""Follow a job to its end: look now and then, say what happens, and stop with what went wrong."""

from harness.errors import TrainingError
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.hosted.api import Api
from harness.train.hosted.seen import Event, Job
from harness.train.hosted.sending import NoAnswer
from harness.train.hosted.state import Journal
from harness.train.hosted_config import JobsConfig

LONGEST_POLL_S = 60.0
GROWTH = 1.5
ENDED = frozenset({"failed", "cancelled"})
KNOWN = frozenset({"validating_files", "queued", "running", "paused", "succeeded", *ENDED})
FOREIGN = frozenset({401, 403, 404})
"""What a service answers of a job that is not this account's."""
SHOWN = 300
"""Characters of an event."""


def followed(api: Api, journal: Journal, job_id: str, jobs: JobsConfig) -> Job:
    """Return a job that has succeeded, once it has.

    Raises:
        TrainingError: it failed, was cancelled, is another account's, or took longer than it is waited for.
    """
    start, pause, status = api.clock(), jobs.poll_s, ""
    told: set[str] = set()
    while True:
        job = own_job(api, journal, job_id)
        tell_events(api.events(job_id), told)
        if job.status == "succeeded":
            return job
        if job.status in ENDED:
            journal.note(job=None, is_creating=False, ended=(*journal.state.ended, job_id))
            raise TrainingError(_ended(api, job))
        if job.status != status:
            status = job.status or ""
            say(_in_words(job_id, status))
        if api.clock() - start > jobs.wait_hours * 3600:
            raise TrainingError(
                f"{api.address}: job {job_id} has not ended within wait_hours = {jobs.wait_hours:g}; it goes on there, "
                "and the same command waits for it again"
            )
        api.sleep(pause)
        pause = min(pause * GROWTH, max(LONGEST_POLL_S, jobs.poll_s))


def own_job(api: Api, journal: Journal, job_id: str) -> Job:
    """Return a job of this account.

    Raises:
        TrainingError: the account has none of that id.
    """
    try:
        return api.job(job_id)
    except NoAnswer as problem:
        if problem.status not in FOREIGN:
            raise
        raise TrainingError(
            f"{api.address}: job {job_id} is not one of this key's account (HTTP {problem.status}): another account "
            f"made it, or it was deleted; use the key of the account that made it, or remove {journal.folder.name}/ "
            "beside the output to train anew"
        ) from None


def tell_events(events: list[Event], told: set[str]) -> None:
    """Say each event that was not told yet, in the order in which they happened."""
    for event in events:
        if event.id not in told and event.message:
            level = "" if event.level in {None, "info"} else f"{event.level}: "
            say(f"  {for_terminal(level + event.message, SHOWN)}")
        told.add(event.id)


def _in_words(job_id: str, status: str) -> str:
    told = f"job {for_terminal(job_id)}: {for_terminal(status.replace('_', ' ') or 'no status', 60)}"
    if status == "paused":
        return f"{told}; it goes on when it is resumed at the service, and is waited for"
    return told if status in KNOWN else f"{told}, which is no status that is known here; it is waited for"


def _ended(api: Api, job: Job) -> str:
    if job.status == "cancelled":
        return f"{api.address}: job {job.id} was cancelled; the same command makes another one"
    error = job.error
    code = f" ({for_terminal(error.code, 80)})" if error and error.code else ""
    about = f", about {for_terminal(error.param, 80)}" if error and error.param else ""
    words = for_terminal((error.message if error else None) or "the service gives no reason", 400)
    return (
        f"{api.address}: job {job.id} failed{code}{about}: {words}; correct what it names, then the same command makes "
        "another one"
    )
