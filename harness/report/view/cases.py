"""Lay the cases that matter side by side: what was asked, what both sides answered, how it was scored."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.records.compared import Comparison, Row
from harness.records.in_columns import Rows
from harness.records.leaked import NearRows
from harness.records.record import Json, Record, digest
from harness.records.saved import Answer
from harness.records.scored import CaseScore
from harness.report.evidence.budget import Budget, Part, shown_in
from harness.report.evidence.evidence import Evidence, Glimpse, Scored
from harness.report.view.answers import (
    TURNS_SHOWN,
    AnswerView,
    MessageView,
    answer_view,
    messages_view,
    parts_of,
    tools_text,
)
from harness.report.view.near import NearView, near_note, near_view
from harness.text.figures import measured
from harness.text.shown import Shown, fact, show, show_both
from harness.verdicts.fates import Fate
from harness.verdicts.steadiness import is_unsteady

NAMES: dict[Fate, tuple[str, str]] = {
    "lost": ("Lost", "right before, wrong now"),
    "won": ("Won", "wrong before, right now"),
    "unscored": ("Unscored", "no score on at least one side"),
    "lower": ("Lower", "a lower score than before, on the same side of 0.5"),
    "wrong": ("Wrong on both sides", "below 0.5 before and now"),
    "higher": ("Higher", "more than before, the largest rise first"),
}
TAGS_IN_SHORT = 8
REPEATS_SHOWN = 4
NAME_LIMIT = 120
LINE = 90


class Exchange(Record, frozen=True, kw_only=True):
    """Both sides' answers in one repeat; None where a side has no recorded answer."""

    label: str
    baseline: AnswerView | None
    candidate: AnswerView | None


class Again(Record, frozen=True, kw_only=True):
    """What asking a lost case again gave: (baseline, candidate) in each further asking."""

    unsteady: bool
    scores: tuple[tuple[str, str], ...]


class Pair(Record, frozen=True, kw_only=True):
    """One case with everything that explains its scores."""

    anchor: str
    case_id: str
    tags: tuple[str, ...]
    group: str
    baseline: str
    candidate: str
    again: Again | None
    unscored: str
    messages: tuple[MessageView, ...]
    expected: Shown | None
    tools: Shown | None
    """What could be called; None where nothing could."""
    earlier: int
    """How many turns before those shown are left out."""
    exchanges: tuple[Exchange, ...]
    more_repeats: int
    near: NearView | None = None
    """What training rows tell of a lost case; None where nothing is known."""


class ShortPair(Record, frozen=True, kw_only=True):
    """One case in a few lines: the beginning of what was asked last, and of both answers."""

    anchor: str
    case_id: str
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    baseline: str
    candidate: str
    again: Again | None
    glimpses: tuple[tuple[str, Shown], ...]
    """(asked, baseline, candidate; then its text), as far as they are recorded."""


class PairGroup(Record, frozen=True, kw_only=True):
    """The cases with one fate: lost, won, unscored, lower, wrong on both sides.

    ``note`` is what training rows tell of lost ones together; empty where they tell nothing.
    """

    anchor: str
    key: Fate
    name: str
    meaning: str
    total: int
    pairs: tuple[Pair, ...]
    short: tuple[ShortPair, ...]
    not_shown: tuple[tuple[str, str], ...]
    """(anchor, id) of cases that are only named."""
    more: int
    note: str = ""

    def texts(self) -> Iterator[Shown]:
        """Yield every text of these cases, to count what was cut."""
        for pair in self.pairs:
            yield from (message.text for message in pair.messages)
            yield from (one.arguments for message in pair.messages for one in message.calls)
            yield from (pair.tools,) if pair.tools else ()
            rows = pair.near.rows if pair.near else ()
            yield from (text for row in rows for text in (row.asked, row.answer) if text)
            views = [view for each in pair.exchanges for view in (each.baseline, each.candidate) if view]
            yield from (text for view in views for text in (view.text, view.reason))
            yield from (one.arguments for view in views for one in view.calls)
            yield from (view.reasoning for view in views if view.reasoning)
        for short in self.short:
            yield from (text for _, text in short.glimpses)


