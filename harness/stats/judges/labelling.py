"""Which cases people should label next, so that a corrected interval gets as short as it can and stays honest.

Cases of which the judge is unsure are asked about more often, in strata; chance alone chooses within a stratum, so each
label stands for a known number of cases, and corrected.py weighs it by that.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.records.record import Record
from harness.stats.judges.rectified import UNSEEN_ERRORS

if TYPE_CHECKING:
    import numpy as np

STRATA = 4
SMALLEST = 10
"""Cases of a stratum: fewer join the next."""
FEWEST = 5
"""Labels that a stratum gets before it is asked who needs them most."""
FLOOR = 1.0
"""What is added to each uncertainty, in mean uncertainties: no case is asked about less than about half as often as by
pure chance, so a judge that is sure and wrong is found out (Zrnic and Candes 2024, arXiv:2403.03208, section 3)."""
PRIOR = 10.0
"""Labels that the judge's own uncertainty is worth beside what labels of a stratum have shown."""


class Doubt(NamedTuple):
    """A case that could be labelled: how unsure the judge is of it, 0 or more, in any unit.

    ``error`` is people's value minus the judge's where the case has its label, else None.
    """

    uncertainty: float
    error: float | None = None


class PlannedStratum(Record, frozen=True, kw_only=True):
    """A stratum, the least uncertain first: its cases, how many have a label, and how many are to be labelled.

    Each of its labels then stands for ``weight`` cases; None where it has none.
    """

    name: str
    cases: int
    labelled: int
    chosen: int

    @property
    def weight(self) -> float | None:
        """Cases over labels, old and new."""
        labels = self.labelled + self.chosen
        return self.cases / labels if labels else None


class LabelPlan(Record, frozen=True, kw_only=True):
    """The places of the cases to label next, in random order, and the stratum of every case."""

    chosen: tuple[int, ...]
    stratum_of: tuple[str, ...]
    strata: tuple[PlannedStratum, ...]


def uncertainty_of_difference(baseline: float, candidate: float) -> float:
    """Return how unsure a paired difference is, from the standard deviations of both sides' scores."""
    return math.hypot(baseline, candidate)


def plan_labels(cases: Sequence[Doubt], labels: int, seed: int) -> LabelPlan:
    """Choose the cases to label next, fewer than ``labels`` where fewer are left.

    Strata are cut at equal shares of the total uncertainty (Cochran 1977, Sampling Techniques, section 5A.7). Label by
    label goes to the stratum whose variance N_h^2 S_h^2 / n_h falls most, which gives Neyman's allocation in whole
    numbers (Wright 2012, The American Statistician 66:217). Before any label S_h is the same everywhere: what a
    judge says of itself is believed as far as labels bear it out. Then it is the judge's uncertainty until labels of
    the stratum have shown how often it errs there (``PRIOR``).

    An estimate by ``corrected_mean`` stays unbiased, since strata follow from uncertainties alone. Labels that are
    there must have been chosen by chance: from all cases, or by a plan with the same uncertainties.

    Raises:
        ValueError: no case, fewer than one label, or an uncertainty that is negative or not finite.
    """
    import numpy as np

    if not cases or labels < 1:
        raise ValueError(f"needs at least one case and one label to plan, got {len(cases)} and {labels}")
    for case in cases:
        if not 0 <= case.uncertainty < math.inf:
            raise ValueError(f"an uncertainty must be 0 or more and finite, got {case.uncertainty}")
    unsure = np.array([case.uncertainty for case in cases], dtype=float)
    unsure += FLOOR * unsure.mean() if unsure.any() else 1.0
    members = _strata(unsure)
    counts = _allocate(members, cases, _spreads(members, cases, unsure, labels), labels)
    chance, chosen = np.random.default_rng(seed), []
    stratum_of = [""] * len(cases)
    for number, (places, count) in enumerate(zip(members, counts, strict=True), start=1):
        free = [place for place in places if cases[place].error is None]
        chosen += chance.permutation(free)[:count].tolist()
        for place in places:
            stratum_of[place] = str(number)
    return LabelPlan(
        chosen=tuple(chance.permutation(chosen).tolist()),
        stratum_of=tuple(stratum_of),
        strata=tuple(
            PlannedStratum(name=str(number), cases=len(places), labelled=_labelled(places, cases), chosen=count)
            for number, (places, count) in enumerate(zip(members, counts, strict=True), start=1)
        ),
    )


def _strata(unsure: "np.ndarray") -> list[list[int]]:
    """Return the places of each stratum, the least uncertain first; cases of one uncertainty are in one stratum."""
    import numpy as np

    values, which = np.unique(unsure, return_inverse=True)
    counts = np.bincount(which)
    below = np.cumsum(values * counts) - values * counts / 2
    numbers = (below / (values @ counts) * STRATA).astype(int)[which]
    found: list[list[int]] = []
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number).tolist()
        if found and min(len(found[-1]), len(places)) < SMALLEST:
            found[-1] += places
        else:
            found.append(places)
    return found


def _spreads(
    members: Sequence[Sequence[int]], cases: Sequence[Doubt], unsure: "np.ndarray", labels: int
) -> list[float]:
    """Return how far the judge's errors are expected to spread in each stratum.

    With labels known, the room that ``corrected_mean`` leaves for errors that were not seen is part of it.
    """
    errors = [case.error for case in cases]
    seen = [(place, error) for place, error in enumerate(errors) if error is not None]
    expected = [math.fsum(float(unsure[place]) ** 2 for place in places) / len(places) for places in members]
    if not seen:
        return [1.0 for _ in members]
    found = math.fsum(error * error for _, error in seen) / len(seen)
    scale = found / (math.fsum(float(unsure[place]) ** 2 for place, _ in seen) / len(seen)) if found else 1.0
    away = [error * error for _, error in seen if error]
    unseen = UNSEEN_ERRORS * math.fsum(away) / max(len(away), 1) / (len(seen) + labels)
    spreads = []
    for places, each in zip(members, expected, strict=True):
        own = [error for place in places if (error := errors[place]) is not None]
        squares = math.fsum(error * error for error in own)
        spreads.append(math.sqrt((PRIOR * scale * each + squares) / (PRIOR + len(own)) + unseen))
    return spreads


def _allocate(
    members: Sequence[Sequence[int]], cases: Sequence[Doubt], spreads: Sequence[float], labels: int
) -> list[int]:
    """Return how many new labels each stratum gets."""
    has = [_labelled(places, cases) for places in members]
    new = [0] * len(members)

    def gain(number: int) -> tuple[bool, float]:
        labelled = has[number] + new[number]
        falls = (len(members[number]) * spreads[number]) ** 2 / (labelled * (labelled + 1)) if labelled else math.inf
        return labelled < FEWEST, falls

    for _ in range(labels):
        open_ones = [number for number, places in enumerate(members) if has[number] + new[number] < len(places)]
        if not open_ones:
            break
        new[max(open_ones, key=gain)] += 1
    return new


def _labelled(places: Sequence[int], cases: Sequence[Doubt]) -> int:
    return sum(cases[place].error is not None for place in places)
