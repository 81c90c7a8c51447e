"""Packets made by hand, as `harness review build` would make them."""

import hashlib
from collections.abc import Sequence

import msgspec

from harness.records.messages import Message
from harness.review.packets.records import Ballot, Packet, PacketPair, Vote, checksum, packet_digest

REASONS = ("wrong", "incomplete", "format", "tone", "unsafe", "too long")


def packet_of(answers: Sequence[tuple[str, str]], reviewer: str = "reviewer-1", expected: str | None = None) -> Packet:
    """Return a packet with one pair for each two answers."""
    pairs = tuple(
        PacketPair(
            id=hashlib.sha256(f"{reviewer} {index}".encode()).hexdigest()[:16],
            messages=(
                Message(role="system", content="Answer customers of a small shop."),
                Message(role="user", content=f"Where is order {index}?"),
            ),
            expected=expected,
            a=a,
            b=b,
        )
        for index, (a, b) in enumerate(answers)
    )
    return sealed(
        Packet(
            packet="0" * 64,
            commitment="c" * 64,
            reviewer=reviewer,
            title="Which answer is better?",
            question="Read both as the customer would.",
            reasons=REASONS,
            pairs=pairs,
        )
    )


def with_first(packet: Packet, **parts: object) -> Packet:
    """Return a packet whose first pair has other parts: calls, reasoning, messages."""
    first, *rest = packet.pairs
    return sealed(msgspec.structs.replace(packet, pairs=(msgspec.structs.replace(first, **parts), *rest)))


def packet_with(count: int, reviewer: str = "reviewer-1") -> Packet:
    """Return a packet of so many harmless pairs."""
    answers = [(f"Order {index} is on its way.", f"I can't find order {index}.") for index in range(count)]
    return packet_of(answers, reviewer)


def sealed(packet: Packet) -> Packet:
    """Return a packet with the digest that it must have."""
    return msgspec.structs.replace(packet, packet=packet_digest(packet))


def ballot_on(packet: Packet, choices: str, *, finished: bool = False) -> bytes:
    """Return a sound ballot on the first pairs: "ab-" votes A, B and tie on the first three."""
    words = {"a": "a", "b": "b", "-": "tie", "x": "bad"}
    votes = tuple(
        Vote(pair=pair.id, choice=words[one], ship_a=None, ship_b=None, reasons_a=(), reasons_b=(), note="")
        for pair, one in zip(packet.pairs, choices, strict=False)
    )
    open_ballot = Ballot(
        packet=packet.packet,
        commitment=packet.commitment,
        reviewer=packet.reviewer,
        finished=finished,
        votes=votes,
        checksum="0" * 64,
    )
    return msgspec.json.encode(msgspec.structs.replace(open_ballot, checksum=checksum(open_ballot)))
