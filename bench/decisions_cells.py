"""Invented suites whose true drop is known, one kind of data each, for bench/decisions.py."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Chance = np.random.Generator
Differences = Callable[[Chance, int, float], Numbers]
"""Draws the paired differences of so many cases with a true drop."""
LARGE = 1_000
MIXED = (1, 1, 2, 3, 5, 8, 10)
"""Sizes of groups, over and over."""


@dataclass(frozen=True)
class Cell:
    """One kind of data, a number of cases and a margin; ``sizes`` are those of its groups, empty without groups."""

    kind: str
    what: str
    n: int
    margin: float
    draw: Differences
    sizes: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The cell in words; its seed comes from it."""
        return f"{self.kind}, {self.what}, n = {self.n}, margin {self.margin:g}"

    @property
    def groups(self) -> list[str | None]:
        """The group of each case."""
        if not self.sizes:
            return [None] * self.n
        return [str(place) for place, size in enumerate(self.sizes) for _ in range(size)]


def all_cells() -> list[Cell]:
    """Return every cell that is simulated; pass or fail without groups is enumerated instead."""
    return [*graded_cells(), *grouped_cells()]


def graded_cells() -> list[Cell]:
    """Return graded scores, each case on its own."""
    kinds: dict[tuple[str, str], Differences] = {
        ("rare loss", f"{size:g} lost in some, jitter {sd:g}"): partial(rare_loss, size, sd)
        for size in (0.4, 0.8, 1.0)
        for sd in (0.02, 0.1)
    }
    kinds |= {
        ("rare loss", f"beside a loss of {away:g} everywhere, jitter 0.02"): partial(rare_loss_beside, away)
        for away in (0.01, 0.04)
    }
    kinds |= {
        ("judge levels", "20 % changed"): partial(levels, 0.2),
        ("judge levels", "40 % changed"): partial(levels, 0.4),
        ("wide", "normal, sd 0.3"): wide,
        ("repeats", "3 of pass or fail, a drop in 15 %"): partial(repeats, 3),
        ("repeats", "5 of pass or fail, a drop in 15 %"): partial(repeats, 5),
        ("overlap", "as ROUGE, a drop in 25 %"): overlap,
    }
    plan = {0.05: (20, 60, 100, 300, 1000), 0.02: (150, 300), 0.1: (30, 100, 300)}
    return [
        Cell(kind, what, n, margin, draw)
        for (kind, what), draw in kinds.items()
        for margin, counts in plan.items()
        for n in counts
    ]


SHARES = {
    (0.05, 100): (0.05, 0.1, 0.2),
    (0.05, 300): (0.05, 0.1, 0.2),
    (0.05, 1000): (0.1,),
    (0.02, 300): (0.05, 0.1),
    (0.02, 1000): (0.1,),
    (0.1, 100): (0.1,),
    (0.1, 300): (0.1, 0.2),
    (0.1, 1000): (0.2,),
}
"""The shares of discordant cases in groups, by margin and number of cases: at least the margin."""


def grouped_cells() -> list[Cell]:
    """Return pass or fail in groups, and graded scores in groups that are lost as a whole."""
    cells = []
    for (margin, n), shares in SHARES.items():
        for of in ("2", "5", "10", "mixed"):
            sizes = sizes_of(of, n)
            for discordant in shares:
                for alike in (0.0, 0.3, 0.8, 1.0) if margin == 0.05 else (0.0, 0.3, 0.8):
                    draw = partial(flips_in_groups, Grouped(sizes, discordant, alike))
                    what = f"of {of}, {100 * discordant:g} % discordant, ICC {alike:g}"
                    cells.append(Cell("groups", what, n, margin, draw, sizes))
    suites = {f"of {of}, rarely lost as a whole, jitter 0.02": sizes_of(of, 300) for of in ("2", "5", "10", "mixed")}
    suites |= {"3 of a tenth of the cases, the rest alone": (30,) * 3 + (1,) * 210}
    for what, sizes in suites.items():
        draw = partial(group_loss, sizes)
        cells += [Cell("groups, graded", what, 300, margin, draw, sizes) for margin in (0.05, 0.02, 0.1)]
    return cells


