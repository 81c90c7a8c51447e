"""End to end: scores over repeats are saved, shown and decided again; what can't be weighed is inconclusive."""

import json
from pathlib import Path

from harness.runs.folder import read_judgements
from tests.apart import run_harness, run_pytest
from tests.stub import serve

REPEATED = """
import pytest
from harness.scorers import any_right, exact_match, majority

RIGHT = exact_match()
pytestmark = pytest.mark.suite("cases.jsonl", max_tokens=8, repeats=4, temperature=0.8)

def test_any(evaluate, gate):
    gate(evaluate(any_right(RIGHT, k=2)), floor=0.9)

def test_most(evaluate, gate):
    gate(evaluate(majority(RIGHT)), floor=0.9)
"""
WEIGHED = """
import pytest
from harness.scorers import chooses, nats_per_token

@pytest.mark.suite("cases.jsonl", continuations=["2", "3"])
def test_chooses(evaluate, gate):
    gate(evaluate(chooses()), floor=0.1)

@pytest.mark.suite("cases.jsonl", continuations="expected")
def test_nats(evaluate, gate):
    gate(evaluate(nats_per_token()), max_rise=0.05)
"""
HOSTED = ("--candidate", "openai:new", "--baseline", "openai:old")


def project(folder: Path, code: str) -> None:
    """Write a suite of two sums."""
    cases = [
        {"id": f"sum-{n}", "messages": [{"role": "user", "content": f"1+{n}"}], "expected": str(1 + n)} for n in (1, 2)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    (folder / "test_sums.py").write_text(code)
    (folder / "harness.toml").write_text("noise_sample = 0\n")


def test_scores_over_repeats_are_saved_shown_and_decided_again(tmp_path, monkeypatch):
    """Three of four answers are right: the score of each case is in the run once, and `harness decide` finds it."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    project(tmp_path, REPEATED)
    asked: list[str] = []

    def mostly_right(model: str, question: str) -> str:
        asked.append(f"{model} {question}")
        return "9" if asked.count(f"{model} {question}") == 1 else str(eval(question))  # noqa: S307 - a sum of ours

    with serve(mostly_right, ("old", "new")) as stub:
        result = run_pytest(tmp_path, *HOSTED, "--base-url", stub.url)

    [folder] = tmp_path.glob("runs/0*")
    decided = run_harness(tmp_path, "decide", "1", "test_sums.py")
    assert (result.ret, decided.ret) == (0, 0), result.outlines
    kept = list(read_judgements(folder))
    assert len(kept) == 2 * 2 * 2  # scorers, sides, cases
    assert {one.item.score.value for one in kept} == {1.0}
    assert "3 of 4 answers are right" in (folder / "scores.jsonl").read_text()
    assert "any_right(exact_match(), k=2)" in (folder / "report.html").read_text()


def test_hosted_models_are_not_asked_how_likely_texts_are(tmp_path, monkeypatch):
    """Exit 6: nothing was sent, every case is unscored, and its reason is in the report."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    project(tmp_path, WEIGHED)

    with serve(lambda _model, _question: "2", ("old", "new")) as stub:
        result = run_pytest(tmp_path, *HOSTED, "--base-url", stub.url)

    [folder] = tmp_path.glob("runs/0*")
    assert result.ret == 6
    assert stub.bodies == []
    for name in ("old", "new"):
        assert f"how likely {name} finds a given text can&#39;t be asked" in (folder / "report.html").read_text()
