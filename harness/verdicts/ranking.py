"""Several candidates on one gate: who is ahead, by how much, and what still holds for one that is chosen.

A gate lets a bad candidate pass once in twenty. Whoever releases one that passed, out of many bad ones, picks just such
a case. So what holds "one-sided at 95 %" is tested again, at the rate at which it holds for all candidates at once.
"""

from collections.abc import Callable, Sequence

from harness import stats
from harness.records.compared import Comparison, Gate, Outcome, Verdict
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.arguments import ALPHA
from harness.verdicts.compare import Pairs, paired
from harness.verdicts.gate import as_told


class Standing(Record, frozen=True, kw_only=True):
    """One candidate on one gate. ``place`` is that of the candidate in the order in which all were named.

    ``figure`` is its difference to the baseline, of a quantity its ratio; None where nothing was scored. Where means of
    scores are compared the interval is simultaneous, otherwise its own. ``behind`` is its mean minus the best of the
    others, and ``tied`` tells whether it can be the best; None where that is not known. ``holds`` tells whether
    ``max_drop`` and ``lower_bound`` hold whichever candidate is chosen.
    """

    place: int
    outcome: Outcome
    figure: Estimate | None
    behind: Estimate | None = None
    tied: bool | None = None
    holds: bool = True


class GateRanking(Record, frozen=True, kw_only=True):
    """All candidates on one gate, the best first. ``cases`` were scored for all of them.

    ``chosen`` is the difference of the highest one with an interval that knows that it was chosen for being highest;
    None where no means of scores are compared. ``is_corrected`` is False where ``holds`` says nothing, since there is
    no way to test the gate again for all at once.
    """

    test_id: str
    scorer: str
    tag: str
    unit: str
    gate: Gate
    cases: int
    standings: tuple[Standing, ...]
    chosen: Estimate | None = None
    is_corrected: bool = True


def rank_gate(verdicts: Sequence[tuple[int, Verdict]]) -> GateRanking:
    """Rank candidates by their verdicts on one gate, each given with the candidate's place."""
    first = verdicts[0][1]
    seen = [as_told(one.comparison) for _, one in verdicts]
    pairs, cases = _together(seen)
    holds = _hold_at_shared_rate(seen, first.gate)
    found = [
        Standing(place=place, outcome=one.outcome, figure=_own(one.comparison), holds=held)
        for (place, one), held in zip(verdicts, holds or [True] * len(verdicts), strict=True)
    ]
    ranking = GateRanking(
        test_id=first.test_id,
        scorer=first.comparison.scorer,
        tag=first.comparison.tag,
        unit=first.comparison.unit,
        gate=first.gate,
        cases=cases,
        standings=tuple(sorted(found, key=lambda one: _order(one, first.comparison.unit))),
        is_corrected=bool(holds) or not _needs_correction(first.gate),
    )
    return _with_intervals(ranking, found, pairs) if pairs else ranking


def _with_intervals(ranking: GateRanking, found: Sequence[Standing], pairs: Sequence[Pairs]) -> GateRanking:
    """Return a ranking of means with what only all candidates together can show."""
    joint = stats.joint_of([one.differences for one in pairs], pairs[0].groups)
    at_once, behind = stats.simultaneous_intervals(joint), stats.behind_best(joint)
    holds = _hold_if_chosen(pairs, joint, ranking.gate)
    standings = [
        Standing(
            place=one.place,
            outcome=one.outcome,
            figure=at_once[index],
            behind=behind[index],
            tied=behind[index].high > 0,
            holds=holds[index],
        )
        for index, one in enumerate(found)
    ]
    return GateRanking(
        test_id=ranking.test_id,
        scorer=ranking.scorer,
        tag=ranking.tag,
        unit=ranking.unit,
        gate=ranking.gate,
        cases=ranking.cases,
        standings=tuple(sorted(standings, key=lambda one: _order(one, ranking.unit))),
        chosen=stats.winners_interval(joint),
    )


