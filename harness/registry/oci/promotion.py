"""The promotion of an adapter that is in a registry: who promoted these very files, and whose signature says so."""

import base64
import binascii
from collections.abc import Sequence
from io import BytesIO

import msgspec

from harness.errors import MirrorError
from harness.records.record import UNREADABLE, Record
from harness.registry.dsse import PAYLOAD_TYPE, Envelope, TrustedKey, signer
from harness.registry.oci.manifests import (
    ADAPTER_DIGEST,
    MANIFEST,
    STATEMENT,
    Descriptor,
    Manifest,
    descriptor_of,
    read_manifest,
)
from harness.registry.oci.remote import Remote
from harness.registry.statement import Statement

LARGEST = 16 * 2**20
"""Bytes of a statement."""
MOST = 20
"""Promotions of one adapter that are looked at."""


class Proof(Record, frozen=True, kw_only=True):
    """A promotion of the files that were pulled. ``signed_by`` is the trusted key; empty where none is trusted here."""

    number: int
    by: str
    time: str
    signed_by: str = ""

    @property
    def told(self) -> str:
        """It, on one line."""
        checked = (
            f"signed by {self.signed_by}" if self.signed_by else "its signature is not checked: no key is trusted here"
        )
        return f"promoted as entry {self.number} on {self.time[:10]} by {self.by}; {checked}"


def promotion_of(content: bytes, adapter: Manifest, remote: Remote, trusted: Sequence[TrustedKey]) -> Proof | None:
    """Return the promotion of an adapter, given its manifest; None where there is none and no key is trusted here.

    Raises:
        MirrorError: keys are trusted, and none of them signed a promotion of these files.
    """
    subject = descriptor_of(content, MANIFEST).digest
    about = [one for one in remote.referrers(subject) if one.artifact_type == STATEMENT]
    for one in about[:MOST]:
        proof = _proof(one, subject, adapter, remote, trusted)
        if proof is not None and (proof.signed_by or not trusted):
            return proof
    if not trusted:
        return None
    keys = ", ".join(one.name for one in trusted)
    raise MirrorError(
        f"{remote.reference.shown}: no promotion of these files is signed by one of [registry] trusted_keys: {keys}; "
        "add the signer's public key if it is one of yours"
    )


def _proof(
    referrer: Descriptor, subject: str, adapter: Manifest, remote: Remote, trusted: Sequence[TrustedKey]
) -> Proof | None:
    """Return what a statement proves of an adapter; None where it is of other files, or is no promotion."""
    content = remote.find_manifest(referrer.digest)
    manifest = read_manifest(content) if content else None
    if manifest is None or manifest.subject is None or manifest.subject.digest != subject or len(manifest.layers) != 1:
        return None
    (layer,) = manifest.layers
    if layer.size > LARGEST:
        return None
    file = BytesIO()
    remote.get_blob(layer, file)
    try:
        envelope = msgspec.json.decode(file.getvalue(), type=Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
        statement = msgspec.json.decode(payload, type=Statement)
    except (*UNREADABLE, binascii.Error, ValueError):
        return None
    said = statement.predicate
    bound = {f"sha256:{one.digest.get('sha256', '')}" for one in statement.subject}
    layers = {one.digest for one in adapter.layers}
    if not bound or not bound <= layers or said.adapter.digest != adapter.annotations.get(ADAPTER_DIGEST):
        return None
    by = signer(payload, envelope.signatures, trusted) if envelope.payload_type == PAYLOAD_TYPE else None
    return Proof(number=said.number, by=said.by, time=said.time, signed_by=by.name if by else "")
