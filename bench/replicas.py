"""The scheduler of replicas in simulated time: a million requests to 64 replicas, of which some are slow, die and join.

Simulated time costs no time of the machine; what is measured of the machine is what the scheduler itself costs. Then
what an answer of real servers costs this process, of eight of them and of one.
"""

import resource
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from measure import at_least, at_most, exit_code, run_script, tell
from stub import serving

REQUESTS, REPLICAS, SEED = 1_000_000, 64, 20
SERVERS, ASKED, TIMES = 8, 8_000, 3
BAR_SHARE, BAR_LATE, BAR_US, BAR_MB, BAR_MORE = 0.9, 0.001, 60, 60, 2.0


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
    one_s, several_s = asked_s()
    tell(f"an answer of one server costs {one_s * 1e6:.0f} us CPU, of {SERVERS} servers {several_s * 1e6:.0f} us")
    return exit_code(
        [
            at_least("throughput, of the sum of the replicas", done.share, "", BAR_SHARE),
            at_most("answers that were asked in vain", done.late / number, "of all", BAR_LATE),
            at_most("CPU a request, with the simulation", cpu_s / number * 1e6, "us", BAR_US),
            at_most("memory above that at the start", peak_mb, "MB", BAR_MB),
            at_most(f"CPU an answer of {SERVERS} servers", several_s / one_s, "of that of one", BAR_MORE),
        ]
    )


def asked_s() -> tuple[float, float]:
    """Return the CPU seconds of this process for an answer of one server, and of several: medians of some askings."""
    from harness.asking.proof import AdapterProof
    from harness.config.engine import EngineConfig
    from harness.engines.openai import remote_engine
    from harness.engines.replicas.engine import replicated_engine
    from harness.records.engine import Engine
    from tests.engines.replicas.simulated import requests

    asked = tuple(requests(ASKED))

    def cpu_s(engine: Engine) -> float:
        started = time.process_time()
        if (answered := sum(one.error is None for one in engine.generate(asked))) != ASKED:
            sys.exit(f"{answered} of {ASKED} requests were answered")
        return (time.process_time() - started) / ASKED

    with ExitStack() as stack:
        first, *more = (stack.enter_context(serving()) for _ in range(SERVERS))
        alone = EngineConfig(kind="openai", base_url=first, in_flight=32, max_in_flight=32)
        together = EngineConfig(kind="openai", base_url=first, replica_urls=tuple(more), in_flight=32, max_in_flight=32)
        pairs = [
            (
                cpu_s(remote_engine(alone, {})),
                cpu_s(replicated_engine(together, {}, AdapterProof, lambda _: None)),
            )
            for _ in range(TIMES)
        ]
    return median(one for one, _ in pairs), median(several for _, several in pairs)


if __name__ == "__main__":
    run_script(main)
