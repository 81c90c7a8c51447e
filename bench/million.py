"""CPU and memory of a run of 1,000,000 cases on both sides: exact match, a server without latency, pytest to report.

Each size is a process of its own, so that its peak is its own. What starting costs is taken off: each process notes the
CPU that its imports took (``ready``), and a run of 100 cases shows what else every run costs. ``million.py 10000
200000`` compares two other sizes; the bar of memory then is in proportion.
"""

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import ready
import stub
from measure import at_most, exit_code, run, run_script, tell

START_CASES, SMALL_CASES = 100, 1_000
CASES, MOST_CASES = 10_000, 1_000_000
SMALL_ROUNDS = 5
"""How often the small sizes are run; the median counts."""
GROWTH_BAR = 1.1
MEMORY_BAR_MB = 600
"""For ``MOST_CASES``, above the peak of ``SMALL_CASES``."""
REPORT_BAR_MB = 10


@dataclass(frozen=True)
class Cost:
    """What a run cost: seconds of CPU after its imports, and its peak memory; and the size of its report."""

    cpu_s: float
    peak_mb: float
    report_mb: float


def main(cases: int = CASES, most: int = MOST_CASES) -> int:
    """Measure, print the figures with their bars, and return the exit code."""
    start = median_of(START_CASES)
    small, few, many = median_of(SMALL_CASES), median_of(cases), measure(most)
    for size, cost in ((START_CASES, start), (SMALL_CASES, small), (cases, few), (most, many)):
        tell(f"{size:>10,} cases: {cost.cpu_s:8.2f} s CPU, {cost.peak_mb:6.0f} MB, report {cost.report_mb:.1f} MB")
    each = [(cost.cpu_s - start.cpu_s) / (size - START_CASES) for size, cost in ((cases, few), (most, many))]
    tell(f"CPU a case: {1e6 * each[0]:.0f} us of {cases:,}, {1e6 * each[1]:.0f} us of {most:,}")
    bar_mb = MEMORY_BAR_MB * most / MOST_CASES
    return exit_code(
        [
            at_most(f"a case at {most:,}", each[1] / each[0], f"of one at {cases:,}", GROWTH_BAR),
            at_most(f"peak memory at {most:,}", many.peak_mb - small.peak_mb, f"MB above {SMALL_CASES:,}", bar_mb),
            at_most(f"report of {most:,} cases", many.report_mb, "MB", REPORT_BAR_MB),
        ]
    )


def median_of(cases: int) -> Cost:
    """Return the median of each figure of several runs."""
    runs = [measure(cases) for _ in range(SMALL_ROUNDS)]
    return Cost(
        cpu_s=statistics.median(one.cpu_s for one in runs),
        peak_mb=statistics.median(one.peak_mb for one in runs),
        report_mb=runs[0].report_mb,
    )


def measure(cases: int) -> Cost:
    """Run the harness once."""
    with TemporaryDirectory(prefix="bench-million-") as name, stub.serving() as url:
        folder = project.write_project(Path(name), cases)
        environment = {"PYTHONPATH": ready.found_with()}
        used = run([*project.gate(url), "-p", ready.__name__], folder, environment)
        if (asked := stub.count_asked(url)) < 2 * cases:
            sys.exit(f"the harness asked {asked} requests for {cases} cases of two models")
        (report,) = folder.glob("runs/*/report.html")
        start_s = float((folder / ready.MARK).read_text())
        return Cost(used.cpu_s - start_s, used.peak_mb, report.stat().st_size / 1e6)


if __name__ == "__main__":
    run_script(lambda: main(*map(int, sys.argv[1:])))
