"""Runs of version 0.1, whose scores name no comparison: scores and comparisons get the same key where that is certain.

Such a score names only its scorer and its set of cases. Where two different comparisons of a run shared both, it is
not known which of them a score belongs to.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from harness.errors import StoreError
from harness.records.asked import Side
from harness.records.compared import Comparison, Row
from harness.records.record import UNREADABLE, Record, digest
from harness.records.saved import Judgement, Run
from harness.records.scored import CaseScore
from harness.text.regular import open_regular


class UnkeyedJudgement(Record, frozen=True, kw_only=True):
    """A line of ``scores.jsonl`` in version 0.1. ``cases`` is the digest of the set of cases."""

    scorer: str
    side: Side
    cases: str
    item: CaseScore


class _Scores(msgspec.Struct, frozen=True):
    """The field by which a line of version 0.1 differs from a later one."""

    cases: str


def is_unkeyed(scores: Path) -> bool:
    """Tell whether a ``scores.jsonl`` is of version 0.1, from its first line."""
    try:
        with open_regular(scores) as file:
            msgspec.json.decode(file.readline(), type=_Scores)
    except (OSError, *UNREADABLE):
        return False
    return True


def keyed_run(run: Run) -> Run:
    """Return a run with a key for each of its comparisons; one that was saved with keys stays as it is.

    Comparisons that share a name without being the same get keys that no score has.
    """
    if all(comparison.key for _, comparison in run.comparisons):
        return run
    different = _different(run)

    def keyed(one: Comparison) -> Comparison:
        if one.key:
            return one
        key = _key(one.scorer, one.fingerprint.get("cases", ""))
        if key in different:
            key = digest((key, one.fingerprint, one.accepted, tuple(one.rows)))
        return msgspec.structs.replace(one, key=key)

    return msgspec.structs.replace(
        run,
        verdicts=tuple(msgspec.structs.replace(one, comparison=keyed(one.comparison)) for one in run.verdicts),
        measures=tuple(msgspec.structs.replace(one, comparison=keyed(one.comparison)) for one in run.measures),
    )


def keyed_by_name(run: Run, lines: Iterable[UnkeyedJudgement], path: Path) -> Iterator[Judgement]:
    """Yield the scores of a run of version 0.1 with the keys that ``keyed_run`` gave its comparisons.

    Raises:
        StoreError: a score could belong to several comparisons.
    """
    different = _different(run)
    for line in lines:
        key = _key(line.scorer, line.cases)
        if key in different:
            raise StoreError(
                f"{path}: saved by version 0.1, which did not keep apart the scores that {line.scorer} gave in "
                "several comparisons of the same cases; run the suites again"
            )
        yield Judgement(comparison=key, scorer=line.scorer, side=line.side, item=line.item)


def _key(scorer: str, cases: str) -> str:
    return digest((scorer, cases))


def _different(run: Run) -> set[str]:
    """Return the keys shared by comparisons that were asked in different ways, or that score a case differently."""
    asked: dict[str, object] = {}
    rows: dict[tuple[str, str], Row] = {}
    found: set[str] = set()
    for _, one in run.comparisons:
        key, how = _key(one.scorer, one.fingerprint.get("cases", "")), (one.fingerprint, one.accepted)
        if asked.setdefault(key, how) != how:
            found.add(key)
        if any(rows.setdefault((key, row.case_id), row) != row for row in one.rows):
            found.add(key)
    return found