class Subject(Record, frozen=True, kw_only=True):
    """One comparison to be laid out: ``name`` distinguishes it from all others of the run, in any report."""

    name: str
    anchor: str
    comparison: Comparison
    parts: tuple[Part, ...]
    near: NearRows | None = None
    """The training rows near its lost cases, where they are known."""


def groups_of(subject: Subject, evidence: Evidence, budget: Budget) -> tuple[PairGroup, ...]:
    """Return the cases worth reading, lost ones first, as far as the page has space for them."""
    rows, shown = Rows.of(subject.comparison.rows), shown_in(subject.parts)
    wanted = {case_id: rows[place] for place, case_id in enumerate(rows.case_ids) if case_id in shown}
    return tuple(_group(subject, part, wanted, evidence, budget) for part in subject.parts)


def _group(subject: Subject, part: Part, rows: Mapping[str, Row], evidence: Evidence, budget: Budget) -> PairGroup:
    full_bytes, named = budget.full_bytes, part.rest[: budget.named]
    name, meaning = NAMES[part.fate]
    of, near = subject.comparison, subject.near if part.fate == "lost" else None
    near_of = {one.case: one for one in near.lost} if near else {}
    return PairGroup(
        anchor=f"{subject.anchor}-{part.fate}",
        key=part.fate,
        name=name,
        meaning=meaning,
        total=len(part.full) + len(part.short) + len(part.rest),
        pairs=tuple(
            msgspec.structs.replace(
                _pair(
                    of, rows.get(case_id) or _bare(case_id), evidence, case_anchor(subject.name, case_id), full_bytes
                ),
                near=near_view(near_of.get(case_id)),
            )
            for case_id in part.full
        ),
        short=tuple(
            _short(of, rows.get(case_id) or _bare(case_id), evidence, case_anchor(subject.name, case_id))
            for case_id in part.short
        ),
        not_shown=tuple((case_anchor(subject.name, case_id), fact(case_id, NAME_LIMIT)) for case_id in named),
        more=len(part.rest) - len(named),
        note=near_note(near),
    )


def case_anchor(name: str, case_id: str) -> str:
    """Return an anchor on the page that is the same in every report of the comparison of this name and the case."""
    return f"case-{digest((name, case_id))[:12]}"


def shared_system(groups: Sequence[PairGroup]) -> Shown | None:
    """Return the system message if every case shown starts with the same one."""
    firsts = {pair.messages[0] if pair.messages else None for group in groups for pair in group.pairs}
    first = firsts.pop() if len(firsts) == 1 else None
    return first.text if first and first.role == "system" else None


def shared_tools(groups: Sequence[PairGroup]) -> Shown | None:
    """Return the tools if every case shown has the same ones."""
    all_tools = {pair.tools for group in groups for pair in group.pairs}
    return all_tools.pop() if len(all_tools) == 1 else None


def _pair(comparison: Comparison, row: Row, evidence: Evidence, anchor: str, full_bytes: int) -> Pair:
    baseline, candidate = evidence.scored(comparison, "baseline", row), evidence.scored(comparison, "candidate", row)
    behind = next((answer for _, answer in [*candidate, *baseline] if answer), None)
    case = behind.case if behind else None
    tools = tools_text(behind.request.tools) if behind else ""
    messages = case.messages if case else ()
    repeats = max(len(baseline), len(candidate))
    texts = 1 + bool(tools) + min(len(messages), TURNS_SHOWN) + 2 * min(repeats, REPEATS_SHOWN)
    page_bytes = full_bytes // texts
    exchanges = tuple(_exchanges(baseline, candidate, page_bytes, comparison.unit))
    return Pair(
        anchor=anchor,
        case_id=fact(row.case_id, NAME_LIMIT),
        tags=tuple(fact(tag, 80) for tag in (case.tags if case else row.tags)),
        group=fact(row.group or "", 80),
        baseline=_value(row.baseline, comparison.unit),
        candidate=_value(row.candidate, comparison.unit),
        again=_again(comparison, row.case_id),
        unscored=fact(row.unscored),
        messages=messages_view(messages, page_bytes),
        expected=_expected(case.expected, page_bytes) if case else None,
        tools=show(tools, page_bytes=page_bytes) if tools else None,
        earlier=max(0, len(messages) - TURNS_SHOWN),
        exchanges=exchanges[:REPEATS_SHOWN],
        more_repeats=max(0, len(exchanges) - REPEATS_SHOWN),
    )


