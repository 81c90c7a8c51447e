"""Why cases were lost, as far as training rows tell: the nearest rows of each, and what of them is to be corrected."""

from collections.abc import Iterable

from harness.records.leaked import NearCase, NearRow, NearRows
from harness.records.record import Record
from harness.records.saved import Run
from harness.text.figures import count_cases, percent
from harness.text.shown import Shown, fact, show
from harness.verdicts.conditions import FAR

ALIKE = 0.5
"""Similarity from which on two inputs usually want the same answer: see ``FAR``."""


TEXT_BYTES = 1_000
"""Of the page, for each text of a row."""


class NearRowView(Record, frozen=True, kw_only=True):
    """One row: where, how alike its input is, its texts (None where they are not known), and what its answer shows."""

    place: str
    alike: str
    asked: Shown | None
    answer: Shown | None
    told: str


class NearView(Record, frozen=True, kw_only=True):
    """What the training rows tell of a lost case: a sentence, and its nearest rows."""

    sentence: str
    rows: tuple[NearRowView, ...]


def near_view(near: NearCase | None) -> NearView | None:
    """Return what training rows tell of a lost case; None where nothing is known."""
    if near is None:
        return None
    rows = near.rows[:1] if is_far(near) else near.rows
    return NearView(sentence=_sentence(near), rows=tuple(map(_row, rows)))


def is_far(near: NearCase) -> bool:
    """Tell whether no training row is near a case."""
    return all(row.similarity < FAR and not row.meaning for row in near.rows)


def is_taught_wrong(near: NearCase) -> bool:
    """Tell whether a training row that is much like a case has an answer that is wrong for it."""
    return any(map(_is_wrong, near.rows))


def near_note(near: NearRows | None) -> str:
    """Say of how many lost cases of a comparison the training rows tell why; empty where they don't."""
    return "" if near is None else _told(near.lost)


def near_lines(run: Run) -> tuple[str, ...]:
    """Return a line for the terminal and for CI where training rows tell why cases were lost; each case counts once."""
    by_id: dict[str, NearCase] = {}
    for case in (case for one in run.near_rows for case in one.lost):
        if case.case not in by_id or is_taught_wrong(case):
            by_id[case.case] = case
    note = _told(by_id.values())
    return (f"Training rows near the lost cases: {note}",) if note else ()


def _told(lost: Iterable[NearCase]) -> str:
    cases = list(lost)
    wrong, far = sum(map(is_taught_wrong, cases)), sum(map(is_far, cases))
    parts = []
    if wrong:
        parts.append(
            f"{count_cases(wrong)} {'is' if wrong == 1 else 'are'} much like a row whose answer is wrong there: the "
            "remedy is in the data"
        )
    if far:
        parts.append(f"{count_cases(far)} {'has' if far == 1 else 'have'} no row near: rows like these would teach it")
    return "; ".join(parts)


def _sentence(near: NearCase) -> str:
    if is_far(near):
        return (
            "No training row is near this case, so nothing like it was trained on. Rows like it would teach the answer."
        )
    if is_taught_wrong(near):
        return (
            "A training row that is much like this case has an answer that is wrong for the case: the remedy is in the "
            "data. Correct the row or the case, and train again."
        )
    if any(row.is_right for row in near.rows):
        return "A near training row has a right answer, so the data does not explain this loss by itself."
    return "The training rows that are nearest to this case."


def _is_wrong(row: NearRow) -> bool:
    return row.is_right is False and (row.similarity >= ALIKE or row.meaning > 0)


def _row(row: NearRow) -> NearRowView:
    told = {True: "its answer is right for this case", False: "its answer is wrong for this case", None: ""}
    parts = [told[row.is_right], "the candidate answered as this row does" if row.is_repeated else ""]
    return NearRowView(
        place=fact(row.place, 200),
        alike=f"{percent(row.similarity)} alike{', asks the same in other words' if row.meaning else ''}",
        asked=show(row.asked, page_bytes=TEXT_BYTES) if row.asked else None,
        answer=show(row.answer, page_bytes=TEXT_BYTES) if row.answer else None,
        told="; ".join(filter(None, parts)),
    )
