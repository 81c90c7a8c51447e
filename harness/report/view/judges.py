"""How far the judges of a run can be trusted, and what labels make of their figures: a row for each judged comparison.

Slices of a comparison share a row, since they share the judge; what labels make of a slice is with its own figures.
"""

from collections.abc import Iterable, Iterator

from harness.records.compared import Comparison
from harness.records.estimate import Estimate
from harness.records.judged import APART, JudgeCheck, JudgeFigures, TooFewLabels
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.view.facts import readable
from harness.runs.test_ids import title
from harness.text.figures import NOTHING, count, interval, number, percent, signed, signed_interval
from harness.text.shown import fact
from harness.verdicts.label_wording import length_warning, missing_in_words

UNCHECKED = "never checked"
CHANGED = "not trusted any more"
UNKNOWN = "could not be checked again"
TRUST = {"trusted": "trusted", "untrusted": "not trusted", "too few labels": "too few labels to tell"}


class Cell(Record, frozen=True, kw_only=True):
    """A figure with what is written below it; ``is_against`` marks what speaks against the judge."""

    value: str
    below: str = ""
    is_against: bool = False


class JudgeRow(Record, frozen=True, kw_only=True):
    """What is known of the judge of one comparison, in words; ``details`` are folded."""

    anchor: str
    title: str
    judge: str
    trust: Cell
    flips: Cell
    wins: Cell
    raw: Cell
    corrected: Cell
    why: str
    details: tuple[tuple[str, str], ...]


def judge_rows(of: Iterable[tuple[str, str, Comparison]]) -> tuple[JudgeRow, ...]:
    """Return the rows, given the anchor, the test and the comparison of each section."""
    found: dict[str, JudgeRow] = {}
    for anchor, test_id, comparison in of:
        if comparison.judged is not None:
            found.setdefault(comparison.key or anchor, _row(anchor, test_id, comparison, comparison.judged))
    return tuple(found.values())


def judge_lines(run: Run) -> tuple[str, ...]:
    """Return what a reader must know of a run's judges: whose gates are advisory, or count without trust, and why.

    With them what labels make of a judge's figures, and where length alone moves a win rate far.
    """
    return tuple(dict.fromkeys(fact(line, 600) for test_id, one in run.comparisons for line in _told(test_id, one)))


def _told(test_id: str, comparison: Comparison) -> Iterator[str]:
    judged, name = comparison.judged, f"{title(test_id)}{f' on {comparison.tag}' if comparison.tag else ''}"
    if judged is None:
        return
    if doubt := _doubt(comparison, judged):
        yield doubt[:1].upper() + doubt[1:]
    if judged.difference is not None:
        seen, raw = judged.difference.corrected, judged.difference.raw
        yield (
            f"{name}: corrected by {count(judged.difference.labels, 'label')}, the difference is {signed(seen.mean)} "
            f"({signed_interval(seen)}); the judge alone says {signed(raw.mean)}"
        )
    elif judged.missing is not None and judged.missing.labels:
        yield f"{name}: not corrected, {missing_in_words(judged.missing)}"
    if warning := length_warning(judged):
        yield f"{name}: {warning}"


def _row(anchor: str, test_id: str, comparison: Comparison, judged: JudgeFigures) -> JudgeRow:
    wins = judged.lengths
    return JudgeRow(
        anchor=anchor,
        title=title(test_id),
        judge=fact(f"{judged.rubric} v{judged.version} by {judged.judge or 'a judge'}", 200),
        trust=_trust(judged),
        flips=_share(judged.flips),
        wins=Cell(value=NOTHING)
        if wins is None
        else Cell(
            value=f"{percent(wins.raw.mean, 1)} → {percent(wins.controlled.mean, 1)}",
            below=f"more than {100 * APART:.0f} points apart" if wins.far_apart else "",
            is_against=wins.far_apart,
        ),
        raw=Cell(value="by slice") if comparison.tag else _difference(comparison.delta),
        corrected=_corrected(comparison, judged),
        why=fact(_doubt(comparison, judged)),
        details=tuple(_details(comparison, judged)),
    )


