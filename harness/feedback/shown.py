"""What the page shows of a proposal to one seat, and the decision that comes of what was entered there.

Blinded: what another reviewer decided, and whether, is shown only when both have.
"""

from typing import Literal

import msgspec

from harness.cases.edited import ExpectedKind, as_text, read_expected, read_tags
from harness.errors import InputError
from harness.feedback.decided import Standing
from harness.feedback.records import Decision, Kind, Proposal, Seat
from harness.records.messages import in_lines
from harness.records.record import Json, Record, digest

ShownState = Literal["open", "yours", "disagreed", "decided", "accepted"]
NOTHING = "none"
"""The mark of a proposal on which a seat has said nothing."""


class ShownTurn(Record, frozen=True, kw_only=True):
    """One turn."""

    role: str
    text: str


class ShownDecision(Record, frozen=True, kw_only=True):
    """What somebody decided, as the page writes it."""

    by: str
    kind: Kind
    expected: str
    expected_kind: ExpectedKind
    tags: tuple[str, ...]
    note: str


class ShownProposal(Record, frozen=True, kw_only=True):
    """A proposal as one seat sees it. ``seen`` is the mark of that seat's last decision."""

    id: str
    seen: str
    state: ShownState
    reason: str
    told: tuple[str, ...]
    where: str
    stands_for: float
    messages: tuple[ShownTurn, ...]
    answer: str
    error: str
    comment: str
    expected: str
    expected_kind: ExpectedKind
    tags: tuple[str, ...]
    more: str
    mine: ShownDecision | None
    others: tuple[ShownDecision, ...]


class Entered(Record, frozen=True, kw_only=True):
    """What the page sends of a decision."""

    id: str
    kind: Kind
    expected: str
    expected_kind: ExpectedKind
    tags: tuple[str, ...]
    note: str


def shown_to(seat: Seat, standing: Standing, is_accepted: bool) -> ShownProposal:
    """Return a proposal as a seat sees it."""
    one = standing.proposal
    mine = standing.by.get(seat)
    others = [by for by in standing.by.values() if by.by != seat] if standing.is_closed else []
    kind, expected = as_text(one.expected)
    more: dict[str, object] = {"meta": one.meta, "tools": one.tools}
    kept = {name: value for name, value in more.items() if value}
    where = [one.place, *filter(None, (one.day, one.model, one.cluster))]
    return ShownProposal(
        id=one.id,
        seen=mark_of(mine),
        state=_state(standing, mine, is_accepted),
        reason=one.reason,
        told=one.told,
        where=", ".join(where),
        stands_for=one.drawn.weight * one.drawn.stands_for,
        messages=tuple(ShownTurn(role=said.role, text=in_lines(said.text, said.calls)) for said in one.messages),
        answer=one.answer,
        error=one.error,
        comment=one.comment,
        expected=expected,
        expected_kind=kind,
        tags=one.tags,
        more=msgspec.json.format(msgspec.json.encode(kept)).decode() if kept else "",
        mine=None if mine is None else _shown(mine),
        others=tuple(map(_shown, others)),
    )


def decision_of(proposal: Proposal, seat: Seat, entered: Entered, time: str, needs_expected: bool) -> Decision:
    """Return what was entered as a decision.

    Raises:
        InputError: the expected answer or a tag is not usable, or an answer is missing that the suite needs.
    """
    expected: Json = proposal.expected
    if entered.kind == "correct":
        expected = read_expected(proposal.expected, entered.expected, entered.expected_kind)
    if entered.kind != "drop" and expected is None and needs_expected:
        raise InputError(
            "nothing is expected yet, and all cases of this suite expect an answer; write it, or drop this"
        )
    return Decision(
        proposal=proposal.id,
        by=seat,
        kind=entered.kind,
        expected=None if entered.kind == "drop" else expected,
        tags=read_tags(proposal.tags, entered.tags),
        note=entered.note.strip(),
        time=time,
    )


def mark_of(decision: Decision | None) -> str:
    """Return what tells whether a decision was changed."""
    return digest(decision)[:32] if decision else NOTHING


def _state(standing: Standing, mine: Decision | None, is_accepted: bool) -> ShownState:
    if is_accepted:
        return "accepted"
    if standing.state == "open":
        return "yours" if mine else "open"
    return standing.state


def _shown(decision: Decision) -> ShownDecision:
    kind, expected = as_text(decision.expected)
    return ShownDecision(
        by=decision.by,
        kind=decision.kind,
        expected=expected,
        expected_kind=kind,
        tags=decision.tags,
        note=decision.note,
    )
