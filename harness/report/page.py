"""The view model of the page: everything the template prints, in reading order, as frozen records."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from harness.records import Gate, ModelRef, Outcome, Record, Verdict
from harness.report import words
from harness.report.cases import PAIRS_SHOWN, PairGroup, groups_of, shared_system
from harness.report.evidence import CategoryRow, Evidence, categories_of, shown_cases
from harness.report.figures import Figures, figures_of
from harness.report.pinned import PinnedTest, pinned_tests
from harness.report.plots import Axis, difference_axis
from harness.report.shown import Shown, fact, hide_paths
from harness.report.trust import proof
from harness.run_records import Answer, Judgement, Measure, Run

DIGEST_SHOWN = 16


class Decision(Record, frozen=True, kw_only=True):
    """What a gate decided, and from which thresholds."""

    outcome: Outcome
    advisory: bool
    reasons: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]


class Section(Record, frozen=True, kw_only=True):
    """One comparison with its evidence. ``decision`` is None where no gate judges it."""

    anchor: str
    title: str
    suite: str
    test_id: str
    decision: Decision | None
    figures: Figures
    system: Shown | None
    groups: tuple[PairGroup, ...]
    not_listed: int
    categories: tuple[CategoryRow, ...]


class Page(Record, frozen=True, kw_only=True):
    """The whole report."""

    outcome: Outcome
    headline: str
    next_step: str
    run_id: str
    time: str
    baseline: str
    candidate: str
    counts: tuple[tuple[str, str], ...]
    broken: tuple[str, ...]
    unmeasured: tuple[str, ...]
    axis: Axis
    gates: tuple[Section, ...]
    measures: tuple[Section, ...]
    pinned: tuple[PinnedTest, ...]
    models: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    timings: tuple[tuple[str, str], ...]
    command: str


def page_of(run: Run, answers: Iterable[Answer], judgements: Iterable[Judgement]) -> Page:
    """Return everything that the template prints; the gates that count come first, the worst of them on top."""
    evidence = Evidence(answers, judgements, shown_cases(run, PAIRS_SHOWN))
    verdicts = sorted(run.verdicts, key=lambda verdict: (verdict.gate.advisory, words.RANK[verdict.outcome]))
    deltas = [verdict.comparison.delta for verdict in verdicts] + [one.comparison.delta for one in run.measures]
    axis = difference_axis(deltas, [verdict.gate.max_drop for verdict in verdicts])
    return Page(
        outcome=words.overall(run),
        headline=words.headline(run),
        next_step=words.next_step(run),
        run_id=fact(run.id, 120),
        time=_readable(run.time),
        baseline=fact(run.baseline.name, 80),
        candidate=fact(run.candidate.name, 80),
        counts=_counts(run),
        broken=tuple(fact(test) for test in run.broken),
        unmeasured=tuple(fact(test) for test in run.unmeasured),
        axis=axis,
        gates=tuple(_section(verdict, f"gate-{n}", axis, evidence) for n, verdict in enumerate(verdicts, start=1)),
        measures=tuple(_section(one, f"measure-{n}", axis, evidence) for n, one in enumerate(run.measures, start=1)),
        pinned=pinned_tests(run.pinned, evidence),
        models=_models(run.baseline, run.candidate),
        facts=_facts(run),
        versions=tuple((fact(name, 80), fact(version, 200)) for name, version in sorted(run.versions.items())),
        timings=tuple((fact(name, 80), _duration(seconds)) for name, seconds in run.timings.items()),
        command=command_line(run.command),
    )


def command_line(command: Sequence[str]) -> str:
    """Return the command as a shell takes it; the program by its name, no absolute path anywhere.

    >>> command_line(["/home/ada/.venv/bin/pytest", "suites/", "--candidate", "adapters/a b"])
    "pytest suites/ --candidate 'adapters/a b'"
    """
    if not command:
        return ""
    program = command[0].replace("\\", "/").rpartition("/")[2]
    return fact(shlex.join([program, *map(hide_paths, command[1:])]), 4_000)


def _section(source: Verdict | Measure, anchor: str, axis: Axis, evidence: Evidence) -> Section:
    comparison = source.comparison
    groups = groups_of(comparison, evidence, anchor)
    return Section(
        anchor=anchor,
        title=words.title(source.test_id),
        suite=words.suite_of(source.test_id),
        test_id=fact(source.test_id, 400),
        decision=_decision(source) if isinstance(source, Verdict) else None,
        figures=figures_of(comparison, source.gate if isinstance(source, Verdict) else Gate(), axis),
        system=shared_system(groups),
        groups=groups,
        not_listed=len(comparison.rows) - sum(group.total for group in groups),
        categories=categories_of(comparison, evidence),
    )


def _decision(verdict: Verdict) -> Decision:
    return Decision(
        outcome=verdict.outcome,
        advisory=verdict.gate.advisory,
        reasons=tuple(reason[:1].upper() + reason[1:] for reason in map(fact, verdict.reasons)),
        thresholds=words.thresholds(verdict.gate),
    )


def _counts(run: Run) -> tuple[tuple[str, str], ...]:
    gates = words.binding(run)
    outcomes = [verdict.outcome for verdict in gates]
    pinned = [one.outcome for one in run.pinned]
    advisory = len(run.verdicts) - len(gates)
    unscored = {case_id for verdict in run.verdicts for case_id in verdict.comparison.unscored}
    found = [(f"Gates {outcome}", f"{outcomes.count(outcome):,}") for outcome in words.RANK]
    found += [("Advisory gates", f"{advisory:,}")] if advisory else []
    found += [("Pinned cases passed", f"{pinned.count('passed'):,} of {len(pinned):,}")] if pinned else []
    found += [("Cases unscored", f"{len(unscored):,}")]
    found += [("Tests broken", f"{len(run.broken):,}")] if run.broken else []
    found += [("Tests unmeasured", f"{len(run.unmeasured):,}")] if run.unmeasured else []
    return tuple(found)


def _models(baseline: ModelRef, candidate: ModelRef) -> tuple[tuple[str, str, str], ...]:
    return (
        ("Adapter", fact(baseline.adapter or "none", 200), fact(candidate.adapter or "none", 200)),
        ("Adapter digest", _short(baseline.adapter_digest), _short(candidate.adapter_digest)),
        ("Base model", fact(baseline.base, 200), fact(candidate.base, 200)),
        ("Base model digest", _short(baseline.base_digest), _short(candidate.base_digest)),
        ("Chat template digest", _short(baseline.template_digest), _short(candidate.template_digest)),
    )


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    return (
        ("Run", fact(run.id, 120)),
        ("Time", _readable(run.time)),
        ("Engine", fact(run.engine, 400) or words.NOTHING),
        ("Judge", fact(run.judge, 400) or "none"),
        ("Fingerprint", fact(run.fingerprint, 200) or words.NOTHING),
        *((f"Proof that {fact(probe.adapter, 80)} answered", proof(probe)) for probe in run.probes),
    )


def _short(digest: str | None) -> str:
    return words.NOTHING if digest is None else fact(digest, 200) if len(digest) < 64 else f"{digest[:DIGEST_SHOWN]}…"


def _readable(time: str) -> str:
    try:
        moment = datetime.fromisoformat(time).astimezone(UTC)
    except ValueError:
        return fact(time, 80)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
