"""A signal at any moment of a run: what the servers have answered by then is in the store, and the run ends in order.

The server sends the signal itself, after a number of answers; what is decided is what it counted against the store.
"""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.models.fakes import adapter_in, base_in
from tests.stub import Stub, serve
from tests.waiting import MOST_S, until

CASES = 300
STOPPED_AFTER = 100
IN_FLIGHT = 8
SETTINGS = f"""
base_model = "tiny"
[engine]
in_flight = {IN_FLIGHT}
max_in_flight = {IN_FLIGHT}
"""
SUITE = """
from pathlib import Path
import pytest
from harness.scorers import exact_match

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_answers(evaluate, gate):
    gate(evaluate(exact_match()), floor=0.5)
"""
JUDGED = """
from pathlib import Path
import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)

def test_judged(evaluate, gate, judge):
    gate(evaluate(judge("completeness")), floor=0.5)
"""
PRESSES_AGAIN = """
import os, signal

def pytest_sessionfinish():
    while True:
        os.kill(os.getpid(), signal.SIGINT)
"""
"""Ctrl-C again and again while the session ends, which nothing but the end of the process stops."""


class Run:
    """A project with two servers, one of which stops the run."""

    def __init__(self, folder: Path, servers: tuple[Stub, Stub], number: signal.Signals) -> None:
        self.folder, self.servers, self._number = folder, servers, number
        self._process: subprocess.Popen[str] | None = None
        base_in(folder / "tiny")
        adapter_in(folder / "adapters" / "mine")
        (folder / "harness.toml").write_text(SETTINGS)
        (folder / "test_sums.py").write_text(SUITE)
        (folder / "cases.jsonl").write_text(
            "".join(
                f'{{"id": "{n}", "messages": [{{"role": "user", "content": "say {n}"}}], "expected": "{n}"}}\n'
                for n in range(CASES)
            )
        )

    def stopped_by(self, stopper: Stub, candidate: str) -> tuple[int, str]:
        """Run pytest until it was stopped, and return its exit code and all that it printed."""
        stopper.reply = self._stopping(stopper)
        command = [sys.executable, "-m", "pytest", "--candidate", candidate, "--base-url", self.servers[0].url]
        # What a shell starts in the background ignores Ctrl-C, and under nohup SIGHUP; what a test starts must not.
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
        try:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        output = self._process.communicate(timeout=MOST_S)[0]
        return self._process.returncode, output

    @property
    def answered(self) -> int:
        """How many answers the servers gave."""
        return sum(server.count for server in self.servers)

    @property
    def stored(self) -> int:
        """How many answers are in the store."""
        with closing(sqlite3.connect(self.folder / "runs" / "answers.sqlite")) as database:
            return database.execute("SELECT count(*) FROM answers").fetchone()[0]

    def _stopping(self, stopper: Stub) -> Callable[[str, str], str]:
        def reply(_model: str, question: str) -> str:
            if stopper.count == STOPPED_AFTER:
                until(lambda: self._process)
                self._process.send_signal(self._number)
            return question.rsplit(maxsplit=1)[-1]

        return reply


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[signal.Signals], Run]:
    """Make a run that a signal will stop."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with ExitStack() as servers:

        def make(number: signal.Signals) -> Run:
            echoes = [servers.enter_context(serve(lambda _, said: said.split()[-1], ("tiny", "mine"))) for _ in "12"]
            return Run(tmp_path, tuple(echoes), number)

        yield make


@pytest.mark.parametrize(("number", "candidate"), [(signal.SIGINT, "openai:mine"), (signal.SIGTERM, "adapters/mine")])
def test_a_stop_while_the_sides_are_asked_loses_at_most_what_is_in_flight(run, number, candidate):
    """Two remote sides, and one server with an adapter on it; nothing else is printed than how to continue."""
    stopped = run(number)

    code, output = stopped.stopped_by(stopped.servers[0], candidate)

    assert code == 2, output
    assert stopped.stored >= STOPPED_AFTER - 2 * IN_FLIGHT
    assert stopped.answered - stopped.stored <= 2 * IN_FLIGHT
    assert "interrupted; the answers so far are kept, and the same command continues from there" in output
    assert "Traceback" not in output


def test_a_hang_up_while_the_judge_is_asked_loses_at_most_what_is_in_flight(run):
    """The terminal was closed while a test asked a judge at another address."""
    stopped = run(signal.SIGHUP)
    (stopped.folder / "test_sums.py").write_text(JUDGED)
    with (stopped.folder / "harness.toml").open("a") as settings:
        settings.write(f'[judge]\nmodel = "openai:judge"\nbase_url = "{stopped.servers[1].url}"\n')

    code, output = stopped.stopped_by(stopped.servers[1], "openai:mine")

    assert code == 2, output
    assert stopped.servers[1].count >= STOPPED_AFTER
    assert stopped.answered - stopped.stored <= IN_FLIGHT
    assert "Traceback" not in output


def test_a_second_ctrl_c_ends_at_once_with_one_line(run):
    """While the session still ends; what is committed stays."""
    stopped = run(signal.SIGINT)
    (stopped.folder / "conftest.py").write_text(PRESSES_AGAIN)

    code, output = stopped.stopped_by(stopped.servers[0], "openai:mine")

    assert code == 2, output
    assert stopped.answered - stopped.stored <= 2 * IN_FLIGHT
    assert output.splitlines()[-1] == ("interrupted again: ended at once; the answers that were stored by now are kept")
    assert "Traceback" not in output
