"""Every sentence of a verdict: the reasons of each threshold, and the lines for the terminal around them."""

from collections import Counter
from collections.abc import Sequence

from harness.records.compared import (
    OUTCOMES,
    Comparison,
    Difference,
    Gate,
    Noise,
    Row,
    Slices,
    Verdict,
)
from harness.records.estimate import Estimate
from harness.records.in_columns import Rows
from harness.records.record import Record
from harness.text.figures import count_cases, in_unit, round_up, tell_apart, too_few_cases
from harness.text.visible import for_terminal
from harness.verdicts.compare import belongs, scored_cases
from harness.verdicts.short_figures import whole_of
from harness.verdicts.steadiness import unsteady_cases

SHOWN = 3
"""Number of case ids, or of kinds of reasons, that are named."""
NOT_A_NUMBER = "a mean of this comparison is not a number; score the answers again"
RISE_WITHOUT_GUARANTEE = (
    "no method guarantees max_rise, since a quantity has no upper end; "
    "judge it with guarantee=False, by a ceiling, or as advisory"
)
STEADIER = 'make the engine steadier (dtype = "float32", temperature 0)'
NO_RATIO = "the ratio of the two sides is not known; measure again"


class Chance(Record, frozen=True, kw_only=True):
    """How likely chance explains what a gate fails by: its p value alone, and corrected for all slices of its gate.

    Slices with more unscored cases than allowed count with the best that their missing answers could be.
    """

    p_value: float
    corrected: float
    slices: int


class Chances(Record, frozen=True, kw_only=True):
    """What chance explains of a slice, for each thing that it can be accused of; None where nothing is corrected.

    ``drop`` is of the paired difference, ``below`` of the candidate's mean below its lower bound.
    """

    drop: Chance | None = None
    below: Chance | None = None


def wording(verdict: Verdict, report: str | None = None) -> str:
    """Return a verdict as lines for the terminal: reasons, figures, then the worst cases and the report's path.

    Control characters and similar ones are always shown as escapes.
    """
    comparison = verdict.comparison
    first, *others = verdict.reasons
    cases = f"{_cases(comparison)}{f' of {for_terminal(comparison.tag)}' if comparison.tag else ''}"
    lines = [f"{for_terminal(comparison.scorer)} on {cases}: {for_terminal(first, None)}"]
    lines += [f"  also: {for_terminal(reason, None)}" for reason in others]
    lines.append(f"  {_figures(comparison)}")
    if comparison.judged is not None:
        from harness.verdicts.label_wording import judge_lines

        lines += [f"  {line}" for line in judge_lines(comparison)]
    lines += [f"  accepted difference: {accepted_in_words(one)}" for one in comparison.accepted]
    tail = (
        [f"worst: {', '.join(for_terminal(case_id) for case_id in comparison.lost[:SHOWN])}"] if comparison.lost else []
    )
    tail += [f"report: {for_terminal(report, None)}"] if report else []
    return "\n".join([*lines, f"  {'        '.join(tail)}"] if tail else lines)


def _cases(comparison: Comparison) -> str:
    """Return how many cases were scored; of a short suite also how many the whole has."""
    scored = scored_cases(comparison)
    return f"{scored:,} of {whole_of(comparison):,} cases" if comparison.short else count_cases(scored)


def accepted_in_words(difference: Difference) -> str:
    """Return an accepted difference as text for people; control characters are shown as escapes."""
    before, now = for_terminal(difference.baseline), for_terminal(difference.candidate)
    return f"{difference.name}: baseline {before}, candidate {now}"


def _figures(comparison: Comparison) -> str:
    baseline, candidate, delta = comparison.baseline_mean, comparison.candidate_mean, comparison.delta
    unscored = f"unscored {len(comparison.unscored)}"
    if baseline is None or candidate is None or delta is None:
        return f"nothing scored on both sides; {unscored}"
    if comparison.unit:
        return f"{figures_of_quantity(comparison)}{f'; {unscored}' if comparison.unscored else ''}"
    figure = f"{comparison.figure}: " if comparison.figure else ""
    return (
        f"{figure}baseline {baseline.mean:z.3f}, candidate {candidate.mean:z.3f}, difference {delta.mean:z.3f} "
        f"[{delta.low:z.3f}, {delta.high:z.3f}] at 95 %; "
        f"lost {len(comparison.lost)}{_unsteady(comparison)}, won {len(comparison.won)}"
        f"{f'; {unscored}' if comparison.unscored else ''}"
    )


def _unsteady(comparison: Comparison) -> str:
    unsteady = len(unsteady_cases(comparison))
    return f" ({unsteady} unsteady)" if unsteady else ""