def _hold_if_chosen(pairs: Sequence[Pairs], joint: stats.Joint, gate: Gate) -> list[bool]:
    """Test ``max_drop`` and ``lower_bound`` of each candidate at the rate at which they hold for all at once.

    A mean below a bound is a drop against a model that is always right. ``floor`` and ``max_flips`` are about the cases
    seen, and need no correction.
    """
    groups, holds = joint.groups, [True] * len(pairs)
    if gate.max_drop is not None:
        holds = _rule_out(joint, gate.max_drop, gate)
    if gate.lower_bound is not None:
        from_right = stats.joint_of([[value - 1 for value in one.candidate] for one in pairs], groups)
        bounds = _rule_out(from_right, 1 - gate.lower_bound, gate)
        holds = [one and other for one, other in zip(holds, bounds, strict=True)]
    return holds


def _needs_correction(gate: Gate) -> bool:
    """Tell whether a gate rules something out; ``floor`` and ``max_flips`` are about the cases seen."""
    return any(limit is not None for limit in (gate.max_drop, gate.lower_bound, gate.max_rise))


def _hold_at_shared_rate(seen: Sequence[Comparison], gate: Gate) -> list[bool]:
    """Test each candidate by itself, at an equal share of the error rate (Bonferroni); nothing where that can't be.

    That is for means which can't be compared together, such as those that labels correct.
    """
    if gate.max_rise is not None or any(one.unit or one.figure is not None or one.delta is None for one in seen):
        return []
    return [_holds(one, gate, ALPHA / len(seen)) for one in seen]


def _holds(comparison: Comparison, gate: Gate, rate: float) -> bool:
    return (gate.max_drop is None or _no_drop(comparison, gate.max_drop, gate, rate)) and (
        gate.lower_bound is None or _not_below(comparison, gate.lower_bound, gate, rate)
    )


def _no_drop(comparison: Comparison, margin: float, gate: Gate, rate: float) -> bool:
    if comparison.judged is not None and comparison.judged.difference is not None:
        from harness.verdicts.labelled_gate import rules_out_drop

        return not gate.guarantee and rules_out_drop(comparison, margin, rate)
    pairs = paired(comparison.rows)
    return all(test(pairs.differences, pairs.groups, margin) <= rate for test in _tests(gate))


def _not_below(comparison: Comparison, bound: float, gate: Gate, rate: float) -> bool:
    if comparison.judged is not None and comparison.judged.candidate is not None:
        from harness.verdicts.labelled_gate import rules_out_below

        return not gate.guarantee and rules_out_below(comparison, bound, rate)
    pairs = paired(comparison.rows)
    from_right = [value - 1 for value in pairs.candidate]
    return all(test(from_right, pairs.groups, 1 - bound) <= rate for test in _tests(gate))


def _rule_out(joint: stats.Joint, margin: float, gate: Gate) -> list[bool]:
    rate, tests = stats.each_error_rate(joint), _tests(gate)
    return [all(test(differences, joint.groups, margin) <= rate for test in tests) for differences in joint.differences]


def _tests(gate: Gate) -> list[Callable[[Sequence[float], Sequence[str | None], float], float]]:
    return [stats.margin_p_value, *([stats.guaranteed_margin_p_value] if gate.guarantee else [])]


def _together(comparisons: Sequence[Comparison]) -> tuple[list[Pairs], int]:
    """Return each candidate's pairs on the cases that all have a score for; none where no means are to be compared."""
    scored = [
        {row.case_id: row for row in one.rows if row.baseline is not None and row.candidate is not None}
        for one in comparisons
    ]
    cases = [row.case_id for row in comparisons[0].rows if all(row.case_id in rows for rows in scored)]
    if len(comparisons) < 2 or not cases or comparisons[0].unit or not all(map(_is_of_means, comparisons)):
        return [], len(cases)
    return [paired([rows[case_id] for case_id in cases]) for rows in scored], len(cases)


def _is_of_means(comparison: Comparison) -> bool:
    """Tell whether what was scored is compared by its means as they are, and not corrected by labels."""
    judged = comparison.judged
    return comparison.figure is None and (judged is None or (judged.difference is None and judged.candidate is None))


def _own(comparison: Comparison) -> Estimate | None:
    return comparison.ratio if comparison.unit else comparison.best_difference


def _order(standing: Standing, unit: str) -> tuple[bool, float, int]:
    """Sort by the figure, best first: of a quantity less is better. Without one a candidate is last."""
    if standing.figure is None:
        return True, 0.0, standing.place
    return False, standing.figure.mean if unit else -standing.figure.mean, standing.place
