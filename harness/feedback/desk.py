"""What the server of proposals works on: each seat's proposals as they are on the disk, and the decisions it takes."""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from harness.asking.cases import load_cases
from harness.errors import InputError
from harness.feedback.decided import SEATS, Standing, agreement_of, standings_of
from harness.feedback.files import add_decision, read_accepted, read_decisions, read_proposals
from harness.feedback.records import Decision, Proposal, Seat
from harness.feedback.shown import Entered, ShownProposal, decision_of, mark_of, shown_to
from harness.feedback.told import agreement_line
from harness.records.record import Record


class Place(Record, frozen=True, kw_only=True):
    """A seat at the server. Whoever has the token decides in its name."""

    seat: Seat
    token: str


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the server works on: the file of proposals, whether their suite expects answers, and what time it is."""

    path: Path
    needs_expected: bool
    now: Callable[[], str]

    def proposals(self) -> dict[str, Proposal]:
        """Return the proposals by id."""
        return {one.id: one for one in read_proposals(self.path)}

    def standings(self) -> dict[str, Standing]:
        """Return how far they are decided, as it is on the disk now."""
        return standings_of(read_proposals(self.path), read_decisions(self.path))

    def accepted(self) -> set[str]:
        """Return which of them were accepted."""
        return {one.proposal for one in read_accepted(self.path)}


class Refused(InputError):
    """A decision that can't be taken."""


class Changed(Refused):
    """The seat decided in another window since this one read it."""


def open_desk(path: Path, now: Callable[[], str]) -> Desk:
    """Return what a server of a file of proposals works on.

    Raises:
        DataError, CaseFileError: the file, its decisions or its suite's cases are wrong.
    """
    proposals = read_proposals(path)
    cases = load_cases(Path(proposals[0].suite))
    desk = Desk(path=path, needs_expected=all(case.expected is not None for case in cases), now=now)
    desk.standings()
    return desk


def places_of(proposals: Iterable[Proposal]) -> tuple[Place, ...]:
    """Return a place with a fresh token for each reviewer, and a third for disagreements where there are two."""
    reviewers = max((one.reviewers for one in proposals), default=1)
    seats = SEATS[:1] if reviewers == 1 else SEATS
    return tuple(Place(seat=seat, token=secrets.token_urlsafe(24)) for seat in seats)


def seen_by(desk: Desk, seat: Seat) -> dict[str, object]:
    """Return all that a seat sees."""
    standings, accepted = desk.standings(), desk.accepted()
    shown = [shown_to(seat, one, one.proposal.id in accepted) for one in standings.values() if _is_for(seat, one)]
    return {"seat": seat, "agreement": agreement_line(agreement_of(standings)), "proposals": shown}


def one_seen_by(desk: Desk, seat: Seat, proposal: str) -> ShownProposal:
    """Return a proposal as a seat sees it."""
    return shown_to(seat, desk.standings()[proposal], proposal in desk.accepted())


def take(desk: Desk, seat: Seat, entered: Entered, seen: str) -> None:
    """Keep what a seat entered, over its last decision that has the mark ``seen``.

    Raises:
        Refused: there is no such proposal, it can't be decided any more, or not by this seat.
        Changed: the seat's last decision has another mark.
        InputError: what was entered is not usable.
    """
    proposal = desk.proposals().get(entered.id)
    if proposal is None:
        raise Refused("no such proposal")
    decision = decision_of(proposal, seat, entered, desk.now(), desk.needs_expected)

    def make() -> Decision:
        _refuse(desk, seat, entered.id, seen)
        return decision

    add_decision(desk.path, make)


def _is_for(seat: Seat, standing: Standing) -> bool:
    return seat != "third" or standing.state == "disagreed" or "third" in standing.by


def _refuse(desk: Desk, seat: Seat, proposal: str, seen: str) -> None:
    """Refuse a decision that comes too late, or of a seat that has none here."""
    standing = desk.standings()[proposal]
    if seen != mark_of(standing.by.get(seat)):
        raise Changed("decided in another window")
    if proposal in desk.accepted():
        raise Refused("this proposal was accepted already; change its case or its row instead")
    if not _is_for(seat, standing):
        raise Refused("the reviewers don't disagree on this proposal")
    if seat != "third" and standing.proposal.reviewers > 1 and standing.is_closed:
        raise Refused("both reviewers have decided, and now see each other; a third person decides where they disagree")
