"""Read ballots, and refuse by name each one that was cut off, edited or sent twice, or belongs to another packet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import ReviewError
from harness.records.record import UNREADABLE, Record
from harness.review.packets.folder import Opened
from harness.review.packets.records import Ballot, Packet, checksum
from harness.text.regular import read_regular
from harness.text.visible import for_terminal, quoted

LARGEST = 20_000_000
"""Bytes. A ballot of 1,000 pairs with long notes has a tenth of this."""


class Received(Record, frozen=True, kw_only=True):
    """A ballot that belongs to one of the given reviews. ``review`` is its place among them."""

    source: str
    review: int
    ballot: Ballot


def read_ballot(data: bytes, source: str) -> Ballot:
    """Return the ballot in a file, if it is whole and unchanged. ``source`` names the file in errors.

    Raises:
        ReviewError: it is not.
    """
    if len(data) > LARGEST:
        raise ReviewError(f"{source}: has {len(data):,} bytes, too many for a ballot")
    try:
        ballot = msgspec.json.decode(data, type=Ballot)
    except msgspec.ValidationError as problem:
        raise ReviewError(
            f"{source}: is not a ballot: {for_terminal(str(problem))}; ask the reviewer to save it again"
        ) from None
    except UNREADABLE:
        raise ReviewError(f"{source}: is cut off or not a ballot; ask the reviewer to save it again") from None
    if checksum(ballot) != ballot.checksum:
        raise ReviewError(
            f"{source}: was edited after it was saved; ask the reviewer for the file as the page saved it"
        )
    return ballot


def check_ballot(ballot: Ballot, packet: Packet, source: str) -> None:
    """Refuse a ballot that is not about this packet, or doesn't fit it.

    Raises:
        ReviewError: its packet, commitment, reviewer or pairs differ, a pair has two votes, or one has a reason
            that the packet doesn't offer.
    """
    if ballot.packet != packet.packet:
        raise ReviewError(f"{source}: is a ballot of another packet, not that of {packet.reviewer}")
    if (ballot.commitment, ballot.reviewer) != (packet.commitment, packet.reviewer):
        raise ReviewError(f"{source}: names another key or reviewer than its packet, that of {packet.reviewer}")
    votes = Counter(vote.pair for vote in ballot.votes)
    unknown = [pair for pair in votes if pair not in {pair.id for pair in packet.pairs}]
    if unknown:
        raise ReviewError(f"{source}: votes on pair {quoted(unknown[0], 40)}, which its packet doesn't hold")
    if twice := [pair for pair, count in votes.items() if count > 1]:
        raise ReviewError(f"{source}: votes {votes[twice[0]]} times on pair {quoted(twice[0], 40)}")
    known = set(packet.reasons)
    if others := {reason for vote in ballot.votes for reason in (*vote.reasons_a, *vote.reasons_b)} - known:
        raise ReviewError(f"{source}: gives the reason {quoted(min(others), 40)}, which its packet doesn't offer")
    if ballot.finished and len(votes) < len(packet.pairs):
        raise ReviewError(
            f"{source}: is marked as finished, but has votes on only {len(votes)} of {len(packet.pairs)} pairs"
        )


def read_ballots(paths: Sequence[Path], reviews: Sequence[Opened]) -> tuple[Received, ...]:
    """Read ballot files, and find the packet of each among the reviews.

    Raises:
        ReviewError: a file can't be read or is refused, or two are of one packet.
    """
    packets = {packet.packet: (number, packet) for number, review in enumerate(reviews) for packet in review.packets}
    received: dict[str, Received] = {}
    for path in paths:
        one = _receive(path, packets)
        if (earlier := received.get(one.ballot.packet)) is not None:
            raise ReviewError(
                f"{path}: has the same packet as {earlier.source}, that of {one.ballot.reviewer}; keep one of them"
            )
        received[one.ballot.packet] = one
    return tuple(received.values())


def _receive(path: Path, packets: Mapping[str, tuple[int, Packet]]) -> Received:
    try:
        ballot = read_ballot(read_regular(path), str(path))
    except OSError as problem:
        raise ReviewError(f"{path}: can't be read: {problem.strerror}") from problem
    if ballot.packet not in packets:
        raise ReviewError(f"{path}: is a ballot of another packet, which is not in the folders given")
    number, packet = packets[ballot.packet]
    check_ballot(ballot, packet, str(path))
    return Received(source=str(path), review=number, ballot=ballot)
