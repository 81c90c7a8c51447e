"""``harness ci``: on a local stand-in for GitHub and GitLab, with the variables and the event file of a runner."""

import json

import pytest

from harness.ci.comment import Around, comment_text
from harness.ci.ended import Result
from harness.ci.trend import push_of, read_hidden
from harness.ci.web import Api
from harness.errors import PublishError
from harness.runs.folder import write_run
from tests.apart import run_harness
from tests.ci.code_host import serve_host
from tests.ci.sessions import CODES, ended, run_of, verdict
from tests.mistakes import addresses_in

TOKEN = "ghs_s3cr3tT0kenOfAJob"
SHA = "c" * 40
REPOSITORY = "ada/larkspur"


@pytest.fixture
def host():
    """Serve a code host."""
    with serve_host() as served:
        yield served


@pytest.fixture
def job(tmp_path, monkeypatch, host):
    """Return a function that sets up a job of GitHub with an event, in a folder with results."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS", "TF_BUILD", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_SHA": "d" * 40,
        "GITHUB_RUN_ID": "777",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_TOKEN": TOKEN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def make(event: object, outcome: str = "failed", code: int | None = None) -> None:
        (tmp_path / "event.json").write_text(json.dumps(event))
        results(tmp_path / "out", outcome, code)

    return make


def results(folder, outcome: str, code: int | None = None) -> None:
    """Write what `harness ci collect` writes, for a session with this outcome."""
    run = run_of(verdict(outcome))
    (folder / run.id).mkdir(parents=True, exist_ok=True)
    write_run(folder / run.id, run, (), ())
    result = Result(exit_code=CODES[outcome] if code is None else code, runs=(run.id,))
    (folder / "result.json").write_text(json.dumps({"exit_code": result.exit_code, "runs": list(result.runs)}))


def pull_request(*, fork: bool = False) -> dict[str, object]:
    """Return the event of a push to a pull request."""
    owner = "mallory/larkspur" if fork else REPOSITORY
    return {"pull_request": {"number": 5, "head": {"sha": SHA, "repo": {"full_name": owner}}}, "more": {}}


def followed(**facts: object) -> dict[str, object]:
    """Return the event of the second workflow, after a job of a fork."""
    run = {
        "id": 777,
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "better",
        "head_repository": {"full_name": "mallory/larkspur", "owner": {"login": "mallory"}},
        "conclusion": "success",
        "html_url": "https://github.com/ada/larkspur/actions/runs/777",
        "run_attempt": 1,
    }
    return {"workflow_run": {**run, **facts}}


@pytest.mark.parametrize(
    "ends",
    [("passed", "success", 0), ("failed", "failure", 1), ("inconclusive", "neutral", 0)],
)
def test_a_check_and_one_comment_show_the_outcome(tmp_path, job, host, ends):
    """An inconclusive run is a neutral check, and then the job passes; it is of the pull request's own commit."""
    outcome, conclusion, code = ends
    job(pull_request(), outcome)

    told = run_harness(tmp_path, "ci", "github", "out", "--report", "https://github.com/x")

    (check,), (comment,) = host.checks, host.comments
    assert told.ret == code
    assert (check["conclusion"], check["head_sha"], check["name"]) == (conclusion, SHA, "release-gate")
    assert "[report](https://github.com/x)" in comment["body"]
    assert "POST /repos/ada/larkspur/issues/5/comments" in host.asked


def test_an_inconclusive_run_can_block(tmp_path, job, host):
    """The check asks for somebody to act, and the job ends with 6."""
    job(pull_request(), "inconclusive")

    assert run_harness(tmp_path, "ci", "github", "out", "--inconclusive", "fail").ret == 6
    assert host.checks[0]["conclusion"] == "action_required"


@pytest.mark.parametrize("options", [("--no-check",), ()])
def test_without_a_neutral_check_an_inconclusive_run_is_no_pass(tmp_path, job, host, options):
    """It was not wanted, or the token can't make one; the remedy is a warning."""
    job(pull_request(), "inconclusive")
    host.refused["POST /repos/ada/larkspur/check-runs"] = [403]

    told = run_harness(tmp_path, "ci", "github", "out", *options)

    assert told.ret == 6
    assert ("checks: write" in told.stdout.str()) == (not options)
    assert addresses_in(told) == ([] if options else ["PublishError"])
    assert len(host.comments) == 1