def figures_of_quantity(comparison: Comparison) -> str:
    """Return both sides' figures, and their ratio with its interval, as text."""
    baseline, candidate, ratio = comparison.baseline_mean, comparison.candidate_mean, comparison.ratio
    if baseline is None or candidate is None or ratio is None:
        return "nothing measured on both sides"
    unit = comparison.unit
    return (
        f"baseline {in_unit(baseline.mean, unit)}, candidate {in_unit(candidate.mean, unit)}, "
        f"ratio {ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}] at 95 %"
    )


def slices_wording(slices: Slices, verdicts: Sequence[Verdict], report: str | None = None) -> str:
    """Return the verdicts as lines for the terminal: the number of each outcome, then every slice that did not pass."""
    counts = [(sum(verdict.outcome == one for verdict in verdicts), one) for one in OUTCOMES]
    outcomes = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
    lines = [f"{len(verdicts)} slices by {slices.name!r}: {outcomes}{_left_out(slices)}"]
    held = sorted((one for one in verdicts if one.outcome != "passed"), key=lambda one: OUTCOMES.index(one.outcome))
    lines += [wording(verdict, report if verdict is held[-1] else None) for verdict in held]
    return "\n".join(lines)


def _left_out(slices: Slices) -> str:
    rows = Rows.of(slices.comparison.rows)
    without = sum(rows.tags.each(lambda tags: not any(belongs(tag, slices.name) for tag in tags)))
    if not without:
        return ""
    return f"; {without} of {len(rows)} cases {'is' if without == 1 else 'are'} in no slice"


def nothing_scored(rows: Sequence[Row]) -> str:
    """Say why a comparison has no scored case."""
    if not rows:
        return "no cases, so nothing was measured; check the case file and which tests were selected"
    return f"none of {count_cases(len(rows))} is scored on both sides: {_unscored_reasons(rows)}"


def too_many_unscored(comparison: Comparison, allowed: int) -> str:
    """Say how many cases have no score, and why."""
    count = len(comparison.unscored)
    return f"{count} unscored, more than the allowed {allowed}: {_unscored_reasons(comparison.rows)}"


def whatever_answered(reason: str, best: str, comparison: Comparison) -> str:
    """Say that a threshold is missed also with the best missing answers; ``best`` says by what it is missed then."""
    at_best = "" if best == reason else f" ({best})"
    return f"{reason}; with the best answers to {_unscored(comparison)} it would fail too{at_best}"


def could_change(reason: str, comparison: Comparison) -> str:
    """Say that the missing answers could turn a failure of the scored cases."""
    scored = f"{scored_cases(comparison)} of {count_cases(len(comparison.rows))}"
    return f"{reason}, on {scored}; the answers to {_unscored(comparison)} could change that"


def beyond_chance(reason: str, chance: Chance) -> str:
    """Say that chance does not explain a failure; of a gate that was tested alone that goes without saying."""
    if chance.slices == 1:
        return reason
    return f"{reason}; beyond chance: {_p_values(chance)}"


def maybe_chance_flips(reason: str, chance: Chance) -> str:
    """Say that the lost cases of a slice may be no more than equal sides would lose there."""
    return (
        f"{reason}, but equal sides can lose as many more than they win: {_p_values(chance)}; "
        "more cases with this tag would show whether it is a drop"
    )


def maybe_chance(reason: str, chance: Chance) -> str:
    """Say that chance can explain what a gate would fail by."""
    more = "more cases" if chance.slices == 1 else "more cases with this tag"
    return f"{reason}, which could be chance: {_p_values(chance)}; {more} would show whether it is"


def dropped(drop: float, margin: float) -> str:
    """Say that the mean fell by more than it may."""
    got, allowed = tell_apart(drop, margin)
    return f"dropped by {got}, more than the allowed {allowed}"


def drop_ruled_out(margin: float, gate: Gate) -> str:
    """Say that a larger drop is ruled out."""
    how = "one-sided 95 %, guaranteed" if gate.guarantee else "one-sided 95 %"
    return f"a drop of more than {margin:g} is ruled out ({how})"


def never_enough(cases: int, gate: Gate, fewest: int, needed: int | None) -> str:
    """Say that so few cases can't pass, whatever their answers."""
    enough = f", and about {round_up(needed)} would be enough" if needed and round_up(needed) > fewest else ""
    return (
        f"{too_few_cases(cases)} to rule out a drop of {gate.max_drop:g}, whatever the answers: "
        f"at least {fewest} are needed{enough}{_or_limit_flips(gate)}"
    )


