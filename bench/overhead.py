"""CPU and memory of the harness, from 10,000 to 1,000,000 cases, against a bare aiohttp loop that asks the same.

Both are processes of their own on a server without latency, exact match, 64 in flight. The server records the body of
every request of the harness (base and adapter, probes, second askings), and the bare loop then sends the same bodies.
The harness's process ends when its report is written. Start-up is taken off both: each process notes the CPU that its
imports took (``ready``), and a run of 100 cases shows what else every run costs.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import ready
import stub
from measure import at_most, exit_code, run, run_script, tell

START_CASES, SMALL_CASES = 100, 1_000
SIZES = (10_000, 100_000, 1_000_000)
"""Cases; each is asked of the base model and of the adapter."""
TURNS = (*(START_CASES, SMALL_CASES) * 3, *(10_000, START_CASES) * 7, *(100_000,) * 2, 1_000_000)
"""The sizes in their order, the harness and the bare loop in turns; the median of all runs of a size counts."""
OVERHEAD_BAR = 1.2
GROWTH_BAR = 1.1
MEMORY_BAR_MB = 600
"""For the largest size, above the peak of ``SMALL_CASES``."""
REPORT_BAR_MB = 10


@dataclass(frozen=True)
class Cost:
    """What one size cost: CPU seconds of both without their imports, the harness's peak memory, and its report."""

    requests: int
    harness_s: float
    bare_s: float
    peak_mb: float
    report_mb: float


def main() -> int:
    """Measure every size, print figures and bars, and return the exit code."""
    measured = measure()
    start = measured[START_CASES]
    small, costs = measured[SMALL_CASES], [(size, measured[size]) for size in SIZES]
    tell(f"a run of {START_CASES} cases: harness {start.harness_s:.2f} s CPU after imports, {start.peak_mb:.0f} MB")
    tell("     cases  requests   harness   bare loop      peak    report    (CPU a request)")
    for size, cost in ((SMALL_CASES, small), *costs):
        harness_ms, bare_ms = per_request_ms(cost, start)
        tell(
            f"{size:>10,}{cost.requests:>10,}{harness_ms:>7.3f} ms{bare_ms:>9.3f} ms{cost.peak_mb:>7.0f} MB"
            f"{cost.report_mb:>7.1f} MB"
        )
    held = []
    for size, cost in costs:
        harness_ms, bare_ms = per_request_ms(cost, start)
        held.append(at_most(f"overhead at {size:,} cases", harness_ms / bare_ms, "of a bare loop", OVERHEAD_BAR))
    largest, last = costs[-1]
    for size, cost in costs[:-1]:
        growth = per_request_ms(last, start)[0] / per_request_ms(cost, start)[0]
        held.append(at_most(f"a case at {largest:,}", growth, f"of one at {size:,}", GROWTH_BAR))
    more_mb = last.peak_mb - small.peak_mb
    held.append(at_most(f"peak memory at {largest:,} cases", more_mb, f"MB above {SMALL_CASES:,}", MEMORY_BAR_MB))
    held.append(at_most(f"report of {largest:,} cases", last.report_mb, "MB", REPORT_BAR_MB))
    return exit_code(held)


def measure() -> dict[int, Cost]:
    """Return what each size costs, the median of several runs."""
    runs: dict[int, list[Cost]] = {size: [] for size in TURNS}
    for size in TURNS:
        runs[size].append(one := measure_once(size))
        if size >= SIZES[0]:
            tell(f"  {size:,} cases: harness {one.harness_s:.2f} s, bare loop {one.bare_s:.2f} s")
    return {size: median_of(done) for size, done in runs.items()}


def median_of(runs: Sequence[Cost]) -> Cost:
    """Return the median of each figure of several runs of one size."""
    return Cost(
        requests=runs[0].requests,
        harness_s=statistics.median(one.harness_s for one in runs),
        bare_s=statistics.median(one.bare_s for one in runs),
        peak_mb=statistics.median(one.peak_mb for one in runs),
        report_mb=runs[0].report_mb,
    )


def measure_once(cases: int) -> Cost:
    """Run the harness, then the bare loop with the bodies that the harness sent."""
    with TemporaryDirectory(prefix="bench-overhead-") as name:
        folder = project.write_project(Path(name), cases)
        bodies = folder / "bodies"
        with stub.serving(record=bodies) as url:
            environment = {"PYTHONPATH": ready.found_with()}
            harness = run([*project.gate(url), "-p", ready.__name__], folder, environment)
            requests = stub.count_asked(url)
        if requests < 2 * cases:
            sys.exit(f"the harness asked {requests} requests for {cases} cases of two models")
        with stub.serving() as url:
            bare = run(project.bare_loop(url, bodies), folder)
        answered, bare_start_s = bare.output.split()
        if int(answered) != requests:
            sys.exit(f"the bare loop got {answered} answers to {requests} requests")
        harness_start_s = float((folder / ready.MARK).read_text())
        (report,) = folder.glob("runs/*/report.html")
        report_mb = report.stat().st_size / 1e6
    return Cost(requests, harness.cpu_s - harness_start_s, bare.cpu_s - float(bare_start_s), harness.peak_mb, report_mb)


def per_request_ms(cost: Cost, start: Cost) -> tuple[float, float]:
    """Return CPU milliseconds a request of the harness and of the bare loop, a small run's taken off."""
    requests = cost.requests - start.requests
    return 1000 * (cost.harness_s - start.harness_s) / requests, 1000 * (cost.bare_s - start.bare_s) / requests


if __name__ == "__main__":
    run_script(main)
