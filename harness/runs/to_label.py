"""What to label next, by how a run failed: rows to correct, lost cases that no row is near, tags and categories."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal

import msgspec

from harness.records.asked import Side
from harness.records.compared import RIGHT, Comparison
from harness.records.record import Record
from harness.records.saved import Judgement, Run
from harness.runs.test_ids import title
from harness.text.figures import count, percent
from harness.text.shown import fact
from harness.verdicts.conditions import FAR
from harness.verdicts.fates import fate_of

Kind = Literal["row", "log", "case", "tag", "category"]
ALIKE = 0.5
"""Similarity from which on a row whose answer is wrong for a case is to be corrected."""
LEAST = 2
"""Lost cases of a tag, or answers of a category more than before, from which on they are told."""
NAMED = 5
NAME = 120


class Suggestion(Record, frozen=True, kw_only=True):
    """One line of the worksheet: what kind of thing it is, where it is, its text, and why it is worth the work.

    ``text`` is empty but for logs: the text of a case in training rows would be a leak.
    """

    kind: Kind
    place: str
    reason: str
    text: str = ""


def suggestions_of(run: Run, judgements: Iterable[Judgement]) -> dict[Kind, list[Suggestion]]:
    """Return what a run suggests, each kind with the most pressing first."""
    compared = _whole(run)
    cases, rows = list(_cases(run, compared)), list(_rows(run, compared))
    return {
        "row": _once(rows),
        "case": _once(cases),
        "tag": _once(one for key, each in compared.items() for one in _tags(*each)),
        "category": _once(_categories(compared, judgements)),
    }


def in_turn(kinds: Sequence[Sequence[Suggestion]], most: int) -> list[Suggestion]:
    """Return at most so many suggestions, of each kind by turns, so that none crowds out the others."""
    taken = [one for turn in zip_longest(*kinds) for one in turn if one is not None]
    return taken[:most]


Compared = dict[str, tuple[str, Comparison]]
"""By key: the test's id, and the comparison, slices of one as one of its parts each."""


def lost_cases(run: Run) -> tuple[str, ...]:
    """Return the ids of all lost cases of a run, each once."""
    return tuple(dict.fromkeys(case for _, one in _whole(run).values() for case in one.lost))


def _whole(run: Run) -> Compared:
    """Return each comparison of scores once, with the rows and lost cases of all its slices."""
    found: Compared = {}
    for test_id, one in run.comparisons:
        if one.unit:
            continue
        known = found.get(one.key, (test_id, one))[1]
        rows = {row.case_id: row for row in (*known.rows, *one.rows)}
        lost = tuple(dict.fromkeys((*known.lost, *one.lost)))
        found[one.key] = test_id, msgspec.structs.replace(known, rows=tuple(rows.values()), lost=lost)
    return found


def _rows(run: Run, compared: Compared) -> Iterator[Suggestion]:
    for near in run.near_rows:
        test_id = compared[near.comparison][0] if near.comparison in compared else ""
        for case in near.lost:
            for row in case.rows:
                if row.is_right is False and row.similarity >= ALIKE:
                    said = ", and the candidate answered as it does" if row.is_repeated else ""
                    yield Suggestion(
                        kind="row",
                        place=row.place,
                        reason=f"its answer is wrong for the lost case {fact(case.case, NAME)} of {_test(test_id)}, "
                        f"which it is {percent(row.similarity)} like{said}: correct the row, or the case",
                    )


def _cases(run: Run, compared: Compared) -> Iterator[Suggestion]:
    near = {(one.comparison, case.case): case for one in run.near_rows for case in one.lost}
    unknown = "which training rows are near is not known"
    for key, (test_id, one) in compared.items():
        for case_id in one.lost:
            case = near.get((key, case_id))
            if case is not None and case.rows and case.rows[0].similarity >= FAR:
                continue
            nearest = (
                f"the nearest is {percent(case.rows[0].similarity)} alike" if case and case.rows else "none is alike"
            )
            why = unknown if case is None else f"no training row is near it: {nearest}"
            yield Suggestion(
                kind="case",
                place=fact(case_id, NAME),
                reason=f"lost in {_test(test_id)}, and {why}; write rows that ask the like in other words, since the "
                "case itself would be a leak",
            )


def _tags(test_id: str, comparison: Comparison) -> list[Suggestion]:
    """Return the tags of which a larger part of the cases that were right is lost than of the others."""
    scored = [row for row in comparison.rows if fate_of(row) != "unscored"]
    right = [row for row in scored if row.baseline is not None and row.baseline >= RIGHT]
    lost = {row.case_id for row in right if fate_of(row) == "lost"}
    found: list[tuple[float, Suggestion]] = []
    for tag in dict.fromkeys(tag for row in right for tag in row.tags):
        own = [row.case_id for row in right if tag in row.tags]
        inside, others = len(lost & {*own}), len(right) - len(own)
        outside = len(lost) - inside
        if inside >= LEAST and (not others or inside / len(own) > outside / others):
            reason = (
                f"{inside:,} of {count(len(own), 'case')} with the tag that were right before are lost in "
                f"{_test(test_id)}, of the others {outside:,} of {others:,}: label more of the kind"
            )
            found.append((-inside / len(own), Suggestion(kind="tag", place=fact(tag, NAME), reason=reason)))
    return [one for _, one in sorted(found, key=lambda each: each[0])]


def _categories(compared: Compared, judgements: Iterable[Judgement]) -> list[Suggestion]:
    """Return the categories that more answers of the candidate were given than of the baseline."""
    seen: defaultdict[tuple[str, str], dict[Side, list[str]]] = defaultdict(dict)
    for one in judgements:
        if one.item.score.category and one.comparison in compared:
            seen[one.comparison, one.item.score.category].setdefault(one.side, []).append(one.item.case_id)
    found: list[tuple[int, Suggestion]] = []
    for (key, category), by_side in seen.items():
        before, now = (by_side.get(side, []) for side in ("baseline", "candidate"))
        if len(now) - len(before) < LEAST:
            continue
        new = Counter(now) - Counter(before)
        named = ", ".join(fact(case, NAME) for case in list(new)[:NAMED]) + ", ..." * (len(new) > NAMED)
        reason = (
            f"{len(now):,} answers of the candidate are called this in {_test(compared[key][0])}, "
            f"{len(before):,} of the baseline ({named}): label cases on which it happens"
        )
        found.append((len(before) - len(now), Suggestion(kind="category", place=fact(category, NAME), reason=reason)))
    return [one for _, one in sorted(found, key=lambda each: each[0])]


def _test(test_id: str) -> str:
    return f"“{fact(title(test_id), NAME)}”"


def _once(found: Iterable[Suggestion]) -> list[Suggestion]:
    """Return each place once, with its first reason."""
    return list({one.place: one for one in reversed(list(found))}.values())[::-1]
