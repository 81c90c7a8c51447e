"""What Ctrl-C, SIGTERM and SIGHUP lose, at random moments and in each combination of what is asked; 60 runs.

The server stops the run itself, once it has given a number of answers that was drawn with a seed, and counts what it
answered. In flight is what the server had at that moment and had not answered before. Some answers take longer than an
ending run waits. Moments come in turns with signals and combinations, so that each pair has several of them.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import stub
from measure import at_most, exit_code, run, run_script, tell

SEED = 12
MOMENTS = 20
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CASES = 100
QUICK_S, SLOW_S = (0.002, 0.02), 0.5
SLOW_SHARE = 0.03
INTERRUPTED = 2
ENDED = (0, 6)
"""Exit codes of a run that came to its end."""
TELLS_ITS_PID = """
import os, pathlib
pathlib.Path("pid").write_text(str(os.getpid()))
"""
FUNCTION = """
import json, urllib.request
from harness.engines.function import FunctionEngine
from harness.gating.contenders import Contenders

def answer(request):
    body = json.dumps({"model": "here", "messages": [{"role": "user", "content": request.key}]}).encode()
    asked = urllib.request.Request("URL/chat/completions", body)
    return json.load(urllib.request.urlopen(asked))["choices"][0]["message"]["content"]

Contenders._open_engine = lambda self, models: FunctionEngine(answer)
"""
JUDGED = """
from pathlib import Path
import pytest

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=16)

def test_judged(evaluate, gate, judge):
    gate(evaluate(judge("completeness")), floor=0.5)
"""
REMOTE, SAVED = f"openai:{stub.ADAPTER}", "run:1"
HOSTED = ("--baseline", f"openai:{stub.BASE}")
ACCEPTED = ("base model", "chat template", "engine")
"""In what a function and a remote model differ."""


@dataclass(frozen=True)
class Combination:
    """What is asked of whom: the candidate, pytest's options, what else is in harness.toml, and other files there."""

    name: str
    candidate: str = project.ADAPTER
    options: tuple[str, ...] = ()
    settings: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


COMBINATIONS = (
    Combination("one server, an adapter on it"),
    Combination("two remote sides", REMOTE, HOSTED),
    Combination(
        "a function here, a remote side",
        REMOTE,
        tuple(word for name in ACCEPTED for word in ("--accept-difference", name)),
        files={"conftest.py": TELLS_ITS_PID + FUNCTION},
    ),
    Combination(
        "a judge at another address",
        REMOTE,
        HOSTED,
        f'[judge]\nmodel = "{REMOTE}"\nbase_url = "OTHER"\nallow_self = true\n',
        {"test_bench.py": JUDGED},
    ),
    Combination("a saved run, a remote side", SAVED),
)


class Desk(stub.Desk):
    """Counts answers as they are sent, and stops the run when it has sent ``stop_after``."""

    def __init__(self, pid_file: Path) -> None:
        super().__init__(0.0, None, 0.0)
        self._pid_file = pid_file
        self.begin(0, None)

    def begin(self, stop_after: int, number: signal.Signals | None) -> None:
        """Count from 0 for a run that ``number`` stops; None lets it come to its end."""
        self._random = random.Random(f"{SEED} {stop_after}")  # noqa: S311 - no secret
        self._stop_after, self._number = stop_after, number
        self.asked = self.answered = self.in_flight = self.asked_before = 0

    def takes_s(self) -> float:
        """Draw how long an answer takes."""
        return SLOW_S if self._random.random() < SLOW_SHARE else self._random.uniform(*QUICK_S)

    def answers(self) -> bool:
        """Count an answer that is being sent, and return whether the run is to be stopped now."""
        self.answered += 1
        if self._number is None or self.answered != self._stop_after:
            return False
        self.in_flight, self.asked_before = self.asked - self.answered + 1, self.asked
        return True

    def stop(self) -> None:
        """Stop the run."""
        assert self._number is not None
        os.kill(int(self._pid_file.read_text()), self._number)


