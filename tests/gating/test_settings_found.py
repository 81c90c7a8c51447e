"""Which settings a session uses, wherever its suites, its adapter and its start folder are."""

import json

from tests.apart import run_pytest
from tests.gating.projects import right


def test_an_adapter_outside_of_the_project_moves_neither_settings_nor_runs(project, capfd, monkeypatch):
    """Pytest's root is then the folder above; which settings are used is shown and saved."""
    run = project(right)
    run.suite()
    inside = run.folder / "inside"
    inside.mkdir()
    for name in ("harness.toml", "tiny", "test_sums.py", "cases.jsonl"):
        (run.folder / name).rename(inside / name)

    result = run_pytest(inside, "--candidate", "../adapters/mine", "--base-url", run.stub.url)

    assert result.ret == 0
    assert result.outlines[-1].startswith("report: runs/0001-")
    (saved,) = inside.glob("runs/*/run.json")
    assert json.loads(saved.read_text())["settings"] == "harness.toml"
    assert "settings: harness.toml" in capfd.readouterr().err.splitlines()
    assert not (run.folder / "runs").exists()
    assert "Settings" in (saved.parent / "report.html").read_text()


def test_the_settings_of_the_start_folder_hold_for_a_suite_elsewhere(project):
    """Runs are beside them, though pytest's root is the folder above both."""
    run = project(right)
    run.suite()
    start, suite = run.folder / "start", run.folder / "suite"
    for folder, moved in ((start, {"harness.toml", "tiny"}), (suite, {"cases.jsonl"})):
        folder.mkdir()
        for name in moved:
            (run.folder / name).rename(folder / name)
    (run.folder / "test_sums.py").rename(suite / "test_sums_elsewhere.py")

    result = run_pytest(start, "../suite", "--candidate", "../adapters/mine", "--base-url", run.stub.url)

    assert result.ret == 0
    assert result.outlines[-1].startswith("report: runs/0001-")
    assert len(list(start.glob("runs/*/report.html"))) == 1


def test_two_settings_are_exit_code_4(project):
    """Of the folder where pytest was called and of the suite's; one of them can be named."""
    run = project(right)
    run.suite()
    inside = run.folder / "inside"
    inside.mkdir()
    for name in ("test_sums.py", "cases.jsonl"):
        (run.folder / name).rename(inside / name)
    (inside / "harness.toml").write_text("")

    result = run.gate("inside")
    named = run.gate("inside", "--harness-config", "harness.toml")

    assert result.ret == 4
    assert "harness.toml and inside/harness.toml: both would be the settings" in result.stderr.str()
    assert named.ret == 0
    assert run.run()["settings"] == "harness.toml"
