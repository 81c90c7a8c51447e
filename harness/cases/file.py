"""Change a case file, and nothing else in it: other lines keep every byte, and what others changed meanwhile."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.asking.cases import case_line, load_cases
from harness.cases.new import asked_id
from harness.errors import CaseFileError, InputError, StoreError
from harness.records.asked import Case
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.text.jsonl import read_named
from harness.text.regular import read_regular
from harness.text.unwritten import unwritten


class ChangedMeanwhile(InputError):
    """Somebody else changed a case since it was read; the text names it."""


class Added(Record, frozen=True, kw_only=True):
    """What became of cases that were to be added: added, in the file already, or there in another version.

    Each by its id; those that are there by the file's.
    """

    added: tuple[str, ...]
    same: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """In the file the same is asked, but expected answer, tags or more differ: the file's version stays."""


def write_new(path: Path, cases: Sequence[Case]) -> Added:
    """Write a new case file.

    Raises:
        InputError: there is something of this name already, or it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(b"".join(case_line(case) + b"\n" for case in cases))
    except OSError as problem:
        if os.path.lexists(path):
            raise InputError(
                f"{path}: is there already, and nothing is overwritten; add --append to add cases to it, or name "
                "another file"
            ) from None
        raise InputError(f"{path}: can't be written: {unwritten(problem)}") from problem
    return Added(added=tuple(case.id for case in cases))


def append_cases(path: Path, cases: Sequence[Case], places: dict[str, str]) -> Added:
    """Add those cases to a file that it doesn't have yet; ``places`` says where each comes from.

    A case whose id was made of what it asks is there already also where the file asks that under another id.

    Raises:
        CaseFileError: the file is wrong, or has another question under an id.
        StoreError: it can't be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    with held(path):
        there = {case.id: case for case in load_cases(path)}
        for case in cases:
            if case.id in there and there[case.id].messages != case.messages:
                raise CaseFileError(
                    f"{places[case.id]}: {path} has the id {case.id!r} already, for another question; ids must be "
                    "unique"
                )
        asked = {asked_id(case): case for case in there.values()}
        known = [(case, one) for case in cases if (one := there.get(case.id) or asked.get(case.id))]
        ids = {case.id for case, _ in known}
        new = [case for case in cases if case.id not in ids]
        if new:
            content = read_regular(path)
            end = b"" if content.endswith(b"\n") else b"\n"
            write_durably(path, content + end + b"".join(case_line(case) + b"\n" for case in new))
    differ = {case.id for case, one in known if msgspec.structs.replace(one, id=case.id) != case}
    return Added(
        added=tuple(case.id for case in new),
        same=tuple(one.id for case, one in known if case.id not in differ),
        kept=tuple(one.id for case, one in known if case.id in differ),
    )


def replace_case(path: Path, seen: str, case: Case) -> str:
    """Put a case in the place of the one with its id, and return the mark of its line; see ``mark_of``.

    Raises:
        ChangedMeanwhile: the line is not the one that was seen any more, or gone; nothing is written.
        CaseFileError: the file can't be read.
        StoreError: it can't be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    with held(path):
        lines = read_named(path, CaseFileError).split(b"\n")
        found = [number for number, line in enumerate(lines) if _id_of(line) == case.id]
        if len(found) != 1 or mark_of(lines[found[0]]) != seen:
            raise ChangedMeanwhile(f"{path}: case {case.id!r} was changed in the meantime")
        end = b"\r" if lines[found[0]].endswith(b"\r") else b""
        lines[found[0]] = case_line(case) + end
        write_durably(path, b"\n".join(lines))
    return mark_of(lines[found[0]])


def take_out(path: Path, ids: AbstractSet[str]) -> None:
    """Take the lines of cases out of a file; every other line keeps its bytes.

    Raises:
        CaseFileError: the file can't be read.
        StoreError: it can't be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    with held(path):
        lines = read_named(path, CaseFileError).splitlines(keepends=True)
        write_durably(path, b"".join(line for line in lines if _id_of(line) not in ids))


def read_marked(path: Path) -> tuple[tuple[Case, str], ...]:
    """Return the cases of a file, each with the mark of its line.

    Raises:
        CaseFileError: the file is wrong.
    """
    cases = load_cases(path)
    marks = {_id_of(line): mark_of(line) for line in read_named(path, CaseFileError).split(b"\n")}
    return tuple((case, marks.get(case.id, "")) for case in cases)


def mark_of(line: bytes) -> str:
    """Return what tells whether a line was changed: its digest."""
    return hashlib.sha256(line.strip()).hexdigest()[:32]


class _Named(msgspec.Struct):
    id: str = ""


def _id_of(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Named).id
    except UNREADABLE:
        return None


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other commands of the harness from changing files in a file's folder meanwhile; editors don't ask.

    Raises:
        StoreError: the folder is not there.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as problem:
        raise StoreError(f"{path.parent}: {problem.strerror}") from problem
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
