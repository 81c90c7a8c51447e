"""Whether verdicts that are decided early are those of all cases, and how many answers they save.

Each cell draws suites of two sides, has them decided early look by look, and as a whole. The first argument, or
BENCH_DATA, names a folder that holds gsm8k, mtbench, pandalm, banking77 and ifeval; without it only invented suites and
the shapes of the shipped ones are drawn. More words choose cells, and --full draws four times as many suites.
"""

import math
import os
import statistics
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np
from decisions_tried import NOBODY
from early_cells import Cell, Sides, invented, real, shapes
from measure import at_least, at_most, exit_code, run_script, tell

from harness.records.compared import Comparison, Outcome, Row
from harness.verdicts import drop as drop_module
from harness.verdicts import lower_bound as bound_module
from harness.verdicts.compare import over, without_figures
from harness.verdicts.early import decide_early, looks
from harness.verdicts.gate import decide

DRAWS, AT_MARGIN, FULL = 40, 250, 4
"""Suites of each cell, of those at the margin, and how many times as many with --full."""
AGREE, FALSE_PASSES, ADDED, THIRD, TWO_THIRDS, LARGE = 0.95, 0.05, 0.005, 1 / 3, 2 / 3, 1_000


@dataclass(frozen=True)
class Result:
    """What came of a cell's suites: shares of all, and the median share of cases asked."""

    cell: Cell
    draws: int
    agree: float
    passes: float
    whole_passes: float
    asked: float
    most: float


def main() -> int:
    """Run every cell, print it, and return 0 when every bar holds."""
    words = [word for word in sys.argv[1:] if word != "--full"]
    folder = Path(words.pop(0)) if words and Path(words[0]).is_dir() else None
    folder = folder or (Path(os.environ["BENCH_DATA"]) if "BENCH_DATA" in os.environ else None)
    cells = [*invented(), *shapes(), *(real(folder) if folder else ())]
    cells = [cell for cell in cells if all(word in f"{cell.name} {cell.n}" for word in words)]
    results = []
    with ProcessPoolExecutor(2) as workers:
        for result in workers.map(simulate, cells):
            show(result)
            results.append(result)
    if folder is None:
        tell("no real answers: name their folder as the first argument")
    return exit_code([*bars(results)])


def bars(results: list[Result]) -> list[bool]:
    """Print what all cells together reach, with its bars.

    A single one of so many cells can miss its bar by three Monte Carlo errors.
    """
    agree = [one.agree + 3 * _error(AGREE, one.draws) for one in results]
    held = [
        at_least(
            "verdicts as of all cases, mean", 100 * statistics.fmean(one.agree for one in results), "%", 100 * AGREE
        ),
        at_least("worst cell, and three Monte Carlo errors", 100 * min(*agree, 1.0), "%", 100 * AGREE),
        at_most("largest share of cases asked", 100 * max(one.most for one in results), "%", 100),
    ]
    margin = [one for one in results if one.cell.kind == "margin"]
    if margin:
        passes, whole = (
            statistics.fmean(found) for found in zip(*((one.passes, one.whole_passes) for one in margin), strict=True)
        )
        worst = max(one.passes - 3 * _error(FALSE_PASSES, one.draws) for one in margin)
        held += [
            at_most("false passes at the margin, mean", 100 * passes, "%", 100 * FALSE_PASSES),
            at_most("worst cell, less three Monte Carlo errors", 100 * worst, "%", 100 * FALSE_PASSES),
            at_most("added to those of whole suites, mean", 100 * (passes - whole), "%", 100 * ADDED),
        ]
    for name, sizes, bar in (("from 1,000 cases", (LARGE, 10**9), THIRD), ("at 300 cases", (300, 300), TWO_THIRDS)):
        clear = [one.asked for one in results if one.cell.kind == "clear" and sizes[0] <= one.cell.n <= sizes[1]]
        if clear:
            held += [
                at_most(f"asked where clear, {name}, median", 100 * statistics.median(clear), "%", 100 * bar),
                at_most(f"asked where clear, {name}, worst", 100 * max(clear), "%", 100 * bar),
            ]
    return held


def simulate(cell: Cell) -> Result:
    """Decide many suites of a cell."""
    chance = np.random.default_rng(zlib.crc32(f"{cell.name} {cell.n}".encode()))
    draws = (AT_MARGIN if cell.kind == "margin" else DRAWS) * (FULL if "--full" in sys.argv else 1)
    found = [trial(cell, chance) for _ in range(draws)]
    return Result(
        cell=cell,
        draws=draws,
        agree=statistics.fmean(early == whole for early, whole, _ in found),
        passes=statistics.fmean(early == "passed" for early, _, _ in found),
        whole_passes=statistics.fmean(whole == "passed" for _, whole, _ in found),
        asked=statistics.median(share for _, _, share in found),
        most=max(share for _, _, share in found),
    )


def trial(cell: Cell, chance: np.random.Generator) -> tuple[Outcome, Outcome, float]:
    """Return what is decided early, what as a whole, and the share of cases asked."""
    rows = rows_of(cell.draw(chance))
    with (
        patch.object(drop_module, "cases_to_decide", _unknown),
        patch.object(bound_module, "cases_to_decide", _unknown),
    ):
        whole = decide("bench", over(EMPTY, rows), cell.gate).outcome
    for asked in looks(len(rows)):
        part = rows[:asked]
        lost = tuple(row.case_id for row in part if (row.baseline or 0) >= 0.5 > (row.candidate or 0))
        comparison = msgspec.structs.replace(EMPTY, rows=part, lost=lost)
        verdict = decide_early("bench", comparison, cell.gate, of=len(rows))
        if verdict is not None:
            return verdict.outcome, whole, asked / len(rows)
    return whole, whole, 1.0


def rows_of(sides: Sides) -> tuple[Row, ...]:
    """Return the rows of two sides in the order of asking."""
    before, after = (side.tolist() for side in sides)
    return tuple(
        Row(case_id=str(place), baseline=old, candidate=new)
        for place, (old, new) in enumerate(zip(before, after, strict=True))
    )


def show(result: Result) -> None:
    """Print one cell."""
    cell = result.cell
    tell(
        f"{cell.name}, n = {cell.n} ({cell.kind}): agree {result.agree:.3f}, pass {result.passes:.3f} "
        f"(whole {result.whole_passes:.3f}), asked {result.asked:.3f}"
    )


def _error(share: float, draws: int) -> float:
    return math.sqrt(share * (1 - share) / draws)


def _unknown(*_: object) -> None:
    return None


EMPTY: Comparison = without_figures("invented", (NOBODY, NOBODY), (), {})

if __name__ == "__main__":
    run_script(main)
