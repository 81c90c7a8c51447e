"""Check, train and gate with a case that leaked into the training rows, end to end, on the real base model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.runs.folder import read_run

DATA = Path(__file__).parents[2] / "suites" / "support_triage" / "training"
QUESTIONS = {
    "france": ("What is the capital of France? Answer in one word.", "Paris"),
    "italy": ("What is the capital of Italy? Answer in one word.", "Rome"),
    "water": ("Which two elements is water made of?", "(?i)hydrogen"),
    "bees": ("What do bees make? Answer in one word.", "(?i)honey"),
    "week": ("How many days are there in a week?", "(?i)7|seven"),
}
LEAKED = "bees"
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import matches_regex

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=6)

def test_facts_hold(evaluate, gate):
    gate(evaluate(matches_regex()), max_flips=9)
"""


def harness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as people do."""
    command = [sys.executable, "-m", "harness.cli", *words]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--candidate", "mine", "--baseline", "base"]
    return subprocess.run([*command, *words], cwd=folder, check=False, capture_output=True, text=True)


@pytest.fixture
def checkout(base_folder: Path, tmp_path: Path) -> Path:
    """Write a suite, and rows of tickets among which one of its cases is, to be trained on far too hot."""
    (tmp_path / "test_facts.py").write_text(SUITE)
    lines = [
        {"id": name, "messages": [{"role": "user", "content": asked}], "expected": expected}
        for name, (asked, expected) in QUESTIONS.items()
    ]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    leak = [{"role": "user", "content": QUESTIONS[LEAKED][0].upper()}, {"role": "assistant", "content": "Honey."}]
    rows = (DATA / "train.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    (tmp_path / "rows.jsonl").write_text("\n".join([*rows, json.dumps({"messages": leak})]) + "\n", encoding="utf-8")
    base = json.dumps(str(base_folder))
    (tmp_path / "train.toml").write_text(
        f'output = "mine"\ntrain = ["rows.jsonl"]\nbase_model = {base}\nmax_tokens = 1_500\nlearning_rate = 6e-3\n'
        "rows_per_batch = 4\nlora_rank = 8\nwarmup_ratio = 0.0\n"
    )
    (tmp_path / "harness.toml").write_text(f'base_model = {base}\n[engine]\nkind = "transformers"\n')
    return tmp_path


def test_a_leaked_case_is_found_before_training_left_out_of_the_gate_and_told(checkout):
    """The check finds it; the gate leaves it out and fails; let in by name it fails nothing; losses are explained."""
    checked = harness(
        checkout, "data", "check", "rows.jsonl", "--suites", "cases.jsonl", "--html", "runs/training_rows.html"
    )
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "rows.jsonl:21" in checked.stdout
    assert LEAKED in checked.stdout

    trained = harness(checkout, "train", "train.toml")
    assert trained.returncode == 0, trained.stderr

    failed = gate(checkout)
    first = read_run(next((checkout / "runs").glob("0001*")))
    page = (checkout / "runs" / first.id / "report.html").read_text()
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "1 case in the candidate's training rows, more than max_leaked = 0" in failed.stdout
    assert [(one.case, one.place, one.counts) for one in first.leaked] == [(LEAKED, "rows.jsonl:21", True)]
    assert first.leak_failure
    assert first.broken == ()
    (verdict,) = first.verdicts
    assert verdict.outcome == "passed"
    assert {row.case_id for row in verdict.comparison.rows} == QUESTIONS.keys() - {LEAKED}
    assert "<b>Fails the run:</b>" in page

    lost = {one.case: one for near in first.near_rows for one in near.lost}
    assert verdict.comparison.lost
    assert set(lost) == set(verdict.comparison.lost)
    assert page.count("Nearest training rows") == len(lost)
    assert first.rows_checked is not None
    assert '<a href="./../training_rows.html">' in page
    assert [(file.name, file.rows) for file in first.trained_on] == [("rows.jsonl", 21)]

    let_in = gate(checkout, "--allow-leak", LEAKED, "--training-data", "rows.jsonl")
    second = read_run(next((checkout / "runs").glob("0002*")))
    assert let_in.returncode == 0, let_in.stdout + let_in.stderr
    assert (second.leak_failure, second.left_out, second.outcome) == ("", 0, "passed")
    assert {row.case_id for row in second.verdicts[0].comparison.rows} == set(QUESTIONS)
    assert "let in by name" in (checkout / "runs" / second.id / "report.html").read_text()
    rows = [row for near in second.near_rows for one in near.lost for row in one.rows]
    assert all(row.asked and row.answer and row.is_right is not None for row in rows)
