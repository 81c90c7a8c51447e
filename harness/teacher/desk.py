"""What people who review generated rows see and decide: the most diverse rows first, and how the review stands."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.data.generated.files import add_decision, provenance_of, read_decisions, read_state
from harness.data.generated.standing import Standing, standing_of
from harness.data.rows import load_rows
from harness.errors import DataError, InputError
from harness.records.generated import Decision, Generated, Provenance
from harness.records.messages import in_lines
from harness.records.record import Record
from harness.teacher.reply import row_id
from harness.text.appended import read_added

Reason = Annotated[str, msgspec.Meta(max_length=2000)]


class Turn(Record, frozen=True, kw_only=True):
    """One message as it is shown: its text, and a line for each call."""

    role: str
    text: str


class ShownRow(Record, frozen=True, kw_only=True):
    """One row as the page shows it; ``verdict`` is empty where nobody has decided."""

    id: str
    turns: tuple[Turn, ...]
    facts: tuple[str, ...]
    verdict: Literal["accept", "reject", ""]
    reason: str


class Shown(Record, frozen=True, kw_only=True):
    """The rows that people are asked about, and how the review stands."""

    name: str
    standing: str
    is_open: bool
    rows: tuple[ShownRow, ...]


class Entered(Record, frozen=True, kw_only=True):
    """What a person decided; a rejection says why."""

    id: str
    verdict: Literal["accept", "reject"]
    reason: Reason = ""


class Desk:
    """A set under review: its rows as they were made, read once, and the decisions as they are on the disk.

    Raises:
        DataError: it is no set that a teacher made, or a file of it is wrong.
    """

    def __init__(self, path: Path, now: Callable[[], dt.datetime]) -> None:
        self.path, self._now = path, now
        state = read_state(path)
        if state is None:
            raise DataError(f"{path}: not rows that `harness data generate` made; name the file that it wrote")
        self._state: Generated = state
        self._rows = {row_id(row): row for row in load_rows(path)}
        self._traced = {one.row: one for one in read_added(provenance_of(path), Provenance, DataError)}

    def standing(self) -> Standing:
        """Return how the review stands."""
        return standing_of(self._state, read_decisions(self.path))

    def shown(self) -> Shown:
        """Return the rows that people are asked about."""
        decisions = read_decisions(self.path)
        standing = standing_of(self._state, decisions)
        last = {one.row: one for one in decisions}
        asked = self._state.order[: standing.asked]
        return Shown(
            name=self.path.name,
            standing=standing.words,
            is_open=standing.verdict in {"not reviewed", "too little to tell"},
            rows=tuple(self._row(name, last.get(name)) for name in asked if name in self._rows),
        )

    def take(self, entered: Entered) -> None:
        """Keep a decision.

        Raises:
            InputError: there is no such row, or a rejection has no reason.
        """
        if entered.id not in self._rows:
            raise InputError("no such row")
        if entered.verdict == "reject" and not entered.reason.strip():
            raise InputError("a rejection needs a reason: it says what to change in the template")
        time = self._now().isoformat(timespec="seconds")
        decision = Decision(row=entered.id, verdict=entered.verdict, reason=entered.reason.strip(), time=time)
        add_decision(self.path, decision)

    def _row(self, name: str, decision: Decision | None) -> ShownRow:
        row, traced = self._rows[name], self._traced.get(name)
        turns = tuple(Turn(role=one.role, text=in_lines(one.text, one.calls)) for one in row.messages)
        return ShownRow(
            id=name,
            turns=turns,
            facts=_facts(traced) if traced else (),
            verdict=decision.verdict if decision else "",
            reason=decision.reason if decision else "",
        )


def _facts(traced: Provenance) -> tuple[str, ...]:
    return (
        f"of the seed {traced.seed}, variant {traced.variant + 1}",
        f"by {traced.teacher}, {traced.time}",
        f"passed: {', '.join(traced.checks)}",
    )
