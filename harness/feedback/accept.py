"""Kept proposals become cases of their suite or training rows, never both: what is in one is left out of the other."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from harness.asking.cases import check_case, load_cases
from harness.cases.file import append_cases, held
from harness.cases.new import asked_id
from harness.data.checks.structure import Structure
from harness.data.convert import make_folder_of, row_as
from harness.data.generated.files import read_state
from harness.data.reading import read_rows
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.data.seal import Renewal, renewing
from harness.errors import CaseFileError, DataError
from harness.feedback.apart import cases_in, rows_with
from harness.feedback.decided import Standing, standings_of
from harness.feedback.files import add_accepted, read_accepted, read_decisions, read_proposals
from harness.feedback.records import Accepted, Destination, Proposal, case_of
from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Record, digest
from harness.text.atomic import write_durably
from harness.text.regular import read_regular

COMMAND = "harness cases accept"
"""By which a sealed test is renewed."""


class Wanted(Record, frozen=True, kw_only=True):
    """Where kept proposals go, and how many of them.

    ``rows`` are files of training rows: the first is written to where these are the destination, and a case that is
    in any of them is left out. ``share`` is the part of what is not accepted yet, chosen by ``seed``.
    """

    to: Destination
    rows: tuple[Path, ...] = ()
    share: float = 1.0
    seed: int = 0


class Outcome(Record, frozen=True, kw_only=True):
    """What became of the proposals: which went to which file, and why others did not."""

    file: str
    added: tuple[str, ...]
    same: tuple[str, ...] = ()
    """Those that were added before, or that the file has already."""
    left_out: dict[str, str] = msgspec.field(default_factory=dict)
    """By proposal, why."""


def accept(path: Path, wanted: Wanted, now: Callable[[], str]) -> Outcome:
    """Add kept proposals to their suite, or to a file of training rows, and note where they went.

    The note is written first, so that an accept that was killed is completed by the next one, and nothing that was
    noted for the one destination goes to the other. What was added once is not added again: people can have changed it
    since, taken it out, or let it retire.

    Raises:
        DataError, CaseFileError: a file is wrong.
        StoreError: a file can't be written.
    """
    if wanted.to == "rows" and read_state(wanted.rows[0]) is not None:
        raise DataError(f"{wanted.rows[0]}: rows of a teacher, whose review would not be of these; name another file")
    proposals = {one.id: one for one in read_proposals(path)}
    suite = Path(next(iter(proposals.values())).suite)
    target = suite if wanted.to == "suite" else wanted.rows[0]
    left_out: dict[str, str] = {}
    chosen: list[Standing] = []
    done: list[str] = []

    def choose() -> list[Accepted]:
        """Return the notes of what is new, and choose all that is to be in the file."""
        standings = standings_of(proposals.values(), read_decisions(path))
        noted = {one.proposal: one for one in read_accepted(path)}
        kept = [one for one in standings.values() if one.final is not None and one.final.kind != "drop"]
        before = [one for one in kept if (note := noted.get(one.proposal.id)) and _is_to(note, wanted.to, target)]
        done.extend(one.proposal.id for one in before if noted[one.proposal.id].is_written)
        before = [one for one in before if one.proposal.id not in done]
        new = _part([one for one in kept if one.proposal.id not in noted], wanted)
        elsewhere = [one for one in kept if (note := noted.get(one.proposal.id)) and note.to != wanted.to]
        rows = [row for file in _files(wanted, noted.values()) for row in load_rows(file)]
        other = _Other(suite=load_cases(suite), rows=rows, elsewhere=elsewhere)
        left_out.update(_left_out([*before, *new], wanted.to, other))
        chosen.extend(one for one in (*before, *new) if one.proposal.id not in left_out)
        return notes(one for one in new if one.proposal.id not in left_out)

    def notes(some: Iterable[Standing], *, is_written: bool = False) -> list[Accepted]:
        time, file = now(), str(target)
        return [
            Accepted(proposal=one.proposal.id, to=wanted.to, file=file, time=time, is_written=is_written)
            for one in some
        ]

    add_accepted(path, choose)
    added, same = _add_cases(suite, chosen, now()) if wanted.to == "suite" else _add_rows(target, chosen)
    add_accepted(path, lambda: notes(chosen, is_written=True))
    return Outcome(file=str(target), added=added, same=(*done, *same), left_out=left_out)


class _Other(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the files now, and the proposals that are noted for the other destination."""

    suite: Sequence[Case]
    rows: Sequence[DataRow]
    elsewhere: Sequence[Standing]


def _is_to(note: Accepted, to: Destination, target: Path) -> bool:
    return note.to == to and note.file == str(target)


