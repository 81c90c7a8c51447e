"""What CI, the JUnit file and the summary are told of a session."""

from tests.gating.projects import forgetful, right
from tests.stub import Sent, completion


def test_ci_gets_the_verdict(project, monkeypatch):
    """Properties in the JUnit file, a summary appended to GitHub's file."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=0")
    summary = run.folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    run.gate("--junitxml", "junit.xml")

    junit = (run.folder / "junit.xml").read_text()
    assert '<property name="verdict" value="failed" />' in junit
    assert '<property name="scorer" value="exact_match()" />' in junit
    assert summary.read_text().startswith("before\n")
    assert "lost 2 cases, more than the allowed 0" in summary.read_text()


def test_a_summary_that_github_would_drop_whole_is_shortened(project, monkeypatch):
    """What other steps wrote into the same file counts."""
    run = project(forgetful)
    run.suite(thresholds="max_flips=0")
    summary = run.folder / "summary.md"
    summary.write_text("x" * 900 * 1024)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    run.gate()

    told = summary.read_text().lstrip("x")
    assert "### ❌ mine failed against tiny" in told
    assert "… 1 more row: see the report." in told
    assert len(summary.read_bytes()) < 1024 * 1024


def test_what_makes_the_exit_code_is_printed_and_in_junit(project):
    """A server without log-probabilities: three tests passed, and yet 6."""
    run = project(lambda model, question: Sent(completion(right(model, question))))
    run.suite()

    result = run.gate("--junitxml", "junit.xml")

    assert result.ret == 6
    told = result.outlines[result.outlines.index("gate: inconclusive (exit code 6)") :]
    assert "reports no log-probabilities" in "\n".join(told)
    junit = (run.folder / "junit.xml").read_text()
    assert '<property name="outcome" value="inconclusive" />' in junit
    assert "reports no log-probabilities" in junit


def test_a_server_that_is_not_there_leaves_the_summary_inconclusive(project, monkeypatch):
    """No test broke, since none ran."""
    run = project(right)
    run.suite()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "summary.md"))

    assert run.gate("--base-url", "http://127.0.0.1:9/v1").ret == 6
    summary = (run.folder / "summary.md").read_text()
    assert "is inconclusive" in summary
    assert "broke" not in summary
    assert "nothing answers at" in summary
