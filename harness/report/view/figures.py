"""The numbers of one comparison in words and plots: means, difference, thresholds, classes, settings."""

from collections.abc import Callable, Iterator

from harness.records.compared import ClassTable, Comparison
from harness.records.estimate import Estimate
from harness.records.judged import JudgeFigures
from harness.records.record import Record
from harness.report.evidence.budget import MOST_LABELS
from harness.report.view.trust import noise
from harness.text.figures import NOTHING, changed, interval, measured, number, of_all, signed, signed_interval
from harness.text.shown import fact
from harness.verdicts.steadiness import unsteady_cases

HEAT_LEVELS = 5
ROWS_FOR_LABEL = 10
"""Rows of classes that are shown for each label that a confusion matrix can have."""


class Figure(Record, frozen=True, kw_only=True):
    """One row of a comparison's figures, all in words."""

    name: str
    value: str
    interval: str
    n: str
    method: str


class ClassRow(Record, frozen=True, kw_only=True):
    """One class: how many cases have it, then (baseline, candidate) for precision, recall and F1."""

    label: str
    support: str
    figures: tuple[tuple[str, str], ...]


class ConfusionCell(Record, frozen=True, kw_only=True):
    """One count; ``heat`` is its share of the row in steps."""

    count: int
    heat: int
    right: bool


class ConfusionRow(Record, frozen=True, kw_only=True):
    """How the cases of one class were answered."""

    label: str
    cells: tuple[ConfusionCell, ...]


class Confusion(Record, frozen=True, kw_only=True):
    """One side's confusion matrix."""

    side: str
    labels: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]


class Classes(Record, frozen=True, kw_only=True):
    """Per-class figures of both sides."""

    rows: tuple[ClassRow, ...]
    baseline_accuracy: str
    candidate_accuracy: str
    confusions: tuple[Confusion, ...]
    """None where there are too many labels for the page."""
    more: int
    """How many classes are left out."""


class Figures(Record, frozen=True, kw_only=True):
    """All numbers of one comparison, by what they are called. Of a quantity nothing is lost or won."""

    scorer: str
    unit: str
    figure: str
    baseline: str
    candidate: str
    difference: str
    difference_interval: str
    corrected: str
    """The difference that labels make of it, with its interval; empty where they correct nothing."""
    table: tuple[Figure, ...]
    cases: int
    asked: str
    """How many cases that is, and of how many where a part decided, in words."""
    lost: int
    unsteady: int
    """How many of the lost cases are unsteady."""
    won: int
    unscored: int
    detectable: str
    noise: str
    classes: Classes | None
    settings: tuple[tuple[str, str], ...]


def figures_of(comparison: Comparison, labels: int = MOST_LABELS) -> Figures:
    """Return the comparison's numbers; confusion matrices of at most so many labels."""
    delta, unit = comparison.delta, comparison.unit
    before, now, figure = comparison.baseline_mean, comparison.candidate_mean, comparison.figure or "mean"
    table = [
        _figure("Baseline", before, lambda value: measured(value, unit), lambda one: interval(one, unit)),
        _figure("Candidate", now, lambda value: measured(value, unit), lambda one: interval(one, unit)),
        _figure("Difference", delta, lambda value: changed(value, unit), lambda one: signed_interval(one, unit)),
    ]
    if comparison.judged is not None:
        table += _by_labels(comparison.judged)
    if unit:
        table.append(_figure("Ratio", comparison.ratio, number, interval))
    if comparison.not_asked:
        table.append(_asked(comparison))
    return Figures(
        scorer=fact(comparison.scorer, 300),
        unit=fact(unit, 20),
        figure=figure[:1].upper() + figure[1:],
        baseline=measured(before.mean, unit) if before else NOTHING,
        candidate=measured(now.mean, unit) if now else NOTHING,
        difference=changed(delta.mean, unit) if delta else NOTHING,
        difference_interval=signed_interval(delta, unit) if delta else "",
        corrected=_corrected(comparison.judged),
        table=tuple(table),
        cases=len(comparison.rows),
        asked=of_all(len(comparison.rows), comparison.in_all),
        lost=len(comparison.lost),
        unsteady=len(unsteady_cases(comparison)),
        won=len(comparison.won),
        unscored=len(comparison.unscored),
        detectable=number(comparison.detectable) if comparison.detectable is not None else "",
        noise=noise(comparison.noise) if comparison.noise else "",
        classes=_classes(comparison.baseline_classes, comparison.candidate_classes, labels),
        settings=tuple((fact(name, 80), fact(value, 400)) for name, value in comparison.fingerprint.items()),
    )


