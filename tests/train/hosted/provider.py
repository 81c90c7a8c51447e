"""A service that speaks the fine-tuning protocol, with a ledger of what it was sent, and with faults as told."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from tests.stub import RESET, Sent, Stub, serve

KEY = "sk-account-one-1"
ROUTES = (
    (r"/files", "files"),
    (r"/files/([^/]+)", "file"),
    (r"/files/([^/]+)/content", "content"),
    (r"/fine_tuning/jobs", "jobs"),
    (r"/fine_tuning/jobs/([^/]+)", "job"),
    (r"/fine_tuning/jobs/([^/]+)/events", "events"),
    (r"/fine_tuning/jobs/([^/]+)/checkpoints", "checkpoints"),
    (r"/fine_tuning/jobs/([^/]+)/cancel", "cancel"),
    (r"/models/(.+)", "model"),
)
METRICS = b"step,train_loss,valid_loss,train_mean_token_accuracy\n1,2.5,,0.4\n2,1.5,1.75,0.5\n"
TUNED = "ft:tiny:mine"

Do = Callable[[], Sent]
Fault = Callable[[Do], Sent]
"""Answers a request in its own way; the argument does what was asked."""


def refuses(status: int, **headers: str) -> Fault:
    """Return the fault of a service that does nothing."""
    return lambda _do: Sent({"error": {"message": "not now"}}, status, headers)


def does_and(sent: Sent) -> Fault:
    """Return the fault of a service that does what it is asked, and answers something else."""

    def fault(do: Do) -> Sent:
        do()
        return sent

    return fault


LOST = does_and(RESET)


@dataclass
class Provider:
    """One service; ``faults`` come in turn for each "METHOD route". Attributes that are set change what it does."""

    url: str = ""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=lambda: ["validating_files", "queued", "running", "succeeded"])
    """Of a job, one for each look; the last one stays."""
    model: str | None = TUNED
    models: dict[str, object] = field(default_factory=dict)
    """What is told of other models."""
    unknown_for: int = 0
    """How often the tuned model is asked for in vain."""
    weights: dict[str, bytes] = field(default_factory=dict)
    """Files of the last checkpoint."""
    error: dict[str, str] | None = None
    page: int = 2
    filters: bool = True
    keeps_metadata: bool = True
    cut_to: int | None = None
    """Bytes that are kept of the next upload, whose connection is then lost."""
    broken_file: bool = False
    events: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, dict[str, object]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every "METHOD route", in order of arrival."""
    created: list[dict[str, object]] = field(default_factory=list)
    """The bodies of all creations that made a job."""

    @property
    def whole(self) -> list[bytes]:
        """The contents of the uploads that arrived whole."""
        return [
            self.contents[one["id"]]
            for one in self.files.values()
            if one["purpose"] == "fine-tune" and "cut" not in one
        ]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Sent:
        """Answer one request."""
        path, query = urlsplit(target).path.removeprefix("/v1"), parse_qs(urlsplit(target).query)
        route, args = next((name, match.groups()) for form, name in ROUTES if (match := re.fullmatch(form, path)))
        self.asked.append(f"{method} {route}")
        account = headers.get("authorization", "").removeprefix("Bearer ")

        def do() -> Sent:
            found = getattr(self, f"_{method.lower()}_{route}")(
                *map(unquote, args), query=query, body=body, account=account, headers=headers
            )
            return found if isinstance(found, Sent) else Sent(found)

        faults = self.faults.get(f"{method} {route}")
        return faults.pop(0)(do) if faults else do()

    def _listed(self, items: list[dict[str, object]], query: dict[str, list[str]]) -> dict[str, object]:
        after = query.get("after", [""])[0]
        start = next((place + 1 for place, one in enumerate(items) if one["id"] == after), 0)
        page = items[start : start + self.page]
        return {"object": "list", "data": page, "has_more": start + self.page < len(items)}

    def _get_files(self, query: dict[str, list[str]], **_: object) -> dict[str, object]:
        return self._listed([one for one in self.files.values() if one["purpose"] == "fine-tune"], query)

    def _post_files(self, body: bytes, headers: dict[str, str], **_: object) -> object:
        boundary = headers["content-type"].partition("boundary=")[2].encode()
        part = next(one for one in body.split(b"--" + boundary) if b"filename=" in one)
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'filename="([^"]*)"', head)[1].decode()
        whole, content = content.removesuffix(b"\r\n"), content.removesuffix(b"\r\n")
        if self.cut_to is not None:
            content, self.cut_to = whole[: self.cut_to], None
        status = "error" if self.broken_file else "processed"
        made = self._file(
            name, content, "fine-tune", status=status, status_details="line 1 is no chat" * self.broken_file
        )
        if content != whole:
            made["cut"] = True
            return RESET
        return made

    def _file(self, name: str, content: bytes, purpose: str, **more: object) -> dict[str, object]:
        made = {"id": f"file-{len(self.files) + 1}", "object": "file", "filename": name, "bytes": len(content), **more}
        made |= {"purpose": purpose, "created_at": len(self.files)}
        self.files[made["id"]] = made
        self.contents[made["id"]] = content
        return made

    def _get_file(self, file_id: str, **_: object) -> object:
        return self.files.get(file_id) or Sent({"error": {"message": "no such file"}}, 404)

    def _get_content(self, file_id: str, **_: object) -> Sent:
        return Sent(self.contents[file_id], headers={"content-type": "application/octet-stream"})

    def _get_jobs(self, query: dict[str, list[str]], account: str, **_: object) -> dict[str, object]:
        own = [self._shown(one) for one in self.jobs.values() if one["account"] == account]
        wanted = query.get("metadata[tunegate]")
        if wanted and self.filters:
            own = [one for one in own if (one.get("metadata") or {}).get("tunegate") == wanted[0]]
        return self._listed(own, query)

    def _post_jobs(self, body: bytes, account: str, **_: object) -> dict[str, object]:
        asked = json.loads(body)
        self.created.append(asked)
        made = {"id": f"ftjob-{len(self.jobs) + 1}", "object": "fine_tuning.job", "account": account, "looks": 0}
        made |= {"created_at": len(self.jobs), "model": asked["model"], "training_file": asked["training_file"]}
        made["metadata"] = asked.get("metadata") if self.keeps_metadata else None
        self.jobs[made["id"]] = made
        return self._shown(made)

    def _shown(self, job: dict[str, object]) -> dict[str, object]:
        statuses = job.get("statuses", self.statuses)
        status = statuses[min(job["looks"], len(statuses) - 1)]
        shown = {name: value for name, value in job.items() if name not in {"account", "looks", "statuses"}}
        shown |= {"status": status, "fine_tuned_model": None, "result_files": [], "trained_tokens": None, "error": None}
        if status == "succeeded":
            if "metrics" not in job:
                job["metrics"] = self._file("step_metrics.csv", METRICS, "fine-tune-results")["id"]
            shown |= {"fine_tuned_model": self.model, "result_files": [job["metrics"]], "trained_tokens": 321}
        if status == "failed":
            shown["error"] = self.error
        return shown

    def _get_job(self, job_id: str, account: str, **_: object) -> object:
        job = self.jobs.get(job_id)
        if job is None or job["account"] != account:
            return Sent({"error": {"message": "Could not find fine tune"}}, 404)
        shown = self._shown(job)
        job["looks"] += 1
        return shown

    def _post_cancel(self, job_id: str, **_: object) -> dict[str, object]:
        self.jobs[job_id]["statuses"] = ["cancelled"]
        return self._shown(self.jobs[job_id])

    def _get_events(self, _job: str, query: dict[str, list[str]], **_: object) -> dict[str, object]:
        return self._listed(self.events, query)

    def _get_checkpoints(self, job_id: str, **_: object) -> dict[str, object]:
        job = self.jobs[job_id]
        if "weights" not in job:
            made = (self._file(f"out/{name}", content, "fine-tune-results") for name, content in self.weights.items())
            job["weights"] = [one["id"] for one in made]
        kept = [
            {"id": f"ckpt-{step}", "step_number": step, "fine_tuned_model_checkpoint": f"{TUNED}:{step}"}
            for step in (2, 1)
        ]
        kept[0]["result_files"] = job["weights"]
        return {"object": "list", "data": kept, "has_more": False}

    def _get_model(self, name: str, **_: object) -> object:
        if name == self.model and self.unknown_for:
            self.unknown_for -= 1
            return Sent({"error": {"message": "no such model"}}, 404)
        known = {self.model: {"id": name, "object": "model"}} | self.models
        return known.get(name) or Sent({"error": {"message": "no such model"}}, 404)


@contextmanager
def providing() -> Iterator[Provider]:
    """Serve until the end of the block, chats too."""
    provider = Provider()
    with serve(lambda _model, question: question) as stub:
        _attach(stub, provider)
        yield provider


def _attach(stub: Stub, provider: Provider) -> None:
    stub.elsewhere = provider.answer
    provider.url = stub.url
