"""Lay the cases that matter side by side: what was asked, what both sides answered, how it was scored."""

from collections.abc import Callable, Sequence

import msgspec

from harness.records import Case, CaseScore, Comparison, Json, Message, Record, Row
from harness.report.evidence import Evidence, Scored, is_lower, is_still_wrong
from harness.report.shown import NOTE_LIMIT, Shown, fact, show, show_both
from harness.report.words import number
from harness.run_records import Answer

PAIRS_SHOWN = 200
IDS_NAMED = 2_000
LINE = 90


class MessageView(Record, frozen=True, kw_only=True):
    """One turn that was sent."""

    role: str
    text: Shown


class AnswerView(Record, frozen=True, kw_only=True):
    """One side's answer to one case with its score. ``problem`` says why there is no answer."""

    text: Shown
    problem: str = ""
    score: str
    category: str = ""
    reason: Shown
    facts: str


class Exchange(Record, frozen=True, kw_only=True):
    """Both sides' answers in one repeat; None where a side has no answer on record."""

    label: str
    baseline: AnswerView | None
    candidate: AnswerView | None


class Pair(Record, frozen=True, kw_only=True):
    """One case with everything that explains its scores."""

    anchor: str
    case_id: str
    tags: tuple[str, ...]
    group: str
    baseline: str
    candidate: str
    unscored: str
    messages: tuple[MessageView, ...]
    expected: Shown | None
    exchanges: tuple[Exchange, ...]


class PairGroup(Record, frozen=True, kw_only=True):
    """The cases with one fate: lost, won, unscored, lower, wrong on both sides."""

    anchor: str
    name: str
    meaning: str
    total: int
    pairs: tuple[Pair, ...]
    not_shown: tuple[str, ...]
    more: int
    open: bool


def groups_of(comparison: Comparison, evidence: Evidence, anchor: str) -> tuple[PairGroup, ...]:
    """Return the cases worth reading, lost ones first, at most ``PAIRS_SHOWN`` of them in full."""
    rows = {row.case_id: row for row in comparison.rows}
    flipped = {*comparison.lost, *comparison.won, *comparison.unscored}
    others = [row for row in comparison.rows if row.case_id not in flipped]
    fates = (
        ("Lost", "right before, wrong now", comparison.lost),
        ("Won", "wrong before, right now", comparison.won),
        ("Unscored", "no score on at least one side", comparison.unscored),
        (
            "Lower",
            "a lower score than before, on the same side of 0.5",
            [row.case_id for row in others if is_lower(row)],
        ),
        ("Wrong on both sides", "below 0.5 before and now", [row.case_id for row in others if is_still_wrong(row)]),
    )
    left, groups = PAIRS_SHOWN, []
    for name, meaning, case_ids in fates:
        if not case_ids:
            continue
        here = f"{anchor}-{name.split()[0].lower()}"
        full, rest = case_ids[:left], case_ids[left:]
        left -= len(full)
        pairs = [
            _pair(comparison, rows.get(case_id) or _bare(case_id), evidence, f"{here}-{index}")
            for index, case_id in enumerate(full, start=1)
        ]
        groups.append(
            PairGroup(
                anchor=here,
                name=name,
                meaning=meaning,
                total=len(case_ids),
                pairs=tuple(pairs),
                not_shown=tuple(fact(case_id, 200) for case_id in rest[:IDS_NAMED]),
                more=max(0, len(rest) - IDS_NAMED),
                open=name == "Lost",
            )
        )
    return tuple(groups)


def shared_system(groups: Sequence[PairGroup]) -> Shown | None:
    """Return the system message if every case shown starts with the same one."""
    firsts = {pair.messages[0] if pair.messages else None for group in groups for pair in group.pairs}
    first = firsts.pop() if len(firsts) == 1 else None
    return first.text if first and first.role == "system" else None


def messages_view(messages: Sequence[Message]) -> tuple[MessageView, ...]:
    """Return the turns of a case as the page shows them."""
    return tuple(MessageView(role=message.role, text=show(message.content)) for message in messages)


def answer_view(answer: Answer | None, item: CaseScore | None, text: Shown) -> AnswerView:
    """Return one answer with its score; either may be missing."""
    score = item.score if item else None
    problem = fact(answer.response.error) if answer and answer.response.error else ""
    if answer is None:
        problem = "No answer is on record."
    return AnswerView(
        text=text,
        problem=problem,
        score="" if score is None else "unscored" if score.value is None else number(score.value),
        category=fact(score.category, 80) if score else "",
        reason=show(fact(score.reason) if score and not problem else "", 2 * NOTE_LIMIT),
        facts=_facts(answer),
    )


def _pair(comparison: Comparison, row: Row, evidence: Evidence, anchor: str) -> Pair:
    baseline, candidate = evidence.scored(comparison, "baseline", row), evidence.scored(comparison, "candidate", row)
    case = _case_behind([*candidate, *baseline])
    return Pair(
        anchor=anchor,
        case_id=fact(row.case_id, 200),
        tags=tuple(fact(tag, 80) for tag in case.tags) if case else (),
        group=fact(row.group or "", 80),
        baseline=number(row.baseline) if row.baseline is not None else "unscored",
        candidate=number(row.candidate) if row.candidate is not None else "unscored",
        unscored=fact(row.unscored),
        messages=messages_view(case.messages) if case else (),
        expected=_expected(case.expected) if case else None,
        exchanges=_exchanges(baseline, candidate),
    )


def _exchanges(baseline: Sequence[Scored], candidate: Sequence[Scored]) -> tuple[Exchange, ...]:
    sides = [{_repeat(item, answer): (item, answer) for item, answer in side} for side in (baseline, candidate)]
    repeats = sorted({*sides[0], *sides[1]})
    found = []
    for repeat in repeats:
        (item, answer), (other_item, other) = (side.get(repeat, (None, None)) for side in sides)
        left, right = show_both(_text(answer), _text(other))
        found.append(
            Exchange(
                label=f"Repeat {repeat + 1} of {len(repeats)}" if len(repeats) > 1 else "",
                baseline=answer_view(answer, item, left) if item or answer else None,
                candidate=answer_view(other, other_item, right) if other_item or other else None,
            )
        )
    return tuple(found)


def _case_behind(scored: Sequence[Scored]) -> Case | None:
    return next((answer.case for _, answer in scored if answer), None)


def _repeat(item: CaseScore | None, answer: Answer | None) -> int:
    return item.repeat if item else answer.request.repeat if answer else 0


def _text(answer: Answer | None) -> str:
    return answer.response.text if answer and not answer.response.error else ""


def _expected(expected: Json) -> Shown | None:
    if expected is None:
        return None
    if isinstance(expected, str):
        return show(expected)
    encoded = msgspec.json.encode(expected)
    line = msgspec.json.format(encoded, indent=0).decode()
    return show(line if len(line) <= LINE else msgspec.json.format(encoded, indent=2).decode())


def _facts(answer: Answer | None) -> str:
    if answer is None or answer.response.error:
        return ""
    response = answer.response
    parts = [f"{response.tokens_out:,} tokens"] if response.tokens_out else []
    parts += [f"{response.seconds:.2f} s"] if response.seconds else []
    parts += [f"ended by {fact(response.finish_reason, 40)}"] if response.finish_reason else []
    return " · ".join(parts)


def _ids(rows: Sequence[Row], is_chosen: Callable[[Row], bool]) -> list[str]:
    return [row.case_id for row in rows if is_chosen(row)]


def _bare(case_id: str) -> Row:
    return Row(case_id=case_id, baseline=None, candidate=None)
