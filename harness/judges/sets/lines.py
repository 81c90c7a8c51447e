"""Plain JSON Lines of labels: one line for each person's label of an answer or a pair, in columns of any name."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import DataError, InputError, RubricError
from harness.judges.labels import AnswerLabel, Label, PairLabel, Preferred
from harness.judges.sets.taken import Taken, middle, most, rows_in, text_in
from harness.judges.verdicts import StoredVerdict
from harness.records.messages import Message
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.records.scored import Rubric
from harness.scorers.judges.scale import criteria_of, known_criterion, levels_of
from harness.text.visible import for_terminal

COMMON = ("case_id", "question", "messages", "expected", "facts", "group", "person", "judge", "verdict")
FIELDS = {
    "scale": (*COMMON, "answer", "level", "criterion"),
    "pairwise": (*COMMON, "baseline", "candidate", "choice", "verdict_swapped"),
}
CHOICES: tuple[Preferred, ...] = ("baseline", "tie", "candidate")
SHOWN = {"baseline": "A", "tie": "tie", "candidate": "B"}
SWAPPED = {"baseline": "B", "tie": "tie", "candidate": "A"}
"""What a judge calls each choice; and with the answers swapped."""


class Columns(Record, frozen=True, kw_only=True):
    """Which column holds which field, where it is not the field's own name, and what its words for choices mean."""

    columns: dict[str, str] = msgspec.field(default_factory=dict)
    words: dict[str, str] = msgspec.field(default_factory=dict)


def columns_named(rubric: Rubric, columns: Sequence[str], words: Sequence[str]) -> Columns:
    """Return what ``FIELD=COLUMN`` and ``WORD=CHOICE`` of the command line say.

    Raises:
        InputError: one has no "=", or names no field or choice.
    """
    found = [
        dict(_pair(text, option) for text in given) for given, option in ((columns, "--column"), (words, "--word"))
    ]
    for field in found[0]:
        _refuse_unknown(field, FIELDS[rubric.kind], "--column", "field")
    for choice in found[1].values():
        _refuse_unknown(choice, CHOICES, "--word", "choice")
    return Columns(columns=found[0], words=found[1])


def from_lines(files: Sequence[Path], rubric: Rubric, given: Columns) -> Taken:
    """Return the labels of a file's lines; lines that label the same are votes on one.

    Raises:
        DataError: a file can't be read, a column is missing, or a value is no level, choice or text.
    """
    votes: dict[str, tuple[Label, list[tuple[str, str]]]] = {}
    verdicts: dict[str, dict[str, StoredVerdict]] = {}
    rows = [row for file in files for row in rows_in(file)]
    for field, column in given.columns.items():
        if rows and not any(column in raw for _, raw in rows):
            raise DataError(_missing(field, given, *rows[0]))
    for place, raw in rows:
        row = {
            field: raw[column] for field in FIELDS[rubric.kind] if (column := given.columns.get(field, field)) in raw
        }
        if (needed := "level" if rubric.kind == "scale" else "choice") not in row:
            raise DataError(_missing(needed, given, place, raw))
        label, said = (_answer if rubric.kind == "scale" else _chosen)(rubric, row, place, given)
        votes.setdefault(label.read, (label, []))[1].append((_optional(row, "person", place), said))
        if "verdict" in row:
            judge = _optional(row, "judge", place) or "judge"
            verdict = _verdict(rubric, row, label, place, given)
            if verdicts.setdefault(judge, {}).setdefault(label.read, verdict) != verdict:
                raise DataError(f"{place}: another line has another verdict of {judge!r} on the same")
    return Taken(
        labels=tuple(_together(label, cast) for label, cast in votes.values()),
        verdicts={judge: tuple(each.values()) for judge, each in verdicts.items()},
    )


def _missing(field: str, given: Columns, place: str, raw: Mapping[str, Json]) -> str:
    column = given.columns.get(field, field)
    way_out = "" if field in given.columns else f"; name the one that holds it with --column {field}=COLUMN"
    here = for_terminal(", ".join(raw), None) or "none"
    of = "" if column == field else f" for `{field}`"
    return f"{place}: has no column {column!r}{of}; its columns are {here}{way_out}"


