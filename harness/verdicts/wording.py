"""A verdict as lines for the terminal: its reasons, its figures, and the worst cases."""

from collections.abc import Sequence

from harness.records.compared import OUTCOMES, Comparison, Difference, Slices, Verdict
from harness.records.in_columns import Rows
from harness.text.figures import count_cases, in_unit
from harness.text.visible import for_terminal
from harness.verdicts.compare import belongs, scored_cases
from harness.verdicts.steadiness import unsteady_cases

SHOWN = 3
"""Number of case ids that are named."""


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
    return f"{scored:,} of {comparison.in_all:,} cases" if comparison.short else count_cases(scored)


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
