"""The file of proposals, and the two beside it that only grow: what people decided, and where a proposal went."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.data.convert import make_folder_of, refuse_existing
from harness.errors import DataError
from harness.feedback.records import Accepted, Decision, Proposal
from harness.text.appended import add, read_added
from harness.text.atomic import locked_folder, write_durably
from harness.text.jsonl import load_jsonl


def decisions_of(path: Path) -> Path:
    """Return where people's decisions are.

    >>> decisions_of(Path("proposals.jsonl")).name
    'proposals.decisions.jsonl'
    """
    return path.with_suffix(".decisions.jsonl")


def accepted_of(path: Path) -> Path:
    """Return where it is noted what was accepted, and to which file.

    >>> accepted_of(Path("proposals.jsonl")).name
    'proposals.accepted.jsonl'
    """
    return path.with_suffix(".accepted.jsonl")


def write_proposals(path: Path, proposals: Sequence[Proposal]) -> None:
    """Write a new file of proposals.

    Raises:
        DataError: it, or decisions of another file of this name, are there already.
        StoreError: it can't be written.
    """
    for each in (path, decisions_of(path), accepted_of(path)):
        refuse_existing(each)
    make_folder_of(path)
    write_durably(path, b"".join(msgspec.json.encode(one) + b"\n" for one in proposals))


def read_proposals(path: Path) -> tuple[Proposal, ...]:
    """Return the proposals of a file, in its order.

    Raises:
        DataError: the file is missing or wrong, or has an id twice; the text starts with ``file:line``.
    """
    found: dict[str, Proposal] = {}
    for line, one in load_jsonl(path, Proposal, DataError):
        if found.setdefault(one.id, one) is not one:
            raise DataError(f"{path}:{line}: the id {one.id!r} is already used; restore the file")
    return tuple(found.values())


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Return the decisions on a file's proposals, the oldest first.

    Raises:
        DataError: a line is not a decision.
    """
    return read_added(decisions_of(path), Decision, DataError)


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """Return where a file's proposals went, the oldest first.

    Raises:
        DataError: a line is not such a note.
    """
    return read_added(accepted_of(path), Accepted, DataError)


def add_decision(path: Path, make: Callable[[], Decision]) -> None:
    """Add what ``make`` returns, while nobody else can add; ``make`` looks at what is there, and can raise.

    When this returns, the decision survives a power loss.

    Raises:
        StoreError: it can't be written.
    """
    with locked_folder(path.parent):
        add(decisions_of(path), [make()])


def add_accepted(path: Path, make: Callable[[], Sequence[Accepted]]) -> None:
    """Add the notes that ``make`` returns, as ``add_decision`` does."""
    with locked_folder(path.parent):
        add(accepted_of(path), make())