class Connection(stub.Connection):
    """Answers late, and counts what was sent to a client that was still there."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._counting = desk

    def _send(self, answer: bytes) -> None:
        if b'"choices"' not in answer:
            super()._send(answer)
        else:
            asyncio.get_running_loop().call_later(self._counting.takes_s(), self._answer_and_count, answer)

    def _answer_and_count(self, answer: bytes) -> None:
        if self._transport.is_closing():
            return
        is_time = self._counting.answers()
        super()._send(answer)
        if is_time:
            self._counting.stop()


@dataclass(frozen=True)
class Setup:
    """A project that was run once to its end, which took ``total`` answers, and the command that runs it."""

    name: str
    command: list[str]
    folder: Path
    total: int


@dataclass(frozen=True)
class Stopped:
    """One stopped run: answers that the server sent and the store doesn't have, and how many were in flight.

    ``asked_after`` counts requests that reached the server after the signal, of which some were on their way by then.
    """

    lost: int
    asked_after: int
    in_flight: int
    answered: int


def main() -> int:
    """Stop each combination at its moments, print the figures with their bar, and return the exit code."""
    for number in SIGNALS:  # what is started by a shell in the background, or under nohup, would ignore it
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(INTERRUPTED))
    draw = random.Random(SEED)  # noqa: S311 - no secret
    moments = [draw.random() for _ in range(MOMENTS)]
    found: dict[str, list[Stopped]] = {}
    with TemporaryDirectory(prefix="bench-stops-") as name, serving(Path(name) / "pid") as (desk, urls):
        setups = [prepare(Path(name), one, desk, urls) for one in COMBINATIONS]
        turns = [(moment, number) for moment in moments for number in SIGNALS]
        for turn, (moment, number) in enumerate(turns):
            setup = setups[turn % len(setups)]
            found.setdefault(setup.name, []).append(stop(setup, desk, 1 + int(moment * (setup.total - 1)), number))
    for name, stops in found.items():
        after = [one.answered for one in stops]
        tell(
            f"  {name}: {len(stops)} stops after {min(after)} to {max(after)} answers; at most "
            f"{max(one.in_flight for one in stops)} in flight, {max(one.asked_after for one in stops)} asked "
            f"afterwards, {max(one.lost for one in stops)} lost"
        )
    beyond = max(max(one.lost - one.in_flight, 0) for stops in found.values() for one in stops)
    return exit_code([at_most("answers lost on a stop", beyond, "beyond those in flight", 0)])


def prepare(root: Path, combination: Combination, desk: Desk, urls: tuple[str, str]) -> Setup:
    """Write a project, and run it once to its end."""
    folder = project.write_project(root / str(COMBINATIONS.index(combination)), CASES)
    settings = folder / "harness.toml"
    settings.write_text(settings.read_text() + combination.settings.replace("OTHER", urls[1]))
    for name, text in {"conftest.py": TELLS_ITS_PID, **combination.files}.items():
        (folder / name).write_text(text.replace("URL", urls[0]).replace('"pid"', repr(str(root / "pid"))))
    if combination.candidate == SAVED:
        run(project.gate(urls[0]), folder, exit_codes=ENDED)
        forget(folder)
    command = [*project.gate(urls[0], combination.candidate), *combination.options]
    desk.begin(0, None)
    run(command, folder, exit_codes=ENDED)
    if not desk.answered or stored(folder) != desk.answered:
        sys.exit(f"{combination.name}: {desk.answered} answers, but {stored(folder)} in the store of a whole run")
    return Setup(combination.name, command, folder, desk.answered)


def stop(setup: Setup, desk: Desk, after: int, number: signal.Signals) -> Stopped:
    """Start with an empty store, stop the run after a number of answers, and return what was lost."""
    forget(setup.folder)
    desk.begin(after, number)
    run(setup.command, setup.folder, exit_codes=(INTERRUPTED,))
    return Stopped(
        lost=desk.answered - stored(setup.folder),
        asked_after=desk.asked - desk.asked_before,
        in_flight=desk.in_flight,
        answered=desk.answered,
    )


def forget(folder: Path) -> None:
    """Remove the store and all runs but the first."""
    for path in (folder / "runs").iterdir():
        if path.is_dir() and not path.name.startswith("0001-"):
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def stored(folder: Path) -> int:
    """Count the answers in the store."""
    with closing(sqlite3.connect(folder / "runs" / "answers.sqlite")) as database:
        count: int = database.execute("SELECT count(*) FROM answers").fetchone()[0]
    return count


@contextmanager
def serving(pid_file: Path) -> Iterator[tuple[Desk, tuple[str, str]]]:
    """Serve at two addresses, in a thread, until the end of the block."""
    desk, loop = Desk(pid_file), asyncio.new_event_loop()
    servers = [
        loop.run_until_complete(loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=1024))
        for _ in range(2)
    ]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    first, second = (f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1" for server in servers)
    try:
        yield desk, (first, second)
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(loop.stop)
        thread.join()


if __name__ == "__main__":
    run_script(main)
