"""``harness drift`` as somebody types it: files of logs in, exit code, JSON, page, history and metrics out."""

import json
import random

import pytest

from tests.apart import run_harness
from tests.drift.made import FIRST, answer, broken_answer, project, question
from tests.drift.test_written import PLANTED

SUITE = """
from pathlib import Path
import pytest
from harness.scorers import predicts_label, valid_json

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_json(evaluate, gate):
    gate(evaluate(valid_json()), floor=0.9)

def test_tickets_reach_their_queue(evaluate):
    evaluate(predicts_label(("billing", "bug", "account"), field="queue"))
"""


def row(chance: random.Random, said, more: str = "") -> str:
    """Return a line of a log, as a service of one's own would write it."""
    turns = [{"role": "user", "content": f"{question(chance)}{more}"}]
    return json.dumps(
        {
            "time": FIRST.timestamp() + chance.random() * 3600,
            "model": "mine",
            "messages": turns,
            "response": f"{said(chance)}{more}",
            "tags": [more or "none"],
        }
    )


@pytest.fixture
def released(tmp_path):
    """Return the folder of a project with a promoted adapter."""
    project(tmp_path)
    (tmp_path / "suites" / "mine" / "test_mine.py").write_text(SUITE)
    return tmp_path


def drift(root, *options: str):
    """Run the command on the logs of a project."""
    return run_harness(root, "drift", "logs.jsonl", "--suite", "suites/mine", *options)


def write_logs(root, said, more: str = "", number: int = 120) -> None:
    """Write a log of a day."""
    chance = random.Random(1)  # noqa: S311 - invented
    (root / "logs.jsonl").write_text("".join(f"{row(chance, said, more)}\n" for _ in range(number)))


def test_the_exit_code_is_the_verdict_and_everything_is_written(released):
    """1 for answers whose form broke, 6 for a few requests; each run adds a line to the history."""
    write_logs(released, broken_answer)
    broken = drift(released, "--since", "2026-11-01", "--json", "--prometheus", "drift.prom")
    write_logs(released, answer, number=5)
    few = drift(released)

    told = json.loads("\n".join(broken.outlines))
    assert (broken.ret, few.ret) == (1, 6)
    assert {one["name"]: one["verdict"] for one in told["questions"]}["answers"] == "drifted"
    assert told["adapter"] == "mine@1"
    assert "valid_json()" in {one["name"] for one in told["questions"][1]["figures"]}
    assert 'tunegate_drift_verdict{suite="mine",question="answers"} 1' in (released / "drift.prom").read_text()
    history = (released / "runs" / "drift" / "mine.jsonl").read_text().splitlines()
    assert [json.loads(line)["verdict"] for line in history] == ["drifted", "too little to tell"]
    assert few.outlines[0].startswith("mine: too little to tell of")
    assert few.outlines[-1] == "page: runs/drift/mine.html"


def test_personal_data_of_a_log_is_in_no_file_but_the_log(released):
    """Not in page, JSON, history, metrics or store."""
    write_logs(released, broken_answer, more=f" {' '.join(PLANTED.values())}")
    drift(released, "--json", "--prometheus", "drift.prom")
    (released / "logs.jsonl").unlink()

    written = [path.read_bytes().decode(errors="replace") for path in released.rglob("*") if path.is_file()]

    for value in PLANTED.values():
        for form in (value, value.replace(" ", "")):
            assert not any(form in text for text in written), form


def test_wrong_use_is_told_with_what_to_do(released):
    """Exit code 2, and nothing is written."""
    write_logs(released, answer)

    no_suite = run_harness(released, "drift", "logs.jsonl", "--suite", "suites/other")
    no_run = drift(released, "--release", "run:9")
    pairs = drift(released, "--rubric", "helpfulness")

    assert [one.ret for one in (no_suite, no_run, pairs)] == [2, 2, 2]
    assert "no such folder; --suite names the folder of a suite" in "".join(no_suite.errlines)
    assert "no saved run" in "".join(no_run.errlines)
    assert "compares two answers, and logs have none" in "".join(pairs.errlines)
    assert not (released / "runs" / "drift" / "mine.jsonl").exists()
