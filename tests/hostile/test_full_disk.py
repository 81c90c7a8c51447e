"""What can't be saved after the tests: the verdicts are shown all the same, one line says what to do, exit code 6."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apart import run_harness
from tests.gating.projects import Project, forgetful, project, right  # noqa: F401 - project is a fixture
from tests.hostile.disks import PAGE, fill, make_room, small_disk

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
PASSED = "passed: Answers are right: exact_match() on 4 cases"


def when_tests_ended(run: Project, code: str) -> None:
    """Let something happen after the last test, before the run is saved."""
    (run.folder / "conftest.py").write_text(f"def pytest_runtest_teardown():\n    {code}\n")


def lines_with(result: pytest.RunResult, words: str) -> list[str]:
    """Return the lines of the output with these words."""
    return [line for line in result.outlines if words in line]


@pytest.mark.parametrize("left", [0, 2 * PAGE])
def test_a_disk_that_is_full_when_the_run_is_saved(project, left):  # noqa: F811
    """Verdict, reason and advice are shown; the same command saves the run once there is room, and asks nothing."""
    run = project(lambda model, question: right(model, question) + " " * 3000)
    run.suite()
    when_tests_ended(run, f"from tests.hostile.disks import fill; fill(__import__('pathlib').Path('runs'), {left})")

    with small_disk(run.folder / "runs", 8_000_000):
        result = run.gate()
        make_room(run.folder / "runs")
        (run.folder / "conftest.py").unlink()
        run.stub.bodies.clear()
        again = run.gate()

        assert result.ret == 6
        assert len(lines_with(result, PASSED)) == 1
        (line,) = lines_with(result, "the run was not saved")
        assert "can't be written: " in line
        assert re.search(r"; (make room|raise the limit on the size of files .*); run the same command again \(", line)
        assert not lines_with(result, "INTERNALERROR")
        assert (again.ret, run.asked) == (0, [])
        assert lines_with(again, "report: runs/0002-")


def test_a_disk_that_holds_the_run_but_not_its_report(project):  # noqa: F811
    """`harness report` writes it when there is room; a run's own record says what the gates found."""
    run = project(right)
    run.suite()
    when_tests_ended(run, "from tests.hostile.disks import fill; fill(__import__('pathlib').Path('runs'), 60_000)")

    with small_disk(run.folder / "runs", 8_000_000):
        result = run.gate()
        make_room(run.folder / "runs")
        (folder,) = (path.relative_to(run.folder) for path in run.folder.glob("runs/0001-*"))
        written = run_harness(run.folder, "report", str(folder))

        assert result.ret == 6
        assert len(lines_with(result, PASSED)) == 1
        (line,) = lines_with(result, "the report was not written")
        assert line.endswith(f"the run is saved, and `harness report {folder}` writes the report")
        assert (written.ret, written.outlines) == (0, [f"{folder}/report.html"])
        assert run.run()["outcome"] == "passed"


@pytest.mark.parametrize("size", [200_000, 400_000, 800_000, 1_600_000, 2_200_000, 3_000_000])
def test_a_disk_of_any_size_ends_in_a_few_lines(project, size):  # noqa: F811
    """Wherever it gets full: before anything is asked, while the answers are kept, while the run is saved, or never."""
    run = project(lambda model, question: right(model, question) + " " * 15_000)
    run.suite(cases=40)

    with small_disk(run.folder / "runs", size):
        result = run.gate()

        reported = list(run.folder.glob("runs/*/report.html"))
        assert not lines_with(result, "INTERNALERROR")
        assert not lines_with(result, "Traceback")
        if lines_with(result, "asking stopped"):
            assert result.ret == 6
        else:
            assert bool(reported) == (result.ret == 0)
            assert result.ret == 0 or (
                result.ret == 6
                and lines_with(result, "passed: Answers are right: exact_match() on 40 cases")
                and (lines_with(result, "the report was not written") or lines_with(result, "the run was not saved"))
            )


def test_a_file_of_pytest_that_can_not_be_written_hides_no_verdict(project):  # noqa: F811
    """Its JUnit file on a full disk: an error of pytest itself would be exit code 1, as if a gate had failed."""
    run = project(right)
    run.suite()

    with small_disk(run.folder / "full", 2 * PAGE):
        fill(run.folder / "full", 0)
        result = run.gate("--junitxml", "full/junit.xml")

    assert result.ret == 6
    assert len(lines_with(result, PASSED)) == 1
    assert len(lines_with(result, "pytest or one of its plugins could not finish: OSError: ")) == 1


