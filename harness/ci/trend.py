"""What the pushes of one pull request came to, kept in the comment itself: written for GitHub, read back as hostile.

Anybody can write a comment, and some can edit this one. So what is read back has to fit the records below, or is left
out, and it is only ever shown.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from harness.ci.ended import Ended
from harness.records.compared import Outcome, Verdict
from harness.records.record import UNREADABLE, Record
from harness.report.markdown import MARKS
from harness.runs.outcome import RANK, binding
from harness.runs.test_ids import title
from harness.text.figures import NOTHING, changed
from harness.text.shown import fact
from harness.text.visible import for_markdown

KEPT = 12
"""Pushes that are remembered."""
SHOWN = 6
"""Pushes that are shown, the newest last."""
MOST_GATES = 12
"""Gates that are remembered of a push."""
LONGEST_NAME = 120
LARGEST = 20_000
"""Characters of the data in the comment."""
HIDDEN = re.compile(rf"<!-- tunegate-trend:([A-Za-z0-9+/=]{{0,{LARGEST}}}) -->")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Amount = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]


class GatePoint(Record, frozen=True, kw_only=True):
    """One gate at one push. ``delta`` is the paired difference; None where nothing was scored on both sides."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
    outcome: Outcome
    delta: Amount | None = None
    unit: Annotated[str, msgspec.Meta(max_length=12)] = ""


class Push(Record, frozen=True, kw_only=True):
    """One push, or one more attempt at it; pushes are ordered by ``run`` and ``attempt``, CI's own numbers."""

    commit: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{7,64}$")]
    run: Count
    attempt: Count
    outcome: Outcome
    gates: Annotated[tuple[GatePoint, ...], msgspec.Meta(max_length=MOST_GATES)] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Where it comes among all pushes."""
        return self.run, self.attempt


class _Kept(Record, frozen=True, kw_only=True):
    pushes: Annotated[tuple[Push, ...], msgspec.Meta(max_length=KEPT)]


def push_of(ended: Ended, commit: str, run: int, attempt: int) -> Push:
    """Return what a session adds to the trend: its binding gates, the worst first where there are too many."""
    several = len(ended.runs) > 1
    points = [
        _point(verdict, f"{fact(one.candidate.name, 40)}: " if several else "")
        for one in ended.runs
        for verdict in binding(one)
    ]
    points.sort(key=lambda point: RANK[point.outcome])
    return Push(commit=commit, run=run, attempt=attempt, outcome=ended.outcome, gates=tuple(points[:MOST_GATES]))


def with_push(pushes: Sequence[Push], new: Push) -> tuple[Push, ...]:
    """Return the pushes in their order with a new one, which replaces an earlier one of the same commit."""
    others = [push for push in pushes if push.commit != new.commit]
    return tuple(sorted([*others, new], key=lambda push: push.place)[-KEPT:])


def hidden(pushes: Sequence[Push]) -> str:
    """Return the pushes as a comment that GitHub doesn't show; the oldest are left out where all are too long."""
    kept = list(pushes)
    while len(encoded := base64.b64encode(msgspec.json.encode(_Kept(pushes=tuple(kept)))).decode()) > LARGEST:
        del kept[0]
    return f"<!-- tunegate-trend:{encoded} -->"


def read_hidden(comment: str) -> tuple[Push, ...]:
    """Return the pushes that a comment holds; none where it holds nothing that ``hidden`` could have written."""
    found = HIDDEN.findall(comment)
    if len(found) != 1:
        return ()
    try:
        return msgspec.json.decode(base64.b64decode(found[0], validate=True), type=_Kept).pushes
    except (*UNREADABLE, binascii.Error):
        return ()


def trend_lines(pushes: Sequence[Push]) -> list[str]:
    """Return a table: a column for each of the last pushes, a row for each gate of the newest; none for one push."""
    shown = pushes[-SHOWN:]
    if len(shown) < 2:
        return []
    columns = [f"`{push.commit[:7]}`" for push in shown]
    left = f" (the last {len(shown)} of {len(pushes)})" if len(shown) < len(pushes) else ""
    return [
        f"**Over the pushes of this request**{left}",
        "",
        f"| Gate | {' | '.join(columns)} |",
        f"| :-- |{' :-- |' * len(columns)}",
        f"| all together | {' | '.join(f'{MARKS[push.outcome]} {push.outcome}' for push in shown)} |",
        *_rows(shown),
        "",
    ]


def _rows(shown: Sequence[Push]) -> Iterator[str]:
    for name in dict.fromkeys(gate.name for gate in shown[-1].gates):
        cells = [next((gate for gate in push.gates if gate.name == name), None) for push in shown]
        yield f"| {for_markdown(fact(name, LONGEST_NAME))} | {' | '.join(map(_cell, cells))} |"


def _cell(gate: GatePoint | None) -> str:
    if gate is None:
        return NOTHING
    delta = changed(gate.delta, fact(gate.unit, 12)) if gate.delta is not None else ""
    return f"{MARKS[gate.outcome]} {for_markdown(delta)}".rstrip()


def _point(verdict: Verdict, who: str) -> GatePoint:
    comparison = verdict.comparison
    tag = f" on {fact(comparison.tag, 40)}" if comparison.tag else ""
    delta = comparison.delta.mean if comparison.delta else None
    return GatePoint(
        name=f"{who}{title(verdict.test_id)}{tag}"[:LONGEST_NAME],
        outcome=verdict.outcome,
        delta=delta if delta is not None and abs(delta) <= 1e15 else None,
        unit=comparison.unit[:12],
    )
