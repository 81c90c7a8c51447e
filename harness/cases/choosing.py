"""Choose the cases of a short suite by what earlier models got, and try the choice on models that it left out."""

import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness import stats
from harness.cases.short import Chosen, ChosenStratum, Trial
from harness.errors import InputError
from harness.records.asked import Case, digest_of_cases
from harness.records.short import ShortStratum
from harness.runs.past_scores import PastModel, PastScores
from harness.stats.strata import Draw, Unit

PINNED = "pinned"
"""The stratum of cases that have a test of their own: all are asked."""
FEWEST_MODELS = 4
"""With the baseline and two others a choice was hardly better than chance where the baseline was another one."""
FEWEST_KEPT = 30
"""Below this not even a drop of a tenth can be ruled out."""
TRIALS = 25
"""Draws of each trial that leaves a model out."""


def choose(path: Path, cases: Sequence[Case], past: PastScores, keep: int, seed: int = 0) -> Chosen:
    """Return a short suite of about ``keep`` cases, pinned ones among them; the same seed chooses the same.

    Raises:
        InputError: the runs have too few models, or ``keep`` is too few, or all.
    """
    _refuse(path, len(cases), past, keep)
    found = _Choice(cases, past, keep)
    draw = found.draw(past.models[1:], seed)
    strata = found.strata(draw)
    return Chosen(
        digest=digest_of_cases(cases),
        of=len(cases),
        seed=seed,
        baseline=past.models[0].name,
        models=tuple(one.name for one in past.models),
        runs=past.runs,
        scorers=past.scorers,
        smallest_drop=stats.smallest_drop(found.part(draw, dict.fromkeys((case.id for case in cases), 0.0))),
        trial=_tried(found, past, seed),
        strata=strata,
    )


def _refuse(path: Path, cases: int, past: PastScores, keep: int) -> None:
    if len(past.models) < FEWEST_MODELS:
        raise InputError(
            f"{path}: these runs have scores of {len(past.models)} different models, and at least {FEWEST_MODELS} are "
            "needed, the baseline among them: which cases tell models apart is not known from fewer, and a choice "
            "would be no better than chance; name more runs with --runs, or gate more adapters first"
        )
    if keep < FEWEST_KEPT + len(past.pinned):
        pinned = f" beside the {len(past.pinned)} pinned cases, which are always kept" if past.pinned else ""
        raise InputError(f"--keep {keep}: at least {FEWEST_KEPT} cases are needed{pinned}; so few decide nothing")
    if keep >= cases:
        raise InputError(f"--keep {keep}: {path} has {cases} cases, so all would be kept; ask the suite as it is")


class _Choice:
    """The units of a suite that can be drawn, and how draws of them look to the statistics."""

    def __init__(self, cases: Sequence[Case], past: PastScores, keep: int) -> None:
        self._baseline = past.models[0]
        units: defaultdict[object, list[Case]] = defaultdict(list)
        for case in cases:
            units[(case.id,) if case.group is None else case.group].append(case)
        self._pinned = [one for one in units.values() if any(case.id in past.pinned for case in one)]
        self._units = [one for one in units.values() if not any(case.id in past.pinned for case in one)]
        self._keep = keep - sum(map(len, self._pinned))
        self._gated = past.gated
        self._of = len(cases)

    def draw(self, others: Sequence[PastModel], seed: int) -> Draw:
        """Draw units by chance, by what the baseline and the other models got."""
        return stats.draw_units([self._unit(one, others) for one in self._units], max(self._keep, 1), seed)

    def strata(self, draw: Draw) -> dict[str, ChosenStratum]:
        """Return what a draw chose, the pinned cases as a stratum of their own."""
        chosen: defaultdict[str, list[str]] = defaultdict(list)
        for place in draw.places:
            chosen[draw.names[place]] += [case.id for case in self._units[place]]
        found = {
            name: ChosenStratum(
                units=one.units, drawn=one.drawn, weight=round(one.weight, 4), cases=tuple(sorted(chosen[name]))
            )
            for name, one in draw.strata.items()
        }
        if self._pinned:
            ids = tuple(sorted(case.id for unit in self._pinned for case in unit))
            count = len(self._pinned)
            found[PINNED] = ChosenStratum(units=count, drawn=count, weight=1.0, cases=ids)
        return found

    def part(self, draw: Draw, values: dict[str, float]) -> stats.Part:
        """Return what a draw shows of values by case id."""
        return self._part([(self._units[place], draw.names[place]) for place in draw.places], draw.strata, values)

    def part_by_chance(self, draw: Draw, values: dict[str, float], seed: int) -> stats.Part:
        """Return what as many units, drawn from all alike, show."""
        number = len(draw.places)
        places = random.Random(seed).sample(range(len(self._units)), number)  # noqa: S311 - to compare with, not to hide
        all_alike = {"all": ShortStratum(units=len(self._units), drawn=number)}
        return self._part([(self._units[place], "all") for place in places], all_alike, values)

    def _part(
        self, drawn: Sequence[tuple[Sequence[Case], str]], strata: dict[str, ShortStratum], values: dict[str, float]
    ) -> stats.Part:
        pinned = [(one, PINNED) for one in self._pinned]
        if pinned:
            strata = {**strata, PINNED: ShortStratum(units=len(pinned), drawn=len(pinned))}
        asked = [(case, name) for unit, name in (*drawn, *pinned) for case in unit if case.id in values]
        return stats.Part(
            values=tuple(values[case.id] for case, _ in asked),
            groups=tuple(case.group for case, _ in asked),
            names=tuple(name for _, name in asked),
            strata=strata,
            of=self._of,
        )

    def _unit(self, cases: Sequence[Case], others: Sequence[PastModel]) -> Unit:
        known = [self._baseline.scores[case.id] for case in cases if case.id in self._baseline.scores]
        levels = [one.scores[case.id] for case in cases for one in others if case.id in one.scores]
        return Unit(
            cases=len(cases),
            reference=statistics.fmean(known) if known else None,
            level=statistics.fmean(levels) if levels else 0.5,
            kin=" ".join(tag for tag in self._gated if any(tag in case.tags for case in cases)),
        )


def _tried(found: _Choice, past: PastScores, seed: int) -> Trial:
    """Leave each model but the baseline out in turn, choose by the others, and estimate its difference."""
    baseline, others = past.models[0], past.models[1:]
    errors, by_chance, covered = [], [], []
    for place, left_out in enumerate(others):
        values = {
            name: value - baseline.scores[name] for name, value in left_out.scores.items() if name in baseline.scores
        }
        if not values:
            continue
        truth = statistics.fmean(values.values())
        rest = [*others[:place], *others[place + 1 :]]
        for step in range(TRIALS):
            draw = found.draw(rest, seed + 1 + step)
            seen = stats.part_difference(found.part(draw, values), stats.of_suite)
            errors.append(abs(seen.mean - truth))
            covered.append(seen.low <= truth <= seen.high)
            chance = found.part_by_chance(draw, values, seed + 1 + step)
            by_chance.append(abs(stats.part_spread(chance).mean - truth))
    if not errors:
        raise InputError("no case was scored for the baseline and another model; name other runs with --runs")
    return Trial(
        models=len(others),
        draws=len(errors),
        error=statistics.fmean(errors),
        by_chance=statistics.fmean(by_chance),
        covered=statistics.fmean(covered),
    )