def test_the_comment_updates_itself(tmp_path, job, host, monkeypatch):
    """Three pushes, one comment, with all three in it; another gate has another comment."""
    for number, outcome in enumerate(("failed", "inconclusive", "passed"), start=1):
        monkeypatch.setenv("GITHUB_RUN_ID", str(number))
        event = pull_request()
        event["pull_request"]["head"]["sha"] = f"{number}" * 40
        job(event, outcome)
        run_harness(tmp_path, "ci", "github", "out")
    run_harness(tmp_path, "ci", "github", "out", "--name", "release-gate-2")

    first, second = host.comments
    assert "| all together | ❌ failed | ❔ inconclusive | ✅ passed |" in first["body"]
    assert "all together" not in second["body"]


def test_the_comment_is_found_behind_a_hundred_others(tmp_path, job, host):
    """They come in pages."""
    host.comments += [{"id": n, "user": {"login": "ada"}, "body": "hm"} for n in range(250)]
    job(pull_request())

    run_harness(tmp_path, "ci", "github", "out")
    run_harness(tmp_path, "ci", "github", "out")

    assert len(host.comments) == 251
    assert sum("PATCH" in asked for asked in host.asked) == 1


def test_a_comment_of_somebody_else_is_never_changed(tmp_path, job, host):
    """Anybody can copy the hidden line, and what is kept in it."""
    forged = comment_text(ended("passed"), (push_of(ended("passed"), "e" * 40, 11, 1),), Around(name="release-gate"))
    host.comments.append({"id": 1, "user": {"login": "mallory"}, "body": forged})
    job(pull_request())

    run_harness(tmp_path, "ci", "github", "out")

    assert host.comments[0]["body"] == forged
    assert "all together" not in host.comments[1]["body"]


def test_a_changed_trend_in_the_comment_is_left_out(tmp_path, job, host):
    """Somebody with the right to edit it can write anything there."""
    job(pull_request())
    run_harness(tmp_path, "ci", "github", "out")
    body = host.comments[0]["body"]
    host.comments[0]["body"] = body[: body.index("<!-- tunegate-trend")] + "<!-- tunegate-trend:eyJwdXNoZXMiOjF9 -->"

    told = run_harness(tmp_path, "ci", "github", "out")

    assert "the comment was updated" in told.outlines
    assert [push.run for push in read_hidden(host.comments[0]["body"])] == [777]


def test_a_job_that_ends_late_does_not_replace_a_later_pushs_result(tmp_path, job, host, monkeypatch):
    """Its own check says how it ended."""
    job(pull_request(), "failed")
    monkeypatch.setenv("GITHUB_RUN_ID", "13")
    run_harness(tmp_path, "ci", "github", "out")
    monkeypatch.setenv("GITHUB_RUN_ID", "12")
    job(pull_request(), "passed")

    told = run_harness(tmp_path, "ci", "github", "out")

    assert "a later push has written the comment already" in told.outlines
    assert "❌" in host.comments[0]["body"]


def test_a_push_without_a_pull_request_has_a_check_alone(tmp_path, job, host):
    """Of its own commit."""
    job({"ref": "refs/heads/main"}, "passed")

    told = run_harness(tmp_path, "ci", "github", "out")

    assert told.ret == 0
    assert host.checks[0]["head_sha"] == "d" * 40
    assert host.comments == []


def test_a_job_of_a_fork_asks_nothing_of_github(tmp_path, job, host):
    """Its token only reads; an inconclusive run is no pass, since no neutral check can be made."""
    job(pull_request(fork=True), "inconclusive")

    told = run_harness(tmp_path, "ci", "github", "out")

    assert told.ret == 6
    assert host.asked == []
    assert "second workflow" in told.stdout.str()


def test_the_second_workflow_comments_on_the_forks_pull_request(tmp_path, job, host):
    """Found by what GitHub says of the other job; named as a fork's; no check, and the job's own exit code."""
    job(followed(conclusion="failure"), "failed")
    host.pulls = [
        {"label": "mallory:better", "number": 4, "head": {"sha": "a" * 40}},
        {"label": "mallory:better", "number": 6, "head": {"sha": SHA}},
        {"label": "ada:better", "number": 7, "head": {"sha": SHA}},
    ]

    told = run_harness(tmp_path, "ci", "github", "out", "--follow")

    assert told.ret == 0
    assert "POST /repos/ada/larkspur/issues/6/comments" in host.asked
    assert "written by the code of a fork" in host.comments[0]["body"]
    assert "[job](https://github.com/ada/larkspur/actions/runs/777)" in host.comments[0]["body"]
    assert host.checks == []