def test_a_plugin_that_breaks_at_the_end_is_no_failed_gate(project):  # noqa: F811
    """Alone, pytest would end with a traceback and exit code 1."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text("def pytest_sessionfinish():\n    raise SystemError('no memory')\n")

    result = run.gate()

    assert result.ret == 6
    assert len(lines_with(result, PASSED)) == 1
    assert len(lines_with(result, "pytest or one of its plugins could not finish: SystemError: no memory")) == 1


def test_a_failed_gate_stays_failed_when_nothing_can_be_saved(project):  # noqa: F811
    """Exit code 1 is worse than 6; what was not saved is shown with it."""
    run = project(forgetful)
    run.suite()
    when_tests_ended(run, "__import__('shutil').rmtree('runs')")

    result = run.gate()

    assert result.ret == 1
    assert len(lines_with(result, "failed: Answers are right: exact_match() on 4 cases: lost 2 cases")) == 1
    (line,) = lines_with(result, "the run was not saved")
    assert "No such file or directory; its folder is missing: make it; run the same command again (" in line
    assert "make room" not in line


@pytest.mark.parametrize("gone", ["runs", "runs/0001-*"])
def test_a_run_folder_that_is_removed_while_the_tests_run(project, gone):  # noqa: F811
    """Alone, or with the store and all else."""
    run = project(right)
    run.suite()
    when_tests_ended(run, f"[__import__('shutil').rmtree(path) for path in __import__('glob').glob({gone!r})]")

    result = run.gate()

    assert result.ret == 6
    assert len(lines_with(result, PASSED)) == 1
    assert len(lines_with(result, "the run was not saved")) == 1
    assert not lines_with(result, "INTERNALERROR")


def test_a_folder_of_the_summary_that_is_missing(project, monkeypatch):  # noqa: F811
    """The run and its report are saved; only the summary is missing, and the report says the same."""
    run = project(right)
    run.suite()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "none" / "summary.md"))

    result = run.gate()

    assert result.ret == 6
    assert len(lines_with(result, PASSED)) == 1
    (line,) = lines_with(result, "the summary for CI was not written")
    assert "No such file or directory; its folder is missing: make it; `harness report runs/0001-" in line
    assert "Every gate passed" in run.report()


def test_a_summary_is_not_better_than_what_could_be_saved(project, monkeypatch):  # noqa: F811
    """It says that the report is missing."""
    run = project(right)
    run.suite()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run.folder / "summary.md"))
    monkeypatch.setitem(sys.modules, "jinja2", None)

    result = run.gate()

    assert result.ret == 6
    summary = (run.folder / "summary.md").read_text()
    assert "Every gate passed" not in summary
    assert "the report was not written" in summary


def test_a_library_that_can_not_be_imported_when_the_report_is_made(project, monkeypatch):  # noqa: F811
    """The run is saved, and the report can be made later."""
    run = project(right)
    run.suite()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "jinja2", None)
        result = run.gate()
    (folder,) = (path.relative_to(run.folder) for path in run.folder.glob("runs/0001-*"))

    assert result.ret == 6
    assert len(lines_with(result, PASSED)) == 1
    (line,) = lines_with(result, "the report was not written: ModuleNotFoundError: import of ")
    assert f"`harness report {folder}` writes the report" in line
    assert run_harness(run.folder, "report", str(folder)).ret == 0


LIMITED = """
def pytest_runtest_teardown():
    import resource

    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 1_000_000, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        while True:
            TAKEN.append(bytearray(100_000))
    except MemoryError:
        del TAKEN[len(TAKEN) - {left}:]

TAKEN = []
"""


@pytest.mark.parametrize("left", [0, 1, 10, 30])
def test_a_real_limit_of_memory_hides_no_verdict(project, left):  # noqa: F811
    """A process that gets no more after its tests has none for the page, or for what pytest does after it.

    Where it was enough in the end, the run passed; no lack of memory is a failed gate.
    """
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(LIMITED.replace("{left}", str(left)))
    command = [sys.executable, "-m", "pytest", "--candidate", "adapters/mine", "--base-url", run.stub.url]

    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=run.folder, env=ENVIRONMENT)

    assert "Traceback" not in done.stderr
    if left and not done.returncode:
        assert list(run.folder.glob("runs/*/report.html"))
    else:
        assert done.returncode == 6
        assert PASSED in done.stdout
        untold = ("the run was not saved: ", "the report was not written: ", "one of its plugins could not finish: ")
        assert any(words in done.stdout for words in untold)


def test_a_limit_of_memory_is_told_as_such(project, monkeypatch):  # noqa: F811
    """Whatever runs out of it."""
    run = project(right)
    run.suite()

    def no_memory(*_given: object) -> None:
        raise MemoryError

    monkeypatch.setattr("harness.report.html.page_of", no_memory)
    result = run.gate()

    assert result.ret == 6
    assert len(lines_with(result, "the report was not written: MemoryError; the run is saved")) == 1


def test_a_limit_on_the_size_of_files_is_told_as_a_full_disk_is(project):  # noqa: F811
    """As `ulimit -f` sets it."""
    run = project(lambda model, question: right(model, question) + " " * 3000)
    run.suite(cases=20)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    when_tests_ended(run, f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, {limits[1]}))")
    try:
        result = run.gate()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert result.ret == 6
    assert lines_with(result, "passed: Answers are right: exact_match() on 20 cases")
    (line,) = lines_with(result, "the run was not saved")
    assert "answers.jsonl: can't be written: File too large; raise the limit on the size of files (`ulimit -f`)" in line
