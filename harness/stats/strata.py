"""Which cases of a suite say most about the whole: strata by what earlier models did, drawn from by chance.

What the baseline got is known, so cases are apart by that first, and then by how the other models did on them. Each
stratum is drawn from at ``EVEN`` of the rate of an even draw at least, and the rest goes to where models differ
(Neyman 1934, J. Royal Statistical Society 97:558). Clusters of scores (tinyBenchmarks, Polo et al. 2024,
arXiv:2402.14992) are no nearer on average, and have no error that holds for a model unlike the earlier ones: see
docs/anchors.md.
"""

import math
import random
from collections import defaultdict
from collections.abc import Sequence

from harness.records.record import Record
from harness.records.short import ShortStratum

EVEN = 0.65
"""The share of what is asked that is spread evenly: so many of 100 cases see a loss that is in one stratum alone."""
LEVELS = (0.05, 0.35, 0.65, 0.95)
LEVEL_NAMES = ("never", "rarely", "sometimes", "mostly", "always")
REFERENCE = (0.25, 0.75)
REFERENCE_NAMES = ("wrong", "between", "right")
UNKNOWN = "unknown"
FEWEST_DRAWN = 3
"""A stratum of which fewer would be drawn is joined to the next: one or two cases don't show a spread."""
LEAST_SPREAD = 0.01
"""The variance that a case is taken to have where no model differs: the next one can."""


class Unit(Record, frozen=True, kw_only=True):
    """A case as earlier models saw it.

    ``reference`` is what the model got that candidates are compared to, None where that is not known; ``level`` the
    mean of the other models, in [0, 1]. Cases of one ``kin`` are spread over what is drawn.
    """

    reference: float | None
    level: float
    kin: str = ""


class Draw(Record, frozen=True, kw_only=True):
    """The name of each case's stratum, the places of the cases drawn, and the strata by their names."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    strata: dict[str, ShortStratum]


def draw_units(units: Sequence[Unit], keep: int, seed: int) -> Draw:
    """Return a draw of about ``keep`` cases: within a stratum each is as likely as any other.

    It is systematic, from a random start over cases ordered by kin and level (Madow 1949), so that each kin has its
    share. Where all cases would be kept, all are.

    Raises:
        ValueError: there is nothing to draw from.
    """
    if not units or keep < 1:
        raise ValueError(f"cannot draw {keep} of {len(units)} cases")
    by_name = _joined(units, keep)
    chance = random.Random(seed)  # noqa: S311 - the draw must be reproducible, not unpredictable
    names, places, strata = [""] * len(units), [], {}
    wanted = _wanted(units, list(by_name.values()), keep)
    for (name, members), number in zip(by_name.items(), wanted, strict=True):
        for place in members:
            names[place] = name
        strata[name] = ShortStratum(of=len(members), drawn=number)
        order = sorted(members, key=lambda place: (units[place].kin, units[place].level, chance.random()))
        start = chance.random()
        places += [order[int((start + step) * len(order) / number)] for step in range(number)]
    return Draw(names=tuple(names), places=tuple(sorted(places)), strata=strata)


def _joined(units: Sequence[Unit], keep: int) -> dict[str, list[int]]:
    """Return the places of each stratum's cases, by its name; strata of which too few would be drawn are joined."""
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        found[_reference(unit.reference), sum(unit.level >= one for one in LEVELS)].append(place)
    strata = [([key], found[key]) for key in sorted(found)]
    while len(strata) > 1:
        wanted = _wanted(units, [members for _, members in strata], keep)
        short = [place for place, number in enumerate(wanted) if number < min(FEWEST_DRAWN, len(strata[place][1]))]
        if not short:
            break
        at = min(short, key=lambda place: len(strata[place][1]))
        other = min(_neighbours(strata, at), key=lambda place: len(strata[place][1]))
        first, second = sorted((at, other))
        strata[first : second + 1] = [(strata[first][0] + strata[second][0], strata[first][1] + strata[second][1])]
    return {_name(keys): members for keys, members in strata}


def _neighbours(strata: Sequence[tuple[list[tuple[int, int]], list[int]]], at: int) -> list[int]:
    """Return the strata beside one, those with the same reference where there are any."""
    beside = [place for place in (at - 1, at + 1) if 0 <= place < len(strata)]
    alike = [place for place in beside if {key[0] for key in strata[place][0]} & {key[0] for key in strata[at][0]}]
    return alike or beside


def _wanted(units: Sequence[Unit], strata: Sequence[Sequence[int]], keep: int) -> list[int]:
    """Return how many cases of each stratum are drawn: at least one."""
    by_spread = [math.fsum(math.sqrt(_spread(units[place].level)) for place in members) for members in strata]
    whole = math.fsum(by_spread)
    exact = [
        keep * (EVEN * len(members) / len(units) + (1 - EVEN) * spread / whole)
        for spread, members in zip(by_spread, strata, strict=True)
    ]
    found = [min(max(1, math.floor(number)), len(members)) for number, members in zip(exact, strata, strict=True)]
    left = round(math.fsum(exact)) - sum(found)
    for place in sorted(range(len(strata)), key=lambda place: found[place] - exact[place]):
        if left > 0 and found[place] < len(strata[place]):
            found[place] += 1
            left -= 1
    return found


def _spread(level: float) -> float:
    return level * (1 - level) + LEAST_SPREAD


def _reference(value: float | None) -> int:
    return -1 if value is None else sum(value >= one for one in REFERENCE)


def _name(keys: Sequence[tuple[int, int]]) -> str:
    """Return a stratum's name for people: what the reference got, and how often the others were right.

    >>> _name([(2, 0), (2, 1)])
    'right, never to rarely'
    """
    references = dict.fromkeys(REFERENCE_NAMES[one] if one >= 0 else UNKNOWN for one, _ in keys)
    levels = [level for _, level in keys]
    ends = dict.fromkeys([LEVEL_NAMES[min(levels)], LEVEL_NAMES[max(levels)]])
    return f"{' or '.join(references)}, {' to '.join(ends)}"
