"""Why a case was lost: the training rows near it, looked for when all tests have ended, within a limit of work.

With the rows themselves, their answers are held against what the suite expects; signatures tell only their places.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import msgspec

from harness.asking.cases import Suite
from harness.data.alike.likeness import told
from harness.data.leaks.near import Neighbour, Neighbours, nearest_meant, nearest_rows, nearest_signed
from harness.data.leaks.signed import Signatures, read_signatures
from harness.data.meaning.model import is_installed, load_model
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.errors import HarnessError
from harness.models.adapter import SIGNATURES
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import RIGHT, Comparison
from harness.records.in_columns import Rows
from harness.records.leaked import NearCase, NearRow, NearRows
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.quantities import Quantity
from harness.scorers.repeats import OverRepeats
from harness.scorers.scoring import score_one
from harness.text.regular import read_regular
from harness.verdicts.concentration import right_somewhere

SHOWN_ROWS = 3
MOST_LOST = 200
"""Lost cases of a comparison whose rows are kept: as many as a report can show in full."""
MOST_MEANT = 3_000
"""Rows whose meanings are compared, where the extra ``similarity`` is installed: some twenty seconds of one core."""
MOST_PAIRS = 10_000_000
"""Cases times rows that are compared: some six seconds of one core. Lost cases come first."""
EXCERPT = 300
"""Characters of each text of a row that are kept."""

Known: TypeAlias = Signatures | tuple[DataRow, ...]
Scored = Mapping[str, tuple[Suite, object]]
"""The suite and the scorer of each comparison, by its key."""
Answers = Callable[[Suite], Iterable[tuple[Case, Response]]]
"""The candidate's answers to a suite."""


def known_rows(adapter: Path | None, training_data: Sequence[Path]) -> Known | None:
    """Return what is known of a candidate's training rows: the rows that are given, else signatures; None for neither.

    Raises:
        InputError: a file can't be read.
    """
    if training_data:
        return tuple(row for path in training_data for row in load_rows(path))
    signatures = adapter / SIGNATURES if adapter is not None else None
    if signatures is None or not signatures.is_file():
        return None
    return read_signatures(read_regular(signatures), str(signatures))


def with_losses(comparisons: Iterable[Comparison]) -> dict[str, Comparison]:
    """Return the comparisons of scores that lost a case, by key; slices of one as a whole."""
    found: dict[str, Comparison] = {}
    for one in comparisons:
        if not one.unit and one.lost:
            known = found.get(one.key)
            found[one.key] = _together_with(known, one) if known else msgspec.structs.replace(one, tag="")
    return found


def _together_with(known: Comparison, one: Comparison) -> Comparison:
    """Return two slices of a comparison as one; a case can be in both."""
    has = set(Rows.of(known.rows).case_ids)
    new = (row for row in one.rows if row.case_id not in has)
    lost = tuple(dict.fromkeys((*known.lost, *one.lost)))
    return msgspec.structs.replace(known, rows=Rows.of(chain(known.rows, new)), lost=lost)


def near_rows(
    known: Known, lossy: Mapping[str, Comparison], scored: Scored, answers: Answers, most: int = MOST_PAIRS
) -> tuple[NearRows, ...]:
    """Return the training rows near the lost cases of comparisons, by key, that ``with_losses`` gives.

    At most ``most`` pairs of a case and a row are compared. How near the nearest row is to the other cases that a side
    had right is found too, where there is room for all of a comparison, since what lost cases have in common is
    searched among them.
    """
    room = most // max(1, known.rows if isinstance(known, Signatures) else len(known))
    wanted: dict[tuple[str, str], None] = {}
    for others in (False, True):
        for key, one in lossy.items():
            ids = [row.case_id for row in right_somewhere(one)] if others else one.lost[:MOST_LOST]
            new = dict.fromkeys((scored[key][0].digest, case) for case in ids) if key in scored else {}
            if len(wanted | new) <= room or not others:
                wanted |= new
    suites = {suite.digest: suite for suite, _ in scored.values()}
    found = _nearest(known, list(wanted)[:room], suites)
    lost = ((scored[key][0].digest, case) for key, one in lossy.items() if key in scored for case in one.lost)
    meant = _meant(known, list(dict.fromkeys(one for one in lost if one in found)), suites)
    made = (_of(one, *scored[key], (found, meant), answers) for key, one in lossy.items() if key in scored)
    return tuple(one for one in made if one.lost)


Found = Mapping[tuple[str, str], Neighbours | None]
"""By the digest of a suite and the id of a case."""


