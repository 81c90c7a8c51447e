"""Take the rows that people rejected out of a reviewed set, so that what is left can be trained on."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from harness.data.beside import rows_digest
from harness.data.checks.personal.personal import masked
from harness.data.convert import row_as
from harness.data.generated.files import as_lines, provenance_of, read_decisions, read_state, rejected_of, write_state
from harness.data.generated.standing import Standing, standing_of
from harness.data.row import DataRow
from harness.data.rows import load_rows
from harness.errors import DataError
from harness.records.generated import Decision, Generated, Provenance, Rejected
from harness.teacher.reply import row_id
from harness.text.appended import read_added
from harness.text.atomic import locked_folder, write_durably

REVIEW = "review"
"""The check that people are."""


def settle(rows: Path) -> Standing:
    """Return how a set stands, and where its review is over and it can be used, take out the rejected rows first.

    A kill half-way changes nothing that the next call doesn't finish: until then the set can't be used.

    Raises:
        DataError: it is no set that a teacher made, or a file of it can't be read.
        StoreError: a file can't be written.
    """
    with locked_folder(rows.parent):
        state = read_state(rows)
        if state is None:
            raise DataError(f"{rows}: not rows that `harness data generate` made; name the file that it wrote")
        if rows_digest(rows) not in {state.digest, state.reviewed}:
            raise DataError(f"{rows}: changed since a teacher made it, so a review is not of these rows; restore it")
        decisions = read_decisions(rows)
        standing = standing_of(state, decisions)
        if standing.verdict != "usable" or not standing.rejected:
            return standing
        _take_out(rows, state, decisions, set(standing.rejected))
        return standing


def _take_out(rows: Path, state: Generated, decisions: Sequence[Decision], out: AbstractSet[str]) -> None:
    every = load_rows(rows)
    kept = b"".join(msgspec.json.encode(row_as(row, "chat")) + b"\n" for row in every if row_id(row) not in out)
    write_state(rows, msgspec.structs.replace(state, reviewed=hashlib.sha256(kept).hexdigest()))
    traced = {one.row: one for one in read_added(provenance_of(rows), Provenance, DataError)}
    reasons = {one.row: one.reason for one in decisions}
    known = read_added(rejected_of(rows), Rejected, DataError)
    there = {one.row for one in known if one.check == REVIEW}
    moved = [
        _rejected(row, traced[name], reasons[name])
        for row in every
        if (name := row_id(row)) in out and name not in there
    ]
    write_durably(rejected_of(rows), as_lines((*known, *moved)))
    write_durably(rows, kept)
    write_durably(provenance_of(rows), as_lines(one for name, one in traced.items() if name not in out))


def _rejected(row: DataRow, traced: Provenance, reason: str) -> Rejected:
    return Rejected(
        row=traced.row,
        seed=traced.seed,
        variant=traced.variant,
        check=REVIEW,
        why=masked(reason),
        input=masked(row.input),
        output=masked(row.output),
        request=traced.request,
        cost=traced.cost,
    )
