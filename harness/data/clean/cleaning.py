"""Files of rows cleaned: read once (twice for leaks), each change told, and written as a new file with its patch."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.data.checks.leaks import told_of
from harness.data.checks.needed import need
from harness.data.checks.problem import Problem
from harness.data.clean.change import Change
from harness.data.clean.fixes import fixed
from harness.data.clean.patch import ENDING, PatchWriter
from harness.data.convert import FileRead, Wanted, line_of, make_folder_of, refuse_existing
from harness.data.generated.standing import refuse_unreviewed
from harness.data.leaks.compared import LeakFinder
from harness.data.leaks.leak import Leak
from harness.data.reading import read_rows, refuse_repeated
from harness.data.row import DataRow
from harness.errors import DataError
from harness.records.asked import Case
from harness.records.record import Record
from harness.text.atomic import replacing

LINES = 40
"""Bits in which the line of a row is kept, below the number of its file."""

Tell = Callable[[Change], None]
Write = Callable[[bytes, bytes | None, str], None]
"""Takes the line of a row before and after, None where it is removed, and where and why it changed."""


class Cleaned(Record, frozen=True, kw_only=True):
    """What became of all rows. With any ``problems``, rows that can't be read, nothing was written.

    ``changed`` and ``removed`` count rows, ``counts`` the changes of each kind. ``patch`` is the file that undoes them;
    empty where nothing was written.
    """

    files: tuple[FileRead, ...]
    problems: tuple[Problem, ...]
    changed: int
    removed: int
    counts: dict[str, int]
    patch: str = ""

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(file.rows for file in self.files)


class Leaking(Record, frozen=True, kw_only=True):
    """Why rows are leaks, by their place, and a digest of all rows that were read for it."""

    told: dict[str, str]
    read: str


class Cleaner:
    """Cleans one row after the other. ``kinds`` are taken away; rows that are ``leaks`` are removed."""

    def __init__(self, kinds: frozenset[str], leaks: Leaking | None = None) -> None:
        need("detect_secrets", "ftfy", "phonenumbers")
        self._kinds = kinds
        self._leaks = leaks
        self._read = hashlib.sha256()
        self._files: list[str] = []
        self._seen: dict[bytes, int] = {}

    def clean(self, row: DataRow) -> tuple[DataRow | None, list[Change]]:
        """Return the next row as it is afterwards, None where it is removed, and each change."""
        if self._leaks:
            self._read.update(row.identity)
            if told := self._leaks.told.get(row.place):
                return None, [Change(place=row.place, kind="leak", told=told)]
        row, changes = fixed(row, self._kinds)
        if "duplicate" in self._kinds and (first := self._first(row)):
            told = f"removed, since it is the same as {first}"
            return None, [*changes, Change(place=row.place, kind="duplicate", told=told)]
        return row, changes

    def finish(self) -> None:
        """Refuse rows that are not those in which leaks were looked for.

        Raises:
            DataError: a file has changed.
        """
        if self._leaks and self._read.hexdigest() != self._leaks.read:
            raise DataError("the rows changed while they were read; wait until nothing writes to them, and try again")

    def _first(self, row: DataRow) -> str:
        """Return where the same row was before; empty where it was nowhere."""
        if row.file not in self._files[-1:]:
            self._files.append(row.file)
        number = len(self._files) - 1
        here = number << LINES | row.line
        if (first := self._seen.setdefault(row.identity, here)) == here:
            return ""
        return f"{self._files[first >> LINES]}:{first & ((1 << LINES) - 1)}"


def leaking(paths: Sequence[Path], suites: Mapping[str, Sequence[Case]]) -> Leaking:
    """Return which rows are leaks; a case in a system prompt, which many rows share, makes none of them one here.

    Raises:
        DataError: a file can't be read.
    """
    finder, read = LeakFinder(suites), hashlib.sha256()
    found: list[Leak] = []
    for path in paths:
        for one in read_rows(path):
            if isinstance(one, DataRow):
                read.update(one.identity)
                found += finder.see(one)
    found += finder.finish()
    told = {leak.place: f"removed, since {told_of(leak)}" for leak in reversed(found) if not leak.is_in_system}
    return Leaking(told=told, read=read.hexdigest())


def clean_files(paths: Sequence[Path], cleaner: Cleaner, to: Path | None, group: str, tell: Tell) -> Cleaned:
    """Clean the rows of all files, and write them as chat messages to a new file, with a patch beside it.

    Without ``to`` nothing is written, and only told. ``group`` is a column that rows keep.

    Raises:
        DataError: a file can't be read, or one is there already that would be written.
        StoreError: one can't be written.
    """
    refuse_repeated(paths)
    if to is not None:
        refuse_unreviewed(paths)
    wanted = Wanted(group=group)
    problems: list[Problem] = []
    files: list[FileRead] = []
    counts: Counter[str] = Counter()
    changed = removed = 0
    with _written(to, problems) as write:
        for path in paths:
            rows, number = read_rows(path, group=group), 0
            for one in rows:
                if isinstance(one, Problem):
                    problems.append(one)
                    continue
                number += 1
                now, changes = cleaner.clean(one)
                for change in changes:
                    tell(change)
                    counts[change.kind] += 1
                removed += now is None
                changed += now is not None and bool(changes)
                kinds = ", ".join(dict.fromkeys(change.kind for change in changes))
                write(line_of(one, wanted), line_of(now, wanted) if now else None, f"{one.place} {kinds}")
            files.append(FileRead(file=str(path), told=rows.told, rows=number))
        cleaner.finish()
    return Cleaned(
        files=tuple(files),
        problems=tuple(problems),
        changed=changed,
        removed=removed,
        counts=dict(counts),
        patch=f"{to}{ENDING}" if to and not problems else "",
    )


class _HasProblems(Exception):
    """Ends the block in which files are written, so that none is."""


@contextmanager
def _written(to: Path | None, problems: Sequence[Problem]) -> Iterator[Write]:
    """Give what writes a row to both files; at the end they are there whole, or with any problem not at all."""
    if to is None:
        yield lambda _old, _new, _told: None
        return
    patch = Path(f"{to}{ENDING}")
    refuse_existing(to)
    refuse_existing(patch)
    make_folder_of(to)
    with suppress(_HasProblems), replacing(to) as rows, replacing(patch) as changes:
        writer = PatchWriter(changes, str(to))

        def write(old: bytes, new: bytes | None, told: str) -> None:
            if not problems:
                writer.row(old, new, told)
                rows.write(new or b"")

        yield write
        if problems:
            raise _HasProblems
        writer.end()