def _nearest(known: Known, wanted: Sequence[tuple[str, str]], suites: Mapping[str, Suite]) -> Found:
    found: dict[tuple[str, str], Neighbours | None] = {}
    for digest in dict.fromkeys(digest for digest, _ in wanted):
        ids = {case for of, case in wanted if of == digest}
        cases = [case for case in suites[digest].cases if case.id in ids]
        if isinstance(known, Signatures):
            near = nearest_signed(known, cases, suites[digest].cases, SHOWN_ROWS)
        else:
            near = nearest_rows(known, cases, suites[digest].cases, SHOWN_ROWS)
        found |= {(digest, case.id): rows for case, rows in zip(cases, near, strict=True)}
    return found


def _meant(
    known: Known, wanted: Sequence[tuple[str, str]], suites: Mapping[str, Suite]
) -> Mapping[tuple[str, str], Neighbours]:
    """Return the rows that ask what lost cases ask in other words, where the extra is installed and rows are few."""
    if isinstance(known, Signatures) or len(known) > MOST_MEANT or not is_installed():
        return {}
    embed = load_model()
    found: dict[tuple[str, str], Neighbours] = {}
    for digest in dict.fromkeys(digest for digest, _ in wanted):
        ids = [case for of, case in wanted if of == digest][:MOST_LOST]
        cases = [case for case in suites[digest].cases if case.id in ids]
        near = nearest_meant(known, cases, suites[digest].cases, embed, SHOWN_ROWS)
        found |= {(digest, case.id): rows for case, rows in zip(cases, near, strict=True)}
    return found


def _of(
    comparison: Comparison,
    suite: Suite,
    scorer: object,
    near_and_meant: tuple[Found, Mapping[tuple[str, str], Neighbours]],
    answers: Answers,
) -> NearRows:
    """Return what was found for one comparison."""
    found, meant = near_and_meant
    looked = [row.case_id for row in right_somewhere(comparison)]
    near = {case: rows for case in looked if (rows := found.get((suite.digest, case))) is not None}
    lost = {
        case: _together(meant.get((suite.digest, case), ()), rows)
        for case in comparison.lost
        if (rows := found.get((suite.digest, case))) is not None
    }
    cases = {case.id: case for case in suite.cases if case.id in lost}
    said: dict[str, set[str]] = {}
    for case, response in answers(suite):
        if case.id in lost and response.error is None:
            said.setdefault(case.id, set()).add(told(response.said))
    has_all = all((suite.digest, case) in found for case in looked)
    return NearRows(
        comparison=comparison.key,
        similar={case: round(rows[0].similarity if rows else 0.0, 3) for case, rows in near.items()} if has_all else {},
        lost=tuple(
            NearCase(case=case, rows=tuple(_row(one, cases[case], scorer, said.get(case, set())) for one in rows))
            for case, rows in list(lost.items())[:MOST_LOST]
        ),
    )


def _together(meant: Neighbours, near: Neighbours) -> Neighbours:
    """Return the rows that ask the same, then the others that are near, each once."""
    places = {one.place for one in meant}
    return (*meant, *(one for one in near if one.place not in places))[:SHOWN_ROWS]


def _row(near: Neighbour, case: Case, scorer: object, said: set[str]) -> NearRow:
    if near.row is None:
        return NearRow(place=near.place, similarity=round(near.similarity, 3))
    return NearRow(
        place=near.place,
        similarity=round(near.similarity, 3),
        meaning=round(near.meaning, 3),
        asked=_shown(near.row.input),
        answer=_shown(near.row.output),
        is_right=_is_right(near.row, case, scorer),
        is_repeated=told(near.row.output) in said,
    )


def _is_right(row: DataRow, case: Case, scorer: object) -> bool | None:
    """Tell whether a row's answer is right for a case; None where it takes a judge or more than the text to know."""
    if isinstance(scorer, OverRepeats):
        scorer = scorer.scorer
    if isinstance(scorer, Judge | PairJudge | Quantity) or not callable(scorer):
        return None
    last = row.messages[-1]
    try:
        value = score_one(scorer, case, Response(request_key="", text=last.text, tool_calls=last.calls)).value
    except HarnessError:
        return None
    return None if value is None else value >= RIGHT


def _shown(text: str) -> str:
    """Return the beginning of a row's text without personal data; nothing where the extra that finds it is missing."""
    try:
        from harness.data.checks.personal.personal import beginning

        return beginning(text, EXCERPT)
    except ImportError:
        return ""
