"""Beside the most used plugins of pytest, installed for real: other projects notice nothing, no verdict changes."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import harness
from harness.config.home import home_folder
from tests.models.test_local import adapter_in, base_in
from tests.stub import Stub, serve

LOCK = Path(__file__).parents[2] / "requirements" / "guests.lock"
OF_ANOTHER_PROJECT = """
import pytest

@pytest.mark.parametrize("case", [1, 2])
def test_a_parameter(case):
    assert case in (1, 2)

class TestFixtures:
    @pytest.fixture
    def case(self):
        return 3

    @pytest.fixture
    def gate(self, case):
        return case + 1

    def test_they_are_its_own(self, gate):
        assert gate == 4
"""
PASSES = """
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite("cases.jsonl", max_tokens=8)

def test_passes(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=0)

def test_is_an_echo(case, answer):
    assert answer.text == case.expected
"""
DOES_NOT_PASS = """
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite("cases.jsonl", max_tokens=8)

def test_fails(evaluate, gate):
    gate(evaluate(lambda case, response: 0.0), floor=0.9)

def test_cannot_tell(evaluate, gate):
    gate(evaluate(exact_match()), max_drop=0.02)
"""
Outcomes = list[tuple[str, str]]


@pytest.fixture(scope="session")
def guests() -> Path:
    """Return a folder with the plugins of requirements/guests.lock, installed on first use, whole or not at all."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = home_folder() / f"guests-{digest}-{sys.implementation.cache_tag}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".guests-") as unfinished:
            made = Path(unfinished) / "plugins"
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            chosen = ["--no-deps", "--only-binary", ":all:", "--target", str(made), "--requirement", str(LOCK)]
            subprocess.run([*pip, *chosen], check=True)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was first
                    raise
    return folder


@pytest.fixture
def run(tmp_path: Path, guests: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs pytest in the test's folder, in a process that has all the plugins."""
    left_out = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "GITHUB_STEP_SUMMARY")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment["HARNESS_HOME"] = str(tmp_path / "home")
    environment["PYTHONPATH"] = os.pathsep.join([str(guests), str(Path(harness.__file__).parents[1])])

    def run_pytest(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", *options]
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)

    return run_pytest


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    """Make a project with suites, and serve its models, which say what they are told."""
    base_in(tmp_path / "tiny")
    adapter_in(tmp_path / "adapters" / "mine")
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\nnoise_sample = 2\n')
    cases = ({"id": f"n-{n}", "messages": [{"role": "user", "content": f"{n}"}], "expected": f"{n}"} for n in range(4))
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "test_one.py").write_text(PASSES)
    (tmp_path / "test_two.py").write_text(DOES_NOT_PASS)
    with serve(lambda _model, question: question, ("tiny", "mine")) as stub:
        yield stub


def sides(stub: Stub) -> tuple[str, ...]:
    """Return the options that name who is asked."""
    return ("--candidate", "adapters/mine", "--base-url", stub.url)


def outcomes(folder: Path) -> Outcomes:
    """Return (test, outcome) of every verdict of the newest run, sorted."""
    newest = json.loads(max(folder.glob("runs/*/run.json")).read_text())
    return sorted((one["test_id"], one["outcome"]) for one in newest["verdicts"])


@pytest.mark.parametrize("options", [(), ("-p", "harness", "-n", "2")], ids=["one process", "harness first, xdist"])
def test_a_project_without_suites_notices_nothing(tmp_path, run, options):
    """Its `case` and `gate` are its own, whichever plugin is loaded first, and nothing of the harness is written."""
    (tmp_path / "test_other.py").write_text(OF_ANOTHER_PROJECT)
    plugins = [line.partition("==")[0] for line in LOCK.read_text().splitlines() if line.startswith(("pytest-", "syr"))]

    ended = run(*options)

    loaded = next(line for line in ended.stdout.splitlines() if line.startswith("plugins: "))
    assert len(plugins) > 20
    assert [name for name in (*plugins, "tunegate") if f" {name.removeprefix('pytest-')}-" not in loaded] == []
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " 3 passed" in ended.stdout
    assert not list(tmp_path.glob("runs")) + list(tmp_path.glob("home"))


def test_suites_pass_beside_all_plugins(tmp_path, run, stub):
    """Exit code 0; the report's path is the last line."""
    ended = run("test_one.py", *sides(stub))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("report: runs/0001-")
    assert outcomes(tmp_path) == [("test_one.py::test_passes", "passed")]


def test_order_reruns_and_other_reports_change_no_verdict(tmp_path, run, stub):
    """Each verdict counts once, however its test was run: one gate failed, one is inconclusive, so exit code 1."""
    plain = run("-p", "no:randomly", "-p", "harness", *sides(stub))
    expected = outcomes(tmp_path)
    mixed = (
        "-p",
        "randomly",
        "--randomly-seed",
        "7",
        "--reruns",
        "1",
        "--timeout",
        "300",
        "--order-group-scope",
        "module",
    )
    files = ("--junitxml", "junit.xml", "--html", "page.html", "--json-report", "--json-report-file", "pytest.json")

    ended = run(*mixed, *files, "--force-sugar", "--instafail", *sides(stub))

    assert (plain.returncode, ended.returncode) == (1, 1), ended.stdout + ended.stderr
    assert [outcome for _, outcome in expected] == ["passed", "inconclusive", "failed"]
    assert outcomes(tmp_path) == expected
    told = ended.stdout.splitlines()
    assert told[-3:-1] == [
        "gate: failed (exit code 1)",
        "  Fails: candidate 0.000 is below the floor 0.900: 4 cases rule out a true mean above 0.527",
    ]
    assert told[-1].startswith("report: runs/0002-")
    assert '<property name="outcome" value="failed" />' in (tmp_path / "junit.xml").read_text()
    assert json.loads((tmp_path / "pytest.json").read_text())["summary"]["total"] == 7
    assert "test_cannot_tell" in (tmp_path / "page.html").read_text()


def test_a_repeated_gate_that_cannot_tell_is_inconclusive(tmp_path, run, stub):
    """Each repetition has its verdict; no plugin adds anything to exit code 6."""
    ended = run("test_two.py", "-k", "cannot_tell", "--count", "2", *sides(stub))

    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert [outcome for _, outcome in outcomes(tmp_path)] == ["inconclusive", "inconclusive"]


@pytest.mark.parametrize("options", [("-n", "2"), ("--forked",)], ids=["xdist", "forked"])
def test_several_processes_are_refused(tmp_path, run, stub, options):
    """In one line, before anything is asked or written."""
    ended = run(*options, *sides(stub))

    told = [line for line in (ended.stdout + ended.stderr).splitlines() if "can't run suites" in line]
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert len(told) == 1
    assert stub.bodies == []
    assert not list(tmp_path.glob("runs/*/run.json"))
