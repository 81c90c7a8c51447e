"""How often a suite at the very edge of its verdict is decided early and wrongly: at most 1 order of 40 is promised.

Of each kind of graded scores some suites are drawn. The threshold of each is put where all of its cases just don't
pass, or just don't fail, and its cases are asked in many orders: only the order is random. Words choose kinds; --full
asks in four times as many orders.
"""

import math
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import Literal
from unittest.mock import patch

import msgspec
import numpy as np
from decisions_cells import overlap
from decisions_tried import NOBODY
from early_cells import GRADED, Numbers, Sides, of_differences
from measure import at_most, exit_code, run_script, tell

from harness.records.compared import Comparison, Gate, Outcome, Row
from harness.verdicts import drop as drop_module
from harness.verdicts import lower_bound as bound_module
from harness.verdicts.compare import over, without_figures
from harness.verdicts.early import decide_early, looks
from harness.verdicts.gate import decide

SUITES, ORDERS, FULL = 4, 500, 4
"""Suites of each kind, orders of each suite, and how many times as many with --full."""
MOST_DRAWN = 100
"""Suites that are drawn to find those: where by chance the sides hardly differ, no threshold is such an edge."""
PROMISED = 0.025
HALVINGS = 30
LEAST, MOST = 0.0005, 0.9995
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed")
Name = Literal["max_drop", "lower_bound", "floor"]

ALONE: tuple[Name, ...] = ("lower_bound", "floor")


@dataclass(frozen=True)
class Edge:
    """A kind of suite of ``n`` cases, and the verdict that an early one must not be where all cases just miss it."""

    kind: str
    n: int
    draw: Callable[[np.random.Generator], Sides]
    threshold: Name
    wrong: Outcome

    @property
    def name(self) -> str:
        """The edge in words; its seed comes from it."""
        return f"{self.kind}, {self.threshold}, n = {self.n}, just not {self.wrong}"

    def gate(self, at: float) -> Gate:
        """Return the gate with its threshold at this value."""
        return msgspec.convert({self.threshold: at}, Gate)


def main() -> int:
    """Ask the suites of every edge, print how often they are decided wrongly, and return 0 when the promise holds."""
    words = [word for word in sys.argv[1:] if word != "--full"]
    chosen = [one for one in edges() if all(word in one.name for word in words)]
    orders = ORDERS * (FULL if "--full" in sys.argv else 1)
    each, worst = math.sqrt(PROMISED * (1 - PROMISED) / orders), 0.0
    with ProcessPoolExecutor(2) as workers:
        for edge, rates in zip(chosen, workers.map(partial(wrong_of, orders=orders), chosen), strict=True):
            tell(f"{edge.name}: {', '.join(f'{100 * rate:.2f}' for rate in rates)} % (error {100 * each:.2f})")
            worst = max(worst, *rates)
    held = [at_most("worst suite of all, less three errors", 100 * (worst - 3 * each), "%", 100 * PROMISED)]
    return exit_code(held)


def edges() -> Iterator[Edge]:
    """Yield both edges of each kind."""
    kinds = {**GRADED, "overlap": overlap}
    alone = {"uniform": _uniform, "mostly full": _mostly_full, "mostly none": _mostly_none}
    for n, wrong in product((300, 1000), OUTCOMES):
        for name, draw in kinds.items():
            yield Edge(name, n, partial(of_differences, n, 0.05, draw), "max_drop", wrong)
        for (name, draw_one), threshold in product(alone.items(), ALONE):
            yield Edge(name, n, partial(_alone, n, draw_one), threshold, wrong)


def wrong_of(edge: Edge, orders: int) -> list[float]:
    """Return in which share of orders each suite of an edge is decided wrongly."""
    chance = np.random.default_rng(zlib.crc32(edge.name.encode()))
    rates = (wrong_of_suite(edge, edge.draw(chance), orders, chance) for _ in range(MOST_DRAWN))
    found = list(islice((rate for rate in rates if rate is not None), SUITES))
    if len(found) < SUITES:
        raise ValueError(f"{edge.name}: of {MOST_DRAWN} suites only {len(found)} have such an edge")
    return found


def wrong_of_suite(edge: Edge, sides: Sides, orders: int, chance: np.random.Generator) -> float | None:
    """Return in which share of orders a suite is decided wrongly, with its threshold just where all cases miss it.

    None where no threshold is such an edge.
    """
    rows = [Row(case_id=str(at), baseline=b, candidate=c) for at, (b, c) in enumerate(zip(*sides, strict=True))]
    at = _at_edge(edge, over(EMPTY, rows))
    if at is None:
        return None
    gate, wrong = edge.gate(at), 0
    for _ in range(orders):
        order = chance.permutation(len(rows)).tolist()
        wrong += _early([rows[place] for place in order], gate) == edge.wrong
    return wrong / orders


def _at_edge(edge: Edge, whole: Comparison) -> float | None:
    """Return the threshold, as near as can be told, at which all cases do not have the verdict any more, if any is."""

    def is_so(at: float) -> bool:
        with (
            patch.object(drop_module, "cases_to_decide", _unknown),
            patch.object(bound_module, "cases_to_decide", _unknown),
        ):
            return decide("bench", whole, edge.gate(at)).outcome == edge.wrong

    lenient, strict = (LEAST, MOST) if edge.threshold != "max_drop" else (MOST, LEAST)
    has, lacks = (lenient, strict) if edge.wrong == "passed" else (strict, lenient)
    if not is_so(has) or is_so(lacks):
        return None
    for _ in range(HALVINGS):
        middle = (has + lacks) / 2
        has, lacks = (middle, lacks) if is_so(middle) else (has, middle)
    return lacks


def _early(rows: list[Row], gate: Gate) -> Outcome | None:
    """Return what is decided before all cases are asked; None where nothing is."""
    for asked in looks(len(rows)):
        comparison = msgspec.structs.replace(EMPTY, rows=tuple(rows[:asked]))
        verdict = decide_early("bench", comparison, gate, of=len(rows))
        if verdict is not None:
            return verdict.outcome
    return None


def _alone(n: int, draw: Callable[[np.random.Generator, int], Numbers], chance: np.random.Generator) -> Sides:
    values = draw(chance, n)
    return values, values


def _uniform(chance: np.random.Generator, n: int) -> Numbers:
    return chance.random(n)


def _mostly_full(chance: np.random.Generator, n: int) -> Numbers:
    return np.where(chance.random(n) < 0.93, 1.0 - 0.02 * chance.random(n), 0.3 * chance.random(n))


def _mostly_none(chance: np.random.Generator, n: int) -> Numbers:
    return 1.0 - _mostly_full(chance, n)


def _unknown(*_: object) -> None:
    return None


EMPTY: Comparison = without_figures("invented", (NOBODY, NOBODY), (), {})

if __name__ == "__main__":
    run_script(main)
