"""A run in which every case flips, and one in which half do: memory and CPU from pytest to report, and what it leaves.

The adapter's answer is another than the base model's. Then `harness rows` and `harness compare` read the run. Each is a
process of its own, so that its peak is its own. ``flips.py 100000`` measures another size; the bar of memory stays.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import project
import ready
import stub
from measure import at_most, exit_code, run, run_script, tell

SMALL, LARGE = 1_000, 1_000_000
SHARES = (1.0, 0.5)
GATE_FAILED = 1
MEMORY_BAR_MB = 600
REPORT_BAR_MB = 10


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU after the imports, peak memory in MB of the run and of reading it, and MB of files."""

    cpu_s: float
    peak_mb: float
    rows_mb: float
    compare_mb: float
    report_mb: float
    cases_mb: float


def main(cases: int = LARGE) -> int:
    """Measure, print the figures with their bars, and return the exit code."""
    bars = []
    for share in SHARES:
        few, many = measure(SMALL, share), measure(cases, share)
        for size, one in ((SMALL, few), (cases, many)):
            tell(
                f"{share:.0%} of {size:>9,} flip: {one.cpu_s:7.2f} s CPU, {1e6 * one.cpu_s / size:5.0f} us a case, "
                f"{one.peak_mb:4.0f} MB; rows {one.rows_mb:4.0f} MB, compare {one.compare_mb:4.0f} MB; report "
                f"{one.report_mb:.1f} MB, cases.parquet {one.cases_mb:.1f} MB"
            )
        for what, more in (
            ("run", many.peak_mb - few.peak_mb),
            ("rows", many.rows_mb - few.rows_mb),
            ("compare", many.compare_mb - few.compare_mb),
        ):
            bars.append(at_most(f"{what}, {share:.0%} of {cases:,} flip", more, f"MB above {SMALL:,}", MEMORY_BAR_MB))
        bars.append(at_most(f"report, {share:.0%} of {cases:,} flip", many.report_mb, "MB", REPORT_BAR_MB))
    return exit_code(bars)


def measure(cases: int, share: float) -> Cost:
    """Run the harness once, and read the run."""
    with TemporaryDirectory(prefix="bench-flips-") as name, stub.serving(flips=share) as url:
        folder = project.write_project(Path(name), cases)
        environment = {"PYTHONPATH": ready.found_with()}
        used = run([*project.gate(url), "-p", ready.__name__], folder, environment, (GATE_FAILED,))
        (report,) = folder.glob("runs/*/report.html")
        beside = report.with_name("cases.parquet")
        harness = [sys.executable, "-m", "harness.cli.main"]
        rows = run([*harness, "rows", "1", "--out", "rows.csv"], folder)
        compare = run([*harness, "compare", "1", "1"], folder)
        return Cost(
            cpu_s=used.cpu_s - float((folder / ready.MARK).read_text()),
            peak_mb=used.peak_mb,
            rows_mb=rows.peak_mb,
            compare_mb=compare.peak_mb,
            report_mb=report.stat().st_size / 1e6,
            cases_mb=beside.stat().st_size / 1e6 if beside.exists() else 0,
        )


if __name__ == "__main__":
    run_script(lambda: main(*map(int, sys.argv[1:])))
