"""How often the statistics of drift are wrong, and how soon they are right: docs/drift-statistics.md has the tables.

python bench/drift.py [charts|shifts|tests ...] [--times N]; all three with the defaults take some 15 minutes. Months of
harness drift itself are in drift_runs.py.
"""

import argparse
import math
import time
import zlib
from collections import Counter
from itertools import product

import numpy as np
from drift_charts import Days, Figure, Means, Shares, average, fixed_run_lengths, run_lengths, wobbling_run_lengths
from drift_two_sample import AT_MARGIN, at_margin, verdicts
from measure import at_least, at_most, exit_code, tell

from harness.stats.classifier import classifier_change
from harness.stats.ewma import DAYS, limits_for

SEED = 20_261_127
ERRORS = 3.0
"""Standard errors of a simulation that a figure can be beyond its bar."""
WEEK = (1200, 900, 40, 1500, 0, 20, 200)


def normal(chance: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw normal values."""
    return chance.standard_normal(size)


def skewed(chance: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw values of a skewness of 2, such as seconds."""
    return chance.standard_exponential(size)


def figures() -> list[Figure]:
    """Return each kind of figure, as it is in control."""
    shares: list[Figure] = [Shares(f"share {share:g}", share) for share in (0.02, 0.5, 0.98)]
    return [*shares, Means("mean, normal", normal), Means("mean, exponential", skewed)]


def charts(times: int) -> list[bool]:
    """Simulate run lengths while nothing changes."""
    held, lengths, alarms = [], Counter[str](), Counter[str]()
    for n, window in product((20, 200, 2000), (100, 1_000, 10_000)):
        for figure in figures():
            fewer = times // 4 if n == 2000 and isinstance(figure, Means) else times
            seed = zlib.crc32(f"{figure.name} {n} {window}".encode())
            found, stopped = run_lengths([figure], limits_for(), Days((n,), window), fewer, seed)
            lengths[figure.name] += int(found.sum())
            alarms[figure.name] += fewer - stopped
            held.append(_lasts(f"{figure.name}; {n:,} a day; window {window:,}", found, stopped))
    for name, count in alarms.items():
        bar = round(DAYS * (1 - ERRORS / math.sqrt(count)))
        held.append(at_least(f"{name}, all of these", lengths[name] / count, "days", bar))
    tell("\nseveral figures, uneven days, and what the promise does not cover")
    for window in (100, 10_000):
        shown = run_lengths(figures(), limits_for(5), Days((200,), window), times // 2, SEED)
        held.append(_lasts(f"5 figures; 200 a day; window {window:,}", *shown))
        shown = run_lengths(figures(), limits_for(5), Days(WEEK, window), times // 4, SEED)
        held.append(_lasts(f"5 figures; 0 to 1,500 a day; window {window:,}", *shown))
    for window in (100, 1_000, 10_000):
        mean, error = average(*fixed_run_lengths(0.02, limits_for(), Days((200,), window), times, SEED))
        tell(f"limits from the window alone, share 0.02, 200 a day, window {window:,}: {mean:.0f} days, +-{error:.0f}")
    for alike in (0.2, 0.5, 0.8):
        days = Days((200,), 1_000, wobble=1.0, alike=alike)
        mean, error = average(*run_lengths([Shares("share", 0.5)], limits_for(), days, times // 2, SEED))
        tell(f"days move by themselves as much as by chance, correlation {alike:g}: {mean:.0f} days, +-{error:.0f}")
    mean, error = average(
        *run_lengths([Shares("share", 0.5)], limits_for(), Days((200,), 1_000, wobble=1.0), times // 2, SEED)
    )
    tell(f"the same, without correlation: {mean:.0f} days, +-{error:.0f}")
    for learned in (7, 14, 28):
        days = Days((200,), learned, wobble=1.0)
        shown = wobbling_run_lengths(0.5, limits_for(), days, times // 5, SEED)
        held.append(_lasts(f"the same, learned from {learned} days of the window", *shown))
    return held


def _lasts(name: str, lengths: np.ndarray, stopped: int) -> bool:
    mean, error = average(lengths, stopped)
    return at_least(name, mean, f"days, +-{error:.0f}", round(DAYS * (1 - ERRORS * error / mean)))


def shifts(times: int) -> list[bool]:
    """Print days from a planted shift on day 18 to the alarm, of one figure and in a panel of eight."""
    tell("| figure | shift | standard errors of a day | alone: median, 90 % within | of eight: the same |")
    for n, (share, to) in product((50, 200, 1000), ((0.98, 0.95), (0.98, 0.9), (0.02, 0.05), (0.5, 0.6), (0.5, 0.7))):
        cells = []
        for count in (1, 8):
            figure = Shares("", share, to - share, 17)
            lengths, _ = run_lengths([figure], limits_for(count), Days((n,), 1_000), times, SEED)
            after = lengths[lengths > 17] - 17
            cells.append(f"{np.median(after):.0f}, {np.quantile(after, 0.9):.0f}")
        size = abs(to - share) / math.sqrt(share * (1 - share) / n)
        tell(f"| share {share:g} of {n:,} a day | to {to:g} | {size:.1f} | {cells[0]} | {cells[1]} |")
    return []


def tests(times: int) -> list[bool]:
    """Print how often the tests of two samples are wrong."""
    held = []
    for sizes in ((1000, 200), (300, 300), (5000, 1000)):
        count = times // 2 if sizes[0] < 5000 else times // 8
        any_of, each, alone = verdicts(sizes, 0.0, count, SEED)
        bar = 0.05 + ERRORS * math.sqrt(0.05 * 0.95 / count)
        name = f"{sizes[0]:,} and {sizes[1]:,}, nothing changed"
        held.append(
            at_most(
                f"{name}: any p, corrected", 100 * any_of["significant"] / count, f"% of {count}", round(100 * bar, 1)
            )
        )
        held.append(
            at_most(f"{name}: any drifted", 100 * any_of["drifted"] / count, f"% of {count}", round(100 * bar, 1))
        )
        held += [
            at_most(f"  {one}: p alone", 100 * rate, f"% of {count}", round(100 * bar, 1))
            for one, rate in alone.items()
        ]
        tell("  steady: " + ", ".join(f"{one} {seen['steady'] / count:.0%}" for one, seen in each.items()))
        _, each, _ = verdicts(sizes, 1.0, max(count // 5, 1), SEED)
        tell(
            "  drifted when all moved: "
            + ", ".join(f"{one} {seen['drifted'] / max(count // 5, 1):.0%}" for one, seen in each.items())
        )
    for name, (draw, margin) in AT_MARGIN.items():
        bar = 0.025 + ERRORS * math.sqrt(0.025 * 0.975 / times)
        held.append(
            at_most(
                f"{name}: steady at its margin",
                100 * at_margin(draw, margin, times, SEED),
                f"% of {times}",
                round(100 * bar, 1),
            )
        )
    chance = np.random.default_rng(SEED)
    started = time.process_time()
    classifier_change(chance.standard_normal((5000, 200)), chance.standard_normal((5000, 200)), 0, 200)
    tell(f"10,000 rows, 200 features, 200 permutations: {time.process_time() - started:.2f} s of CPU")
    return held


def main() -> int:
    """Print figures with their bars and return the exit code."""
    parts = {"charts": charts, "shifts": shifts, "tests": tests}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts, []])
    parser.add_argument("--times", type=int, default=2_000)
    given = parser.parse_args()
    held = []
    for name, part in parts.items():
        if not given.parts or name in given.parts:
            tell(f"\n=== {name}")
            held += part(given.times)
    return exit_code(held) if held else 0


if __name__ == "__main__":
    raise SystemExit(main())
