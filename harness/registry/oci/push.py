"""Push a promoted adapter: what is there stays, and the tag moves at the end, so that half a push is never found."""

from pathlib import Path

from harness.errors import MirrorError
from harness.records.record import Record
from harness.registry.dsse import envelope
from harness.registry.entry import Entry
from harness.registry.oci.manifests import (
    EMPTY,
    EMPTY_CONTENT,
    MANIFEST,
    Descriptor,
    Manifest,
    adapter_manifest,
    base_config,
    base_manifest,
    descriptor_of,
    encoded,
    kind_of,
    layers_of,
    referrer_of,
    statement_manifest,
)
from harness.registry.oci.remote import Remote


class Pushed(Record, frozen=True, kw_only=True):
    """What is in the registry now: digests of the manifests of the adapter, of its base model, and of its promotion.

    ``was`` is what the tag named before; empty where there was none, ``adapter`` where all of it was there.
    """

    reference: str
    adapter: str
    base: str
    statement: str
    was: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """All of it, a line for each."""
        before = f", in place of {self.was[:19]}" if self.was else ""
        first = f"there already: {self.reference}" if self.was == self.adapter else f"pushed: {self.reference}{before}"
        return (
            first,
            f"  {self.adapter}",
            f"  its subject is the base model {self.base[:19]}; its promotion is {self.statement[:19]}",
        )


def push(entry: Entry, folder: Path, remote: Remote, own_base: str | None = None) -> Pushed:
    """Push the adapter that an entry promotes, whose files are in ``folder``.

    ``own_base`` is the tag or the digest of the base model's own artifact in the same repository; None makes a manifest
    that stands for it.

    Raises:
        MirrorError: the registry refuses, can't be reached, or has no such artifact of the base model.
        AdapterError: a file is missing.
    """
    base = _base(entry, remote, own_base)
    layers = layers_of(folder)
    manifest = adapter_manifest(entry, tuple(one for one, _ in layers), base)
    remote.put_blob(EMPTY, EMPTY_CONTENT)
    for layer, file in layers:
        remote.put_blob(layer, file)
    adapter = _put(manifest, remote)
    statement = envelope(entry.payload, entry.signatures)
    about = statement_manifest(statement, entry.statement.predicate_type, adapter)
    remote.put_blob(about.layers[0], statement)
    promotion = _put(about, remote)
    name = remote.reference.name
    before = remote.find_manifest(name)
    was = descriptor_of(before, MANIFEST).digest if before else ""
    if was != adapter.digest:
        remote.put_manifest(name, encoded(manifest))
    return Pushed(
        reference=remote.reference.shown, adapter=adapter.digest, base=base.digest, statement=promotion.digest, was=was
    )


def _base(entry: Entry, remote: Remote, own: str | None) -> Descriptor:
    """Return the descriptor of the base model's manifest, which is there."""
    if own is not None:
        content = remote.find_manifest(own)
        kind = kind_of(content) if content else None
        if content is None or kind is None:
            raise MirrorError(
                f"{remote.reference.shown}: there is no artifact {own} of a base model in this repository"
            )
        return descriptor_of(content, kind)
    base = entry.promotion.base
    manifest = base_manifest(base)
    remote.put_blob(manifest.config, base_config(base))
    remote.put_blob(EMPTY, EMPTY_CONTENT)
    return _put(manifest, remote)


def _put(manifest: Manifest, remote: Remote) -> Descriptor:
    """Send a manifest unless it is there, and note what it is about; return its descriptor."""
    content = encoded(manifest)
    found = descriptor_of(content, manifest.media_type)
    subject = manifest.subject.digest if manifest.subject else ""
    if remote.find_manifest(found.digest) is not None and (
        not subject or found.digest in {one.digest for one in remote.referrers(subject)}
    ):
        return found
    if not remote.put_manifest(found.digest, content) and subject:
        remote.add_referrer(subject, referrer_of(manifest))
    return found
