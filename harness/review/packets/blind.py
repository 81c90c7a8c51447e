"""Blinding: which cases are drawn, in which order they are shown, which side is A, and the seal that ties a key to it.

Pure. The seed decides what and when, the secret decides who: knowing one reveals nothing about the other.
"""

import hashlib
import hmac
import random
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from harness.records.asked import Side
from harness.records.record import Record

T = TypeVar("T")


class DrawnCase(Record, frozen=True, kw_only=True):
    """A case that was drawn. ``weight`` is how many cases of its stratum it stands for, over the mean of all drawn.

    ``draw`` is the id of a draw that is kept, for labels of a judge; empty for none.
    """

    case_id: str
    stratum: str
    weight: float
    draw: str = ""


def draw_cases(strata: Mapping[str, Collection[str]], count: int, seed: int) -> tuple[DrawnCase, ...]:
    """Draw ``count`` cases at random, as evenly from the strata as their sizes allow; the cases come in random order.

    All cases of a small stratum are drawn. Chance decides which of several equal strata give one case more.

    Raises:
        ValueError: the strata hold fewer cases than that.
    """
    chance = random.Random(f"cases {seed}")  # noqa: S311 - must be repeatable; what must not be guessed has a secret
    shares = _shares({name: len(cases) for name, cases in strata.items()}, count, chance)
    total = sum(len(cases) for cases in strata.values())
    drawn = [
        DrawnCase(case_id=case_id, stratum=name, weight=(len(strata[name]) / share) / (total / count))
        for name, share in shares.items()
        for case_id in (chance.sample(sorted(strata[name]), share))
    ]
    chance.shuffle(drawn)
    return tuple(drawn)


def draw_some(items: Collection[str], count: int, seed: int, purpose: str) -> tuple[str, ...]:
    """Draw up to ``count`` of the items, in random order."""
    return tuple(_chance(purpose, seed).sample(sorted(items), min(count, len(items))))


def shuffled(items: Sequence[T], seed: int, reviewer: str) -> tuple[T, ...]:
    """Return the items in one reviewer's order."""
    return tuple(_chance(f"order of {reviewer}", seed).sample(items, len(items)))


def inserted(items: Sequence[T], new: Sequence[T], first: int, seed: int, purpose: str) -> tuple[T, ...]:
    """Return the items with the ``new`` ones put among them at random places, none before place ``first``."""
    chance, mixed = _chance(purpose, seed), list(items)
    for one in new:
        mixed.insert(chance.randint(first, len(mixed)), one)
    return tuple(mixed)


def draw_sides(secret: bytes, reviewers: Sequence[str], case_ids: Collection[str]) -> dict[tuple[str, str], Side]:
    """Return which side is at A, for each reviewer and case.

    Cases are ranked by a keyed digest of reviewer and case, and the first half shows the candidate at A. So each
    reviewer's sides are balanced up to one, and so are all together: of an odd number of cases, reviewers in turn see
    one more candidate or one more baseline at A, and a keyed digest decides who is first.
    """
    sides: dict[tuple[str, str], Side] = {}
    start = keyed(secret, "odd")[0] & 1
    for number, reviewer in enumerate(reviewers):
        ranked = sorted(case_ids, key=lambda case_id: keyed(secret, "side", reviewer, case_id))
        half = (len(ranked) + (start + number) % 2) // 2
        sides |= {(reviewer, one): "candidate" if place < half else "baseline" for place, one in enumerate(ranked)}
    return sides


def other(side: Side) -> Side:
    """Return the side that is at B when ``side`` is at A."""
    return "baseline" if side == "candidate" else "candidate"


def pair_id(secret: bytes, *parts: str) -> str:
    """Return an opaque id: 16 hex digits that reveal nothing without the secret."""
    return keyed(secret, "pair", *parts).hex()[:16]


def commit(secret: bytes, packet: str, sealed: bytes) -> str:
    """Return a packet's commitment to what its key holds: the hex HMAC-SHA256 of the packet's digest and the key.

    Without the secret it reveals nothing about the key, and no other key fits it.
    """
    return keyed(secret, "commitment", packet, sealed.hex()).hex()


def is_committed(commitment: str, secret: bytes, packet: str, sealed: bytes) -> bool:
    """Tell whether a packet's commitment is to this key."""
    return hmac.compare_digest(commitment, commit(secret, packet, sealed))


def keyed(secret: bytes, *parts: str) -> bytes:
    """Return the HMAC-SHA256 of some texts, none of which can run into the next."""
    lengths = ",".join(str(len(part)) for part in parts)
    return hmac.digest(secret, "\n".join([lengths, *parts]).encode(), hashlib.sha256)


def _shares(sizes: Mapping[str, int], count: int, chance: random.Random) -> dict[str, int]:
    """Share out ``count`` one at a time, each to a stratum with the fewest so far among those with cases left."""
    if not 0 < count <= sum(sizes.values()):
        raise ValueError(f"{count} cases can't be drawn from {sum(sizes.values())}")
    shares = dict.fromkeys(chance.sample(sorted(sizes), len(sizes)), 0)
    for _ in range(count):
        name = min((name for name in shares if shares[name] < sizes[name]), key=shares.__getitem__)
        shares[name] += 1
    return {name: share for name, share in shares.items() if share}


def _chance(purpose: str, seed: int) -> random.Random:
    return random.Random(f"{purpose}: {seed}")  # noqa: S311 - as above