def _short(comparison: Comparison, row: Row, evidence: Evidence, anchor: str) -> ShortPair:
    before, baseline = evidence.glimpse(comparison, "baseline", row.case_id)
    now, candidate = evidence.glimpse(comparison, "candidate", row.case_id)
    asked = candidate or baseline
    glimpses = [("asked", asked.asked)] if asked else []
    glimpses += [(name, _said(one)) for name, one in (("baseline", baseline), ("candidate", candidate)) if one]
    return ShortPair(
        anchor=anchor,
        case_id=fact(row.case_id, 60),
        tags=tuple(fact(tag, 40) for tag in row.tags[:TAGS_IN_SHORT]),
        categories=tuple(fact(category, 40) for category in dict.fromkeys((now, before)) if category),
        baseline=_value(row.baseline, comparison.unit),
        candidate=_value(row.candidate, comparison.unit),
        again=_again(comparison, row.case_id),
        glimpses=tuple(glimpses),
    )


def _again(comparison: Comparison, case_id: str) -> Again | None:
    found = next((one for one in comparison.again or () if one.case_id == case_id), None)
    if found is None:
        return None
    scores = zip(found.baseline, found.candidate, strict=True)
    return Again(
        unsteady=is_unsteady(found),
        scores=tuple((_value(before, comparison.unit), _value(now, comparison.unit)) for before, now in scores),
    )


def _said(glimpse: Glimpse) -> Shown:
    return show(f"no usable answer: {glimpse.problem}") if glimpse.problem else glimpse.text


def _exchanges(
    baseline: Sequence[Scored], candidate: Sequence[Scored], page_bytes: int, unit: str
) -> Iterator[Exchange]:
    sides = [{_repeat(item, answer): (item, answer) for item, answer in side} for side in (baseline, candidate)]
    repeats = sorted({*sides[0], *sides[1]})
    for repeat in repeats:
        (item, answer), (other_item, other) = (side.get(repeat, (None, None)) for side in sides)
        each = page_bytes // max(parts_of(one.response) if one else 1 for one in (answer, other))
        left, right = show_both(_text(answer), _text(other), each)
        yield Exchange(
            label=f"Repeat {repeat + 1} of {len(repeats)}" if len(repeats) > 1 else "",
            baseline=answer_view(answer, item, left, unit, each) if item or answer else None,
            candidate=answer_view(other, other_item, right, unit, each) if other_item or other else None,
        )


def _repeat(item: CaseScore | None, answer: Answer | None) -> int:
    return item.repeat if item else answer.request.repeat if answer else 0


def _text(answer: Answer | None) -> str:
    return answer.response.text if answer and not answer.response.error else ""


def _expected(expected: Json, page_bytes: int) -> Shown | None:
    if expected is None:
        return None
    if isinstance(expected, str):
        return show(expected, page_bytes=page_bytes)
    encoded = msgspec.json.encode(expected)
    line = msgspec.json.format(encoded, indent=0).decode()
    text = line if len(line) <= LINE else msgspec.json.format(encoded, indent=2).decode()
    return show(text, page_bytes=page_bytes)


def _value(value: float | None, unit: str) -> str:
    return "unscored" if value is None else measured(value, unit)


def _bare(case_id: str) -> Row:
    return Row(case_id=case_id, baseline=None, candidate=None)
