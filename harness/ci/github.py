"""GitHub: where a job runs, its pull request, the one comment there, and the check with its own neutral outcome."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from harness.ci.comment import Around, comment_text, marker
from harness.ci.ended import Ended
from harness.ci.trend import push_of, read_hidden, with_push
from harness.ci.web import Api
from harness.errors import InputError, PublishError
from harness.records.compared import Outcome
from harness.records.record import UNREADABLE, Json
from harness.report.markdown import markdown_summary
from harness.report.sentences import headline
from harness.text.regular import read_regular

CONCLUSIONS: Mapping[Outcome, str] = {"passed": "success", "failed": "failure"}
Undecided = Literal["neutral", "action_required"]
"""Conclusions of an inconclusive run: where a check is required, GitHub counts the first alone as passed."""
PAGES = 30
"""Pages of 100 comments that are looked through."""
SUMMARY = 60_000
"""Bytes of a check's summary, of which GitHub takes 65,535 characters."""
RIGHTS = "give the job `permissions:` with {}"


class _Repository(msgspec.Struct, frozen=True):
    full_name: str = ""


class _Head(msgspec.Struct, frozen=True):
    sha: str = ""
    repo: _Repository | None = None


class _PullRequest(msgspec.Struct, frozen=True):
    number: int = 0
    head: _Head = _Head()


class _Owner(msgspec.Struct, frozen=True):
    login: str = ""


class _HeadRepository(msgspec.Struct, frozen=True):
    full_name: str = ""
    owner: _Owner = _Owner()


class _WorkflowRun(msgspec.Struct, frozen=True):
    id: int
    event: str
    head_sha: str
    head_branch: str = ""
    head_repository: _HeadRepository = _HeadRepository()
    conclusion: str | None = None
    html_url: str = ""
    run_attempt: int = 1


class _Event(msgspec.Struct, frozen=True):
    pull_request: _PullRequest | None = None
    workflow_run: _WorkflowRun | None = None


