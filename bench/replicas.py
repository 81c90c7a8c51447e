"""The scheduler of replicas in simulated time: a million requests to 64 replicas, of which some are slow, die and join.

Simulated time costs no time of the machine; what is measured of the machine is what the scheduler itself costs.
"""

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from measure import at_least, at_most, exit_code, run_script, tell

REQUESTS, REPLICAS, SEED = 1_000_000, 64, 20
BAR_SHARE, BAR_LATE, BAR_US, BAR_MB = 0.9, 0.001, 60, 60


def main(number: int = REQUESTS) -> int:
    """Simulate, print the figures with their bars, and return the exit code."""
    from tests.engines.replicas.simulated import Simulated, requests, simulate

    def some(first: int, last: int, **facts: float) -> list[Simulated]:
        return [
            Simulated(name=f"r{one}", slots=32, straggles=0.001, longer=30.0, **facts) for one in range(first, last)
        ]

    whole_s = number / (32 * REPLICAS)
    fleet = [
        *some(0, 40),
        *some(40, 48, mean_s=8.0),
        *some(48, 56, dies_s=whole_s / 3),
        *some(56, 64, joins_s=whole_s / 2),
    ]
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    started = time.process_time()
    for _ in requests(number):
        pass
    made_s = time.process_time() - started
    started = time.process_time()
    done = simulate(requests(number), fleet, SEED)
    cpu_s = time.process_time() - started - made_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 - before_mb
    tell(f"{number:,} requests, {REPLICAS} replicas: {done.seconds:,.0f} simulated s, {done.late:,} answers too late")
    return exit_code(
        [
            at_least("throughput, of the sum of the replicas", done.share, "", BAR_SHARE),
            at_most("answers that were asked in vain", done.late / number, "of all", BAR_LATE),
            at_most("CPU a request, with the simulation", cpu_s / number * 1e6, "us", BAR_US),
            at_most("memory above that at the start", peak_mb, "MB", BAR_MB),
        ]
    )


if __name__ == "__main__":
    run_script(main)
