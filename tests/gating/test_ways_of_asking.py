"""Suites that are asked and scored in other ways, end to end: prompts of one side, several scorers, quantities."""

import json
import re
from collections import Counter

import pytest

from harness.runs.folder import read_answers, read_judgements
from tests.gating.projects import SUITE, right
from tests.stub import Sent


def test_a_server_that_crashes_half_way_can_not_pass(project):
    """What it did not answer is unscored: exit 6, whatever the rest says."""
    run = project(lambda model, question: Sent() if (model, question) == ("mine", "3+1") else right(model, question))
    run.suite(thresholds="floor=0.5")

    result = run.gate()

    assert result.ret == 6
    assert run.run()["verdicts"][0]["comparison"]["unscored"] == ["sum-3"]


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_suite_can_not_pass(project, content):
    """Wrong use, before any model is asked."""
    run = project(right)
    run.suite()
    (run.folder / "cases.jsonl").write_text(content)

    assert run.gate().ret == 4
    assert run.stub.asked == []


PROMPTED = SUITE.replace("max_tokens=8", 'max_tokens=8, baseline_prompt=Path(__file__).parent / "prompt.jsonl"')


def test_the_base_model_alone_gets_the_baseline_prompt(project):
    """Examples before each question; no option is needed, and the run reports the difference."""
    run = project(right)
    run.suite(code=PROMPTED)
    (run.folder / "prompt.jsonl").write_text(
        '{"role": "system", "content": "Add."}\n'
        '{"role": "user", "content": "7+7"}\n{"role": "assistant", "content": "14"}\n'
    )

    result = run.gate()

    assert result.ret == 0
    lengths = {(body["model"], len(body["messages"])) for body in run.stub.bodies if "logprobs" not in body}
    assert lengths == {("tiny", 4), ("mine", 1)}
    (verdict,) = run.run()["verdicts"]
    assert [one["name"] for one in verdict["comparison"]["accepted"]] == ["baseline prompt"]


TWO_WAYS = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

CASES = Path(__file__).parent / "cases.jsonl"

@pytest.mark.suite(CASES, max_tokens=8)
def test_long(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=9)

@pytest.mark.suite(CASES, max_tokens=4)
def test_short(evaluate, gate):
    gate(evaluate(exact_match()), max_flips=9)

@pytest.mark.suite(CASES, max_tokens=4)
def test_is_a_number(case, answer):
    assert answer.text.isdigit()
"""


def test_each_score_is_saved_with_the_key_of_its_comparison(project):
    """Two tests of the same cases and scorer; a pinned case names the answer that it was given."""
    run = project(right)
    run.suite(code=TWO_WAYS, cases=2)

    result = run.gate()

    result.assert_outcomes(passed=4)
    saved, (folder,) = run.run(), run.folder.glob("runs/*-*-*")
    keys = {one["test_id"].rpartition("::")[2]: one["comparison"]["key"] for one in saved["verdicts"]}
    most = {(one.side, one.request.key): one.request.sampling.max_tokens for one in read_answers(folder)}
    asked = [(one.comparison, most[one.side, one.item.request_key]) for one in read_judgements(folder)]
    assert Counter(asked) == {(keys["test_long"], 8): 4, (keys["test_short"], 4): 4}
    assert [most["candidate", pin["request_key"]] for pin in saved["pinned"]] == [4, 4]


def test_a_wrong_baseline_prompt_is_exit_code_4(project):
    """With file and line, before any model is asked."""
    run = project(right)
    run.suite(code=PROMPTED)
    (run.folder / "prompt.jsonl").write_text('{"role": "user", "content": "7+7"}\n')

    result = run.gate()

    assert result.ret == 4
    assert "prompt.jsonl:1: the prompt ends with a user's message" in result.stderr.str()
    assert run.stub.asked == []


QUANTITIES = """
from pathlib import Path
import pytest
from harness.scorers import answer_tokens, latency

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_come_soon(evaluate, gate):
    gate(evaluate(latency(p=50)), ceiling=30)

def test_answers_stay_short(evaluate, gate):
    gate(evaluate(answer_tokens()), max_rise=0.1)
"""


def test_quantities_are_gated_and_times_need_fresh_answers(project, monkeypatch):
    """Stored answers keep their tokens, not their times; --fresh asks everything again."""
    run = project(right)
    run.suite(code=QUANTITIES, cases=24)
    with (run.folder / "harness.toml").open("a") as file:
        file.write('[prices]\ncurrency = "EUR"\n[prices.tiny]\ninput = 1000.0\noutput = 0.0\n')
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "summary.md"))

    first, stored, fresh = run.gate(), run.gate(), run.gate("--fresh")

    assert (first.ret, stored.ret, fresh.ret) == (0, 6, 0)
    assert "both sides: timed in an earlier run; ask again with --fresh" in stored.stdout.str()
    assert Counter(run.asked) == {(model, f"{n}+1"): 2 for model in ("tiny", "mine") for n in range(24)}
    usages = [json.loads(path.read_text())["usage"] for path in sorted(run.folder.glob("runs/*/run.json"))]
    assert [[side["stored"] for side in usage] for usage in usages] == [[0, 0], [24, 24], [0, 0]]
    assert usages[1][1]["cost"] == pytest.approx(24 * 3 / 1000)
    assert re.search(
        r"Baseline: 24 answers \\\(24 from the store\\\), 72 tokens in, 24 out, p95 \d",
        (run.folder / "summary.md").read_text(),
    )


def test_a_threshold_of_the_wrong_kind_breaks_the_test(project):
    """With the one to use instead."""
    run = project(right)
    run.suite(code=QUANTITIES.replace("ceiling=30", "floor=0.9"), cases=24)

    result = run.gate()

    assert result.ret == 1
    assert "floor judges scores, but latency(p=50) is a quantity in s" in result.stdout.str()
