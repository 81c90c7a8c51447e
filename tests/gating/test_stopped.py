"""Sessions that are stopped or killed: nothing that was answered is lost, and nothing half-done passes."""

import signal
import threading
from collections import Counter

from tests.apart import run_harness
from tests.gating.projects import half_way, right, stuck_on_the_last_sum
from tests.waiting import MOST_S


def test_ctrl_c_ends_at_once_and_says_how_to_go_on(project):
    """While the server hangs still; the next run asks for nothing but what is missing."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    with half_way(run) as process:
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=MOST_S)[0]
    release.set()
    before = run.stub.count
    next_run = run.gate()

    assert process.returncode == 2
    assert "the same command continues from there" in output
    assert "report:" not in output
    assert run.stub.count - before == 5
    assert next_run.ret == 6  # the stuck answers come without log-probabilities


def test_a_killed_run_loses_nothing_that_was_answered(project):
    """SIGKILL half-way: the server sees each question that was answered before exactly once."""
    release = threading.Event()
    run = project(stuck_on_the_last_sum(release))
    run.suite()
    with half_way(run) as process:
        process.kill()
    release.set()
    before = run.stub.count
    run.gate()

    assert run.stub.count - before == 5
    assert Counter(question for _, question in run.stub.asked if question != "3+1") == dict.fromkeys(
        ("0+1", "1+1", "2+1"), 5
    )


SIGNALS_AT_THE_END = """
import os, signal

def pytest_sessionfinish():
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_while_the_run_is_saved_lets_it_be_saved(project):
    """The run is whole, and nothing that waits for the exit code takes it for a run that ended by itself."""
    run = project(right)
    run.suite()
    (run.folder / "conftest.py").write_text(SIGNALS_AT_THE_END)

    result = run.gate()

    assert result.ret == 2
    assert run.run()["verdicts"][0]["outcome"] == "passed"
    assert result.outlines[-2].startswith("interrupted while the run was being saved")
    assert run.report()


def test_after_the_run_each_signal_has_the_handler_that_it_had_before(project):
    """The plugin is a guest, and pytest can be part of a larger program."""
    run = project(right)
    run.suite()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    during = []
    run.stub.reply = lambda model, question: during.append(signal.getsignal(signal.SIGTERM)) or right(model, question)

    run.gate()

    assert [signal.getsignal(number) for number in numbers] == before
    assert before[1] not in during


INTERRUPTED_LATER = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_one(evaluate, gate):
    gate(evaluate(exact_match()), floor=1.0)

def test_two():
    raise KeyboardInterrupt
"""


def test_noise_that_was_interrupted_is_no_result(project):
    """Though the first test had measured: exit code 0 would say that all of it was."""
    run = project(right)
    run.suite(code=INTERRUPTED_LATER)
    settings = run.folder / "harness.toml"
    settings.write_text(f'{settings.read_text()}[engine]\nbase_url = "{run.stub.url}"\n')

    result = run_harness(run.folder, "noise", "test_sums.py", "--sample", "3")

    assert result.ret == 1
    assert "asked for twice" not in result.stdout.str()
