"""Entries of the ledger of promotions, and the check of their chain: each names the digest of the one before it."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from harness.errors import RegistryError
from harness.records.record import UNREADABLE, Record
from harness.registry.dsse import Signature, TrustedKey, signer
from harness.registry.statement import Promotion, Statement
from harness.text.visible import for_terminal

RESTORE = "restore the ledger from git or a copy; nothing is promoted or compared until it is whole"


class Kept(Record, frozen=True, kw_only=True):
    """One line of the ledger: the statement as it was signed, its signatures, and the digest of both."""

    digest: str
    signatures: tuple[Signature, ...]
    statement: msgspec.Raw


class Entry(Record, frozen=True, kw_only=True):
    """One checked entry. ``place`` says where it is, ``signed_by`` which trusted key signed it; empty without one."""

    place: str
    line: bytes
    digest: str
    signatures: tuple[Signature, ...]
    payload: bytes
    statement: Statement
    signed_by: str = ""

    @property
    def promotion(self) -> Promotion:
        """What it says."""
        return self.statement.predicate

    @property
    def number(self) -> int:
        """Its number in the ledger, from 1."""
        return self.promotion.number

    @property
    def name(self) -> str:
        """The adapter that it promotes, with its number."""
        return f"{self.promotion.adapter.name}@{self.number}"


def line_of(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """Return a statement and its signatures as one line of the ledger, without a line end."""
    kept = Kept(digest=digest_of(payload, signatures), signatures=tuple(signatures), statement=msgspec.Raw(payload))
    return msgspec.json.encode(kept, order="deterministic")


def digest_of(payload: bytes, signatures: Sequence[Signature]) -> str:
    """Return the digest of an entry: the hex SHA-256 of its statement, and below it of its signatures."""
    return sha256(payload + b"\n" + msgspec.json.encode(tuple(signatures), order="deterministic")).hexdigest()


def checked(lines: Sequence[tuple[str, bytes]], trusted: Sequence[TrustedKey]) -> tuple[Entry, ...]:
    """Return the entries of a ledger, each given by its place and its line, after checking the whole chain.

    With ``trusted`` keys every entry must be signed by one of them.

    Raises:
        RegistryError: one was edited, moved or removed, is not an entry, or is signed by nobody that is trusted.
    """
    entries: list[Entry] = []
    for number, (place, line) in enumerate(lines, start=1):
        entry = _read(place, line)
        before = entries[-1] if entries else None
        if (entry.number, entry.promotion.previous) != (number, before.digest if before else ""):
            raise RegistryError(
                f"{place}: this entry does not name the one before it: it or the one before was edited together with "
                f"its digest, or an entry was removed or moved; {RESTORE}"
            )
        entries.append(_trusted(entry, trusted) if trusted else entry)
    return tuple(entries)


def _read(place: str, line: bytes) -> Entry:
    try:
        kept = msgspec.json.decode(line, type=Kept)
        payload = bytes(kept.statement)
    except UNREADABLE as problem:
        raise RegistryError(
            f"{place}: not an entry of the ledger: {for_terminal(str(problem))}; where git merged two promotions, keep "
            "the one that was there first, and promote the other again"
        ) from problem
    if digest_of(payload, kept.signatures) != kept.digest:
        raise RegistryError(f"{place}: this entry was edited: its digest is not that of what it says; {RESTORE}")
    try:
        statement = msgspec.json.decode(payload, type=Statement)
    except UNREADABLE as problem:
        raise RegistryError(
            f"{place}: says what this version of the harness can't read: {for_terminal(str(problem))}; a newer version "
            "can have written it: update the harness"
        ) from problem
    return Entry(
        place=place,
        line=line,
        digest=kept.digest,
        signatures=kept.signatures,
        payload=payload,
        statement=statement,
    )


def _trusted(entry: Entry, trusted: Sequence[TrustedKey]) -> Entry:
    """Return the entry with the key that signed it."""
    by = signer(entry.payload, entry.signatures, trusted)
    if by is not None:
        return msgspec.structs.replace(entry, signed_by=by.name)
    keys = ", ".join(f"{key.name} ({key.keyid[:12]})" for key in trusted)
    hint = for_terminal(", ".join(one.keyid[:12] or "one without a name" for one in entry.signatures))
    told = f"signed by key {hint}, which is none of" if entry.signatures else "not signed by any of"
    raise RegistryError(
        f"{entry.place}: entry {entry.number} is {told} [registry] trusted_keys: {keys}; add the signer's public key "
        "if it is one of yours, else restore the ledger"
    )
