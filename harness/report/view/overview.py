"""What a reader sees before any detail: the forest plots, the accepted differences, the kinds of failure."""

from collections import Counter
from collections.abc import Sequence

from harness.records.compared import Comparison, Gate
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.drawing.plots import GAP, NARROW, WIDE, Forest, Kind, Line, draw_forest
from harness.report.evidence.evidence import Evidence
from harness.runs.outcome import RANK, binding
from harness.text.figures import NOTHING, interval, number, of_all, percent, signed, signed_count, signed_interval
from harness.text.shown import fact
from harness.verdicts.steadiness import unsteady_cases
from harness.verdicts.wording import accepted_in_words


class ForestView(Record, frozen=True, kw_only=True):
    """One forest plot as two SVG elements: for a wide page and for a narrow one."""

    caption: str
    wide: str
    narrow: str


class Judged(Record, frozen=True, kw_only=True):
    """One comparison as a row of a forest plot."""

    title: str
    kind: Kind
    comparison: Comparison
    gate: Gate


class CategoryRow(Record, frozen=True, kw_only=True):
    """How many answers of each side were given one failure category, and which share of all its answers they are."""

    name: str
    baseline: int
    baseline_share: str
    candidate: int
    candidate_share: str
    change: str


def forests_of(judged: Sequence[Judged], name: str) -> tuple[ForestView, ...]:
    """Return a plot of the differences of scores, and one of the ratios of quantities, where there are any."""
    scores = [one for one in judged if not one.comparison.unit]
    quantities = [one for one in judged if one.comparison.unit]
    plots = (
        (
            Forest(lines=_lines(scores), neutral=0.0, worse="left", axis="candidate minus baseline"),
            "Candidate minus baseline, paired by case, with 95 % intervals",
            f"{name}-differences",
        ),
        (
            Forest(lines=_lines(quantities), neutral=1.0, worse="right", axis="candidate over baseline"),
            "Time and tokens: candidate over baseline, with 95 % intervals; 1 means equal",
            f"{name}-ratios",
        ),
    )
    return tuple(
        ForestView(caption=caption, wide=draw_forest(plot, key, WIDE), narrow=draw_forest(plot, key, NARROW))
        for plot, caption, key in plots
        if any(line.estimate for line in plot.lines)
    )