def too_few_for_drop(delta: Estimate, gate: Gate, needed: int | None) -> str:
    """Say what would decide about a drop; ``needed`` is None when all cases are in one group."""
    said = f"rule out a drop of {gate.max_drop:g}"
    if needed is None:
        return (
            f"{count_cases(delta.n)} cannot {said}: all are in one group, which can't show how much groups differ; "
            "add cases of other groups"
        )
    if needed > delta.n:
        return f"{too_few_cases(delta.n)} to {said}; about {round_up(needed)} would be enough{_or_limit_flips(gate)}"
    return (
        f"{count_cases(delta.n)} cannot {said}, though about {round_up(needed)} would be enough if the sides were "
        f"equal: the difference seen is {delta.mean:z.3f}; more cases tell a real drop from chance"
    )


def _or_limit_flips(gate: Gate) -> str:
    return ". Or limit the number of lost cases with max_flips" if gate.max_flips is None else ""


def too_few_for_corpus_drop(delta: Estimate, gate: Gate, needed: int | None) -> str:
    """Say what would decide about a drop of a figure of all answers; ``needed`` is None for cases of one group."""
    if needed is None or needed <= delta.n:
        return too_few_for_drop(delta, gate, needed)
    return (
        f"{too_few_cases(delta.n)} to rule out a drop of {gate.max_drop:g}; about {round_up(needed)} would be enough, "
        "fewer if they are added where there are fewest"
    )


def without_guarantee(figure: str) -> str:
    """Say that a drop of a figure of all answers is never ruled out for certain."""
    return f"no test guarantees that {figure} did not drop; gate the mean, or judge it with guarantee=False"


def mean_drowned(noise: Noise, cases: int, chance: float, margin: float) -> str:
    """Say that chance moves a mean by more than the margin."""
    return drowned(noise, f"moves a mean over {count_cases(cases)} by {chance:.3f}", f"{margin:g}")


def ceiling_met_or_missed(figure: float, ceiling: float, unit: str, slack: float) -> str:
    """Say where the candidate's figure is, compared to the ceiling."""
    got = in_unit(figure, unit)
    if figure <= ceiling + slack:
        return f"candidate {got} is within the ceiling of {ceiling:g} {unit}"
    if got == in_unit(ceiling, unit):
        got = f"{figure:.9g} {unit}"
    return f"candidate {got} is above the ceiling of {ceiling:g} {unit}"


def rose(ratio: Estimate, allowed: float) -> str:
    """Say that a quantity rose by more than it may."""
    return f"rose by {_percent(ratio.mean - 1)}, more than the allowed {_percent(allowed)}"


def maybe_rose(ratio: Estimate, allowed: float) -> str:
    """Say that a quantity may have risen by chance alone."""
    return f"{rose(ratio, allowed)}, which could be chance: more cases would show whether it is"


def rise_ruled_out(allowed: float) -> str:
    """Say that a larger rise is ruled out."""
    return f"a rise of more than {_percent(allowed)} is ruled out (one-sided 95 %)"


def too_few_for_rise(ratio: Estimate, allowed: float, needed: int) -> str:
    """Say what would decide about a rise."""
    said = f"rule out a rise of {_percent(allowed)}"
    if needed > ratio.n:
        return f"{too_few_cases(ratio.n)} to {said}; about {round_up(needed)} would be enough"
    return (
        f"{count_cases(ratio.n)} cannot {said}, though this many would be enough if the sides were equal: "
        f"the ratio seen is {ratio.mean:.3f}; more cases tell a real rise from chance"
    )


def _unscored(comparison: Comparison) -> str:
    count = len(comparison.unscored)
    return "the unscored case" if count == 1 else f"the {count} unscored cases"


def _p_values(chance: Chance) -> str:
    alone, corrected = _p(chance.p_value), _p(chance.corrected)
    if chance.slices == 1:
        return f"p {alone}"
    return f"p {alone} for this slice alone, {corrected} corrected for {chance.slices} slices"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "below 0.001"


def _unscored_reasons(rows: Sequence[Row]) -> str:
    """Name the most frequent reasons, each with its number of cases where there are several."""
    counted = Counter(filter(None, Rows.of(rows).unscored))
    if len(counted) == 1:
        return for_terminal(next(iter(counted)))
    named = [f"{for_terminal(reason)} ({count_cases(count)})" for reason, count in counted.most_common(SHOWN)]
    left = len(counted) - len(named)
    return "; ".join([*named, f"and {left} more kinds"] if left else named)


def drowned(noise: Noise, effect: str, allowed: str) -> str:
    """Say that chance alone does more to the baseline's own answers than is allowed."""
    return (
        f"asking the baseline again changed {noise.scores_changed} of {noise.scored} scores: chance alone {effect}, "
        f"more than the allowed {allowed}; {STEADIER}, or add cases"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
