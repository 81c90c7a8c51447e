"""The page of all runs: how long `harness report --index` takes for 1,000 runs, and how large the page is.

The runs are invented: 13 gates and 6 pinned tests on three suites of 60 cases, as `pytest suites/` of a checkout saves
them, so that a run.json has the size of a real one. The whole command is measured, in a process of its own.
"""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measure import at_most, exit_code, run, run_script, tell

RUNS = 1_000
ROUNDS = 5
TIME_BAR_S = 2
SIZE_BAR_MB = 2
MAKE = [sys.executable, "-m", "tests.sample_runs"]


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    root = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with TemporaryDirectory(prefix="bench-index-") as name:
        folder = Path(name)
        runs = folder / "runs"
        run([*MAKE, str(runs), str(RUNS)], folder, root)
        command = [sys.executable, "-m", "harness.cli", "report", "--index", "--run-dir", str(runs)]
        costs = [run(command, folder, root) for _ in range(ROUNDS)]
        size_mb = (runs / "index.html").stat().st_size / 1e6
        read_mb = sum(path.stat().st_size for path in runs.glob("*/run.json")) / 1e6
    tell(f"{read_mb:.0f} MB of run.json read; {median(one.cpu_s for one in costs):.2f} s CPU")
    return exit_code(
        [
            at_most(f"page of {RUNS:,} runs", median(one.wall_s for one in costs), "s", TIME_BAR_S),
            at_most("its size", size_mb, "MB", SIZE_BAR_MB),
        ]
    )


if __name__ == "__main__":
    run_script(main)
