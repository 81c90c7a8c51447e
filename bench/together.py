"""Ten runs at once, each a process of its own, on one store: fair shares, no lost and no double answers.

Each run has cases of its own, and all have some in common. A server with latency counts what it is asked. A run's rate
is its number of requests by the time from its start to its end.
"""

import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import stub
from measure import LEFT_OUT, at_least, at_most, exit_code, run_script, tell

RUNS = 10
CASES = 1_000
"""Of each run, of which ``SHARED`` are the same in all."""
SHARED = 200
LATENCY_MS = 5
LEAST_SHARE, MOST_SHARE = 0.5, 2.0
"""Of the mean rate."""


@dataclass(frozen=True)
class Ended:
    """How one of the runs ended."""

    exit_code: int
    seconds: float
    output: str
    answers: int
    errors: int


def main(runs: int = RUNS) -> int:
    """Run all of them at once, print the figures with their bars, and return the exit code."""
    with TemporaryDirectory(prefix="bench-together-") as name, stub.serving(latency_ms=LATENCY_MS) as url:
        folder = Path(name)
        projects = [prepare(folder / f"project-{number}", number) for number in range(runs)]
        ended = start_all(projects, url)
        asked = stub.count_asked(url)
        stored, distinct = counts_of(folder / "runs" / "answers.sqlite")
    if broken := [one for one in ended if one.exit_code != 0]:
        sys.exit(f"{broken[0].output[-3000:]}\nended with exit code {broken[0].exit_code}")
    rates = [one.answers / one.seconds for one in ended]
    mean = statistics.fmean(rates)
    tell(f"{runs} runs of {CASES:,} cases: {asked:,} requests; slowest {min(rates):,.0f}, fastest {max(rates):,.0f} /s")
    wanted = runs * 2 * CASES
    return exit_code(
        [
            at_least("answers saved by all runs", sum(one.answers for one in ended), f"of {wanted:,}", wanted),
            at_most("failed calls in all runs", sum(one.errors for one in ended), "calls", 0),
            at_most("answers stored twice", stored - distinct, "answers", 0),
            at_least("share of the slowest run", min(rates) / mean, "of the mean rate", LEAST_SHARE),
            at_most("share of the fastest run", max(rates) / mean, "of the mean rate", MOST_SHARE),
        ]
    )


def prepare(folder: Path, number: int) -> Path:
    """Write a project with questions that are in part its own."""
    folder.mkdir()
    project.write_project(folder, CASES)
    lines = (folder / "cases.jsonl").read_text().splitlines(keepends=True)
    own = [line.replace("Ticket ", f"Ticket of team {number}, ") for line in lines[SHARED:]]
    (folder / "cases.jsonl").write_text("".join([*lines[:SHARED], *own]))
    return folder


def start_all(projects: Sequence[Path], url: str) -> list[Ended]:
    """Run the harness in all projects at once, and return how each ended."""
    ended: dict[int, Ended] = {}
    at_once = threading.Barrier(len(projects))
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}

    def one(number: int, folder: Path) -> None:
        at_once.wait()
        started = time.monotonic()
        command = [*project.gate(url), "--run-dir", str(folder.parent / "runs")]
        process = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - started
        ended[number] = Ended(process.returncode, seconds, process.stdout, *saved(process.stdout, folder))

    threads = [threading.Thread(target=one, args=numbered) for numbered in enumerate(projects)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ended[number] for number in range(len(projects))]


def saved(output: str, folder: Path) -> tuple[int, int]:
    """Return how many answers a run saved, each case of each side once, and how many failed calls."""
    found = re.search(r"report: (\S+)/report\.html", output)
    if found is None:
        return 0, 0
    with (folder / found[1] / "answers.jsonl").open() as lines:
        answers = [json.loads(line) for line in lines]
    errors = sum(bool(one["response"].get("error")) for one in answers)
    return len({(one["side"], one["case"]["id"]) for one in answers}) - errors, errors


def counts_of(store: Path) -> tuple[int, int]:
    """Return how many answers a store holds, and to how many requests."""
    with closing(sqlite3.connect(store)) as database:
        stored, distinct = database.execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM answers").fetchone()
    return stored, distinct


if __name__ == "__main__":
    run_script(lambda: main(*map(int, sys.argv[1:])))