def test_results_of_a_fork_never_say_better_than_github_does(tmp_path, job, host):
    """They claim a pass; GitHub says that the job failed."""
    job(followed(conclusion="failure"), "passed")
    host.pulls = [{"label": "mallory:better", "number": 6, "head": {"sha": SHA}}]

    run_harness(tmp_path, "ci", "github", "out", "--follow")

    assert "**pytest ended with exit code 1" in host.comments[0]["body"]
    assert read_hidden(host.comments[0]["body"])[0].outcome == "failed"


@pytest.mark.parametrize("facts", [{"head_sha": "a" * 40}, {"event": "push"}])
def test_without_its_pull_request_the_second_workflow_comments_nowhere(tmp_path, job, host, facts):
    """It has a later push, or the job was no pull request's."""
    job(followed(**facts))
    host.pulls = [{"label": "mallory:better", "number": 6, "head": {"sha": SHA}}]

    told = run_harness(tmp_path, "ci", "github", "out", "--follow")

    assert told.ret == 0
    assert host.comments == []


def test_a_gate_that_another_workflow_starts_ends_as_pytest_did(tmp_path, job, host):
    """Such as one that trains: its event tells of that workflow, which is not the job of the results."""
    job(followed(event="push"), "failed")

    told = run_harness(tmp_path, "ci", "github", "out")

    assert told.ret == 1
    assert [(one["conclusion"], one["head_sha"]) for one in host.checks] == [("failure", "d" * 40)]


def test_only_a_workflow_that_another_starts_follows_one(tmp_path, job):
    """Exit code 2."""
    job(pull_request())

    told = run_harness(tmp_path, "ci", "github", "out", "--follow")

    assert told.ret == 2
    assert "--follow is for a workflow that another one starts" in told.stderr.str()


def test_no_message_shows_the_token(tmp_path, job, host):
    """The host sends it back in its refusal; the verdict is not hidden by it."""
    job(pull_request(), "failed")
    host.refused["POST"] = [403, 422]

    told = run_harness(tmp_path, "ci", "github", "out")

    assert told.ret == 1
    assert TOKEN in host.tokens
    assert TOKEN not in told.stdout.str() + told.stderr.str()
    assert 'HTTP 403: {"message": "no, ***"}' in told.stdout.str()
    assert "HTTP 422" in told.stdout.str()


def test_a_busy_host_is_asked_again_and_a_comment_is_never_written_twice(host):
    """Reading, changing, and what was limited; a POST that can have been done is not sent again."""
    pauses = []
    api = Api(host.url, "Authorization", TOKEN, pauses.append)
    host.refused = {"GET": [502, 429], "PATCH": [503], "POST": [429, 502]}
    host.comments.append({"id": 1, "body": ""})

    assert api.get("/repos/x/issues/1/comments", tuple[object, ...], {"page": 1, "per_page": 9})
    api.send("PATCH", "/repos/x/issues/comments/1", {"body": "new"})
    with pytest.raises(PublishError, match="HTTP 502"):
        api.send("POST", "/repos/x/issues/1/comments", {"body": "x"})

    assert pauses == [2.0, 3.0, 2.0, 3.0]
    assert [one["body"] for one in host.comments] == ["new"]


def test_a_redirect_does_not_take_the_token_along(host):
    """It is an error."""
    host.refused = {"GET": [302]}

    with pytest.raises(PublishError, match="HTTP 302"):
        Api(host.url, "Authorization", TOKEN).get("/user", object)
    assert host.asked == ["GET /user"]


@pytest.mark.parametrize("address", ["http://github.example/api", "ftp://x", "file:///etc/passwd", ""])
def test_a_token_is_not_sent_in_the_open(address):
    """To this machine alone."""
    with pytest.raises(PublishError, match="https://"):
        Api(address, "Authorization", TOKEN)


def test_an_answer_of_another_kind_is_an_error(host):
    """Not a traceback."""
    with pytest.raises(PublishError, match="not what was expected"):
        Api(host.url, "Authorization", TOKEN).get("/user", tuple[int, ...])


@pytest.fixture
def merge_request(tmp_path, monkeypatch, host):
    """Set up a job of GitLab, with results."""
    variables = {
        "CI_API_V4_URL": host.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "8",
        "CI_COMMIT_SHA": SHA,
        "CI_PIPELINE_IID": "41",
        "CI_JOB_URL": "https://gitlab.example/ada/larkspur/-/jobs/9",
        "GITLAB_TOKEN": "glpat-s3cr3tT0ken",
    }
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    results(tmp_path / "out", "inconclusive")


