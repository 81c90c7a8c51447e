"""That nothing is both measured and trained on: cases that are in rows, and rows that are in the suite."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.cases.alike import text_of
from harness.data.alike.likeness import told
from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import Leak
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.messages import Message


def rows_with(new: Sequence[Case], suite: Sequence[Case], rows: Sequence[DataRow]) -> dict[str, str]:
    """Return by the id of each new case the place of a row that it is in, or nearly.

    All cases of the suite are compared with it, so that what most of them begin with is known.
    """
    wanted = {case.id for case in new}
    asked = {_question(row.messages[:-1]): row.place for row in rows}
    found = {case.id: place for case in new if (place := asked.get(_question(case.messages)))}
    for leak in _leaks({case.id: case for case in (*suite, *new)}.values(), rows):
        if leak.case in wanted:
            found.setdefault(leak.case, leak.place)
    return found


def cases_in(rows: Mapping[str, DataRow], suite: Iterable[Case]) -> dict[str, str]:
    """Return by the key of each row the id of a case that is in it, or nearly."""
    known = list(suite)
    asked = {_question(case.messages): case.id for case in known}
    found = {name: asked[key] for name, row in rows.items() if (key := _question(row.messages[:-1])) in asked}
    names = {row.place: name for name, row in rows.items()}
    for leak in _leaks(known, list(rows.values())):
        found.setdefault(names[leak.place], leak.case)
    return found


def _leaks(cases: Iterable[Case], rows: Sequence[DataRow]) -> Iterator[Leak]:
    """Yield the leaks, but for those in system prompts, which rows and suite share."""
    finder = LeakFinder({"suite": tuple(cases)})
    for leak in (*(one for row in rows for one in finder.see(row)), *finder.finish()):
        if not leak.is_in_system:
            yield leak


def _question(messages: Sequence[Message]) -> str:
    return told(text_of(messages))
