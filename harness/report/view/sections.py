"""From the verdicts and measures of a run to the sections of its page: worst first, slices of one gate together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from harness.records.compared import Comparison, Outcome, Verdict
from harness.records.leaked import NearRows
from harness.records.record import Record
from harness.records.saved import Measure, Run
from harness.report.evidence.budget import Budget, shown_in
from harness.report.evidence.evidence import Evidence
from harness.report.view import overview
from harness.report.view.cases import PairGroup, Subject, groups_of, shared_system, shared_tools
from harness.report.view.figures import Figures, figures_of
from harness.report.view.moves import Moves, Places, moves_in, moves_of
from harness.report.view.shared import SharedView
from harness.report.view.spread import CalibrationView, calibration_of
from harness.report.view.trends import Trend, renewed_sentence, trend_of
from harness.runs.history import GateKey, PastRun, Point, earlier_than, gate_history, point_of
from harness.runs.outcome import RANK
from harness.runs.renewed import Renewed
from harness.runs.test_ids import suite_of, title
from harness.text.shown import Shown, fact
from harness.verdicts.thresholds import thresholds


class Decision(Record, frozen=True, kw_only=True):
    """What a gate decided, and from which thresholds."""

    outcome: Outcome
    advisory: bool
    reasons: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]


class Section(Record, frozen=True, kw_only=True):
    """One comparison with its evidence. ``decision`` is None where no gate judges it; ``tag`` names a slice."""

    anchor: str
    title: str
    suite: str
    test_id: str
    tag: str
    decision: Decision | None
    accepted: tuple[str, ...]
    figures: Figures
    trend: Trend | None
    renewed: str
    """How much of the change since the run before comes from its cases; empty where they are the same."""
    system: Shown | None
    tools: Shown | None
    """What could be called, where it is the same in all cases shown."""
    groups: tuple[PairGroup, ...]
    not_listed: int
    categories: tuple[overview.CategoryRow, ...]
    moves: Moves | None
    calibration: CalibrationView | None


class Block(Record, frozen=True, kw_only=True):
    """The sections of one gate or measure: one, or one for each slice. ``anchor`` names the whole."""

    anchor: str
    title: str
    outcome: Outcome | None
    advisory: bool
    sliced: bool
    sections: tuple[Section, ...]
    shared: tuple[SharedView, ...]
    """What the lost cases of all sections have in common."""


NONE_RENEWED: Mapping[GateKey, Renewed] = MappingProxyType({})


class Past(msgspec.Struct, frozen=True):
    """The earlier runs, oldest first, and the gates whose cases are not those of the run before."""

    runs: Sequence[PastRun] = ()
    renewed: Mapping[GateKey, Renewed] = NONE_RENEWED


class SectionSource(Record, frozen=True, kw_only=True):
    """One verdict or measure on its way to a section.

    ``name`` distinguishes it from all others of the run, in any report; ``gate`` is what the slices of one gate share.
    """

    of: Verdict | Measure
    gate: str
    name: str
    anchor: str
    points: tuple[Point, ...]
    renewed: Renewed | None = None
    """What came of other cases than in the run before."""
    near: NearRows | None = None
    """The training rows near the comparison's lost cases, where they are known."""

    @property
    def comparison(self) -> Comparison:
        """What was compared."""
        return self.of.comparison


def ordered(found: Sequence[Verdict | Measure]) -> list[tuple[str, Verdict | Measure]]:
    """Return what counts first, the worst gate on top, and the slices of one gate side by side, worst first.

    Each comes with the name of its gate, which the slices of one gate share. A gate that comes twice has two names.
    """
    named, seen = [], Counter[tuple[str, str, str]]()
    for one in found:
        key = (one.test_id, one.comparison.scorer, one.comparison.tag)
        seen[key] += 1
        named.append(("\n".join((*key[:2], "slices" if one.comparison.tag else "", f"{seen[key]}")), one))
    worst: dict[str, tuple[bool, int]] = {}
    for name, one in named:
        worst[name] = min(_rank(one), worst.get(name, _rank(one)))
    place = {name: index for index, name in enumerate(worst)}
    return sorted(named, key=lambda each: (worst[each[0]], place[each[0]], _rank(each[1])))


