"""Run folders: what one execution saves in ``runs/<id>/``. Files are written whole and read line by line."""

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import NoSuchModel, StoreError
from harness.records.record import UNREADABLE, digest
from harness.records.saved import Answer, Judgement, Run
from harness.runs.names import folders_in, highest_number, number_of, numbered_folders
from harness.runs.record_file import read_record, written
from harness.runs.unkeyed import UnkeyedJudgement, is_unkeyed, keyed_by_name, keyed_run
from harness.text.atomic import remove_left_over, replacing_durably
from harness.text.regular import open_regular
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

T = TypeVar("T", bound=msgspec.Struct)
MOST_RUNS = 1_000_000
WRITTEN_TOGETHER = 256
"""Lines."""


def new_run_folder(runs: Path, now: dt.datetime) -> Path:
    """Make and return an empty folder, named by the next free number, the date, and four hex digits.

    The number is reserved by making a folder named by the number alone, which only one process can do. It is kept
    when no other run took the number in the meantime.
    """
    for number in range(highest_number(runs) + 1, MOST_RUNS):
        reserved = runs / f"{number:04}"
        folder = runs / f"{number:04}-{now:%Y-%m-%d}-{digest([now.isoformat(), os.getpid(), number])[:4]}"
        try:
            reserved.mkdir(parents=True)
            if numbered_folders(runs, number) == [reserved]:
                return reserved.rename(folder)
            reserved.rmdir()
        except FileExistsError:
            continue
        except (OSError, ValueError) as problem:  # a ValueError for a name with NUL
            why = unwritten(problem) if isinstance(problem, OSError) else problem
            raise StoreError(f"{folder}: can't be made: {why}") from problem
    raise StoreError(f"{runs}: no free number for a run; move old runs away")


def remove_unfinished(runs: Path) -> None:
    """Remove the unfinished files that runs left which were killed while they were being saved."""
    for folder in folders_in(runs):
        if number_of(folder.name):
            remove_left_over(folder)


def write_run(folder: Path, run: Run, answers: Iterable[Answer], judgements: Iterable[Judgement]) -> None:
    """Write a run's files; ``run.json`` is last, so a folder that has it is complete, after a power loss too."""
    _write_lines(folder / "answers.jsonl", answers)
    _write_lines(folder / "scores.jsonl", judgements)
    with replacing_durably(folder / "run.json") as file:
        file.writelines(written(run))


def read_run(folder: Path) -> Run:
    """Return a saved run.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: its ``run.json`` can't be read.
    """
    try:
        return keyed_run(read_record(folder / "run.json"))
    except FileNotFoundError:
        raise NoSuchModel(f"{folder}: no saved run here; `ls {folder.parent}` shows the runs") from None
    except OSError as problem:
        raise StoreError(f"{folder / 'run.json'}: can't be read: {problem.strerror}") from problem
    except UNREADABLE as problem:
        raise StoreError(f"{folder / 'run.json'}: not readable: {for_terminal(str(problem))}") from problem


def read_answers(folder: Path) -> Iterator[Answer]:
    """Yield the answers of a saved run."""
    return read_lines(folder / "answers.jsonl", Answer)


def read_judgements(folder: Path) -> Iterator[Judgement]:
    """Yield the scores of a saved run.

    Raises:
        StoreError: the file is missing, a line doesn't fit, or, in a run of version 0.1, it is not known which
            comparison a score belongs to.
    """
    path = folder / "scores.jsonl"
    if is_unkeyed(path):
        return keyed_by_name(read_run(folder), read_lines(path, UnkeyedJudgement), path)
    return read_lines(path, Judgement)


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Yield each line of a file of a run folder as ``kind``.

    Raises:
        StoreError: the file is missing, or a line doesn't fit.
    """
    decoder = msgspec.json.Decoder(kind)
    try:
        file = open_regular(path)
    except FileNotFoundError:
        raise StoreError(f"{path}: no such file; run the suites again for a complete run folder") from None
    except OSError as problem:
        raise StoreError(f"{path}: can't be read: {problem.strerror}") from problem
    with file:
        for number, line in enumerate(file, start=1):
            try:
                yield decoder.decode(line)
            except UNREADABLE as problem:
                raise StoreError(f"{path}:{number}: not readable: {for_terminal(str(problem))}") from problem


def _write_lines(path: Path, records: Iterable[msgspec.Struct]) -> None:
    encode, rest = msgspec.json.Encoder().encode_lines, iter(records)
    with replacing_durably(path) as file:
        while some := tuple(islice(rest, WRITTEN_TOGETHER)):
            file.write(encode(some))
