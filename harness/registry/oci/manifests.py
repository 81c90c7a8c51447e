"""The manifests of an adapter, of the base model that it is for, and of its promotion: the same bytes each time.

A subject is the descriptor of a manifest. A base model's digest is none, so a manifest of a few bytes stands for the
base model: it has no weights, and everybody who names the same model by the same digest makes the same one.
"""

from hashlib import sha256
from pathlib import Path

import msgspec

from harness.models.digests import DigestFile, remembered
from harness.records.record import UNREADABLE
from harness.registry.entry import Entry
from harness.registry.files import adapter_files
from harness.registry.statement import PromotedBase

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
ADAPTER = "application/vnd.tunegate.adapter.v1"
BASE = "application/vnd.tunegate.base-model.v1"
STATEMENT = "application/vnd.dsse.envelope.v1+json"
BASE_CONFIG = "application/vnd.tunegate.base-model.config.v1+json"
WEIGHTS = "application/vnd.tunegate.adapter.weights.v1.safetensors"
KINDS = {".safetensors": WEIGHTS, ".json": "application/json", ".md": "text/markdown", ".jinja": "text/plain"}
PLAIN = "application/octet-stream"
TITLE = "org.opencontainers.image.title"
ADAPTER_DIGEST, BASE_DIGEST, BASE_COMMIT, ENTRY, NUMBER = (
    f"tunegate.{name}" for name in ("adapter.digest", "base.digest", "base.commit", "entry.digest", "entry.number")
)
EMPTY_CONTENT = b"{}"


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a blob or a manifest is: its kind, its digest as ``sha256:HEX``, and its size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An artifact: its layers, and the manifest that it is about."""

    schema_version: int
    media_type: str
    artifact_type: str = ""
    config: Descriptor
    layers: tuple[Descriptor, ...]
    subject: Descriptor | None = None
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class _OfAKind(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    media_type: str


class Index(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A list of manifests."""

    manifests: tuple[Descriptor, ...] = ()


EMPTY = Descriptor(
    media_type="application/vnd.oci.empty.v1+json", digest=f"sha256:{sha256(EMPTY_CONTENT).hexdigest()}", size=2
)
"""What stands where an artifact has no configuration, or no layer."""


def encoded(record: msgspec.Struct) -> bytes:
    """Return a manifest, or an index, as the bytes that its digest is of."""
    return msgspec.json.encode(record, order="deterministic")


def descriptor_of(content: bytes, kind: str) -> Descriptor:
    """Return the descriptor of bytes."""
    return Descriptor(media_type=kind, digest=f"sha256:{sha256(content).hexdigest()}", size=len(content))


def referrer_of(manifest: Manifest) -> Descriptor:
    """Return the descriptor of a manifest as a list of referrers has it."""
    found = descriptor_of(encoded(manifest), manifest.media_type)
    return msgspec.structs.replace(found, artifact_type=manifest.artifact_type, annotations=manifest.annotations)


def read_manifest(content: bytes) -> Manifest | None:
    """Return what a manifest says; None where it is none of an artifact."""
    try:
        return msgspec.json.decode(content, type=Manifest)
    except UNREADABLE:
        return None


def kind_of(content: bytes) -> str | None:
    """Return the media type that a manifest or an index says it has; None where it says none."""
    try:
        return msgspec.json.decode(content, type=_OfAKind).media_type
    except UNREADABLE:
        return None


def base_config(base: PromotedBase) -> bytes:
    """Return what is said of a base model."""
    return msgspec.json.encode(base)


def base_manifest(base: PromotedBase) -> Manifest:
    """Return the manifest that stands for a base model."""
    about = {TITLE: base.name, BASE_DIGEST: base.digest} | ({BASE_COMMIT: base.commit} if base.commit else {})
    config = descriptor_of(base_config(base), BASE_CONFIG)
    return _artifact(BASE, config, (EMPTY,), None, about)


def layers_of(folder: Path, digest_file: DigestFile = remembered) -> tuple[tuple[Descriptor, Path], ...]:
    """Return the files of an adapter as layers, under their names in its folder.

    Raises:
        AdapterError: a part of the weights is missing.
    """
    return tuple((_layer(one, folder, digest_file), one) for one in adapter_files(folder))


def adapter_manifest(entry: Entry, layers: tuple[Descriptor, ...], base: Descriptor) -> Manifest:
    """Return the manifest of a promoted adapter whose subject is the base model's manifest."""
    said = entry.promotion
    about = {
        TITLE: said.adapter.name,
        "org.opencontainers.image.created": said.time,
        "org.opencontainers.image.base.name": said.base.name,
        "org.opencontainers.image.base.digest": base.digest,
        ADAPTER_DIGEST: said.adapter.digest,
        BASE_DIGEST: said.base.digest,
        BASE_COMMIT: said.base.commit,
        ENTRY: entry.digest,
        NUMBER: str(entry.number),
    }
    return _artifact(ADAPTER, EMPTY, layers, base, {name: value for name, value in about.items() if value})


def statement_manifest(envelope: bytes, predicate: str, adapter: Descriptor) -> Manifest:
    """Return the manifest of the promotion of an adapter whose manifest is its subject."""
    about = {"in-toto.io/predicate-type": predicate}
    return _artifact(STATEMENT, EMPTY, (descriptor_of(envelope, STATEMENT),), adapter, about)


def _artifact(
    kind: str, config: Descriptor, layers: tuple[Descriptor, ...], subject: Descriptor | None, about: dict[str, str]
) -> Manifest:
    return Manifest(
        schema_version=2,
        media_type=MANIFEST,
        artifact_type=kind,
        config=config,
        layers=layers,
        subject=subject,
        annotations=about,
    )


def _layer(file: Path, folder: Path, digest_file: DigestFile) -> Descriptor:
    return Descriptor(
        media_type=KINDS.get(file.suffix, PLAIN),
        digest=f"sha256:{digest_file(file)}",
        size=file.stat().st_size,
        annotations={TITLE: file.relative_to(folder).as_posix()},
    )
