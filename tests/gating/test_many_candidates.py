"""Several candidates in one run of pytest: each with its tests, run and report, and a ranking of all."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from harness.runs.folder import read_run
from tests.apart import run_harness
from tests.gating.projects import Project, project, right  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in
from tests.stub import serve

NAMES = ("first", "second", "broken")
TWO = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers_are_right(evaluate, gate):
    gate(evaluate(exact_match()), max_drop=0.2)

def test_is_a_number(case, answer):
    assert answer.text.isdecimal()
"""


def one_forgets(model: str, question: str) -> str:
    """Answer every sum, but let one candidate forget most."""
    return "7" if model == "broken" and not question.startswith("6+") else right(model, question)


@pytest.fixture
def many(tmp_path: Path, project) -> Project:  # noqa: F811 - pytest's way
    """Make a project with three candidates."""
    made = project(right)
    for name in NAMES:
        adapter_in(tmp_path / "adapters" / name, weights=name.encode())
    with serve(one_forgets, ("tiny", *NAMES)) as stub:
        made.stub = stub
        made.suite(code=TWO, cases=40)
        yield made


def runs_of(many: Project) -> dict[str, dict[str, object]]:
    """Return each candidate's run.json."""
    found = [json.loads(path.read_text()) for path in sorted(many.folder.glob("runs/*/run.json"))]
    return {run["candidate"]["adapter"]: run for run in found}


def test_each_candidate_has_tests_a_run_and_a_report_of_its_own_and_the_baseline_is_asked_once(many, monkeypatch):
    """The exit code is pytest's: one candidate failed. What a run records is as in a run of one candidate."""
    summary = many.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    result = many.gate(
        "--candidate", "adapters/first", "adapters/second", "--candidate", "adapters/broken", "-rA", candidate=""
    )

    assert result.ret == 1
    told = result.stdout.str()
    assert {f"test_sums.py::test_answers_are_right[{name}]" for name in NAMES} <= set(
        re.findall(r"(?:PASSED|FAILED) (test_sums\.py::test_answers_are_right\[\w+\])", told)
    )
    assert Counter(model for model, _ in many.asked) == dict.fromkeys(("tiny", *NAMES), 40)
    runs = runs_of(many)
    assert {name: run["outcome"] for name, run in runs.items()} == {
        "first": "passed",
        "second": "passed",
        "broken": "failed",
    }
    assert {verdict["test_id"] for run in runs.values() for verdict in run["verdicts"]} == {
        "test_sums.py::test_answers_are_right"
    }
    assert [len(run["pinned"]) for run in runs.values()] == [40, 40, 40]
    assert {tuple(run["beside"]) for run in runs.values()} == {tuple(run["id"] for run in runs.values())}
    pages = {name: (many.folder / "runs" / run["id"] / "report.html").read_text() for name, run in runs.items()}
    assert all('id="ranking"' in page for page in pages.values())
    assert f'href="../{runs["first"]["id"]}/report.html"' in pages["broken"]
    assert [line for line in result.outlines if line.startswith("report: ")] == [
        f"report: runs/{run['id']}/report.html" for run in runs.values()
    ]
    assert "first is first of 3" in told
    assert summary.read_text().count("### ") == 4

    again = run_harness(many.folder, "rank", str(runs["second"]["number"]))

    assert again.ret == 0
    assert again.outlines[-1].startswith("first is first of 3 and passes with the choice among all taken into account")
    assert set(again.outlines) <= set(result.outlines)


def test_one_of_many_can_be_selected(many):
    """-k leaves a run of one candidate, with nothing to rank."""
    result = many.gate("--candidate", "adapters/*", "-k", "second", candidate="")

    assert result.ret == 0
    (run,) = many.folder.glob("runs/*/run.json")
    assert (read_run(run.parent).candidate.adapter, read_run(run.parent).beside) == ("second", ())
    assert run_harness(many.folder, "rank", "1").ret == 2
