"""GitLab: the one note on a merge request."""

from collections.abc import Mapping

import msgspec

from harness.ci.comment import Around, comment_text, marker
from harness.ci.ended import Ended
from harness.ci.trend import push_of, read_hidden, with_push
from harness.ci.web import Api
from harness.errors import InputError, PublishError

PAGES = 30
NEEDED = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_COMMIT_SHA", "CI_PIPELINE_IID")
RIGHTS = {
    401: "set GITLAB_TOKEN to a project access token with the scope api and the role Reporter",
    403: "GITLAB_TOKEN needs the scope api and at least the role Reporter",
}


class _User(msgspec.Struct, frozen=True):
    id: int


class _Note(msgspec.Struct, frozen=True):
    id: int
    author: _User
    body: str = ""
    system: bool = False


class MergeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The job's merge request: its path in the API, and the commit and the pipeline that are shown."""

    path: str
    commit: str
    pipeline: int


def merge_request_of(environ: Mapping[str, str]) -> MergeRequest | None:
    """Return the merge request of a job, by GitLab's variables; None where the job has none.

    Raises:
        InputError: a variable is missing, or is no number.
    """
    if not environ.get("CI_MERGE_REQUEST_IID"):
        return None
    for name in NEEDED:
        if not environ.get(name):
            raise InputError(f"{name} is not set: this command runs in a job of GitLab CI")
    numbers = [environ[name] for name in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "CI_PIPELINE_IID")]
    if not all(one.isascii() and one.isdecimal() and len(one) < 16 for one in numbers):
        raise InputError("CI_PROJECT_ID, CI_MERGE_REQUEST_IID and CI_PIPELINE_IID: expected numbers")
    project, request, pipeline = numbers
    return MergeRequest(
        path=f"/projects/{project}/merge_requests/{request}",
        commit=environ["CI_COMMIT_SHA"],
        pipeline=int(pipeline),
    )


def write_note(ended: Ended, request: MergeRequest, around: Around, api: Api) -> str:
    """Write the note on a merge request, or change the one that the same user wrote before; return what was done.

    Raises:
        PublishError: GitLab refuses it.
    """
    try:
        own = api.get("/user", _User).id
        there = _find(request, around.name, own, api)
        earlier = read_hidden(there.body) if there else ()
        new = push_of(ended, request.commit, request.pipeline, 1)
        if earlier and earlier[-1].place > new.place:
            return "a later push has written the note already"
        body = comment_text(ended, with_push(earlier, new), around)
        if there:
            api.send("PUT", f"{request.path}/notes/{there.id}", {"body": body})
            return "the note was updated"
        api.send("POST", f"{request.path}/notes", {"body": body})
    except PublishError as problem:
        raise problem.with_remedy(RIGHTS) from None
    return "the note was written"


def _find(request: MergeRequest, name: str, own: int, api: Api) -> _Note | None:
    first = marker(name)
    for page in range(1, PAGES + 1):
        query: dict[str, str | int] = {"per_page": 100, "page": page, "sort": "asc", "order_by": "created_at"}
        notes = api.get(f"{request.path}/notes", tuple[_Note, ...], query)
        for one in notes:
            if one.author.id == own and not one.system and one.body.startswith(first):
                return one
        if len(notes) < 100:
            break
    return None
