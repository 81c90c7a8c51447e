"""Decisions beside ``max_drop``, for bench/decisions.py: rises of amounts with heavy tails, alarms in skewed slices."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
from decisions_cells import Chance, Numbers
from decisions_tried import NOBODY

from harness.records.compared import Comparison, Gate, Row
from harness.records.estimate import Estimate
from harness.stats.ratios import fieller_interval
from harness.verdicts.compare import over, without_figures
from harness.verdicts.slices import decide_slices

RISE = 0.2
DRIFT, GAIN = 0.02, 0.5
"""Most cases of a skewed slice lose so much, and a few gain so much: equal on average."""


@dataclass(frozen=True)
class Amounts:
    """A kind of amounts, as of tokens or seconds: draws those of both sides, whose means have a true ratio."""

    what: str
    n: int
    draw: Callable[[Chance, int, float], Numbers]

    @property
    def name(self) -> str:
        """The cell in words."""
        return f"amounts, {self.what}, n = {self.n}, max_rise {RISE:g}"


@dataclass(frozen=True)
class Slices:
    """Equal sides in slices whose graded scores are skewed to the right."""

    slices: int
    size: int

    @property
    def name(self) -> str:
        """The cell in words."""
        return f"slices, {self.slices} of {self.size} skewed scores, margin 0.02"


def amounts() -> list[Amounts]:
    """Return the cells of amounts."""
    kinds = {
        "Pareto 1.5 on both sides": pareto,
        "Pareto 1.5, each side with its own noise": shared_pareto,
        "log-normal, alike by 0.8": log_normal,
        "tokens that end at a limit": capped,
    }
    return [Amounts(what, n, draw) for what, draw in kinds.items() for n in (30, 100, 300, 1000)]


def pareto(chance: Chance, n: int, rise: float) -> Numbers:
    """Both sides independent, with infinite variance."""
    return (1 - chance.random((n, 2))) ** (-1 / 1.5) * np.array([1.0, 1 + rise])


def shared_pareto(chance: Chance, n: int, rise: float) -> Numbers:
    """The same tail on both sides, times noise."""
    tail = (1 - chance.random((n, 1))) ** (-1 / 1.5)
    return tail * np.exp(chance.normal(0, 0.35, (n, 2))) * np.array([1.0, 1 + rise])


def log_normal(chance: Chance, n: int, rise: float) -> Numbers:
    """Times that share most of their spread."""
    return np.exp(chance.normal(0, 1, (n, 1)) + chance.normal(0, 0.5, (n, 2))) * np.array([1.0, 1 + rise])


def capped(chance: Chance, n: int, rise: float) -> Numbers:
    """Lengths that no answer can exceed."""
    tail = np.minimum(20 * (1 - chance.random((n, 1))) ** (-1 / 1.5), 400)
    return tail * np.exp(np.clip(chance.normal(0, 0.25, (n, 2)), -0.5, 0.5)) * np.array([1.0, 1 + rise])


def comparison_of_amounts(sides: Numbers) -> Comparison | None:
    """Return what ``compare_quantity`` makes of two sides, as far as ``max_rise`` looks at it; None without a ratio."""
    ends = fieller_interval(sides, 0.90)
    if ends is None:
        return None
    before, after = sides.mean(axis=0)
    n = len(sides)

    def estimate(mean: float) -> Estimate:
        return Estimate(mean=float(mean), low=0.0, high=float(mean), n=n, method="")

    return msgspec.structs.replace(
        without_figures("amounts", (NOBODY, NOBODY), (), {}),
        unit="tokens",
        candidate_mean=estimate(after),
        delta=estimate(after - before),
        ratio=estimate(after / before),
        ratio_least=ends[0],
        ratio_bound=ends[1],
    )


def any_slice_fails(cell: Slices, chance: Chance) -> bool:
    """Tell whether any slice of two equal sides fails."""
    n = cell.slices * cell.size
    gains = chance.random(n) < DRIFT / (DRIFT + GAIN)
    change = np.where(gains, GAIN, -DRIFT) + np.clip(chance.normal(0, 0.005, n), -0.01, 0.01)
    rows = tuple(
        Row(case_id=str(place), tags=(f"of-{place % cell.slices}",), baseline=0.45, candidate=0.45 + float(one))
        for place, one in enumerate(change)
    )
    whole = over(without_figures("skewed", (NOBODY, NOBODY), rows, {}), rows)
    verdicts = decide_slices("bench", whole.by_tag("of"), Gate(max_drop=0.02))
    return any(verdict.outcome == "failed" for verdict in verdicts)


def skewed_slices() -> list[Slices]:
    """Return the cells of slices."""
    return [Slices(8, size) for size in (20, 50, 100)]