def accepted_of(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """Return each accepted difference between the sides, in words."""
    found = dict.fromkeys(difference for comparison in comparisons for difference in comparison.accepted)
    return tuple(fact(accepted_in_words(difference), 300) for difference in found)


def categories_of(comparison: Comparison, evidence: Evidence) -> tuple[CategoryRow, ...]:
    """Count the failure categories of one comparison on both sides, what rose most first."""
    before, now = (evidence.categories(comparison, side) for side in ("baseline", "candidate"))
    return _rows(before, now, (evidence.judged(comparison, "baseline"), evidence.judged(comparison, "candidate")))


def all_categories(evidence: Evidence) -> tuple[CategoryRow, ...]:
    """Count in how many answers any scorer saw each failure."""
    answers = evidence.taken["baseline"].answers, evidence.taken["candidate"].answers
    return _rows(evidence.all_categories("baseline"), evidence.all_categories("candidate"), answers)


def counts_of(run: Run, evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """Return the figures that are shown next to the verdict."""
    gates = binding(run)
    outcomes = [verdict.outcome for verdict in gates]
    pinned = [one.outcome for one in run.pinned]
    advisory = len(run.verdicts) - len(gates)
    unscored = {
        evidence.identity(of, case_id) for of in (one.comparison for one in run.verdicts) for case_id in of.unscored
    }
    found = [(f"Gates {outcome}", f"{outcomes.count(outcome):,}") for outcome in RANK]
    found += [("Advisory gates", f"{advisory:,}")] if advisory else []
    found += [("Pinned cases passed", f"{pinned.count('passed'):,} of {len(pinned):,}")] if pinned else []
    found += [("Cases unscored", f"{len(unscored):,}")]
    part = run.until_decided
    found += [("Cases asked", of_all(part.asked, part.cases))] if part is not None and run.not_asked else []
    found += [("Cases left out", f"{run.left_out:,}")] if run.left_out else []
    found += [("Broken", f"{len(run.broken):,}")] if run.broken else []
    found += [("Tests unmeasured", f"{len(run.unmeasured):,}")] if run.unmeasured else []
    return tuple(found)


def _lines(judged: Sequence[Judged]) -> tuple[Line, ...]:
    """Return the rows of a plot; slices of one gate are together under its title."""
    lines, heading = [], None
    for one in judged:
        tag = one.comparison.tag
        if tag and heading != one.title:
            lines.append(Line(label=one.title))
        heading = one.title if tag else None
        lines.append(_line(one, f"{GAP}{fact(tag, 60)}" if tag else one.title))
    return tuple(lines)


def _line(one: Judged, label: str) -> Line:
    comparison, gate = one.comparison, one.gate
    if comparison.unit:
        estimate, limit = comparison.ratio, None if gate.max_rise is None else 1 + gate.max_rise
        write, write_interval = number, interval
    else:
        estimate, limit = comparison.best_difference, None if gate.max_drop is None else -gate.max_drop
        write, write_interval = signed, signed_interval
    return Line(
        label=label if not gate.advisory and _shows(estimate, limit, comparison.unit) else f"{label}{_elsewhere(one)}",
        figure=write(estimate.mean) if estimate else NOTHING,
        interval=write_interval(estimate) if estimate else "nothing scored",
        kind=one.kind,
        estimate=estimate,
        limit=limit,
        reach=_reach(one, estimate),
    )


def _reach(one: Judged, estimate: Estimate | None) -> float | None:
    """Return where the drawn mark would be if the candidate just reached its floor or ceiling; None without one."""
    gate, now = one.gate, one.comparison.best_candidate
    if estimate is None or now is None:
        return None
    if gate.floor is not None:
        return estimate.mean + gate.floor - now.mean
    return estimate.mean * gate.ceiling / now.mean if gate.ceiling is not None and now.mean > 0 else None


def _shows(estimate: Estimate | None, limit: float | None, unit: str) -> bool:
    """Tell whether the drawn mark is beyond the limit, which says enough."""
    if estimate is None or limit is None:
        return False
    return estimate.mean > limit if unit else estimate.mean < limit


def _elsewhere(one: Judged) -> str:
    """Say what failed a gate where its interval cannot show it; of an advisory one, that it failed nothing."""
    gate, now = one.gate, one.comparison.best_candidate
    if one.kind != "failed" or now is None:
        return ""
    if gate.advisory:
        return " (advisory)"
    said = [" (below its floor)"] if gate.floor is not None and now.mean < gate.floor else []
    said += [" (above its ceiling)"] if gate.ceiling is not None and now.mean > gate.ceiling else []
    lost = len(one.comparison.lost) - len(unsteady_cases(one.comparison))
    said += [f" (lost {lost:,})"] if gate.max_flips is not None and lost > gate.max_flips else []
    said += [" (below its lower bound)"] if gate.lower_bound is not None and now.mean < gate.lower_bound else []
    return said[0] if said else ""


def _rows(before: Counter[str], now: Counter[str], answers: tuple[int, int]) -> tuple[CategoryRow, ...]:
    names = sorted(before | now, key=lambda name: (before[name] - now[name], -now[name], name))
    return tuple(
        CategoryRow(
            name=fact(name, 80),
            baseline=before[name],
            baseline_share=_share(before[name], answers[0]),
            candidate=now[name],
            candidate_share=_share(now[name], answers[1]),
            change=signed_count(now[name] - before[name]),
        )
        for name in names
    )


def _share(count: int, answers: int) -> str:
    return percent(count / answers, 1) if answers else NOTHING
