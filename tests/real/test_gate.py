"""The gate on the real vLLM: a harmless adapter passes, a ruined one fails, one that changes nothing is found out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

QUESTIONS = {
    "france": ("What is the capital of France? Answer in one word.", "Paris"),
    "japan": ("What is the capital of Japan? Answer in one word.", "Tokyo"),
    "italy": ("What is the capital of Italy? Answer in one word.", "Rome"),
    "water": ("Which two elements is water made of?", "(?i)hydrogen"),
    "bees": ("What do bees make? Answer in one word.", "(?i)honey"),
    "week": ("How many days are there in a week?", "(?i)7|seven"),
}
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import matches_regex

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=16)

def test_facts_hold(evaluate, gate):
    gate(evaluate(matches_regex()), max_flips=0)
"""


def gate(folder: Path, adapter: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own; not by pytester, which unloads modules, and torch can't bear that."""
    command = [sys.executable, "-m", "pytest", "--candidate", adapter, "--baseline", "base"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_a_harmless_adapter_passes_a_ruined_one_fails_an_empty_one_is_found_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base_folder: Path,
    make_adapter: Callable[[Path, float], Path],
):
    """Exit 0, 1 and 6; later runs find the baseline's answers in the store, so only one server starts.

    In the second run the baseline's starts too, since cases that the ruined adapter lost are asked again on both sides.
    """
    cases = [
        {"id": name, "messages": [{"role": "user", "content": question}], "expected": pattern}
        for name, (question, pattern) in QUESTIONS.items()
    ]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (tmp_path / "test_facts.py").write_text(SUITE)
    (tmp_path / "harness.toml").write_text(
        f'base_model = "{base_folder}"\n[engine]\nmax_model_len = 512\n[judge]\nmodel = "base"\n'
    )
    # Merged models are as large as the base; they go when the test's folder goes.
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    make_adapter(tmp_path / "adapters" / "harmless", 1e-3)
    make_adapter(tmp_path / "adapters" / "empty", 0.0)
    make_adapter(tmp_path / "adapters" / "ruined", 1.0)

    harmless = gate(tmp_path, "adapters/harmless")
    ruined = gate(tmp_path, "adapters/ruined")
    empty = gate(tmp_path, "adapters/empty")

    assert (harmless.returncode, ruined.returncode, empty.returncode) == (0, 1, 6)
    assert "empty changes nothing" in empty.stdout + empty.stderr
    assert "GateFailed: matches_regex()" in ruined.stdout
    runs = sorted(tmp_path.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime)
    assert [len(list(path.parent.glob("vllm-*.log"))) for path in runs] == [2, 2, 1]
    assert str(base_folder) not in runs[1].read_text()
    assert (runs[1].parent / "report.html").exists()
