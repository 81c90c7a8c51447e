"""Signatures: the vectors of DSSE, each kind of key, and keys that can't be used."""

import base64
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness.errors import ConfigError
from harness.registry.dsse import (
    PAYLOAD_TYPE,
    Signature,
    TrustedKey,
    load_private_key,
    load_trusted_key,
    pae,
    sign,
    signer,
)

# https://github.com/secure-systems-lab/dsse, testvectors/vectors.json: key A, of RFC 8032, section 7.1.
KEY_A = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
BODY = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="
SIG = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
VECTORS = {
    "single-signature": (PAYLOAD_TYPE, BODY, SIG, True),
    "url-safe-base64": (
        PAYLOAD_TYPE,
        "-_-_Pj8=",
        "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==",
        True,
    ),
    "payload-type-swapped": ("application/vnd.example.other+json", BODY, SIG, False),
    "non-ascii-payload-type": (
        "application/vnd.exämple+json",
        BODY,
        "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==",
        True,
    ),
    "empty-payload": (
        PAYLOAD_TYPE,
        "",
        "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",
        True,
    ),
}


def trusted(key, name: str = "key.pub") -> TrustedKey:
    """Return a public key as one that is trusted."""
    return TrustedKey(name=name, keyid="", key=key)


@pytest.mark.parametrize(("kind", "body", "sig", "accepted"), VECTORS.values(), ids=VECTORS)
def test_the_vectors_of_dsse_hold(kind, body, sig, accepted):
    """Accepted and refused as they say."""
    key = trusted(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEY_A)))

    found = signer(
        base64.urlsafe_b64decode(body.replace("+", "-").replace("/", "_")), [Signature(sig=sig)], [key], kind
    )

    assert found is (key if accepted else None)


def test_the_example_of_the_protocol_is_verified():
    """ECDSA on P-256; it has the bare pair of numbers, where cosign and we have DER."""
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    raw = base64.b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = trusted(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    kind, body = "http://example.com/HelloWorld", b"hello world"

    assert pae(kind, body) == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert signer(body, [Signature(sig=base64.b64encode(der).decode())], [key], kind) is key


def pem(key, password: bytes | None = None) -> bytes:
    """Return a private key as openssl writes it."""
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def public_pem(key) -> bytes:
    """Return a public key as openssl writes it."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, kind)


MADE = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_a_key_signs_its_public_key_verifies_and_no_other(tmp_path, make):
    """Both are read from PEM files, and every trusted key is tried."""
    key, other = make(), make()
    (tmp_path / "own.pem").write_bytes(pem(key))
    for name, one in (("own.pub", key), ("other.pub", other)):
        (tmp_path / name).write_bytes(public_pem(one))
    keys = [load_trusted_key(tmp_path / name) for name in ("other.pub", "own.pub")]

    signature = sign(b"{}", load_private_key(tmp_path / "own.pem"))

    assert signature.keyid == keys[1].keyid
    assert signer(b"{}", [signature], keys) is keys[1]
    assert signer(b"{ }", [signature], keys) is None
    assert signer(b"{}", [signature], keys[:1]) is None
    assert signer(b"{}", [Signature(sig="no base64 !")], keys) is None


def test_a_private_key_that_can_not_be_used_is_refused(tmp_path):
    """Missing, encrypted, of another kind, on another curve, or no key at all."""
    contents = {
        "encrypted": pem(ed25519.Ed25519PrivateKey.generate(), b"secret"),
        "rsa": pem(rsa.generate_private_key(65_537, 2_048)),
        "curve": pem(ec.generate_private_key(ec.SECP256K1())),
        "text": b"hello",
    }
    told = {"missing": "No such file", "encrypted": "is encrypted", "text": "not a private key in PEM"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    for name in (*contents, "missing"):
        with pytest.raises(ConfigError, match=rf"key_file = '{name}': .*{told.get(name, 'of another kind')}"):
            load_private_key(tmp_path / name)


def test_without_cryptography_it_is_said_what_to_install(tmp_path, monkeypatch):
    """Before any file is opened."""
    monkeypatch.setitem(sys.modules, "cryptography", None)

    for load in (load_private_key, load_trusted_key):
        with pytest.raises(ConfigError, match=r"pip install 'tunegate\[signing\]'"):
            load(tmp_path / "missing.pem")


def test_a_public_key_that_can_not_be_used_is_refused(tmp_path):
    """A private key in its place, and one of another kind."""
    (tmp_path / "private").write_bytes(pem(ed25519.Ed25519PrivateKey.generate()))
    (tmp_path / "rsa").write_bytes(public_pem(rsa.generate_private_key(65_537, 2_048)))

    with pytest.raises(ConfigError, match="'private': not a public key in PEM"):
        load_trusted_key(tmp_path / "private")
    with pytest.raises(ConfigError, match="'rsa': a key of another kind"):
        load_trusted_key(tmp_path / "rsa")
