"""Break the seal: what each vote says about baseline and candidate, and which attention checks a reviewer failed."""

from collections.abc import Iterable, Sequence
from typing import Literal

from harness.errors import ReviewError
from harness.records.asked import Side
from harness.records.messages import Message
from harness.records.record import Record
from harness.review.packets.blind import other
from harness.review.packets.folder import Opened
from harness.review.packets.records import KeyCase, KeyPair, PacketPair, SeenAnswer, Vote
from harness.review.votes.ballots import Received

Preferred = Literal["candidate", "baseline", "tie"]


class CastVote(Record, frozen=True, kw_only=True):
    """One reviewer's vote on one case, by side. ``value`` is 1 for the candidate, 0 for the baseline, 1/2 for neither.

    ``both_bad`` distinguishes a tie of bad answers from a tie of good ones.
    """

    reviewer: str
    case: KeyCase
    preferred: Preferred
    both_bad: bool
    ships: dict[Side, bool | None]
    reasons: dict[Side, tuple[str, ...]]
    note: str

    @property
    def value(self) -> float:
        """The vote as a number: ties count half."""
        return {"candidate": 1.0, "baseline": 0.0, "tie": 0.5}[self.preferred]


class Attention(Record, frozen=True, kw_only=True):
    """How one reviewer did on the checks. A check that was not voted on is not counted.

    A planted answer is noticed when the other one is preferred, or both are called bad. A repeated pair is
    contradicted when each side was preferred once.
    """

    reviewer: str
    planted: int
    missed: int
    repeated: int
    contradicted: int

    @property
    def failed(self) -> bool:
        """Whether a planted answer was missed, or more than half of the repeated pairs were contradicted."""
        return self.missed > 0 or 2 * self.contradicted > self.repeated


class SeenCase(Record, frozen=True, kw_only=True):
    """One case as reviewers saw it, with the answers by side."""

    messages: tuple[Message, ...]
    expected: str | None
    baseline: SeenAnswer
    candidate: SeenAnswer


class Unblinded(Record, frozen=True, kw_only=True):
    """All votes of a review by side. A pair shown twice has one vote here, the first."""

    votes: tuple[CastVote, ...]
    attention: tuple[Attention, ...]


def unblind(reviews: Sequence[Opened], ballots: Iterable[Received]) -> Unblinded:
    """Turn ballots into votes by side.

    Raises:
        ReviewError: two of the reviews are of different models, or share cases.
    """
    _check_together(reviews)
    votes: list[CastVote] = []
    attention: dict[str, Attention] = {}
    for received in ballots:
        review, ballot = reviews[received.review], received.ballot
        cases = {case.case_id: case for case in review.key.cases}
        (part,) = (part for part in review.key.packets if part.reviewer == ballot.reviewer)
        cast = {vote.pair: vote for vote in ballot.votes}
        voted = [(pair, cast[pair.id]) for pair in part.pairs if pair.id in cast]
        votes += [
            _by_side(ballot.reviewer, cases[pair.case_id], pair, vote) for pair, vote in voted if pair.kind == "case"
        ]
        found = _attention(ballot.reviewer, voted)
        attention[ballot.reviewer] = _added(attention.get(ballot.reviewer), found)
    return Unblinded(votes=tuple(votes), attention=tuple(attention.values()))


def without(unblinded: Unblinded, reviewers: Iterable[str]) -> Unblinded:
    """Leave out the votes of some reviewers, by name; their checks stay.

    Raises:
        ReviewError: there is no ballot of that name.
    """
    left_out = set(reviewers)
    known = [one.reviewer for one in unblinded.attention]
    for name in sorted(left_out - set(known)):
        raise ReviewError(
            f"--leave-out {name}: there is no ballot of that name; there are {', '.join(sorted(known)) or 'none'}"
        )
    votes = tuple(vote for vote in unblinded.votes if vote.reviewer not in left_out)
    return Unblinded(votes=votes, attention=unblinded.attention)


def answers_of(review: Opened) -> dict[str, SeenCase]:
    """Return what reviewers saw of each case; all saw the same."""
    part, packet = review.key.packets[0], review.packets[0]
    places = {pair.id: pair for pair in part.pairs if pair.kind == "case"}
    return {places[seen.id].case_id: _seen(places[seen.id], seen) for seen in packet.pairs if seen.id in places}


def preferred_by(pair: KeyPair, vote: Vote) -> Preferred:
    """Return the side that a vote prefers."""
    if vote.choice in {"tie", "bad"}:
        return "tie"
    return pair.a if vote.choice == "a" else other(pair.a)


def _seen(pair: KeyPair, seen: PacketPair) -> SeenCase:
    a, b = seen.answers
    baseline, candidate = (a, b) if pair.a == "baseline" else (b, a)
    return SeenCase(messages=seen.messages, expected=seen.expected, baseline=baseline, candidate=candidate)


def _by_side(reviewer: str, case: KeyCase, pair: KeyPair, vote: Vote) -> CastVote:
    return CastVote(
        reviewer=reviewer,
        case=case,
        preferred=preferred_by(pair, vote),
        both_bad=vote.choice == "bad",
        ships={pair.a: vote.ship_a, other(pair.a): vote.ship_b},
        reasons={pair.a: vote.reasons_a, other(pair.a): vote.reasons_b},
        note=vote.note,
    )


def _attention(reviewer: str, voted: Sequence[tuple[KeyPair, Vote]]) -> Attention:
    first = {pair.case_id: preferred_by(pair, vote) for pair, vote in voted if pair.kind == "case"}
    planted = [(pair, vote) for pair, vote in voted if pair.kind == "planted"]
    again = [
        {preferred_by(pair, vote), first[pair.case_id]}
        for pair, vote in voted
        if pair.kind == "repeat" and pair.case_id in first
    ]
    return Attention(
        reviewer=reviewer,
        planted=len(planted),
        missed=sum(vote.choice in {pair.planted, "tie"} for pair, vote in planted),
        repeated=len(again),
        contradicted=again.count({"baseline", "candidate"}),
    )


def _added(one: Attention | None, more: Attention) -> Attention:
    if one is None:
        return more
    return Attention(
        reviewer=one.reviewer,
        planted=one.planted + more.planted,
        missed=one.missed + more.missed,
        repeated=one.repeated + more.repeated,
        contradicted=one.contradicted + more.contradicted,
    )


def _check_together(reviews: Sequence[Opened]) -> None:
    used: dict[str, str] = {}
    first = reviews[0].key
    for review in reviews:
        key = review.key
        if (key.baseline, key.candidate, key.suite) != (first.baseline, first.candidate, first.suite):
            raise ReviewError(f"{review.folder}: has other models or another suite than {reviews[0].folder}")
        for case in key.cases:
            if case.case_id in used:
                where = used[case.case_id]
                raise ReviewError(
                    f"{review.folder}: case {case.case_id!r} is also in {where}; build the second review with --after"
                )
            used[case.case_id] = review.folder