class _Comment(msgspec.Struct, frozen=True):
    id: int
    user: _Owner | None = None
    body: str | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The job whose results are shown. ``number`` is that of its pull request; 0 where it has none.

    ``run`` is GitHub's id of the workflow's run, which grows also when a workflow is renamed. ``own`` is false where
    its code is a fork's: then its token only reads. ``follows`` is the job that did the work, where this one only
    comments.
    """

    repository: str
    commit: str
    number: int
    run: int
    attempt: int
    address: str
    own: bool = True
    follows: _WorkflowRun | None = None


def job_of(environ: Mapping[str, str]) -> Job:
    """Return the job as the runner's variables and its event file tell it, whatever started it.

    Raises:
        InputError: a variable is missing, or the event file can't be read.
    """
    event, repository = _event_of(environ), environ["GITHUB_REPOSITORY"]
    request = event.pull_request
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return Job(
        repository=repository,
        commit=request.head.sha if request else environ["GITHUB_SHA"],
        number=request.number if request else 0,
        run=_number(environ.get("GITHUB_RUN_ID", "")),
        attempt=_number(environ.get("GITHUB_RUN_ATTEMPT", "")),
        address=f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}",
        own=request is None or (request.head.repo is not None and request.head.repo.full_name == repository),
    )


def followed_job_of(environ: Mapping[str, str]) -> Job:
    """Return the job whose end started this one, for which this one only comments.

    Raises:
        InputError: as ``job_of``; or no job's end started this one.
    """
    repository, followed = environ.get("GITHUB_REPOSITORY", ""), _event_of(environ).workflow_run
    if followed is None:
        raise InputError(
            "--follow is for a workflow that another one starts, by `on: workflow_run:`; leave it out here"
        )
    return Job(
        repository=repository,
        commit=followed.head_sha,
        number=0,
        run=followed.id,
        attempt=followed.run_attempt,
        address=followed.html_url,
        own=followed.head_repository.full_name == repository,
        follows=followed,
    )


def _event_of(environ: Mapping[str, str]) -> _Event:
    missing = [name for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_SHA") if not environ.get(name)]
    if missing:
        raise InputError(f"{missing[0]} is not set: this command runs in a job of GitHub Actions")
    path = Path(environ["GITHUB_EVENT_PATH"])
    try:
        return msgspec.json.decode(read_regular(path), type=_Event)
    except OSError as problem:
        raise InputError(f"{path}: can't be read: {problem.strerror}") from problem
    except UNREADABLE as problem:
        raise InputError(f"{path}: not an event of GitHub: {problem}") from problem


def as_followed(ended: Ended, job: Job) -> Ended:
    """Return results that another job left: never a pass where GitHub says that the job did not succeed."""
    if job.follows is None or job.follows.conclusion == "success" or ended.exit_code:
        return ended
    return msgspec.structs.replace(ended, exit_code=1)


def pull_request_of(job: Job, api: Api) -> int:
    """Return the number of a job's pull request; 0 where there is none, or where it has moved on since.

    For a job that follows another one it is found by what GitHub itself says of that one, never by the results.
    """
    if job.follows is None:
        return job.number
    if job.follows.event != "pull_request":
        return 0
    head = f"{job.follows.head_repository.owner.login}:{job.follows.head_branch}"
    query: dict[str, str | int] = {"state": "open", "head": head, "per_page": 100}
    requests = api.get(f"/repos/{job.repository}/pulls", tuple[_PullRequest, ...], query)
    return next((one.number for one in requests if one.head.sha == job.commit), 0)


def write_comment(ended: Ended, job: Job, around: Around, api: Api) -> str:
    """Write the comment on the job's pull request, or change the one that is there; return what was done.

    Only a comment of the same author is changed, since anybody can copy its hidden line. A later push's is left.

    Raises:
        PublishError: GitHub refuses it.
    """
    there = _find(job, around, api)
    earlier = read_hidden(there.body or "") if there else ()
    new = push_of(ended, job.commit, job.run, job.attempt)
    if earlier and earlier[-1].place > new.place:
        return "a later push has written the comment already"
    body = comment_text(ended, with_push(earlier, new), around)
    try:
        if there:
            api.send("PATCH", f"/repos/{job.repository}/issues/comments/{there.id}", {"body": body})
            return "the comment was updated"
        api.send("POST", f"/repos/{job.repository}/issues/{job.number}/comments", {"body": body})
    except PublishError as problem:
        raise problem.with_remedy({403: RIGHTS.format("pull-requests: write")}) from None
    return "the comment was written"


def make_check(ended: Ended, job: Job, name: str, api: Api, undecided: Undecided) -> None:
    """Make a check of the commit with the outcome; ``undecided`` is the conclusion of an inconclusive one.

    Raises:
        PublishError: GitHub refuses it.
    """
    title = headline(ended.runs[0]) if len(ended.runs) == 1 and not ended.remark else f"The gate is {ended.outcome}."
    room = SUMMARY // max(len(ended.runs), 1)
    summary = "\n".join([ended.remark, *(markdown_summary(run, room) for run in ended.runs)])
    check: dict[str, Json] = {
        "name": name,
        "head_sha": job.commit,
        "status": "completed",
        "conclusion": CONCLUSIONS.get(ended.outcome, undecided),
        "details_url": job.address,
        "output": {"title": title[:200], "summary": summary[:SUMMARY]},
    }
    try:
        api.send("POST", f"/repos/{job.repository}/check-runs", check)
    except PublishError as problem:
        raise problem.with_remedy({403: RIGHTS.format("checks: write")}) from None


def _find(job: Job, around: Around, api: Api) -> _Comment | None:
    first = marker(around.name)
    for page in range(1, PAGES + 1):
        query = {"per_page": 100, "page": page}
        comments = api.get(f"/repos/{job.repository}/issues/{job.number}/comments", tuple[_Comment, ...], query)
        for one in comments:
            if one.user and one.user.login == around.author and (one.body or "").startswith(first):
                return one
        if len(comments) < 100:
            break
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
