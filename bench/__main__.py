"""All benchmarks, one after the other, each in a process of its own; ends with one table of all figures and bars.

``python -m bench`` or ``make bench``; ``python -m bench overhead warm`` runs those two.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

NAMES = (
    "overhead",
    "columns",
    "together",
    "replicas",
    "early",
    "early_edges",
    "share",
    "latency",
    "faults",
    "stops",
    "warm",
    "report",
    "index",
    "peers",
    "decisions",
    "vllm_throughput",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all, print the table, and return 0 when every bar holds."""
    if unknown := [name for name in names if name not in NAMES]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}")
    rows, all_hold = [], True
    for name in names or NAMES:
        started = time.monotonic()
        print(f"=== {name}", flush=True)
        code, found = run(name)
        rows += found or [f"{name} ended with exit code {code} before its first figure"]
        all_hold = all_hold and code == 0
        print(f"({time.monotonic() - started:.0f} s)\n", flush=True)
    print("=== all")
    print("\n".join(rows))
    print("every bar holds" if all_hold else "NOT every bar holds")
    return 0 if all_hold else 1


def run(name: str) -> tuple[int, list[str]]:
    """Run one benchmark, pass its output through, and return its exit code and its lines with a bar."""
    script = str(Path(__file__).with_name(f"{name}.py"))
    rows = []
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                if line.rstrip().endswith((" holds", " FAILS")):
                    rows.append(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    return process.returncode, rows


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
