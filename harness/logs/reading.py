"""Production logs in any form that teams have, as one stream of masked requests in the order of the files.

Where parts of a request are in several rows or files, the files are read twice: first for the parts, which wait in a
temporary database, then for the requests. Nothing but single rows is in memory.
"""

import time as clock
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.config.rows import LogMapping
from harness.data.checks.needed import need
from harness.data.checks.problem import Problem
from harness.errors import ConfigError, DataError
from harness.logs.files import LogFile, is_server_log, log_files, server_lines
from harness.logs.forms import Row, rows_of
from harness.logs.joined import Joined
from harness.logs.mapping import Paths, no_question
from harness.logs.masking import Masker
from harness.logs.part import Part
from harness.logs.problems import (
    ASKS_NOTHING,
    MIXED_FORMS,
    NO_CONTENT,
    NO_REQUEST,
    NO_TIME,
    SAME_KEY,
    TOO_DEEP,
    UNREAD,
    Tally,
    without_words,
)
from harness.logs.times import since_of
from harness.logs.vllm import NO_CONTENT as NOT_BY_VLLM
from harness.logs.vllm import vllm_parts
from harness.records.logged import Logged
from harness.text.toml import build

LOOKED_AT = 200
"""Rows of a file in which parts must show, else it is read once; and in which one must ask something."""


AMONG_OTHERS = "it is among rows of another form, and is left out"


def read_logged(
    paths: Sequence[Path], mapping: LogMapping | Mapping[str, str] | None = None, since: str | float | None = None
) -> Iterator[Logged | Problem]:
    """Yield every request in files and folders, without personal data; and what could not be read, with its place.

    ``mapping`` is where rows of one's own hold what, as [logs.mapping] in harness.toml has it. With ``since``, such as
    "30d" or seconds since 1970, earlier requests are left out, and those without a time.

    Raises:
        ConfigError: the mapping has an unknown field.
        InputError: ``since`` is no time, or a package of the extra ``data`` is missing.
        DataError: the only file can't be read, or none of its rows asks anything; of several, that is a problem of one.
    """
    need("detect_secrets", "phonenumbers")
    if not isinstance(mapping, LogMapping):
        mapping = build(mapping or {}, LogMapping, "[logs.mapping]", ConfigError)
    start = since_of(since, clock.time()) if isinstance(since, str) else since
    masker = Masker()
    joined = Joined(masker)
    try:
        for one in _Reader(joined, masker, mapping, start).read(log_files(paths)):
            yield without_words(one) if isinstance(one, Problem) else one
    finally:
        joined.close()


class _Reader:
    """Reads files; one for each call."""

    def __init__(self, joined: Joined, masker: Masker, mapping: LogMapping, since: float | None) -> None:
        self._joined, self._masker = joined, masker
        self._mapping, self._since = mapping, since
        self._is_alone = True

    def read(self, files: Sequence[LogFile]) -> Iterator[Logged | Problem]:
        """Yield the requests of all files, and what could not be read."""
        self._is_alone = len(files) == 1
        seen_whole = {file.called: self._seen(file) for file in files}
        self._joined.seen()
        for file in files:
            yield from self._requests(file, has_parts=seen_whole[file.called])
        tally = Tally()
        for part in self._joined.orphans():
            if part.logged.messages and not part.needs_key:
                yield from self._wanted(part.logged, tally)
            else:
                why = part.needs_key or "what was said of it has no request in these files"
                tally.add(NO_REQUEST, f"part of a request: {why}", part.logged.place)
        yield from tally.problems()

    def _seen(self, file: LogFile) -> bool:
        """Look for parts in a file, and tell whether it was read to its end for them."""
        has_parts = False
        try:
            if is_server_log(file):
                return False
            for number, row in enumerate(rows_of(file, self._mapping)):
                for part in () if isinstance(row, Problem) else row.parts:
                    has_parts |= part.kind != "request" or bool(part.key)
                    self._joined.see(part)
                if number >= LOOKED_AT and not has_parts:
                    return False
        except DataError:  # told when it is read for its requests
            return has_parts
        return has_parts

    def _requests(self, file: LogFile, *, has_parts: bool) -> Iterator[Logged | Problem]:
        tally = Tally()
        begun = False
        try:
            for one in self._vllm(file, tally) if is_server_log(file) else self._of_rows(file, tally, has_parts):
                begun = True
                yield one
        except DataError as problem:
            if self._is_alone and not begun:
                raise
            place, _, told = str(problem).partition(": ")
            is_placed = place.startswith(file.called)
            place, told = (place, told) if is_placed else (file.called, str(problem))
            place = f"{file.called}:1" if place == file.called else place
            yield Problem(kind=UNREAD.name, places=(place,), told=told, ends_reading=True)
            if not begun:
                return
        yield from tally.problems()

    def _vllm(self, file: LogFile, tally: Tally) -> Iterator[Logged | Problem]:
        found = 0
        for part in vllm_parts(server_lines(file), file.called, file.path.stat().st_mtime):
            found += 1
            yield from self._emitted(part, tally)
        if not found:
            yield Problem(
                kind=NO_CONTENT.name, places=(f"{file.called}:1",), told=f"no request is in it: {NOT_BY_VLLM}"
            )

    def _of_rows(self, file: LogFile, tally: Tally, has_parts: bool) -> Iterator[Logged | Problem]:
        paths = Paths(self._mapping, file.called)
        held: list[Problem] = []  # until it is clear that the file holds logs at all
        asked = 0
        for row in rows_of(file, self._mapping):
            if not asked and paths.rows + len(held) >= LOOKED_AT:
                break
            if isinstance(row, Problem):
                held.append(row)
            else:
                paths.see(row.values)
                asked += row.has_anything
            if asked:
                yield from held
                held.clear()
            if not isinstance(row, Problem):
                yield from self._of_row(row, tally, has_parts)
        if not asked and paths.rows:
            raise DataError(no_question(file.called, paths.first, self._mapping))
        yield from held
        if len(held) >= LOOKED_AT:
            told = f"none of its first {LOOKED_AT} rows can be read, so the rest was left alone"
            yield Problem(kind=UNREAD.name, places=(f"{file.called}:1",), told=told, ends_reading=True)
        yield from paths.problems()

    def _of_row(self, row: Row, tally: Tally, has_parts: bool) -> Iterator[Logged | Problem]:
        if not row.has_anything:
            tally.add(ASKS_NOTHING, "row: it asks nothing, and is left out", row.place)
        for part in row.parts:
            if not has_parts and (part.kind != "request" or part.key):
                tally.add(MIXED_FORMS, f"part of a request: {AMONG_OTHERS}", row.place)
            if part.kind == "request":
                yield from self._emitted(part, tally)

    def _emitted(self, part: Part, tally: Tally) -> Iterator[Logged | Problem]:
        place = part.logged.place
        try:
            logged, times = self._joined.whole(part)
        except RecursionError:
            yield Problem(kind=TOO_DEEP.name, places=(place,), told="a value is nested too deeply")
            return
        if times > 1 and part.needs_own:
            tally.add(SAME_KEY, f"request: {part.needs_own}", place)
        elif times and not logged.messages:
            tally.add(NO_CONTENT, f"request: {part.lacks or 'what was asked is not in the log'}", place)
        elif times:
            yield from self._wanted(logged, tally)

    def _wanted(self, logged: Logged, tally: Tally) -> Iterator[Logged]:
        if self._since is None:
            yield logged
        elif logged.time is None:
            tally.add(NO_TIME, "request: without a time, so it is left out", logged.place)
        elif logged.time >= self._since:
            yield logged
