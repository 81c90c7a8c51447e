"""Wall time of asking 1,000 cases of two models on a server that takes 50 ms for each, 64 in flight, against the ideal.

The ideal counts everything that the server was asked, in rounds of 64. The server's clock tells the time of asking,
from the arrival of the first request to the last answer: starting up is no part of it.
"""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import stub
from measure import at_most, exit_code, run, run_script, tell

LATENCY_MS = 50
CASES = 1_000
RUNS = 3
BAR = 1.1


def main() -> int:
    """Measure, print the figure with its bar, and return the exit code; the least of several runs counts."""
    share = min(measure() for _ in range(RUNS))
    return exit_code([at_most(f"asking with {LATENCY_MS} ms latency", share, "of the ideal", BAR)])


def measure() -> float:
    """Run once, and return the time of asking as a multiple of the ideal."""
    with TemporaryDirectory(prefix="bench-latency-") as name, stub.serving(latency_ms=LATENCY_MS) as url:
        folder = project.write_project(Path(name), CASES)
        run(project.gate(url), folder)
        counts = stub.read_counts(url)
    requests, asking_s = int(counts["asked"]), counts["asking_s"]
    ideal_s = math.ceil(requests / project.IN_FLIGHT) * LATENCY_MS / 1000
    tell(f"{requests:,} requests asked in {asking_s:.3f} s; ideal {ideal_s:.3f} s")
    return asking_s / ideal_s


if __name__ == "__main__":
    run_script(main)
