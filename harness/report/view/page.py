"""The view model of the page: everything the template prints, in reading order, as frozen records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.records.compared import Comparison, Outcome, Verdict
from harness.records.in_columns import Rows
from harness.records.record import Record
from harness.records.saved import Answer, Judgement, Run
from harness.report.evidence.budget import Budget, budget_of, shown_in
from harness.report.evidence.evidence import Evidence, Wanted
from harness.report.sentences import headline, next_step
from harness.report.view import overview
from harness.report.view.facts import Facts, facts_of, readable
from harness.report.view.judges import JudgeRow, judge_rows
from harness.report.view.leaked import ShownLeak, shown_leaks
from harness.report.view.moves import Move, Moves, Places, moves_in, moves_of
from harness.report.view.pinned import PinnedTest, pinned_tests
from harness.report.view.ranking import RankingView, ranking_view
from harness.report.view.regurgitation import ShownRegurgitation, shown_regurgitation
from harness.report.view.reused import reused_lines
from harness.report.view.sections import Block, Past, Section, SectionSource, blocks_of, ordered, section_of, sources_of
from harness.report.view.shared import Search, searches_of, shared_of
from harness.report.view.short import short_lines
from harness.report.view.spread import Spread, spreads_of
from harness.report.view.trained import DataCheck, data_check
from harness.report.view.trust import notes
from harness.report.view.until_decided import early_lines
from harness.runs.outcome import overall
from harness.runs.ranking import Ranking
from harness.runs.test_ids import title
from harness.text.shown import fact
from harness.verdicts.fates import fates_in


class NotOnPage(Record, frozen=True, kw_only=True):
    """What the page leaves out, over the cases of all its sections."""

    full: int
    short: int
    named: int
    unlisted: int
    characters: int


class Room(Record, frozen=True, kw_only=True):
    """What a page can hold: ``share`` of the texts of a whole page, and so many sections of a kind, and lines.

    ``beside`` is the name of the file beside it with all cases; empty where there is none.
    """

    share: float = 1
    sections: int = 10_000
    lines: int = 10_000
    beside: str = ""


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
    accepted: tuple[str, ...]
    notes: tuple[str, ...]
    leaks: tuple[ShownLeak, ...]
    regurgitation: ShownRegurgitation | None
    leak_failure: str
    given_away_failure: str
    data_check: DataCheck | None
    broken: tuple[str, ...]
    unmeasured: tuple[str, ...]
    forests: tuple[overview.ForestView, ...]
    categories: tuple[overview.CategoryRow, ...]
    moves: Moves | None
    spreads: tuple[Spread, ...]
    judges: tuple[JudgeRow, ...]
    gates: tuple[Block, ...]
    measures: tuple[Block, ...]
    pinned: tuple[PinnedTest, ...]
    facts: Facts
    left_out: NotOnPage
    sections_left_out: int
    """Gates and measures that the page has no room for."""
    lines_left_out: int
    """Broken and unmeasured tests that it has no room for."""
    beside: str
    """The file beside the page that has all cases with a fate; empty where the page names them all."""
    ranking: RankingView | None


def page_of(  # noqa: PLR0913, PLR0917 - all that a page is made of
    run: Run,
    answers: Iterable[Answer],
    judgements: Iterable[Judgement],
    past: Past = Past(),  # noqa: B008 - it is frozen
    ranking: Ranking | None = None,
    room: Room = Room(),  # noqa: B008 - it is frozen
) -> Page:
    """Return everything that the template prints; the gates that count come first, the worst of them on top.

    ``past`` can hold this run and later ones: only what came before it is drawn.
    """
    all_gates, all_measures = ordered(run.verdicts), ordered(run.measures)
    gates, measures = all_gates[: room.sections], all_measures[: room.sections]
    sources = [*sources_of(gates, run, past, "gate"), *sources_of(measures, run, Past(), "measure")]
    comparisons = [source.comparison for source in sources]
    budget = budget_of(comparisons, {one.case_id for one in run.pinned if one.outcome != "passed"}, room.share)
    searches = searches_of((source.gate, source.comparison) for source in sources if isinstance(source.of, Verdict))
    evidence = Evidence(answers, judgements, _wanted(run, comparisons, budget, searches.values()))
    sections = {source.anchor: section_of(source, evidence, budget, index) for index, source in enumerate(sources)}
    blocks = tuple(blocks_of(sources, sections, shared_of(searches, evidence, run.near_rows)))
    return Page(
        outcome=overall(run),
        headline=headline(run),
        next_step=next_step(run),
        run_id=fact(run.id, 120),
        time=readable(run.time),
        baseline=fact(run.baseline.name, 80),
        candidate=fact(run.candidate.name, 80),
        counts=overview.counts_of(run, evidence),
        accepted=overview.accepted_of([source.comparison for source in sources]),
        notes=(*short_lines(run), *early_lines(run), *notes(run), *reused_lines(run)),
        leaks=shown_leaks(run),
        regurgitation=shown_regurgitation(run),
        leak_failure=fact(run.leak_failure),
        given_away_failure=fact(run.given_away_failure),
        data_check=data_check(run),
        broken=tuple(fact(test) for test in run.broken[: room.lines]),
        unmeasured=tuple(fact(test) for test in run.unmeasured[: room.lines]),
        forests=overview.forests_of([_judged(one) for _, one in gates if isinstance(one, Verdict)], "gates"),
        categories=overview.all_categories(evidence),
        moves=moves_of(_moves(sources, sections, evidence, budget)),
        spreads=spreads_of(evidence),
        judges=judge_rows((source.anchor, source.of.test_id, source.comparison) for source in sources),
        gates=tuple(block for block in blocks if block.outcome),
        measures=tuple(block for block in blocks if not block.outcome),
        pinned=pinned_tests(run.pinned, evidence, budget)[: room.sections],
        facts=facts_of(run),
        left_out=_left_out(sections.values()),
        sections_left_out=len(all_gates) + len(all_measures) - len(sources),
        lines_left_out=max(0, len(run.broken) - room.lines) + max(0, len(run.unmeasured) - room.lines),
        beside=room.beside,
        ranking=ranking_view(ranking, run.id) if ranking else None,
    )


def _moves(
    sources: Sequence[SectionSource], sections: Mapping[str, Section], evidence: Evidence, budget: Budget
) -> Iterator[Move]:
    """Yield the moves of all cases in all comparisons."""
    for source, parts in zip(sources, budget.shown, strict=True):
        places = Places(source.name, sections[source.anchor].groups, shown_in(parts))
        yield from moves_in(source.comparison, evidence, places)


def _wanted(run: Run, comparisons: Sequence[Comparison], budget: Budget, searches: Iterable[Search]) -> Wanted:
    parts = [part for shown in budget.shown for part in shown]
    pinned = {one.case_id for one in run.pinned if one.outcome != "passed"}
    return Wanted(
        full=frozenset(pinned.union(*(part.full for part in parts))),
        short=frozenset().union(*(part.short for part in parts)),
        short_bytes=budget.short_bytes,
        searched=frozenset(row.case_id for search in searches for row in search.rows),
        counted=_counted(comparisons),
    )


def _counted(comparisons: Sequence[Comparison]) -> frozenset[str]:
    """Return the ids of the cases that are told apart by what was asked: none where all are of the same set."""
    sets = {comparison.fingerprint.get("cases", "") for comparison in comparisons}
    if len(sets) < 2 and "" not in sets:
        return frozenset()
    return frozenset(
        case_id
        for rows in (Rows.of(comparison.rows) for comparison in comparisons)
        for case_id, fate in zip(rows.case_ids, fates_in(rows), strict=True)
        if fate
    )


def _judged(verdict: Verdict) -> overview.Judged:
    return overview.Judged(
        title=title(verdict.test_id), kind=verdict.outcome, comparison=verdict.comparison, gate=verdict.gate
    )


def _left_out(sections: Iterable[Section]) -> NotOnPage:
    found = list(sections)
    groups = [group for section in found for group in section.groups]
    return NotOnPage(
        full=sum(len(group.pairs) for group in groups),
        short=sum(len(group.short) for group in groups),
        named=sum(len(group.not_shown) + group.more for group in groups),
        unlisted=sum(section.not_listed for section in found),
        characters=sum(text.left_out for group in groups for text in group.texts()),
    )
