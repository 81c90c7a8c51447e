"""The rows of a saved run with what each side answered: what every export is made of."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.records.asked import Side
from harness.records.compared import Comparison
from harness.records.messages import Message
from harness.records.record import Json, Record
from harness.records.saved import Answer, Run
from harness.runs.folder import read_answers, read_judgements, read_run
from harness.verdicts.fates import fate_of


class ExportedRow(Record, frozen=True, kw_only=True):
    """A case of a comparison. Answers are those that were scored, one for each repeat; an error has no text.

    ``input`` and ``expected`` are JSON where they are more than one text.
    """

    test: str
    scorer: str
    unit: str
    tag: str
    case: str
    group: str
    tags: tuple[str, ...]
    input: str
    expected: str
    baseline: float | None
    candidate: float | None
    fate: str
    unscored: str
    baseline_answers: tuple[str, ...]
    candidate_answers: tuple[str, ...]
    baseline_errors: tuple[str, ...]
    candidate_errors: tuple[str, ...]


class Exported(Record, frozen=True, kw_only=True):
    """A run with its rows, and the answers of both sides by the key of the comparison, the case and the side."""

    run: Run
    rows: tuple[ExportedRow, ...]
    answers: dict[tuple[str, str, Side], tuple[Answer, ...]]


def read_exported(folder: Path) -> Exported:
    """Return a saved run with its rows.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: a file in it can't be read.
    """
    run = read_run(folder)
    by_key = {(answer.side, answer.request.key): answer for answer in read_answers(folder) if not answer.request.again}
    answers: defaultdict[tuple[str, str, Side], list[Answer]] = defaultdict(list)
    for one in read_judgements(folder):
        found = by_key.get((one.side, one.item.request_key))
        if found is not None:
            answers[one.comparison, one.item.case_id, one.side].append(found)
    plain = {key: tuple(several) for key, several in answers.items()}
    return Exported(run=run, rows=tuple(_rows(run, plain)), answers=plain)


def whole_comparisons(run: Run) -> list[tuple[str, Comparison]]:
    """Return every comparison once for each test: as a whole, or, where only slices were gated, with their rows."""
    found: dict[tuple[str, str], Comparison] = {}
    for test, one in run.comparisons:
        known = found.get((test, one.key))
        if known is None or (known.tag and not one.tag):
            found[test, one.key] = one
        elif known.tag:
            have = {row.case_id for row in known.rows}
            rows = (*known.rows, *(row for row in one.rows if row.case_id not in have))
            found[test, one.key] = msgspec.structs.replace(known, rows=rows)
    return [(test, one) for (test, _), one in found.items()]


def _rows(run: Run, answers: Mapping[tuple[str, str, Side], tuple[Answer, ...]]) -> Iterator[ExportedRow]:
    for test_id, comparison in run.comparisons:
        for row in comparison.rows:
            before, after = (answers.get((comparison.key, row.case_id, side), ()) for side in _SIDES)
            known = (*after, *before)
            yield ExportedRow(
                test=test_id,
                scorer=comparison.scorer,
                unit=comparison.unit,
                tag=comparison.tag,
                case=row.case_id,
                group=row.group or "",
                tags=row.tags,
                input=in_one_text(known[0].request.messages) if known else "",
                expected=as_text(known[0].case.expected) if known else "",
                baseline=row.baseline,
                candidate=row.candidate,
                fate=fate_of(row, comparison.unit) or "",
                unscored=row.unscored,
                baseline_answers=_said(before),
                candidate_answers=_said(after),
                baseline_errors=_errors(before),
                candidate_errors=_errors(after),
            )


_SIDES: tuple[Side, Side] = ("baseline", "candidate")


def in_one_text(messages: Sequence[Message]) -> str:
    """Return a question as one text: that of the only message, or the JSON of all."""
    if [message.role for message in messages] == ["user"]:
        return messages[0].text
    return msgspec.json.encode(messages).decode()


def as_text(value: Json) -> str:
    """Return a value as one text: itself, or its JSON; nothing for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _said(answers: Sequence[Answer]) -> tuple[str, ...]:
    return tuple("" if one.response.error is not None else one.response.said for one in answers)


def _errors(answers: Sequence[Answer]) -> tuple[str, ...]:
    return tuple(one.response.error for one in answers if one.response.error is not None)
