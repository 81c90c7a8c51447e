"""Where everything is kept that belongs to a file of generated rows, and how it is read and written."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.errors import DataError
from harness.records.generated import Decision, Generated
from harness.records.record import UNREADABLE
from harness.text.appended import add, read_added
from harness.text.atomic import locked_folder
from harness.text.record_files import write_record
from harness.text.regular import read_regular
from harness.text.visible import for_terminal


def state_of(rows: Path) -> Path:
    """Return where the state of a set is.

    >>> state_of(Path("training/made.jsonl")).name
    'made.generated.json'
    """
    return rows.with_suffix(".generated.json")


def provenance_of(rows: Path) -> Path:
    """Return the file that says where each row comes from."""
    return rows.with_suffix(".provenance.jsonl")


def rejected_of(rows: Path) -> Path:
    """Return the file of what was rejected."""
    return rows.with_suffix(".rejected.jsonl")


def decisions_of(rows: Path) -> Path:
    """Return the file of people's decisions."""
    return rows.with_suffix(".review.jsonl")


def asked_of(rows: Path) -> Path:
    """Return the file of what was asked so far."""
    return rows.with_suffix(".asked.jsonl")


def read_state(rows: Path) -> Generated | None:
    """Return the state of a set; None where the file is not one that a teacher made.

    Raises:
        DataError: there is a state, and it can't be read.
    """
    path = state_of(rows)
    try:
        return msgspec.json.decode(read_regular(path), type=Generated)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise DataError(f"{path}: can't be read: {problem.strerror}") from problem
    except UNREADABLE as problem:
        raise DataError(
            f"{path}: not the state of generated rows: {for_terminal(str(problem))}; restore it, or generate again"
        ) from problem


def write_state(rows: Path, state: Generated) -> None:
    """Keep the state of a set.

    Raises:
        StoreError: it can't be written.
    """
    write_record(state_of(rows), state)


def read_decisions(rows: Path) -> tuple[Decision, ...]:
    """Return people's decisions, the oldest first.

    Raises:
        DataError: a line is not a decision.
    """
    return read_added(decisions_of(rows), Decision, DataError)


def add_decision(rows: Path, decision: Decision) -> None:
    """Add a decision; when this returns, it survives a power loss.

    Raises:
        StoreError: it can't be written.
    """
    with locked_folder(rows.parent):
        add(decisions_of(rows), [decision])


def as_lines(records: Iterable[msgspec.Struct]) -> bytes:
    """Return records as JSON Lines."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in records)
