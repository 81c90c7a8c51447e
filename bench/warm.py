"""Runs whose answers are all stored, from the start of pytest to the report, nothing asked: 100 and 20,000 cases.

What the short run costs is what every run costs: imports, collecting, and the report.
"""

import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import stub
from measure import at_most, exit_code, run, run_script, tell

CASES = 20_000
BAR_S = 10
START_CASES, START_RUNS, START_BAR_S = 100, 9, 0.6


def main(cases: int = CASES) -> int:
    """Measure, print the figures with their bars, and return the exit code."""
    start_s = _start_s()
    with TemporaryDirectory(prefix="bench-warm-") as name, stub.serving() as url:
        folder = project.write_project(Path(name), cases)
        first = run(project.gate(url), folder)
        before = _sent(url)
        second = run(project.gate(url), folder)
        sent = _sent(url) - before
        reports = len(list(folder.glob("runs/*/report.html")))
    if reports != 2:
        sys.exit(f"two runs left {reports} reports")
    tell(f"first run {first.wall_s:.1f} s for {before:,} requests; second run {second.cpu_s:.1f} s CPU")
    return exit_code(
        [
            at_most(f"CPU of {START_CASES} stored cases, the median of {START_RUNS}", start_s, "s", START_BAR_S),
            at_most(f"second run of {cases:,} stored cases", second.wall_s, "s", BAR_S),
            at_most("requests sent by the second run", sent, "requests", 0),
        ]
    )


def _start_s() -> float:
    """Return what a run of a few stored cases costs, in seconds of CPU."""
    with TemporaryDirectory(prefix="bench-start-") as name, stub.serving() as url:
        folder = project.write_project(Path(name), START_CASES)
        first, *later = [run(project.gate(url), folder).cpu_s for _ in range(1 + START_RUNS)]
    tell(f"{START_CASES} cases: first run {first:.2f} s CPU; stored {min(later):.2f} to {max(later):.2f} s")
    return statistics.median(later)


def _sent(url: str) -> int:
    counts = stub.read_counts(url)
    return int(counts["asked"] + counts["other"])


if __name__ == "__main__":
    run_script(main)