def _part(new: Sequence[Standing], wanted: Wanted) -> list[Standing]:
    ordered = sorted(new, key=lambda one: digest([wanted.seed, one.proposal.id]))
    part = {one.proposal.id for one in ordered[: math.ceil(wanted.share * len(new) - 1e-9)]}
    return [one for one in new if one.proposal.id in part]


def _files(wanted: Wanted, noted: Iterable[Accepted]) -> list[Path]:
    """Return the files of rows in which a case must not be: those that are named, and those that were written to."""
    if wanted.to == "rows":
        return []
    written = [Path(one.file) for one in noted if one.to == "rows"]
    return [file for file in dict.fromkeys((*wanted.rows, *written)) if file.exists()]


def _left_out(some: Sequence[Standing], to: Destination, other: _Other) -> dict[str, str]:
    """Return why proposals can't go to a destination, by id."""
    found: dict[str, str] = {}
    for one in some:
        if problem := _unfit(one, to):
            found[one.proposal.id] = problem
    fit = [one for one in some if one.proposal.id not in found]
    if to == "suite":
        rows = [*other.rows, *(_row_of(one, place) for place, one in enumerate(other.elsewhere, 1))]
        where = rows_with([_case(one) for one in fit], other.suite, rows)
        leaks = {one.proposal.id: where[_case(one).id] for one in fit if _case(one).id in where}
    else:
        own = {one.proposal.id: _row_of(one, place) for place, one in enumerate(fit, 1)}
        cases = {one.id: one for one in (*other.suite, *map(_case, other.elsewhere))}
        leaks = {name: f"the suite, as case {case}" for name, case in cases_in(own, cases.values()).items()}
    return found | {
        name: f"is in {where}, and nothing is both measured and trained on" for name, where in leaks.items()
    }


def _unfit(one: Standing, to: Destination) -> str:
    case = _case(one)
    try:
        check_case(case, one.proposal.id)
    except CaseFileError as problem:
        return str(problem)
    if to == "suite":
        return ""
    if case.expected is None:
        return "has no expected answer, which a training row needs"
    if one.proposal.tools and isinstance(case.expected, list):
        return "expects calls of tools; write this row by hand"
    broken = next(Structure().see(_row_of(one, 1)), None)
    return broken.told if broken else ""


def _case(one: Standing) -> Case:
    case = case_of(one.proposal, "", one.final)
    return msgspec.structs.replace(case, id=asked_id(case))


def _row_of(one: Standing, place: int) -> DataRow:
    """Return a proposal as a training row; its place is its number among those that are compared."""
    proposal: Proposal = one.proposal
    expected = one.final.expected if one.final else None
    text = expected if isinstance(expected, str) else msgspec.json.encode(expected).decode()
    answer = Message(role="assistant", content=text)
    return DataRow(
        file=f"accepted proposal {proposal.id}", line=place, messages=(*proposal.messages, answer), tools=proposal.tools
    )


def _add_cases(suite: Path, chosen: Sequence[Standing], time: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add cases that the suite doesn't have yet; a sealed test notes that it was renewed."""
    cases = {_case(one).id: one for one in chosen}
    before = load_cases(suite)
    known = {name for case in before for name in (case.id, asked_id(case))}
    new = [_case(one) for name, one in cases.items() if name not in known]
    if not new:
        return (), tuple(one.proposal.id for one in chosen)
    with renewing(suite, (*before, *new), Renewal(time=time, command=COMMAND, added=len(new))):
        found = append_cases(suite, new, {name: one.proposal.id for name, one in cases.items()})
    added = tuple(cases[name].proposal.id for name in found.added)
    return added, tuple(one.proposal.id for one in chosen if one.proposal.id not in added)


def _add_rows(file: Path, chosen: Sequence[Standing]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add rows to a file of chat messages that doesn't have them yet."""
    make_folder_of(file)
    with held(file):
        content, there = b"", set[bytes]()
        if file.exists():
            kind = read_rows(file).format
            if kind is None or kind.name != "chat" or file.suffix not in {".jsonl", ".ndjson"}:
                raise DataError(
                    f"{file}: rows are added to JSON Lines of chat messages; name another file, or convert this one "
                    "with harness data convert"
                )
            there = {row.identity for row in load_rows(file)}
            content = read_regular(file)
        new = [one for one in chosen if _row_of(one, 1).identity not in there]
        lines = [msgspec.json.encode(row_as(_row_of(one, 1), "chat")) + b"\n" for one in new]
        if new:
            write_durably(file, content + (b"\n" if content and not content.endswith(b"\n") else b"") + b"".join(lines))
    added = tuple(one.proposal.id for one in new)
    return added, tuple(one.proposal.id for one in chosen if one.proposal.id not in added)
