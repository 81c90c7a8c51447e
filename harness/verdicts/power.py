"""What a gate can decide, worked out before any model is asked from its cases, its margin and an expected spread."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from harness import stats
from harness.asking.cases import Suite
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Row, Slices
from harness.records.record import Record
from harness.records.scored import FigureName
from harness.stats.ratios import ONE_SIDED
from harness.verdicts.compare import Pairs, without_figures
from harness.verdicts.gate import decide
from harness.verdicts.mean_power import BoundPower, FloorReach, bound_power, floor_reach
from harness.verdicts.rise_power import rise_needed
from harness.verdicts.slices import slices_of

NOBODY = ModelRef(base="not asked", base_digest="", template_digest="")
ASSUMED_FLIPS = 0.1
"""Share of the cases that is assumed to flip where neither an earlier run nor a person says otherwise."""


class PlannedGate(Record, frozen=True, kw_only=True):
    """A gate of a suite, or of one slice, and its number of cases. ``groups`` counts independent clusters.

    ``figure`` is that of all answers which the gate judges; None where it judges a mean.
    """

    test_id: str
    scorer: str
    tag: str
    gate: Gate
    cases: int
    groups: int
    figure: FigureName | None = None
    unit: str = ""
    """That of the quantity which the gate judges; empty for scores."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The name of the gate in all runs: test, scorer, tag."""
        return self.test_id, self.scorer, self.tag


class Seen(Record, frozen=True, kw_only=True):
    """What earlier runs scored on both sides for one gate: ``pairs`` of each of ``runs``.

    ``clusters`` counts the independent clusters among them; a case that several runs asked counts once.
    """

    runs: tuple[str, ...]
    pairs: tuple[Pairs, ...]
    clusters: int


class Power(Record, frozen=True, kw_only=True):
    """What a gate can decide with its cases.

    ``detectable`` is the minimum detectable effect, None where even a change of 1 is missed too often.

    ``needed`` is how many cases its ``max_drop`` needs: 0 without one,
    None where no number is known to be enough, since all cases are in one group. Of a quantity it is what its
    ``max_rise`` needs where an earlier run shows how it spreads, else 0. ``seen`` names the runs whose spread was used,
    and is empty where the share of flips was assumed. With fewer cases than ``fewest`` its ``max_drop`` can never pass,
    whatever the answers. ``bound`` is what its ``lower_bound`` needs and ``reach`` how far chance reaches around its
    ``floor``; None without one. A gate on a figure of all answers is not planned: its ``detectable`` is None and its
    ``needed`` is ``fewest``.
    """

    planned: PlannedGate
    detectable: float | None
    needed: int | None
    seen: tuple[str, ...] = ()
    fewest: int = 0
    bound: BoundPower | None = None
    reach: FloorReach | None = None

    @property
    def can_decide(self) -> bool:
        """Whether ``max_drop`` and ``lower_bound`` are likely to pass (4 of 5 times each) with these cases."""
        needed = [self.needed, *([self.bound.needed] if self.bound else [])]
        return all(one is not None and one <= self.planned.cases for one in needed)

    @property
    def never_passes(self) -> bool:
        """Whether ``max_drop`` can't pass with so few cases, whatever the answers."""
        return self.planned.cases < self.fewest


def planned_comparison(suite: Suite, scorer: str, unit: str = "", figure: FigureName | None = None) -> Comparison:
    """Return a comparison in which each case of a suite is unscored, since nobody was asked."""
    rows = tuple(
        Row(case_id=case.id, group=case.group, tags=case.tags, baseline=None, candidate=None, unscored="not asked")
        for case in suite.cases
    )
    return msgspec.structs.replace(without_figures(scorer, (NOBODY, NOBODY), rows, {}), unit=unit, figure=figure)


