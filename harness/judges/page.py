"""The page of a check of a judge: one static HTML file, nothing from outside, no script."""

from collections.abc import Sequence
from pathlib import Path

from harness.judges.check import limits_of
from harness.judges.labels import AnswerLabel, Label, PairLabel
from harness.judges.readings import Reading, people_of, people_place, place_of, scale_of
from harness.judges.told import HEADLINES, KINDS, FigureRow, figure_rows
from harness.records.judged import JudgeCheck
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.report.view.facts import readable
from harness.text.atomic import write_atomically
from harness.text.figures import count
from harness.text.pages import part_digest, read_part, template
from harness.text.shown import Shown, fact, show
from harness.text.visible import quoted

WORST = 20
"""Disagreements that are shown, those furthest apart first."""
UNREAD = 5
"""Replies that can't be read that are shown."""
HEAT_LEVELS = 5
ORDERS = ("The judge, baseline first", "The judge, candidate first")
NEXT = {
    "trusted": "Gates on this rubric by this judge can fail a run, as long as both stay the same.",
    "untrusted": (
        "Gates on this rubric by this judge are advisory. Look at the disagreements below: would clearer words help, "
        "or another judge?"
    ),
    "too few labels": (
        "Gates on this rubric by this judge are advisory until more answers are labelled; docs/judge-check.md says how."
    ),
}


class Cell(Record, frozen=True, kw_only=True):
    """One count of the confusion matrix; ``heat`` is its share of the row in steps."""

    count: str
    heat: int
    right: bool


class Row(Record, frozen=True, kw_only=True):
    """One level of people's, and how the judge saw what they gave it to."""

    level: str
    meaning: str
    cells: tuple[Cell, ...]


class Disagreement(Record, frozen=True, kw_only=True):
    """One label that the judge sees in another way, or whose verdict can't be read: each text ready to show."""

    case_id: str
    people: str
    votes: str
    judge: str
    turns: tuple[tuple[str, Shown], ...]
    expected: Shown | None
    answers: tuple[tuple[str, Shown], ...]
    words: tuple[tuple[str, Shown], ...]


class CheckPage(Record, frozen=True, kw_only=True):
    """Everything that the template prints."""

    outcome: str
    headline: str
    reasons: tuple[str, ...]
    next: str
    counts: tuple[tuple[str, str], ...]
    about: str
    figures: tuple[FigureRow, ...]
    levels: tuple[str, ...]
    rows: tuple[Row, ...]
    worst: tuple[Disagreement, ...]
    more: str
    unread: tuple[Disagreement, ...]


def write_check_page(path: Path, check: JudgeCheck, rubric: Rubric, readings: Sequence[Reading]) -> None:
    """Write the page; it appears whole or not at all.

    Raises:
        StoreError: it can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, render_check(check, rubric, readings).encode(errors="replace"))


def render_check(check: JudgeCheck, rubric: Rubric, readings: Sequence[Reading]) -> str:
    """Return the page. Its policy allows its own style sheet, by the digest, and nothing else."""
    from markupsafe import Markup

    style = read_part("style.css", "judge.css")
    return template("judge.html.j2").render(
        page=check_page(check, rubric, readings),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=part_digest(style),
    )


def check_page(check: JudgeCheck, rubric: Rubric, readings: Sequence[Reading]) -> CheckPage:
    """Return everything that the template prints."""
    judge, answered = fact(check.judge, 120), [one for one in readings if not one.failed]
    apart = sorted((one for one in answered if one.value is not None), key=lambda one: -_distance(one, rubric))
    wrong = [one for one in apart if _distance(one, rubric)]
    unread = [one for one in answered if one.value is None]
    return CheckPage(
        outcome=KINDS[check.outcome],
        headline=f"{judge} on {fact(check.rubric, 80)}: {HEADLINES[check.outcome]}.",
        reasons=tuple(fact(reason[:1].upper() + reason[1:], 600) for reason in check.reasons),
        next=NEXT[check.outcome],
        counts=(
            ("labels", f"{check.labels:,}"),
            ("independent", f"{check.independent:,}"),
            ("other level", f"{len(wrong):,}"),
            ("unreadable", f"{len(unread):,}"),
        ),
        about=f"Rubric {fact(check.rubric, 80)}, version {check.version}, checked {readable(check.checked)}",
        figures=figure_rows(check, limits_of(rubric)),
        levels=check.levels,
        rows=tuple(_row(check, place, rubric) for place in range(len(check.table))),
        worst=tuple(_disagreement(one, check.levels) for one in wrong[:WORST]),
        more=f"And {count(len(wrong) - WORST, 'more disagreement')}." if len(wrong) > WORST else "",
        unread=tuple(_disagreement(one, check.levels) for one in unread[:UNREAD]),
    )


def _row(check: JudgeCheck, place: int, rubric: Rubric) -> Row:
    level, counts = check.levels[place], check.table[place]
    total = sum(counts)
    return Row(
        level=level,
        meaning=fact(rubric.levels.get(level, ""), 200),
        cells=tuple(
            Cell(count=f"{found:,}", heat=round(HEAT_LEVELS * found / total) if total else 0, right=other == place)
            for other, found in enumerate(counts)
        ),
    )


def _distance(reading: Reading, rubric: Rubric) -> int:
    """Return how many levels people and the judge are apart."""
    return abs(place_of(reading.value or 0.0, len(scale_of(rubric))) - people_place(reading.label, rubric))


def _disagreement(one: Reading, levels: Sequence[str]) -> Disagreement:
    label = one.label
    judge = "unreadable" if one.value is None else levels[place_of(one.value, len(levels))]
    calls = len(one.words)
    names = ORDERS if isinstance(label, PairLabel) and calls == len(ORDERS) else ("The judge",) * calls
    votes = ", ".join(f"{times:,} for {fact(level, 40)}" for level, times in label.votes.items())
    return Disagreement(
        case_id=fact(_name(label), 200),
        people=people_of(label),
        votes=votes,
        judge=f"{judge}, other winner when swapped" if one.flipped else judge,
        turns=tuple((message.role, show(message.text)) for message in label.messages),
        expected=None if label.expected is None else show(_text(label.expected)),
        answers=_answers(label),
        words=tuple((name, show(words)) for name, words in zip(names, one.words, strict=True)),
    )


def _name(label: Label) -> str:
    """Return the case of a label, and the criterion where the rubric has several."""
    criterion = label.criterion if isinstance(label, AnswerLabel) else ""
    return f"{label.case_id}, {criterion}" if criterion else label.case_id


def _answers(label: Label) -> tuple[tuple[str, Shown], ...]:
    if isinstance(label, AnswerLabel):
        return (("Answer", show(label.answer)),)
    return (("Baseline", show(label.baseline)), ("Candidate", show(label.candidate)))


def _text(expected: object) -> str:
    return expected if isinstance(expected, str) else quoted(expected, None)  # type: ignore[arg-type]
