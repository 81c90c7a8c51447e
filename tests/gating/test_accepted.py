"""Sides that are not alike, end to end: they can't pass unless the difference is accepted, and then it is told."""

import json
import re
import threading
from pathlib import Path

import pytest

from harness.engines import checked
from tests.gating.projects import Project, forgetful, right
from tests.models.fakes import adapter_in, base_in
from tests.waiting import MOST_S


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("engin", "unknown entry 'engin'; --accept-difference takes one of 'messages'"),
        ("cases", "a difference in 'cases' can't be accepted: scores are paired case by case"),
        ("scorer", "a difference in 'scorer' can't be accepted"),
    ],
)
def test_a_difference_that_can_not_be_accepted_is_exit_code_4(project, name, words):
    """Before any model is asked; the known names are in the error."""
    run = project(right)
    run.suite()

    result = run.gate("--accept-difference", name)

    assert result.ret == 4
    assert words in result.stderr.str()
    assert run.stub.asked == []
    assert not list(run.folder.glob("runs/*/"))


def saved_run(run: Project) -> Path:
    """Gate once, forget the store, and return the run's folder."""
    run.gate()
    (run.folder / "runs" / "answers.sqlite").unlink()
    (path,) = run.folder.glob("runs/*/run.json")
    return path.parent


@pytest.mark.parametrize(("is_changed", "code"), [(False, 0), (True, 6)])
def test_an_adapter_that_changes_while_it_is_asked_can_not_pass(project, monkeypatch, is_changed, code):
    """Every gate passed, but nobody knows which weights answered: exit 6, and the line says what to do."""
    asked, was_checked = [], threading.Event()
    check = checked.refuse_changed
    monkeypatch.setattr(checked, "refuse_changed", lambda *told: (check(*told), was_checked.set()))

    def reply(model: str, question: str) -> str:
        asked.append(question)
        if is_changed and len(asked) == 2:
            was_checked.wait(MOST_S)
            adapter_in(run.folder / "adapters" / "mine", weights=b"retrained")
        return right(model, question)

    run = project(reply)
    run.suite()

    result = run.gate()

    assert result.ret == code
    assert ("mine: its files changed while it was asked" in result.stdout.str()) == is_changed
    assert [verdict["outcome"] for verdict in run.run()["verdicts"]] == ["passed"]


def test_a_changed_template_can_not_pass_unless_it_is_accepted(project, monkeypatch):
    """It is refused by name with the option that lets it through; accepted, it is shown wherever the verdict is."""
    run = project(right)
    run.suite()
    candidate = f"run:{saved_run(run).name}"
    (run.folder / "tiny" / "chat_template.jinja").write_text("{{ messages[0] }}")
    summary = run.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    refused = run.gate("--baseline", "base", candidate=candidate)
    accepted = run.gate("--baseline", "base", "--accept-difference", "chat template", candidate=candidate)

    assert refused.ret == 1
    assert "IncomparableRuns: the two sides differ in 'chat template'" in refused.stdout.str()
    assert "--accept-difference 'chat template'" in refused.stdout.str()
    assert accepted.ret == 0
    newest = max(run.folder.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    (verdict,) = json.loads(newest.read_text())["verdicts"]
    assert [one["name"] for one in verdict["comparison"]["accepted"]] == ["chat template"]
    assert "**Accepted differences between the sides:** chat template: baseline" in summary.read_text()


def test_an_accepted_difference_is_told_with_a_failure(project):
    """In the terminal, below the figures."""
    run = project(forgetful)
    run.suite()
    candidate = f"run:{saved_run(run).name}"
    (run.folder / "tiny" / "chat_template.jinja").write_text("{{ messages[0] }}")

    result = run.gate("--baseline", "base", "--accept-difference", "chat template", candidate=candidate)

    assert result.ret == 1
    assert re.search(r"accepted difference: chat template: baseline '[0-9a-f]{64}'", result.stdout.str())


def test_a_saved_run_that_lost_an_answer_can_not_pass(project):
    """The case is unscored, not left out: exit 6."""
    run = project(right)
    run.suite(thresholds="floor=0.5")
    folder = saved_run(run)
    lines = (folder / "answers.jsonl").read_text().splitlines(keepends=True)
    (folder / "answers.jsonl").write_text("".join(lines[:-1]))

    result = run.gate(candidate=f"run:{folder.name}")

    assert result.ret == 6
    assert "1 unscored, more than the allowed 0: candidate: not in the saved run" in result.stdout.str()


def test_two_base_models_are_compared_as_a_table_declares_and_the_difference_is_shown(project):
    """Writing the table accepts it; without one the same difference is refused."""
    one = project(right)
    base_in(one.folder / "other", weights=b"other weights")
    table = '[models.large]\nbase = "other"\nserved_as = "mine"\n'
    (one.folder / "harness.toml").write_text(f'base_model = "tiny"\nnoise_sample = 0\n{table}')
    one.suite()

    result = one.gate(candidate="large")

    assert result.ret == 0
    assert {model for model, _ in one.asked} == {"tiny", "mine"}
    saved = one.run()
    assert [each["name"] for each in saved["verdicts"][0]["comparison"]["accepted"]] == ["base model"]
    assert saved["candidate"]["label"] == "large"
    assert "base model" in one.report()