def planned_gates(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[PlannedGate, ...]:
    """Return the gate on a planned comparison, or on each slice of it.

    Raises:
        InputError: a threshold is wrong, or no case has a tag of these slices.
    """
    found = []
    for comparison in slices_of(judged) if isinstance(judged, Slices) else (judged,):
        if gate.ceiling is None and gate.max_rise is None:
            decide(test_id, comparison, gate)  # to refuse wrong thresholds
        groups = [row.group for row in comparison.rows]
        planned = PlannedGate(
            test_id=test_id,
            scorer=comparison.scorer,
            tag=comparison.tag,
            gate=gate,
            cases=len(groups),
            groups=stats.count_clusters(groups),
            figure=comparison.figure,
            unit=comparison.unit,
        )
        found.append(planned)
    return tuple(found)


def powers_of(
    gates: Iterable[PlannedGate], seen: Mapping[tuple[str, str, str], Seen], flips: float | None = None
) -> tuple[Power, ...]:
    """Return the power of each gate, from what earlier runs show of it, or from an assumption.

    ``flips`` is a share that a person named; it is used instead of what the runs show. None uses the runs.
    """
    if flips is not None:
        return tuple(_with_mean(power_assumed(gate, flips), None) for gate in gates)
    return tuple(
        _with_mean(power_seen(gate, seen[gate.key]), seen[gate.key])
        if gate.key in seen
        else _with_mean(power_assumed(gate, ASSUMED_FLIPS), None)
        for gate in gates
    )


def _with_mean(power: Power, seen: Seen | None) -> Power:
    """Return a gate's power with that of its thresholds on the candidate's mean alone; the newest run is used."""
    planned, gate = power.planned, power.planned.gate
    bound = reach = None
    if gate.lower_bound is not None:
        bound = bound_power(gate, planned.cases, planned.groups, seen.pairs[0] if seen else None)
    if gate.floor is not None:
        reach = floor_reach(gate.floor, planned.groups)
    return msgspec.structs.replace(power, bound=bound, reach=reach)


def power_assumed(planned: PlannedGate, flips: float) -> Power:
    """Return the power when a share of ``flips`` of the cases differs between two equal sides.

    Scores are assumed to be pass or fail, which spread the most. Cases of one group are assumed to flip together, so
    that a group counts as one case.
    """
    if planned.unit:
        return Power(planned=planned, detectable=None, needed=0)
    if planned.figure is not None:
        fewest = _fewest(planned, by_groups=True)
        return Power(planned=planned, detectable=None, needed=fewest, fewest=fewest)
    margin, fewest = planned.gate.max_drop, _fewest(planned, by_groups=planned.gate.guarantee)
    if planned.groups < 2 <= planned.cases:
        return Power(planned=planned, detectable=None, needed=None if margin is not None else 0, fewest=fewest)
    needed = 0 if margin is None else math.ceil(_needed(planned, margin, flips) * planned.cases / planned.groups)
    detectable = _detectable(planned.groups, planned.groups, math.sqrt(flips))
    return Power(planned=planned, detectable=detectable, needed=needed, fewest=fewest)


def _needed(planned: PlannedGate, margin: float, flips: float) -> int:
    """Return how many groups, or cases without one, are needed when a share of them flips."""
    guarantee, sd = planned.gate.guarantee, math.sqrt(flips)
    needed = (stats.guaranteed_cases_needed_passfail if guarantee else stats.cases_needed_passfail)(flips, margin)
    if planned.groups == planned.cases:
        return needed
    return max(needed, (stats.guaranteed_cases_needed if guarantee else stats.cases_needed)(sd, margin))


def _fewest(planned: PlannedGate, *, by_groups: bool) -> int:
    """Return with how many cases ``max_drop`` could pass at all; see ``fewest_to_pass``."""
    if planned.gate.max_drop is None:
        return 0
    if by_groups and planned.groups == planned.cases and planned.gate.guarantee:
        return stats.guaranteed_fewest_cases(planned.gate.max_drop)
    fewest = stats.fewest_cases(planned.gate.max_drop)
    return math.ceil(fewest * planned.cases / planned.groups) if by_groups else fewest


def power_seen(planned: PlannedGate, seen: Seen) -> Power:
    """Return the power when cases spread as in earlier runs, each of which has at least two clusters.

    Where cases pass or fail, or few differ at all, the share of flips is what counts. The largest plausible share is
    used, the upper end (one-sided 95 %) of the Wilson interval on the share seen: if none of a few cases flipped, that
    does not show that none will. Where most scores differ a little, and in groups, suites are drawn from those runs.
    """
    if planned.unit:
        needed = None if planned.gate.max_rise is None else rise_needed(seen.pairs, planned.gate.max_rise)
        return Power(planned=planned, detectable=None, needed=needed or 0, seen=seen.runs)
    differences = [(one.differences, one.groups) for one in seen.pairs]
    cases = sum(len(values) for values, _ in differences)
    variances = [len(values) * _effective_sd(values, groups) ** 2 for values, groups in differences]
    if all(one.passfail or stats.mostly_equal(one.differences, one.groups) for one in seen.pairs):
        share = math.fsum(abs(value) for values, _ in differences for value in values) / cases
        most = stats.wilson_interval(share * seen.clusters, seen.clusters, ONE_SIDED)[1]
        return msgspec.structs.replace(power_assumed(planned, most), seen=seen.runs)
    detectable = _detectable(planned.cases, planned.groups, math.sqrt(math.fsum(variances) / cases))
    fewest = _fewest(planned, by_groups=planned.gate.guarantee or not all(one.flips for one in seen.pairs))
    needed = max(_needed_as_in(seen, planned.gate), fewest)
    return Power(planned=planned, detectable=detectable, needed=needed, seen=seen.runs, fewest=fewest)


def _needed_as_in(seen: Seen, gate: Gate) -> int:
    if gate.max_drop is None:
        return 0
    pilots = [(one.differences, one.groups) for one in seen.pairs]
    needed = stats.cases_needed_as_in(pilots, gate.max_drop)
    if gate.guarantee:
        proofs = [stats.guaranteed_cases_needed_like(*one, gate.max_drop) or 0 for one in pilots]
        needed = max(needed, *proofs)
    return needed


def _effective_sd(values: Sequence[float], groups: Sequence[str | None]) -> float:
    sd = stats.effective_sd(values, groups)
    if sd is None:
        raise ValueError("one cluster shows no spread")
    return sd


def _detectable(cases: int, clusters: int, sd: float) -> float | None:
    """Return the minimum detectable effect, but at least what this many clusters without a flip cannot rule out.

    None where no change would be found so often, since none is larger than 1.
    """
    effect = max(stats.minimum_detectable_effect(cases, sd), stats.paired_score_interval(0, 0, clusters)[1])
    return effect if effect <= 1 else None
