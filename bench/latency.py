"""Wall time of asking 1,000 cases of two models on a server that takes 50 ms for each, 64 in flight, against the ideal.

The ideal counts everything that the server was asked, in rounds of 64, each as long as the server took for an answer.
The server's clock gives both that and the time of asking, from the arrival of the first request to the last answer:
start-up is not part of it. A bare aiohttp loop that sends the same bodies shows how near any Python client comes.
"""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import stub
from measure import at_most, exit_code, run, run_script, tell

LATENCY_MS = 50
CASES = 1_000
RUNS = 5
BAR = 1.1


def main() -> int:
    """Measure, print the figure with its bar, and return the exit code; the least of several runs counts."""
    share = min(measure() for _ in range(RUNS))
    return exit_code([at_most(f"asking with {LATENCY_MS} ms latency", share, "of the ideal", BAR)])


def measure() -> float:
    """Ask with the harness, then with the bare loop; return the harness's time as a multiple of the ideal."""
    with TemporaryDirectory(prefix="bench-latency-") as name:
        folder = project.write_project(Path(name), CASES)
        bodies = folder / "bodies"
        with stub.serving(latency_ms=LATENCY_MS, record=bodies) as url:
            run(project.gate(url), folder)
            harness = stub.read_counts(url)
        with stub.serving(latency_ms=LATENCY_MS) as url:
            run(project.bare_loop(url, bodies), folder)
            bare = stub.read_counts(url)
    tell(
        f"{harness['asked']:,} requests asked in {harness['asking_s']:.3f} s; ideal {ideal_s(harness):.3f} s; "
        f"bare loop {share_of_ideal(bare):.2f} of the ideal"
    )
    return share_of_ideal(harness)


def ideal_s(counts: dict[str, float]) -> float:
    """Return how long asking must take, by the server's counts."""
    return math.ceil(counts["asked"] / project.IN_FLIGHT) * counts["latency_s"]


def share_of_ideal(counts: dict[str, float]) -> float:
    """Return how long asking took, as a multiple of that."""
    return counts["asking_s"] / ideal_s(counts)


if __name__ == "__main__":
    run_script(main)
