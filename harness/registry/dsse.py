"""Signatures in DSSE envelopes (Dead Simple Signing Envelope, version 1), as cosign and in-toto verify them.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md. Keys are Ed25519, or ECDSA on P-256 with SHA-256,
P-384 with SHA-384 and P-521 with SHA-512; an ECDSA signature is in DER.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import ConfigError
from harness.records.record import Record
from harness.text.regular import read_regular

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
KINDS = "Ed25519, or ECDSA on P-256, P-384 or P-521"
INSTALL = "signatures need the package cryptography: pip install 'tunegate[signing]'"


class Signature(Record, frozen=True, kw_only=True):
    """One signature of an envelope, in base64; ``keyid`` is only a hint at the key, as DSSE has it."""

    keyid: str = ""
    sig: str


class Envelope(Record, frozen=True, kw_only=True, rename="camel"):
    """What is handed to other verifiers: the payload, in base64, with its type and signatures."""

    payload: str
    payload_type: str
    signatures: tuple[Signature, ...]


class TrustedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that signatures are verified with, and the file that it is from."""

    name: str
    keyid: str
    key: "PublicKey"


def pae(payload_type: str, body: bytes) -> bytes:
    """Return what is signed: the Pre-Authentication Encoding of the type and the payload.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def envelope(body: bytes, signatures: Sequence[Signature]) -> bytes:
    """Return the envelope of a statement as JSON."""
    payload = base64.b64encode(body).decode()
    return msgspec.json.encode(
        Envelope(payload=payload, payload_type=PAYLOAD_TYPE, signatures=tuple(signatures)), order="deterministic"
    )


def sign(body: bytes, key: "PrivateKey") -> Signature:
    """Return the signature of a statement."""
    from cryptography.hazmat.primitives.asymmetric import ec

    told = pae(PAYLOAD_TYPE, body)
    raw = key.sign(told, _algorithm(key.curve)) if isinstance(key, ec.EllipticCurvePrivateKey) else key.sign(told)
    return Signature(keyid=keyid_of(key.public_key()), sig=base64.b64encode(raw).decode())


def signer(
    body: bytes, signatures: Sequence[Signature], trusted: Iterable[TrustedKey], payload_type: str = PAYLOAD_TYPE
) -> TrustedKey | None:
    """Return the trusted key that made one of the signatures; None where none did.

    What a signature says of its key is not believed: every key is tried.
    """
    told = pae(payload_type, body)
    for key in trusted:
        if any(_is_by(key.key, told, one.sig) for one in signatures):
            return key
    return None


def keyid_of(key: "PublicKey") -> str:
    """Return the name of a key: the hex SHA-256 of its SubjectPublicKeyInfo in DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def load_private_key(path: Path) -> "PrivateKey":
    """Return the private key in a PEM file.

    Raises:
        ConfigError: it can't be read, is encrypted or of another kind, or cryptography is not installed.
    """
    place = f"[registry] key_file = {path.name!r}"
    content = _pem(path, place)
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(content, None)
    except TypeError:
        raise ConfigError(
            f"{place}: this key is encrypted, and nobody is asked for a password; write it without one into a file "
            "that only the promoting job can read (openssl pkey -in KEY -out FILE)"
        ) from None
    except Exception as problem:
        raise ConfigError(f"{place}: not a private key in PEM; needed is one of {KINDS}") from problem
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) or not _is_known(key):
        raise ConfigError(f"{place}: a key of another kind; needed is one of {KINDS}")
    return key


def load_trusted_key(path: Path) -> TrustedKey:
    """Return the public key in a PEM file.

    Raises:
        ConfigError: it can't be read or is of another kind, or cryptography is not installed.
    """
    place = f"[registry] trusted_keys: {path.name!r}"
    content = _pem(path, place)
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(content)
    except Exception as problem:
        raise ConfigError(
            f"{place}: not a public key in PEM; make it with openssl pkey -in KEY -pubout -out FILE"
        ) from problem
    if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) or not _is_known(key):
        raise ConfigError(f"{place}: a key of another kind; needed is one of {KINDS}")
    return TrustedKey(name=path.name, keyid=keyid_of(key), key=key)


def _pem(path: Path, place: str) -> bytes:
    """Return a key file's content, once it is known that keys can be read at all."""
    try:
        import cryptography  # noqa: F401 - the next line of its callers needs it
    except ImportError:
        raise ConfigError(f"{place}: {INSTALL}") from None
    try:
        return read_regular(path)
    except OSError as problem:
        raise ConfigError(f"{place}: can't be read: {problem.strerror}; the path leads from harness.toml") from problem


def _is_known(key: "PrivateKey | PublicKey") -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec

    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return key.curve.name in {"secp256r1", "secp384r1", "secp521r1"}
    return True


def _algorithm(curve: "ec.EllipticCurve") -> "ec.ECDSA":
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    kinds = {"secp384r1": hashes.SHA384, "secp521r1": hashes.SHA512}
    return ec.ECDSA(kinds.get(curve.name, hashes.SHA256)())


def _is_by(key: "PublicKey", told: bytes, sig: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        raw = base64.b64decode(sig.replace("-", "+").replace("_", "/"), validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, told, _algorithm(key.curve))
        else:
            key.verify(raw, told)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
