"""The calls of the protocol: files, jobs, events, checkpoints, models."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import TrainingError
from harness.records.record import Json
from harness.train.hosted.seen import Event, File, Job, Kept, Model
from harness.train.hosted.sending import NoAnswer, S, Sender

if TYPE_CHECKING:
    from harness.train.hosted.sending import Page

KEY = "tunegate"
"""The entry of a job's metadata with the digest of its rows and settings."""
UNKNOWN = frozenset({400, 404, 405, 422, 501})
"""What a service answers to a list, or to a filter of one, that it doesn't have."""
CHUNK = 1 << 20


class Api(Sender):
    """A service: each method is one call, and returns what came back. All raise NoAnswer."""

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def find_files(self, name: str) -> list[File]:
        """Return the uploaded files of a name."""
        files = self.paged(
            "the list of files",
            File,
            lambda limit, after: self.client.files.list(purpose="fine-tune", limit=limit, after=after),
        )
        return [one for one in files if Path(one.filename or "").name == name]

    def upload(self, path: Path, name: str) -> File:
        """Upload a file under a name, once; where no file comes back, it may be there all the same."""
        with path.open("rb") as file:
            return self.once(
                f"the upload of {name}", File, lambda: self.client.files.create(file=(name, file), purpose="fine-tune")
            )

    def file(self, file_id: str) -> File:
        """Return what is known of a file."""
        return self.asked(f"file {file_id}", File, lambda: self.client.files.retrieve(file_id))

    def download(self, file_id: str, to: Path, most: int) -> None:
        """Write a file's content, at most so many bytes of it; one that breaks off is asked for again.

        Raises:
            TrainingError: it is larger.
        """
        what = f"the content of file {file_id}"

        def read() -> None:
            with self.client.files.with_streaming_response.content(file_id) as answer, to.open("wb") as out:
                size = 0
                for chunk in answer.iter_bytes(CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise TrainingError(f"{self.address}: {what} is larger than {most:,} bytes; it is not taken")
                    out.write(chunk)

        self.again(lambda: self.sent(what, read))

    def jobs(self, key: str) -> list[Job]:
        """Return the jobs whose metadata has the key, and all others too where the service doesn't filter."""
        jobs, what = self.client.fine_tuning.jobs, "the list of jobs"
        try:
            return self.paged(what, Job, lambda limit, after: jobs.list(metadata={KEY: key}, limit=limit, after=after))
        except NoAnswer as problem:
            if problem.status not in UNKNOWN:
                raise
        return self.paged(what, Job, lambda limit, after: jobs.list(limit=limit, after=after))

    def create(self, request: Mapping[str, Json], key: str) -> Job:
        """Ask for a job, once; where no job comes back, it may have been made all the same.

        ``key`` is that of the attempt, for a service that heeds Idempotency-Key.
        """
        jobs, fields = self.client.fine_tuning.jobs, dict[str, Any](request)
        headers = {"Idempotency-Key": key}
        return self.once("the creation of the job", Job, lambda: jobs.create(**fields, extra_headers=headers))

    def job(self, job_id: str) -> Job:
        """Return a job."""
        return self.asked(f"job {job_id}", Job, lambda: self.client.fine_tuning.jobs.retrieve(job_id))

    def cancel(self, job_id: str) -> Job:
        """Ask for the end of a job."""
        return self.asked(f"the end of job {job_id}", Job, lambda: self.client.fine_tuning.jobs.cancel(job_id))

    def events(self, job_id: str) -> list[Event]:
        """Return what happened in a job, each event once, the earliest first; nothing where there is no such list."""
        jobs = self.client.fine_tuning.jobs
        events = self._listed(
            f"events of job {job_id}", Event, lambda limit, after: jobs.list_events(job_id, limit=limit, after=after)
        )
        return sorted(events, key=lambda one: (one.created_at or 0.0, _step_of(one)))

    def _listed(self, what: str, kind: type[S], page: "Page") -> list[S]:
        """Return all of a list; nothing where the service has no such list."""
        try:
            return self.paged(what, kind, page)
        except NoAnswer as problem:
            if problem.status not in UNKNOWN:
                raise
            return []

    def checkpoints(self, job_id: str) -> list[Kept]:
        """Return the checkpoints of a job, the earliest first; none where there is no such list."""
        checkpoints = self.client.fine_tuning.jobs.checkpoints
        found = self._listed(
            f"checkpoints of job {job_id}",
            Kept,
            lambda limit, after: checkpoints.list(job_id, limit=limit, after=after),
        )
        return sorted(found, key=lambda one: one.step_number or 0)

    def model(self, name: str) -> Model:
        """Return what is known of a model."""
        return self.asked(f"model {name}", Model, lambda: self.client.models.retrieve(name))


def steps_told(events: list[Event]) -> Iterator[dict[str, Any]]:
    """Yield what events tell of single steps."""
    for one in events:
        if isinstance(one.data, dict) and "step" in one.data:
            yield one.data


def _step_of(event: Event) -> float:
    step = event.data.get("step") if isinstance(event.data, dict) else None
    return step if isinstance(step, int | float) else 0.0