def _answer(rubric: Rubric, row: Mapping[str, Json], place: str, _: Columns) -> tuple[Label, str]:
    level = row.get("level")
    said = f"{level:g}" if isinstance(level, float) else str(level).strip()
    criterion = _optional(row, "criterion", place)
    levels = _levels(rubric, criterion, place)
    if isinstance(level, bool) or said not in levels:
        raise DataError(f"{place}: `level` is {said!r}; the levels of {rubric.id!r} are {', '.join(levels)}")
    has_texts = "answer" in row
    label = AnswerLabel(
        rubric=rubric.id,
        version=rubric.version,
        case_id=_case_id(row, place),
        messages=_messages(row, place) if has_texts else (),
        answer=text_in(row, "answer", place) if has_texts else "",
        level=int(said),
        expected=row.get("expected"),
        criterion=criterion,
        group=_optional(row, "group", place) or None,
        has_texts=has_texts,
        facts=row.get("facts") if rubric.uses_facts is True else None,
    )
    return label, said


def _levels(rubric: Rubric, criterion: str, place: str) -> Mapping[str, str]:
    if criteria_of(rubric) and not criterion:
        raise DataError(f"{place}: `criterion` is missing; {rubric.id!r} has {', '.join(criteria_of(rubric))}")
    try:
        return levels_of(rubric, known_criterion(rubric, criterion))
    except RubricError as problem:
        raise DataError(f"{place}: {problem}") from problem


def _chosen(rubric: Rubric, row: Mapping[str, Json], place: str, given: Columns) -> tuple[Label, str]:
    said = _choice(text_in(row, "choice", place), given)
    if said is None:
        raise DataError(
            f"{place}: `choice` is {row['choice']!r}; it can be {', '.join((*CHOICES, *given.words))}; "
            "say what other words mean with --word WORD=CHOICE"
        )
    has_texts = "baseline" in row or "candidate" in row
    label = PairLabel(
        rubric=rubric.id,
        version=rubric.version,
        case_id=_case_id(row, place),
        messages=_messages(row, place) if has_texts else (),
        baseline=text_in(row, "baseline", place) if has_texts else "",
        candidate=text_in(row, "candidate", place) if has_texts else "",
        choice=said,
        expected=row.get("expected"),
        group=_optional(row, "group", place) or None,
        has_texts=has_texts,
        facts=row.get("facts") if rubric.uses_facts is True else None,
    )
    return label, said


def _verdict(rubric: Rubric, row: Mapping[str, Json], label: Label, place: str, given: Columns) -> StoredVerdict:
    """Return a judge's verdict, as its reply would read; what is neither a level nor a choice is kept as it is."""
    text = text_in(row, "verdict", place)
    if rubric.kind == "scale":
        name = label.criterion if isinstance(label, AnswerLabel) else ""
        is_level = text.strip() in levels_of(rubric, name)
        return StoredVerdict(label=label.read, text=f'{{"{name or "score"}": {text.strip()}}}' if is_level else text)
    swapped = _reply(text_in(row, "verdict_swapped", place), given, SWAPPED) if "verdict_swapped" in row else None
    return StoredVerdict(label=label.read, text=_reply(text, given, SHOWN), swapped=swapped)


def _reply(text: str, given: Columns, shown: Mapping[str, str]) -> str:
    choice = _choice(text, given)
    return f'{{"better": "{shown[choice]}"}}' if choice else text


def _choice(word: str, given: Columns) -> Preferred | None:
    meant = given.words.get(word, word)
    return next((choice for choice in CHOICES if choice == meant), None)


def _case_id(row: Mapping[str, Json], place: str) -> str:
    if "case_id" in row:
        return text_in(row, "case_id", place)
    if "question" not in row and "messages" not in row:
        raise DataError(f"{place}: no column has the case: `case_id`, `question` or `messages`; name one with --column")
    return f"case {digest(_messages(row, place))[:12]}"


def _messages(row: Mapping[str, Json], place: str) -> tuple[Message, ...]:
    if "messages" not in row:
        return (Message(role="user", content=text_in(row, "question", place)),)
    try:
        return msgspec.convert(row["messages"], tuple[Message, ...])
    except UNREADABLE as problem:
        raise DataError(f"{place}: `messages`: {for_terminal(str(problem))}") from problem


def _optional(row: Mapping[str, Json], key: str, place: str) -> str:
    return text_in(row, key, place) if row.get(key) is not None else ""


def _together(label: Label, cast: Sequence[tuple[str, str]]) -> Label:
    votes = dict(sorted(Counter(said for _, said in cast).items()))
    by = {person: said for person, said in reversed(cast) if person}
    if isinstance(label, AnswerLabel):
        return msgspec.structs.replace(label, level=middle(votes), votes=votes, by=by)
    return msgspec.structs.replace(label, choice=most(votes), votes=votes, by=by)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise InputError(f"{option} {text}: write it as NAME=VALUE")
    return name, value


def _refuse_unknown(name: str, known: Sequence[str], option: str, what: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise InputError(f"{option}: {name!r} is no {what}; {hint}")