def sizes_of(of: str, n: int) -> tuple[int, ...]:
    """Return the sizes of groups that hold ``n`` cases together."""
    if of != "mixed":
        return (int(of),) * (n // int(of))
    sizes: list[int] = []
    while sum(sizes) < n:
        sizes.append(min(MIXED[len(sizes) % len(MIXED)], n - sum(sizes)))
    return tuple(sizes)


def rare_loss(size: float, sd: float, chance: Chance, n: int, drop: float) -> Numbers:
    """Nearly nothing changes but for jitter, and a few cases lose ``size``."""
    jitter = np.clip(chance.normal(0, sd, n), -3 * sd, 3 * sd)
    return np.where(chance.random(n) < drop / size, -size, jitter)


def rare_loss_beside(away: float, chance: Chance, n: int, drop: float) -> Numbers:
    """Every case loses a little, and a few lose everything; equal sides only jitter."""
    typical = -min(away, drop * 0.8) if drop else 0.0
    jitter = typical + np.clip(chance.normal(0, 0.02, n), -0.06, 0.06)
    return np.where(chance.random(n) < (drop + typical) / (1 + typical), -1.0, jitter)


def levels(changed: float, chance: Chance, n: int, drop: float) -> Numbers:
    """A judge's levels from 1 to 5, as scores in steps of 1/4: a share moves one or two levels, tilted to the drop."""
    steps, weights = np.array([-0.5, -0.25, 0.25, 0.5]), np.array([0.15, 0.35, 0.35, 0.15])
    low, high = -100.0, 100.0
    for _ in range(100):
        tilt = (low + high) / 2
        tilted = weights * np.exp(tilt * steps)
        tilted /= tilted.sum()
        low, high = (tilt, high) if changed * (tilted @ steps) < -drop else (low, tilt)
    return chance.choice(steps, size=n, p=tilted) * (chance.random(n) < changed)


def wide(chance: Chance, n: int, drop: float) -> Numbers:
    """Differences all over the range."""
    return np.clip(chance.normal(-drop, 0.3, n), -1.0, 1.0)


def repeats(times: int, chance: Chance, n: int, drop: float) -> Numbers:
    """Pass or fail, asked several times and averaged; 15 % of the cases pass less often than before."""
    before = chance.beta(4, 1.5, n)
    weaker = before * (1 - min(1.0, drop / (0.15 * 4 / 5.5)))
    after = np.where(chance.random(n) < 0.15, weaker, before)
    return (chance.binomial(times, after) - chance.binomial(times, before)) / times


def overlap(chance: Chance, n: int, drop: float) -> Numbers:
    """Shares of overlapping words: half of the cases jitter, and 25 % lose a part of what they had."""
    before = chance.beta(3, 3, n)
    weaker = before * (1 - min(1.0, drop / (0.25 * 0.5)))
    after = np.where(chance.random(n) < 0.25, weaker, before)
    jitter = np.clip(chance.normal(0, 0.08, n), -after, after) * (chance.random(n) < 0.5)
    return np.clip(after + np.minimum(jitter, 1 - after), 0.0, 1.0) - before


@dataclass(frozen=True)
class Grouped:
    """Sizes of groups, the share of discordant cases, and the correlation of two cases of a group."""

    sizes: tuple[int, ...]
    discordant: float
    alike: float


def flips_in_groups(suite: Grouped, chance: Chance, n: int, drop: float) -> Numbers:
    """Pass or fail; two cases of a group are correlated by ``alike``, since each copies its group's fate so often."""
    together = np.repeat(_flips(chance, len(suite.sizes), suite.discordant, drop), suite.sizes)
    return np.where(chance.random(n) < math.sqrt(suite.alike), together, _flips(chance, n, suite.discordant, drop))


def group_loss(sizes: tuple[int, ...], chance: Chance, n: int, drop: float) -> Numbers:
    """Graded scores that jitter, and groups that are lost as a whole, by .8."""
    lost = np.repeat(chance.random(len(sizes)) < drop / 0.8, sizes)
    return np.where(lost, -0.8, np.clip(chance.normal(0, 0.02, n), -0.06, 0.06))


def _flips(chance: Chance, count: int, discordant: float, drop: float) -> Numbers:
    drawn = chance.random(count)
    lost = (discordant + drop) / 2
    return np.where(drawn < lost, -1.0, np.where(drawn < discordant, 1.0, 0.0))
