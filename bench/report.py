"""The report of 10,000 cases on both sides, most of them flipped: its size, what making it costs, how it opens.

The page is opened from the disk in Debian's Chromium, each time in a new browser: first paint by the browser's own
clock, then filters by text over all cases, from the key press to the frame that shows the result. Medians count.
"""

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import at_most, exit_code, run, run_script, tell
from playwright.sync_api import Page, sync_playwright

CASES = 10_000
OPENED = 5
SIZE_BAR_MB = 8
PAINT_BAR_S = 2
FILTER_BAR_MS = 200
PAINTED = "performance.getEntriesByName('first-contentful-paint')"
MAKE = "import sys; from pathlib import Path; from harness.report import write_report; write_report(Path(sys.argv[1]))"
FILTER = """
(word) => new Promise((resolve) => {
  const input = document.querySelector("#filter [name=text]");
  const started = performance.now();
  input.value = word;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
})
"""


def main() -> int:
    """Measure, print figures with their bars, and return the exit code."""
    root = Path(__file__).parent.parent
    with TemporaryDirectory(prefix="bench-report-") as name:
        folder = Path(name)
        made = run([sys.executable, "-m", "tests.sample_run", name, str(CASES)], folder, {"PYTHONPATH": str(root)})
        report = Path(made.output.split()[-1])
        cost = run([sys.executable, "-c", MAKE, str(report.parent)], folder, {"PYTHONPATH": str(root)})
        size_mb = report.stat().st_size / 1e6
        paints, filters = [], []
        for _ in range(OPENED):
            with opened(report) as page:
                paints.append(first_paint_s(page))
                filters.append(max(page.evaluate(FILTER, word) for word in ("refund", "refund vat", "")))
    tell(f"making it: {cost.cpu_s:.2f} s CPU, {cost.peak_mb:.0f} MB")
    return exit_code(
        [
            at_most(f"report of {CASES:,} cases", size_mb, "MB", SIZE_BAR_MB),
            at_most("first paint", statistics.median(paints), "s", PAINT_BAR_S),
            at_most("filtering, the slowest of three", statistics.median(filters), "ms", FILTER_BAR_MS),
        ]
    )


@contextmanager
def opened(report: Path) -> Iterator[Page]:
    """Open the report in a new browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        page.goto(report.as_uri())
        yield page
        browser.close()


def first_paint_s(page: Page) -> float:
    """Return when the browser first painted something, by its own clock."""
    page.wait_for_function(f"{PAINTED}.length")
    return float(page.evaluate(f"{PAINTED}[0].startTime")) / 1000


if __name__ == "__main__":
    run_script(main)
