"""The response store and the run folders. Nothing else writes under ``runs/``."""

import datetime as dt
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from harness.errors import NoSuchModel, StoreError
from harness.records import Answer, Judgement, Response, Run, digest

FORMAT = 1
BUSY_TIMEOUT_S = 60.0
T = TypeVar("T", bound=msgspec.Struct)


class Store:
    """Responses by request key, in SQLite. Each is committed as it arrives; errors are never kept as answers.

    Raises:
        StoreError: the file can't be opened or written, or a newer version of the harness made it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._prepare()
        except (OSError, sqlite3.Error) as problem:
            raise StoreError(f"{path}: the response store can't be opened: {problem}") from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def find(self, keys: Iterable[str]) -> dict[str, Response]:
        """Return the responses that are known, by key."""
        found = {}
        for key in keys:
            row = self._db.execute("SELECT response FROM responses WHERE key = ?", (key,)).fetchone()
            if row:
                found[key] = msgspec.json.decode(row[0], type=Response)
        return found

    def keep(self, response: Response) -> None:
        """Commit one answer; a response with an error is left out, so that it is asked again."""
        if response.error is not None:
            return
        try:
            self._db.execute(
                "INSERT OR IGNORE INTO responses (key, response) VALUES (?, ?)",
                (response.request_key, msgspec.json.encode(response)),
            )
        except sqlite3.Error as problem:
            raise StoreError(f"{self._path}: an answer can't be saved: {problem}; free some space, then go on") from (
                problem
            )

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise StoreError(
                f"{self._path}: made by a newer version of the harness (format {version}, this one reads {FORMAT}); "
                "update the harness, or move the file away"
            )
        self._db.execute("CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, response BLOB) WITHOUT ROWID")
        self._db.execute(f"PRAGMA user_version = {FORMAT}")


def new_run_folder(runs: Path, now: dt.datetime) -> Path:
    """Make and return an empty folder, named by the date and four hex digits."""
    stem = now.strftime("%Y-%m-%d")
    for attempt in range(1000):
        folder = runs / f"{stem}-{digest([now.isoformat(), os.getpid(), attempt])[:4]}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as problem:
            raise StoreError(f"{folder}: can't be made: {problem.strerror}") from problem
        return folder
    raise StoreError(f"{runs}: no free name for a run of {stem}; move old runs away")


def write_run(folder: Path, run: Run, answers: Iterable[Answer], judgements: Iterable[Judgement]) -> None:
    """Write a run's files; ``run.json`` comes last and at once, so that a folder with it is complete."""
    write_atomically(folder / "answers.jsonl", b"".join(msgspec.json.encode(line) + b"\n" for line in answers))
    write_atomically(folder / "scores.jsonl", b"".join(msgspec.json.encode(line) + b"\n" for line in judgements))
    write_atomically(folder / "run.json", msgspec.json.format(msgspec.json.encode(run)))


def read_run(folder: Path) -> Run:
    """Return a saved run.

    Raises:
        NoSuchModel: the folder holds no complete run.
        StoreError: its ``run.json`` can't be read.
    """
    try:
        return msgspec.json.decode((folder / "run.json").read_bytes(), type=Run)
    except FileNotFoundError:
        raise NoSuchModel(f"{folder}: no saved run here; `ls {folder.parent}` shows the runs") from None
    except msgspec.DecodeError as problem:
        raise StoreError(f"{folder / 'run.json'}: not readable: {problem}") from problem


def read_answers(folder: Path) -> Iterator[Answer]:
    """Yield the answers of a saved run."""
    return _lines(folder / "answers.jsonl", Answer)


def read_judgements(folder: Path) -> Iterator[Judgement]:
    """Yield the scores of a saved run."""
    return _lines(folder / "scores.jsonl", Judgement)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    except OSError as problem:
        raise StoreError(f"{path}: can't be written: {problem.strerror}") from problem


def _lines(path: Path, kind: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as problem:
                raise StoreError(f"{path}:{number}: not readable: {problem}") from problem
