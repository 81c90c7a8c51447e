"""The view model of the page: everything the template prints, in reading order, as frozen records."""

import shlex
from collections.abc import Sequence
from datetime import datetime

from harness.records import (
    Answer,
    ClassTable,
    Comparison,
    Estimate,
    Gate,
    Judgement,
    ModelRef,
    Outcome,
    Pinned,
    Record,
    Run,
    Verdict,
)
from harness.report import words
from harness.report.cases import (
    AnswerView,
    CategoryRow,
    Evidence,
    MessageView,
    PairGroup,
    answer_view,
    groups_of,
    messages_view,
    shared_system,
)
from harness.report.plots import Axis, Plot, difference_axis, difference_plot, level_plot
from harness.report.shown import Shown, fact, show

PINNED_SHOWN = 200
HEAT_LEVELS = 5


class Figure(Record, kw_only=True):
    """One row of a comparison's figures, all in words."""

    name: str
    value: str
    interval: str
    n: str
    method: str


class ClassRow(Record, kw_only=True):
    """One class with (baseline, candidate) texts for each figure."""

    label: str
    support: str
    figures: tuple[tuple[str, str], ...]


class ConfusionCell(Record, kw_only=True):
    """One count; ``heat`` is its share of the row in steps."""

    count: int
    heat: int
    right: bool


class Confusion(Record, kw_only=True):
    """One side's confusion matrix."""

    side: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ConfusionCell, ...]], ...]


class ClassView(Record, kw_only=True):
    """Per-class figures of both sides."""

    rows: tuple[ClassRow, ...]
    accuracy: tuple[str, str]
    confusions: tuple[Confusion, ...]


class ComparisonView(Record, kw_only=True):
    """One comparison with its evidence; the gate's fields are empty where no gate judges it."""

    anchor: str
    title: str
    suite: str
    test_id: str
    scorer: str
    outcome: Outcome | None
    advisory: bool
    reasons: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]
    baseline: str
    candidate: str
    difference: str
    difference_interval: str
    figures: tuple[Figure, ...]
    cases: int
    lost: int
    won: int
    unscored: int
    detectable: str
    difference_plot: Plot | None
    level_plot: Plot | None
    groups: tuple[PairGroup, ...]
    unremarkable: int
    system: Shown | None
    categories: tuple[CategoryRow, ...]
    classes: ClassView | None
    settings: tuple[tuple[str, str], ...]


class PinnedCase(Record, kw_only=True):
    """A pinned case that did not pass, with what the candidate answered."""

    case_id: str
    outcome: Outcome
    reason: Shown
    messages: tuple[MessageView, ...]
    answers: tuple[AnswerView, ...]


class PinnedTest(Record, kw_only=True):
    """A test that runs once for each case."""

    anchor: str
    title: str
    suite: str
    test_id: str
    outcome: Outcome
    total: int
    passed: int
    cases: tuple[PinnedCase, ...]
    not_shown: tuple[str, ...]


class Page(Record, kw_only=True):
    """The whole report."""

    outcome: Outcome
    headline: str
    next_step: str
    run_id: str
    time: str
    machine_time: str
    baseline: str
    candidate: str
    counts: tuple[tuple[str, str], ...]
    broken: tuple[str, ...]
    axis: Axis
    gates: tuple[ComparisonView, ...]
    measures: tuple[ComparisonView, ...]
    pinned: tuple[PinnedTest, ...]
    models: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    timings: tuple[tuple[str, str], ...]
    command: str


def page_of(run: Run, answers: Sequence[Answer], judgements: Sequence[Judgement]) -> Page:
    """Return everything that the template prints."""
    evidence = Evidence(answers, judgements)
    verdicts = sorted(run.verdicts, key=lambda verdict: (words.RANK[verdict.outcome], verdict.gate.advisory))
    compared = [verdict.comparison for verdict in verdicts] + [measure.comparison for measure in run.measures]
    axis = difference_axis(
        [comparison.delta for comparison in compared], [verdict.gate.max_drop for verdict in verdicts]
    )
    gates = [_gate(verdict, f"gate-{index}", axis, evidence) for index, verdict in enumerate(verdicts, start=1)]
    measures = [
        _comparison(measure.test_id, measure.comparison, f"measure-{index}", axis, evidence)
        for index, measure in enumerate(run.measures, start=1)
    ]
    return Page(
        outcome=words.overall(run),
        headline=words.headline(run),
        next_step=words.next_step(run),
        run_id=fact(run.id, 120),
        time=_readable(run.time),
        machine_time=run.time,
        baseline=fact(run.baseline.name, 80),
        candidate=fact(run.candidate.name, 80),
        counts=_counts(run),
        broken=tuple(fact(test, 2_000) for test in run.broken),
        axis=axis,
        gates=tuple(gates),
        measures=tuple(measures),
        pinned=_pinned(run.pinned, evidence),
        models=_models(run.baseline, run.candidate),
        facts=_facts(run),
        versions=_pairs(run.versions),
        timings=tuple((fact(name, 80), _seconds(spent)) for name, spent in run.timings.items()),
        command=command_line(run.command),
    )


def command_line(command: Sequence[str]) -> str:
    """Return the command as a shell takes it, without the folder of the program or of any argument."""
    return fact(shlex.join(command), 4_000) if command else ""


def _gate(verdict: Verdict, anchor: str, axis: Axis, evidence: Evidence) -> ComparisonView:
    comparison, gate = verdict.comparison, verdict.gate
    return _comparison(
        verdict.test_id,
        comparison,
        anchor,
        axis,
        evidence,
        gate=gate,
        outcome=verdict.outcome,
        reasons=verdict.reasons,
    )


def _comparison(
    test_id: str,
    comparison: Comparison,
    anchor: str,
    axis: Axis,
    evidence: Evidence,
    *,
    gate: Gate | None = None,
    outcome: Outcome | None = None,
    reasons: Sequence[str] = (),
) -> ComparisonView:
    raise NotImplementedError
