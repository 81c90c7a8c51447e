"""The commit of the suites, from git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.runs import provenance
from harness.runs.provenance import commit_of


def git(folder: Path, *arguments: str) -> str:
    """Run git, without anybody's settings."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.invalid", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """Make a checkout with one suite, committed, and a run next to it."""
    suite = tmp_path / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "cases.jsonl").write_text("{}\n")
    (tmp_path / "train.toml").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "answers.sqlite").touch()
    (suite / "__pycache__").mkdir()
    (suite / "__pycache__" / "test_sums.pyc").touch()
    return tmp_path


def test_a_clean_suite_has_its_commit(checkout):
    """Changes elsewhere, runs and compiled files don't count as a change of the suite."""
    (checkout / "train.toml").write_text("changed")

    found = commit_of([checkout / "suites" / "sums"], checkout / "runs")

    assert found == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("file", ["cases.jsonl", "new.jsonl"])
def test_a_changed_suite_is_marked(checkout, file):
    """Both a changed file and one that git doesn't know."""
    (checkout / "suites" / "sums" / file).write_text("changed")

    found = commit_of([checkout / "suites" / "sums"], checkout / "runs")

    assert found == git(checkout, "rev-parse", "HEAD") + "+"


def test_suites_in_the_root_folder_are_not_changed_by_runs(checkout):
    """Whether or not git ignores the runs; a folder of runs or of suites elsewhere changes nothing."""
    committed = git(checkout, "rev-parse", "HEAD")

    assert commit_of([checkout], checkout / "runs") == committed
    assert commit_of([checkout / "suites", checkout.parent], checkout.parent / "other") == committed


def test_without_git_there_is_no_commit(checkout, tmp_path_factory, monkeypatch):
    """No checkout, no commit in it yet, no folder, no git, or no answer in time: empty, and never an error."""
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert commit_of([outside], outside) == ""
    git(outside, "init", "-q")
    assert commit_of([outside], outside) == ""
    assert commit_of([outside / "none"], outside) == ""
    assert commit_of([], outside) == ""
    monkeypatch.setattr(provenance, "TIMEOUT_S", 0.0)
    assert commit_of([checkout / "suites"], checkout / "runs") == ""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert commit_of([checkout / "suites"], checkout / "runs") == ""