def test_a_merge_request_has_one_note_that_updates_itself(tmp_path, host, merge_request, monkeypatch):
    """With the trend; the job ends as pytest did."""
    assert run_harness(tmp_path, "ci", "gitlab", "out").ret == 6
    monkeypatch.setenv("CI_PIPELINE_IID", "42")
    monkeypatch.setenv("CI_COMMIT_SHA", "e" * 40)
    results(tmp_path / "out", "passed")
    assert run_harness(tmp_path, "ci", "gitlab", "out").ret == 0

    (note,) = host.notes
    assert "| all together | ❔ inconclusive | ✅ passed |" in note["body"]
    assert "PUT /projects/3/merge_requests/8/notes/100" in host.asked


@pytest.mark.parametrize(
    ("missing", "words"),
    [("CI_MERGE_REQUEST_IID", "no merge request, so no note"), ("GITLAB_TOKEN", "GITLAB_TOKEN is not set")],
)
@pytest.mark.usefixtures("merge_request")
def test_without_a_merge_request_or_a_token_there_is_no_note(tmp_path, host, monkeypatch, missing, words):
    """The job still ends as pytest did."""
    monkeypatch.delenv(missing)

    told = run_harness(tmp_path, "ci", "gitlab", "out")

    assert told.ret == 6
    assert words in told.stdout.str() + told.stderr.str()
    assert host.asked == []


def test_a_refused_note_says_which_token_it_takes(tmp_path, host, merge_request):
    """And hides no verdict."""
    host.refused["GET /user"] = [401]

    told = run_harness(tmp_path, "ci", "gitlab", "out")

    assert told.ret == 6
    assert "a project access token with the scope api" in told.stderr.str()
    assert addresses_in(told) == ["PublishError"]
    assert "glpat" not in told.stdout.str() + told.stderr.str()


@pytest.mark.parametrize(
    ("outcome", "code", "ends"), [("passed", 0, 0), ("inconclusive", 0, 6), ("failed", 1, 1), ("failed", 6, 1)]
)
def test_a_verdict_ends_with_what_it_means(tmp_path, outcome, code, ends):
    """Never with 0 where nothing passed, nor with 6, which some let through, where something failed."""
    results(tmp_path / "out", outcome, code)

    told = run_harness(tmp_path, "ci", "verdict", "out")

    assert (told.ret, told.outlines) == (ends, [outcome])


def test_names_that_would_end_the_hidden_line_are_refused(tmp_path, job):
    """They are in the comment's first line."""
    job(pull_request())

    told = run_harness(tmp_path, "ci", "github", "out", "--name", "x --> y")

    assert told.ret == 2
    assert "expected at most 64 letters" in told.stderr.str()


def test_outside_of_a_job_the_missing_variable_is_named(tmp_path, monkeypatch):
    """Exit code 2."""
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    results(tmp_path / "out", "passed")

    told = run_harness(tmp_path, "ci", "github", "out")

    assert told.ret == 2
    assert "GITHUB_REPOSITORY is not set" in told.stderr.str()


def test_what_was_just_saved_is_collected(tmp_path, monkeypatch):
    """With the comment, the code quality and JSON for machines; an older run is left out."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "harness.toml").write_text("")
    (tmp_path / "suites" / "labels").mkdir(parents=True)
    (tmp_path / "suites" / "labels" / "test_labels.py").write_text("x\n" * 20)
    for number, outcome in ((1, "passed"), (2, "failed")):
        run = run_of(verdict(outcome), number=number)
        (tmp_path / "runs" / run.id).mkdir(parents=True)
        write_run(tmp_path / "runs" / run.id, run, (), ())
        if number == 1:
            assert run_harness(tmp_path, "ci", "newest").outlines == ["1"]

    words = run_harness(tmp_path, "ci", "collect", "--since", "1", "--exit-code", "1")
    told = run_harness(tmp_path, "ci", "collect", "--since", "1", "--exit-code", "1", "--json")

    found = json.loads(told.stdout.str())
    assert (told.ret, found["outcome"], found["runs"]) == (0, "failed", ["0002-2026-11-26-1f3c"])
    assert found["problems"][0]["place"] == {"path": "suites/labels/test_labels.py", "line": 9}
    assert words.outlines[1].startswith("  suites/labels/test_labels.py:9: failed: Labels are right: dropped by 0.500")
    assert json.loads((tmp_path / "release-gate" / "codequality.json").read_text())
    assert "Do not release" in (tmp_path / "release-gate" / "comment.md").read_text()
