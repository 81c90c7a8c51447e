"""lm-evaluation-harness, installed for real: it says of our own tasks what the other tests take it to say."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.cases.lm_eval.task import TRIED, Wanted, read_tasks, tasks_in
from tests.tools.environments import python_with

FILES = Path(__file__).parents[1] / "cases" / "files" / "lm_eval"


@pytest.fixture(scope="session")
def lm_eval_python() -> str:
    """Return the Python of an environment with the tool, made on first use, whole or not at all."""
    return python_with(f"lm-eval-{TRIED}", f"lm-eval[ifeval]=={TRIED}")


@pytest.mark.parametrize("kind", ["text", "chat"])
def test_the_tool_says_of_the_tasks_what_it_said_when_it_scored_them(kind, lm_eval_python, monkeypatch):
    """Prompts with their examples, what is right, filters and metrics: the same to the last character."""
    recorded = tasks_in((FILES / f"{kind}.json").read_bytes(), "python")
    monkeypatch.chdir(FILES / "own")  # where the tasks look for their rows
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    names = tuple(one.name for one in recorded)

    read = read_tasks(Wanted(names=names, folder=str(FILES / "own"), chat=kind == "chat"), lm_eval_python)

    assert read == recorded


def test_the_tool_scores_as_it_did(lm_eval_python, tmp_path):
    """The answers to one task, asked and scored again by the script that made the files."""
    script = Path(__file__).parents[2] / "scripts" / "lm_eval_tasks.py"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    subprocess.run([lm_eval_python, str(script), str(tmp_path), "own_queue"], check=True, env=environment)

    again = (tmp_path / "scores.jsonl").read_text().splitlines()
    recorded = (FILES / "scores.jsonl").read_text().splitlines()
    assert again == [line for line in recorded if json.loads(line)["task"] == "own_queue"]