def _asked(comparison: Comparison) -> Figure:
    """Return how many cases were asked, where these are not all."""
    value = of_all(len(comparison.rows), comparison.in_all)
    method = "the others are in no figure here"
    return Figure(name="Cases asked", value=value, interval=NOTHING, n=NOTHING, method=method)


def _by_labels(judged: JudgeFigures) -> Iterator[Figure]:
    """Yield what labels make of a judge's figures; nothing where they are too few."""
    if judged.candidate is not None:
        yield _figure("Candidate, by labels", judged.candidate.corrected, number, interval)
    if judged.difference is not None:
        yield _figure("Difference, by labels", judged.difference.corrected, signed, signed_interval)


def _corrected(judged: JudgeFigures | None) -> str:
    if judged is None or judged.difference is None:
        return ""
    seen = judged.difference.corrected
    return f"{signed(seen.mean)} ({signed_interval(seen)})"


def _figure(
    name: str, estimate: Estimate | None, write: Callable[[float], str], write_interval: Callable[[Estimate], str]
) -> Figure:
    if estimate is None:
        return Figure(name=name, value=NOTHING, interval=NOTHING, n="0", method="no case is scored on both sides")
    return Figure(
        name=name,
        value=write(estimate.mean),
        interval=write_interval(estimate),
        n=f"{estimate.n:,}",
        method=fact(estimate.method, 200),
    )


def _classes(baseline: ClassTable | None, candidate: ClassTable | None, most: int) -> Classes | None:
    if baseline is None or candidate is None:
        return None
    labels = list(dict.fromkeys([*baseline.labels, *candidate.labels]))
    shown = labels[: ROWS_FOR_LABEL * most]
    drawn = len(labels) <= most
    return Classes(
        rows=tuple(_class_row(label, baseline, candidate) for label in shown),
        more=len(labels) - len(shown),
        baseline_accuracy=number(baseline.accuracy),
        candidate_accuracy=number(candidate.accuracy),
        confusions=(_confusion("Baseline", baseline), _confusion("Candidate", candidate)) if drawn else (),
    )


def _class_row(label: str, baseline: ClassTable, candidate: ClassTable) -> ClassRow:
    left, right = _class_figures(label, baseline), _class_figures(label, candidate)
    supports = [table.support[table.labels.index(label)] for table in (baseline, candidate) if label in table.labels]
    same = " / ".join(dict.fromkeys(f"{support:,}" for support in supports))
    return ClassRow(label=fact(label, 120), support=same, figures=tuple(zip(left, right, strict=True)))


def _class_figures(label: str, table: ClassTable) -> tuple[str, str, str]:
    if label not in table.labels:
        return NOTHING, NOTHING, NOTHING
    place = table.labels.index(label)
    return number(table.precision[place]), number(table.recall[place]), number(table.f1[place])


def _confusion(side: str, table: ClassTable) -> Confusion:
    labels = tuple(fact(label, 120) for label in table.labels)
    rows = []
    for index, counts in enumerate(table.confusion):
        total = sum(counts)
        cells = [
            ConfusionCell(count=count, heat=round(HEAT_LEVELS * count / total) if total else 0, right=index == other)
            for other, count in enumerate(counts)
        ]
        rows.append(ConfusionRow(label=labels[index], cells=tuple(cells)))
    return Confusion(side=side, labels=labels, rows=tuple(rows))
