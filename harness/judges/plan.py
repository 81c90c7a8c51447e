"""Which cases of a comparison people should label next: drawn by chance, more where the judge may be wrong."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import InputError
from harness.judges.draws import SAME, Draw, DrawnFrom, drawn
from harness.judges.matched import PairRead, Told, judged_cases, same_population
from harness.records.asked import Side
from harness.records.compared import Row
from harness.records.record import Record
from harness.records.saved import Judgement
from harness.records.scored import Score
from harness.stats.judges.corrected import Judged
from harness.stats.judges.labelling import Doubt, PlannedStratum, plan_labels, uncertainty_of_difference

SPREADS = {"flipped on swap": 0.5, "tie": 0.25}
"""Standard deviation of a pair's score by what the judge said: it took both sides once, or neither."""


class Wanted(Record, frozen=True, kw_only=True):
    """How many cases to draw, by which seed, and from which run's answers."""

    labels: int
    seed: int
    run: str


class NextLabels(Record, frozen=True, kw_only=True):
    """The cases to label next, in random order, the draw that chose them, and its strata, the surest first."""

    chosen: tuple[str, ...]
    draw: Draw
    strata: tuple[PlannedStratum, ...]


def uncertainties(judgements: Iterable[Judgement], comparison: str, levels: int) -> dict[str, float]:
    """Return how unsure the judge of a comparison is of each case, 0 where it never wavers.

    It is the standard deviation of the difference of both sides' scores: over repeats, and of each score by itself. A
    score between two of the ``levels`` is a mean (of samples, of judges, or over probabilities), and its deviation is
    at least that of the mixture of these two. Without ``levels``, 0, a score is no such mean.
    """
    found: defaultdict[str, dict[Side, list[Score]]] = defaultdict(dict)
    for one in judgements:
        if one.comparison == comparison:
            found[one.item.case_id].setdefault(one.side, []).append(one.item.score)
    return {
        case_id: uncertainty_of_difference(
            _spread(sides.get("baseline", ()), levels), _spread(sides.get("candidate", ()), levels)
        )
        for case_id, sides in found.items()
    }


def next_labels(
    rows: Sequence[Row], read: Mapping[str, PairRead], told: Told, unsure: Mapping[str, float], wanted: Wanted
) -> NextLabels:
    """Draw the cases whose labels shorten the corrected interval most; fewer than wanted where fewer are left.

    The first labels are in proportion to the strata; later ones go where labels have shown the judge to be wrong. Where
    these very cases were drawn from before, their strata stay, so that all labels count together.

    Raises:
        InputError: every case has its label, or can't get one.
    """
    earlier = same_population(rows, read, told)
    known = earlier[-1].cases if earlier else {}
    sides = judged_cases(rows, read, told._replace(draws=earlier))
    open_ones = [place for place, one in enumerate(sides.candidate) if not one.settled]
    doubts = [
        Doubt(
            known[row.case_id].uncertainty if known else unsure.get(row.case_id, 0.0),
            _error(sides.baseline[place], sides.candidate[place]) if known else None,
        )
        for place, row in ((place, sides.rows[place]) for place in open_ones)
    ]
    if not any(one.error is None for one in doubts):
        raise InputError(f"no case of run {wanted.run} is left to label: {len(doubts)} have labels, or none is open")
    plan = plan_labels(doubts, wanted.labels, wanted.seed)
    chosen = tuple(sides.rows[open_ones[place]].case_id for place in plan.chosen)
    drawn_now = frozenset(chosen)
    strata = dict(zip(open_ones, plan.stratum_of, strict=True))
    draw = drawn(
        [
            DrawnFrom(
                draw="",
                rubric=told.rubric.id,
                version=told.rubric.version,
                run=wanted.run,
                case_id=row.case_id,
                read=read[row.case_id].digest,
                stratum=strata.get(place, SAME),
                uncertainty=known[row.case_id].uncertainty if known else unsure.get(row.case_id, 0.0),
                chosen=row.case_id in drawn_now,
            )
            for place, row in enumerate(sides.rows)
        ]
    )
    return NextLabels(chosen=chosen, draw=draw, strata=plan.strata)


def _error(baseline: Judged, candidate: Judged) -> float | None:
    """Return how far people's difference is from the judge's."""
    if baseline.people is None or candidate.people is None:
        return None
    return (candidate.people - baseline.people) - (candidate.judge - baseline.judge)


def _spread(scores: Sequence[Score], levels: int) -> float:
    values = [score.value for score in scores if score.value is not None]
    own = [_own_spread(score, levels) ** 2 for score in scores if score.value is not None]
    between = statistics.pvariance(values) if len(values) > 1 else 0.0
    return math.sqrt(between + (math.fsum(own) / len(own) if own else 0.0))


def _own_spread(score: Score, levels: int) -> float:
    """Return how far one score may be from what the judge would say another time."""
    wavers = SPREADS.get(score.category, 0.0)
    if levels < 2:
        return wavers
    over = (score.value or 0.0) * (levels - 1) % 1
    return max(wavers, math.sqrt(round(over * (1 - over), 9)) / (levels - 1))
