"""Look after a response store: show what it holds, and remove what is old or no longer wanted."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import msgspec

from harness.asking.store.database import Database, as_time, open_existing
from harness.asking.store.formats import Row
from harness.asking.store.index import DROP_LOST_KEYS
from harness.asking.store.stored import COLUMNS, from_row, response_of
from harness.errors import NoSuchModel, StoreError
from harness.records.answered import Response
from harness.records.record import Record

HOLDINGS = (
    "SELECT model, adapter_digest, engine, COUNT(*), MIN(time), MAX(time)"
    " FROM answers JOIN sources ON sources.id = source"
    " GROUP BY model, adapter_digest, engine ORDER BY COUNT(*) DESC, MIN(source)"
)
UNANSWERED = "SELECT COUNT(*) FROM errors WHERE NOT EXISTS (SELECT 1 FROM keys WHERE digest = key)"
LATEST_ERROR = "SELECT reason FROM errors ORDER BY time DESC LIMIT 1"
HOLDING_KINDS = (str, str, str, int, int, int)
CHOSEN = (
    "EXISTS (SELECT 1 FROM (SELECT ? AS before, ? AS chosen) WHERE (before IS NULL OR time < before)"
    " AND (chosen IS NULL OR source IN (SELECT id FROM sources WHERE model = chosen)))"
)


class Holding(Record, frozen=True, kw_only=True):
    """How many answers of one source a store holds, and from when."""

    model: str
    adapter_digest: str
    engine: str
    answers: int
    first: dt.datetime
    last: dt.datetime


class Inventory(Record, frozen=True, kw_only=True):
    """What a store holds. An error counts as unanswered until its request is answered."""

    size_bytes: int
    holdings: tuple[Holding, ...]
    errors: int
    unanswered: int
    latest_error: str
    """"" when there is none."""


class PruneChoice(Record, frozen=True, kw_only=True):
    """What to remove: what was kept before a time, what one model answered; with both, only what matches both."""

    before: dt.datetime | None = None
    model: str | None = None


class Pruned(Record, frozen=True, kw_only=True):
    """How many answers and errors are removed."""

    answers: int
    errors: int


def take_stock(path: Path) -> Inventory:
    """Return what the store holds."""
    with closing(open_existing(path)) as database:
        holdings = tuple(
            Holding(
                model=model,
                adapter_digest=adapter_digest,
                engine=engine,
                answers=answers,
                first=as_time(first),
                last=as_time(last),
            )
            for model, adapter_digest, engine, answers, first, last in database.typed_rows(HOLDINGS, HOLDING_KINDS)
        )
        return Inventory(
            size_bytes=database.size_bytes(),
            holdings=holdings,
            errors=_count(database, "SELECT COUNT(*) FROM errors"),
            unanswered=_count(database, UNANSWERED),
            latest_error=next((reason for (reason,) in database.typed_rows(LATEST_ERROR, (str,))), ""),
        )


def count_prunable(path: Path, choice: PruneChoice) -> Pruned:
    """Return what ``prune_answers`` would remove.

    Raises:
        NoSuchModel: the store holds nothing of the model.
    """
    with closing(open_existing(path)) as database:
        chosen = _parameters(database, choice)
        return Pruned(
            answers=_count(database, f"SELECT COUNT(*) FROM answers WHERE {CHOSEN}", chosen),  # noqa: S608 - constants
            errors=_count(database, f"SELECT COUNT(*) FROM errors WHERE {CHOSEN}", chosen),  # noqa: S608 - constants
        )


def prune_answers(path: Path, choice: PruneChoice) -> Pruned:
    """Remove answers and errors, and free their space.

    Raises:
        NoSuchModel: the store holds nothing of the model.
    """
    with closing(open_existing(path)) as database:
        chosen = [_parameters(database, choice)]
        answers, errors, _ = database.write(
            (f"DELETE FROM answers WHERE {CHOSEN}", chosen),  # noqa: S608 - constants
            (f"DELETE FROM errors WHERE {CHOSEN}", chosen),  # noqa: S608 - constants
            DROP_LOST_KEYS,
        )
        database.shrink()
        return Pruned(answers=answers, errors=errors)


def count_damaged(path: Path) -> int:
    """Return how many answers are not as they were kept."""
    with closing(open_existing(path)) as database:
        return len(_damaged(database))


def prune_damaged(path: Path) -> int:
    """Remove the answers that are not as they were kept, so that they are asked again; return their number."""
    with closing(open_existing(path)) as database:
        removed, _ = database.write(("DELETE FROM answers WHERE number = ?", _damaged(database)), DROP_LOST_KEYS)
        return removed


def _damaged(database: Database) -> list[tuple[int]]:
    found, decoder = [], msgspec.json.Decoder(Response)
    for number, *row in database.rows(f"SELECT number, {COLUMNS} FROM answers"):  # noqa: S608 - constants
        try:
            response_of(from_row(tuple(row), database.path), database.path, decoder)
        except StoreError:
            found.append((number,))
    return found


def _parameters(database: Database, choice: PruneChoice) -> Row:
    models = [model for (model,) in database.typed_rows("SELECT DISTINCT model FROM sources ORDER BY model", (str,))]
    if choice.model is not None and choice.model not in models:
        known = ", ".join(map(repr, models)) or "none"
        raise NoSuchModel(f"{database.path}: no answers of a model named {choice.model!r}; known: {known}")
    return (None if choice.before is None else int(choice.before.timestamp()), choice.model)


def _count(database: Database, sql: str, parameters: Row = ()) -> int:
    number: int = next(database.rows(sql, parameters))[0]
    return number