def _rank(one: Verdict | Measure) -> tuple[bool, int]:
    return (one.gate.advisory, RANK[one.outcome]) if isinstance(one, Verdict) else (False, 0)


def sources_of(
    found: Sequence[tuple[str, Verdict | Measure]], run: Run, earlier: Past, kind: str
) -> Iterator[SectionSource]:
    """Yield what becomes a section, with its gate's earlier runs; its anchor starts with ``kind``."""
    near = {one.comparison: one for one in run.near_rows}
    before = earlier_than(run, earlier.runs)
    for place, (gate, one) in enumerate(found, start=1):
        scorer, tag = one.comparison.scorer, one.comparison.tag
        past = gate_history(before, one.test_id, scorer, tag) if isinstance(one, Verdict) else ()
        yield SectionSource(
            of=one,
            gate=gate,
            name=f"{gate}\n{tag}",
            anchor=f"{kind}-{place}",
            points=(*past, point_of(run, one)) if past and isinstance(one, Verdict) else (),
            renewed=earlier.renewed.get((one.test_id, scorer, tag)) if isinstance(one, Verdict) else None,
            near=near.get(one.comparison.key),
        )


def section_of(source: SectionSource, evidence: Evidence, budget: Budget, index: int) -> Section:
    """Return the section of the source at ``index`` of the budget."""
    one, comparison = source.of, source.comparison
    parts = budget.shown[index]
    subject = Subject(
        name=source.name, anchor=source.anchor, comparison=comparison, parts=parts, near=_of_slice(source)
    )
    groups = groups_of(subject, evidence, budget)
    return Section(
        anchor=source.anchor,
        title=title(one.test_id),
        suite=suite_of(one.test_id),
        test_id=fact(one.test_id, 400),
        tag=fact(comparison.tag, 80),
        decision=_decision(one) if isinstance(one, Verdict) else None,
        accepted=overview.accepted_of([comparison]),
        figures=figures_of(comparison, budget.labels),
        trend=trend_of(source.points, f"trend-{source.anchor}"),
        renewed=renewed_sentence(source.renewed) if source.renewed else "",
        system=shared_system(groups),
        tools=shared_tools(groups),
        groups=groups,
        not_listed=len(comparison.rows) - sum(group.total for group in groups),
        categories=overview.categories_of(comparison, evidence),
        moves=moves_of(moves_in(comparison, evidence, Places(source.name, groups, shown_in(parts)))),
        calibration=calibration_of(comparison, evidence, f"calibration-{source.anchor}"),
    )


def _of_slice(source: SectionSource) -> NearRows | None:
    """Return what is known of the rows near the lost cases of a section, which can be a slice."""
    if source.near is None:
        return None
    own = {*source.comparison.lost}
    lost = tuple(one for one in source.near.lost if one.case in own)
    return msgspec.structs.replace(source.near, lost=lost) if lost else None


def _decision(verdict: Verdict) -> Decision:
    return Decision(
        outcome=verdict.outcome,
        advisory=verdict.gate.advisory,
        reasons=tuple(reason[:1].upper() + reason[1:] for reason in map(fact, verdict.reasons)),
        thresholds=thresholds(verdict.gate, verdict.comparison.unit, verdict.comparison.figure),
    )


def blocks_of(
    sources: Sequence[SectionSource], sections: Mapping[str, Section], shared: Mapping[str, tuple[SharedView, ...]]
) -> Iterator[Block]:
    """Yield the blocks of the page in the order of their first source.

    ``sections`` are by anchor; ``shared`` has what lost cases have in common, by the name of the gate.
    """
    together: dict[str, list[SectionSource]] = {}
    for source in sources:
        together.setdefault(source.gate, []).append(source)
    for gate, found in together.items():
        first = found[0].of
        sliced = bool(first.comparison.tag)
        yield Block(
            anchor=f"{found[0].anchor}-slices" if sliced else found[0].anchor,
            title=title(first.test_id),
            outcome=first.outcome if isinstance(first, Verdict) else None,
            advisory=isinstance(first, Verdict) and first.gate.advisory,
            sliced=sliced,
            sections=tuple(sections[source.anchor] for source in found),
            shared=shared.get(gate, ()) if isinstance(first, Verdict) else (),
        )