def _doubt(comparison: Comparison, judged: JudgeFigures) -> str:
    """Return why the judge is not believed, or why its gates are inconclusive; empty where it is."""
    asked = f"whether {judged.judge} is still the judge that was checked could not be checked: {judged.unknown}"
    return comparison.untrusted or judged.waived or (asked if judged.unknown else "")


def _trust(judged: JudgeFigures) -> Cell:
    check = judged.check
    waived = "its gates count all the same" if judged.waived else ""
    if check is None:
        return Cell(value=UNCHECKED, below=waived, is_against=True)
    kappa = f"kappa {number(check.kappa.mean)} ({interval(check.kappa)})" if check.kappa else ""
    below = ", ".join(filter(None, (kappa, count(check.labels, "label"), waived)))
    value = CHANGED if judged.changed else UNKNOWN if judged.unknown else TRUST[check.outcome]
    return Cell(value=value, below=below, is_against=not judged.is_trusted)


def _corrected(comparison: Comparison, judged: JudgeFigures) -> Cell:
    if comparison.tag:
        return Cell(value="by slice")
    if judged.difference is not None:
        return _difference(judged.difference.corrected)
    return Cell(value=NOTHING, below=judged.uncorrectable or _missing(judged.missing))


def _missing(missing: TooFewLabels | None) -> str:
    if missing is None:
        return ""
    where = f" in {fact(missing.stratum, 40)}" if missing.stratum else ""
    return f"{missing.labels:,} of {count(missing.needed, 'label')} needed{where}"


def _difference(estimate: Estimate | None) -> Cell:
    return Cell(value=signed(estimate.mean), below=signed_interval(estimate)) if estimate else Cell(value=NOTHING)


def _share(estimate: Estimate | None) -> Cell:
    if estimate is None:
        return Cell(value=NOTHING)
    return Cell(value=percent(estimate.mean, 1), below=_between(estimate))


def _in_words(estimate: Estimate) -> str:
    return f"{percent(estimate.mean, 1)} ({_between(estimate)})"


def _between(estimate: Estimate) -> str:
    return f"{percent(estimate.low, 1)} to {percent(estimate.high, 1)} of {estimate.n:,}"


def _details(comparison: Comparison, judged: JudgeFigures) -> Iterator[tuple[str, str]]:
    """Yield what is folded: what the check found, how the judge behaved here, and how labels correct it."""
    if judged.check is not None:
        yield from _found(judged.check)
    if judged.lengths is not None:
        yield "win rate here", _in_words(judged.lengths.raw)
        yield "at equal length", f"{_in_words(judged.lengths.controlled)}; {fact(judged.lengths.controlled.method, 80)}"
    if judged.longer_wins is not None:
        yield "the longer answer wins here", _in_words(judged.longer_wins)
    known = None if comparison.tag else judged.difference
    if known is not None:
        told = "unknown" if known.correlation is None else number(known.correlation)
        yield "correlation of judge and people", f"{told}, lam {number(known.lam)}"
        yield "labels", f"{known.labels:,}, worth {known.effective_labels:,.0f} with the judge"
        yield "people alone", f"{signed(known.people.mean)} ({signed_interval(known.people)})"
    if not comparison.tag and judged.candidate is not None:
        seen, raw = judged.candidate.corrected, judged.candidate.raw
        yield "candidate by labels", f"{number(seen.mean)} ({interval(seen)}), the judge alone {number(raw.mean)}"


def _found(check: JudgeCheck) -> Iterator[tuple[str, str]]:
    if check.checked:
        yield "checked", readable(check.checked)
    if check.agreement is not None:
        yield "agrees with people", _in_words(check.agreement)
    if check.people is not None:
        yield "alpha among people", f"{number(check.people.mean)} ({interval(check.people)})"
    shares = (
        ("unreadable verdicts, when checked", check.unreadable),
        ("flips on swap, when checked", check.flips),
        ("same verdict when repeated", check.repeated),
    )
    yield from ((name, _in_words(one)) for name, one in shares if one is not None)
    leanings = (
        ("prefers the first place (1: always)", check.first_place),
        ("prefers length more than people do (1: always)", check.beyond_people),
    )
    yield from ((name, f"{signed(one.mean)} ({signed_interval(one)})") for name, one in leanings if one is not None)
