"""The README's way from training to rolling back, typed line by line, with a tiny model."""

import shlex
from pathlib import Path

import pytest

from tests.apart import run_harness, run_pytest
from tests.train.tiny import write_tiny

README = Path(__file__).parents[2] / "README.md"
HEADING = "## Train, gate, promote, roll back"
SETTINGS = """
train = ["rows.jsonl"]
base_model = "tiny"
method = "lora"
lora_rank = 2
rows_per_batch = 6
learning_rate = 5e-2
epochs = 4
max_length = 128
"""
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import matches_regex

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=2)

def test_answers_are_text(evaluate, gate):
    gate(evaluate(matches_regex("(?s).*")), floor=0.5, max_drop=0.2)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a project with a tiny base model, settings of two trainings, and a suite of forty cases."""
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    write_tiny(tmp_path)
    (tmp_path / "harness.toml").write_text('base_model = "tiny"\n[engine]\nkind = "transformers"\n')
    (tmp_path / "mine.toml").write_text(f'output = "adapters/mine"\n{SETTINGS}')
    (tmp_path / "next.toml").write_text(f'output = "adapters/next"\nseed = 1\n{SETTINGS}')
    suite = tmp_path / "suites" / "talk"
    suite.mkdir(parents=True)
    (suite / "test_talk.py").write_text(SUITE)
    cases = (f'{{"id": "c{n}", "messages": [{{"role": "user", "content": "say {n}"}}]}}\n' for n in range(40))
    (suite / "cases.jsonl").write_text("".join(cases))
    return tmp_path


def commands() -> list[list[str]]:
    """Return the words of each command under the heading."""
    block = README.read_text(encoding="utf-8").partition(f"{HEADING}\n\n```\n")[2].partition("```")[0]
    return [shlex.split(line, comments=True) for line in block.splitlines()]


def test_each_line_ends_well_and_the_first_is_promoted_again(folder):
    """Trained and gated, promoted, the next one gated against it and promoted, rolled back."""
    said = []
    for program, *words in commands():
        done = run_harness(folder, *words) if program == "harness" else run_pytest(folder, *words)
        said.append(done.stdout.str() + done.stderr.str())
        assert done.ret == 0, said[-1]

    trained, promoted, _, _, also, back = said
    assert "gate passed: runs/0001" in " ".join(trained.split())
    assert "promoted: mine@1" in promoted
    assert "promoted: next@2" in also
    assert "compared with mine" in also
    assert "rolled back: mine is promoted again" in back
