"""The process that applies schemas: what ends it, and what comes after."""

import io
import os
import resource
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import ScorerError
from harness.scorers import matches_schema
from harness.scorers.reading import limit
from harness.scorers.reading.limit import TookTooLong
from harness.scorers.schemas import worker
from harness.scorers.schemas.rules import as_json, rules_of
from harness.scorers.schemas.worker import Worker

INTEGER = as_json(rules_of({"type": "integer"}, {}, formats=False))
ENDLESS = as_json(rules_of({"harness:pattern": r"^((a|aa)+)\1b$"}, {}, formats=False))


@pytest.fixture
def own():
    """A worker for one test, ended after it."""
    made = Worker()
    yield made
    made._end()


def test_one_process_applies_all_schemas(own):
    """It starts with the first answer."""
    text = as_json(rules_of({"type": "string"}, {}, formats=False))

    assert own.first_failure(INTEGER, 1) is None
    first = own._process.pid
    assert own.first_failure(text, [1]) == ([], '[1] is not of type "string"')
    assert own.first_failure(INTEGER, 2) is None
    assert own._process.pid == first


def test_what_takes_too_long_ends_it_and_the_next_answer_has_a_new_one(own, monkeypatch):
    """In any thread."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.05)
    with ThreadPoolExecutor(1) as threads, pytest.raises(TookTooLong):
        threads.submit(own.first_failure, ENDLESS, "a" * 60).result()

    assert own._process is None
    assert own.first_failure(INTEGER, 1) is None


def test_an_interrupted_answer_is_not_taken_for_the_next_ones(own):
    """Ctrl-C comes while the reply is waited for."""

    class Interrupted(io.BufferedReader):
        def readline(self, _size=-1) -> bytes:
            raise KeyboardInterrupt

    assert own.first_failure(INTEGER, "a") is not None
    process = own._process
    own._replies = Interrupted(io.FileIO(os.dup(own._replies.fileno())))
    with pytest.raises(KeyboardInterrupt):
        own.first_failure(INTEGER, "a")

    assert process.poll() == -signal.SIGKILL
    assert own.first_failure(INTEGER, 1) is None


def test_a_process_that_somebody_killed_is_replaced(own):
    """Such as the system, when memory is short."""
    own.first_failure(INTEGER, 1)
    os.kill(own._process.pid, signal.SIGKILL)
    own._process.wait()

    assert own.first_failure(INTEGER, "a") == ([], '"a" is not of type "integer"')


def test_a_process_that_ends_without_a_reply_leaves_the_answer_unscored(score, tmp_path, monkeypatch):
    """The reason says how it ended."""
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import os, sys; os.write(int(sys.argv[1]), b'\\n'); sys.stdin.readline(); sys.exit('out of luck')",
        encoding="utf-8",
    )
    monkeypatch.setattr(worker, "_APPLYING", broken)
    monkeypatch.setattr(worker, "_worker", lambda _: Worker())
    scorer = matches_schema({"type": "integer"})
    given = score(scorer, "1")

    assert (given.value, given.category) == (None, "took too long")
    assert given.reason.startswith(
        f"{scorer!r} gave up: applying the schema to this answer ended its process (exit code 1: out of luck)"
    )


def test_a_process_that_cannot_start_is_an_error_of_its_own(score, tmp_path, monkeypatch):
    """No answer took too long, and no schema is to blame."""
    broken = tmp_path / "broken.py"
    broken.write_text("import sys; print('first'); sys.exit('no memory left\\n')", encoding="utf-8")
    monkeypatch.setattr(worker, "_APPLYING", broken)
    monkeypatch.setattr(worker, "_worker", lambda _: Worker())

    with pytest.raises(
        ScorerError, match=r"JSON schemas can't start \(exit code 1: no memory left\); look at .*ulimit"
    ):
        score(matches_schema({"type": "integer"}), "1")


def test_a_limit_of_memory_below_its_own_is_kept(own, tmp_path, monkeypatch):
    """As `ulimit -v` sets it: a process can't raise it again."""
    limited = tmp_path / "limited.py"
    limit_first = "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
    limited.write_text(limit_first + worker._APPLYING.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(own, "_script", limited)

    assert own.first_failure(INTEGER, 1) is None
    assert resource.prlimit(own._process.pid, resource.RLIMIT_AS) == (3 << 30, 3 << 30)


def test_what_start_up_code_prints_is_not_a_reply(own, tmp_path, monkeypatch):
    """Such as a `sitecustomize` of the company."""
    (tmp_path / "sitecustomize.py").write_text("print('[]')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert own.first_failure(INTEGER, "a") == ([], '"a" is not of type "integer"')


def test_threads_take_turns(own):
    """Each gets the reply to its own answer."""
    start = threading.Barrier(4)

    def ask(number: int) -> list[bool]:
        start.wait()
        return [own.first_failure(INTEGER, number + 0.5 * (step % 2)) is None for step in range(20)]

    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(ask, range(4)))

    assert replies == [[True, False] * 10] * 4
