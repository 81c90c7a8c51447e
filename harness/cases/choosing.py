"""Choose the cases of a short suite by what earlier models got, and try the choice on models that it left out."""

import random
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import stats
from harness.cases.short import Chosen, ChosenStratum, Trial, largest_group
from harness.errors import InputError
from harness.records.asked import Case, digest_of_cases
from harness.records.short import ShortStratum
from harness.runs.past_scores import PastModel, PastScores
from harness.stats.strata import Draw, Unit
from harness.text.figures import count

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
        smallest_drop=round(stats.smallest_drop(found.part(draw, dict.fromkeys((case.id for case in cases), 0.0))), 4),
        trial=_tried(found, past, seed),
        strata=strata,
    )


def _refuse(path: Path, cases: int, past: PastScores, keep: int) -> None:
    if len(past.models) < FEWEST_MODELS:
        left_out = f", without {count(len(past.short), 'run')} of a short suite," if past.short else ""
        raise InputError(
            f"{path}: these runs{left_out} have scores of {count(len(past.models), 'different model')}, and at least "
            f"{FEWEST_MODELS} are needed, the baseline among them: fewer do not show which cases tell models apart, "
            "and a choice would be no better than chance; name more runs with --runs, or gate more adapters first"
        )
    if keep < FEWEST_KEPT + len(past.pinned):
        pinned = f" beside the {len(past.pinned)} pinned cases, which are always kept" if past.pinned else ""
        raise InputError(f"--keep {keep}: at least {FEWEST_KEPT} cases are needed{pinned}; so few decide nothing")
    if keep >= cases:
        raise InputError(f"--keep {keep}: {path} has {cases} cases, so all would be kept; ask the suite as it is")


class _Choice:
    """The cases of a suite that can be drawn, and how draws of them look to the statistics."""

    def __init__(self, cases: Sequence[Case], past: PastScores, keep: int) -> None:
        self._baseline = past.models[0]
        self._pinned = [case for case in cases if case.id in past.pinned]
        self._drawable = [case for case in cases if case.id not in past.pinned]
        self._keep = keep - len(self._pinned)
        self._gated = past.gated
        self._of = len(cases)
        self._largest = largest_group(cases)

    def draw(self, others: Sequence[PastModel], seed: int) -> Draw:
        """Draw cases by chance, by what the baseline and the other models got."""
        return stats.draw_units([self._unit(case, others) for case in self._drawable], self._keep, seed)

    def strata(self, draw: Draw) -> dict[str, ChosenStratum]:
        """Return what a draw chose, the pinned cases as a stratum of their own."""
        chosen: defaultdict[str, list[str]] = defaultdict(list)
        for place in draw.places:
            chosen[draw.names[place]].append(self._drawable[place].id)
        found = {
            name: ChosenStratum(
                of=one.of, drawn=one.drawn, weight=round(one.weight, 4), cases=tuple(sorted(chosen[name]))
            )
            for name, one in draw.strata.items()
        }
        if self._pinned:
            ids = tuple(sorted(case.id for case in self._pinned))
            found[PINNED] = ChosenStratum(of=len(ids), drawn=len(ids), weight=1.0, cases=ids)
        return found

    def part(self, draw: Draw, values: Mapping[str, float]) -> stats.Part:
        """Return what a draw shows of values by case id."""
        return self._part([(self._drawable[place], draw.names[place]) for place in draw.places], draw.strata, values)

    def part_by_chance(self, draw: Draw, values: Mapping[str, float], seed: int) -> stats.Part:
        """Return what as many cases, drawn from all alike, show."""
        number = len(draw.places)
        some = random.Random(seed).sample(self._drawable, number)  # noqa: S311 - to compare with, not to hide
        all_alike = {"all": ShortStratum(of=len(self._drawable), drawn=number)}
        return self._part([(case, "all") for case in some], all_alike, values)

    def _part(
        self, drawn: Sequence[tuple[Case, str]], strata: dict[str, ShortStratum], values: Mapping[str, float]
    ) -> stats.Part:
        if pinned := len(self._pinned):
            strata = {**strata, PINNED: ShortStratum(of=pinned, drawn=pinned)}
        asked = [pair for pair in (*drawn, *((case, PINNED) for case in self._pinned)) if pair[0].id in values]
        return stats.Part(
            values=tuple(values[case.id] for case, _ in asked),
            groups=tuple(case.group for case, _ in asked),
            names=tuple(name for _, name in asked),
            strata=strata,
            of=self._of,
            largest=self._largest,
        )

    def _unit(self, case: Case, others: Sequence[PastModel]) -> Unit:
        levels = [one.scores[case.id] for one in others if case.id in one.scores]
        return Unit(
            reference=self._baseline.scores.get(case.id),
            level=statistics.fmean(levels) if levels else 0.5,
            kin=" ".join(tag for tag in self._gated if tag in case.tags),
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
        error=round(statistics.fmean(errors), 4),
        by_chance=round(statistics.fmean(by_chance), 4),
        covered=round(statistics.fmean(covered), 3),
    )
