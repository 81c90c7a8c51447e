"""The frozen records of a blinded review: what reviewers get and send back, and the key, which stays with the lead."""

import hashlib
import json
from typing import Annotated, Literal

import msgspec

from harness.records.asked import ModelRef, Side
from harness.records.messages import Called, Message, in_lines
from harness.records.record import Record

Choice = Literal["a", "b", "tie", "bad"]
"""``bad``: both are bad."""
Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hex."""


class SeenAnswer(Record, frozen=True, kw_only=True):
    """One answer as a reviewer sees it; its reasoning is empty unless the lead shows it."""

    text: str
    calls: tuple[Called, ...] = ()
    reasoning: str = ""

    @property
    def said(self) -> str:
        """The text, and a line for each call."""
        return in_lines(self.text, self.calls)


class PacketPair(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Two answers to one case, as a reviewer sees them. ``expected`` is None unless the lead shows it.

    Empty calls and reasoning are not written, so packets that were built before there were any keep their digests;
    those have calls as lines of the text.
    """

    id: str
    messages: tuple[Message, ...]
    expected: str | None
    a: str
    b: str
    calls_a: tuple[Called, ...] = ()
    calls_b: tuple[Called, ...] = ()
    reasoning_a: str = ""
    reasoning_b: str = ""

    @property
    def answers(self) -> tuple[SeenAnswer, SeenAnswer]:
        """The answers at A and at B."""
        return (
            SeenAnswer(text=self.a, calls=self.calls_a, reasoning=self.reasoning_a),
            SeenAnswer(text=self.b, calls=self.calls_b, reasoning=self.reasoning_b),
        )


class Packet(Record, frozen=True, kw_only=True):
    """Everything one reviewer gets. ``packet`` digests all of it except ``commitment``, which ties it to its key."""

    format: Literal[1] = 1
    packet: Hex
    commitment: Hex
    reviewer: str
    title: str
    question: str
    reasons: tuple[str, ...]
    pairs: tuple[PacketPair, ...]


class Vote(Record, frozen=True, kw_only=True):
    """One reviewer's vote on one pair. ``ship_a`` is None where "would you ship this?" was not answered."""

    pair: str
    choice: Choice
    ship_a: bool | None
    ship_b: bool | None
    reasons_a: tuple[str, ...]
    reasons_b: tuple[str, ...]
    note: str


class Ballot(Record, frozen=True, kw_only=True):
    """One reviewer's votes, as the page saves them. ``checksum`` digests everything else."""

    format: Literal[1] = 1
    packet: Hex
    commitment: Hex
    reviewer: str
    finished: bool
    votes: tuple[Vote, ...]
    checksum: Hex


class KeyCase(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One case under review. Cases of one ``group`` are one cluster; ``weight`` is that of ``blind.DrawnCase``.

    ``requests`` are the keys of the requests whose answers are shown; keys that version 0.1 built have none. ``draw``
    is that of ``blind.DrawnCase``. An empty field is not written, so older seals still hold.
    """

    case_id: str
    group: str | None
    stratum: str
    weight: float
    requests: dict[Side, str] = msgspec.field(default_factory=dict)
    draw: str = ""


class KeyPair(Record, frozen=True, kw_only=True):
    """Who is who in one pair of one packet. ``a`` is the side at A; ``planted`` the place with a bad answer instead.

    ``case`` pairs are tallied; ``repeat`` shows one of them again with sides swapped, and only tests attention, as
    ``planted`` does.
    """

    id: str
    case_id: str
    kind: Literal["case", "repeat", "planted"]
    a: Side
    planted: Literal["a", "b"] | None = None


class KeyPacket(Record, frozen=True, kw_only=True):
    """One reviewer's part of the key. ``page`` is the SHA-256 of the packet's file."""

    reviewer: str
    packet: Hex
    commitment: str
    page: str
    pairs: tuple[KeyPair, ...]


class NotReviewed(Record, frozen=True, kw_only=True):
    """How many cases of the suite no reviewer could be asked about, and why."""

    identical: int
    """Both sides answered the same."""
    failed: int
    """A side's answer is an error."""
    one_sided: int
    """Only one side was asked."""


class Key(Record, frozen=True, kw_only=True):
    """Who was A, for each pair of each packet. Whoever reads it is no longer blind."""

    format: Literal[1] = 1
    secret: Hex
    run: str
    suite: str
    baseline: ModelRef
    candidate: ModelRef
    seed: int
    by_tag: str
    """The tag that cases were stratified by; empty for none."""
    cases: tuple[KeyCase, ...]
    left_out: NotReviewed
    packets: tuple[KeyPacket, ...]


def sealed_part(key: Key) -> bytes:
    """Return the bytes that each packet's commitment binds: the key without the secret and what is added later."""
    packets = tuple(msgspec.structs.replace(packet, commitment="", page="") for packet in key.packets)
    return canonical(msgspec.structs.replace(key, packets=packets), without=("secret",))


def canonical(value: object, without: tuple[str, ...] = ()) -> bytes:
    """Return a record's canonical JSON, less some of its fields: sorted keys, no white space, UTF-8, nothing escaped.

    The page writes the same bytes in JavaScript, so this is not msgspec's own order and escaping.

    Raises:
        UnicodeEncodeError: a text has half of a surrogate pair.
    """
    plain = msgspec.to_builtins(value)
    kept = {name: part for name, part in plain.items() if name not in without} if without else plain
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def packet_digest(packet: Packet) -> str:
    """Return what ``packet.packet`` must hold: the hex SHA-256 of all but that and the commitment."""
    return hashlib.sha256(canonical(packet, without=("packet", "commitment"))).hexdigest()


def checksum(ballot: Ballot) -> str:
    """Return what ``ballot.checksum`` must hold."""
    return hashlib.sha256(canonical(ballot, without=("checksum",))).hexdigest()


class Review(Record, frozen=True, kw_only=True):
    """The packets, and the key that never travels with them."""

    packets: tuple[Packet, ...]
    key: Key
