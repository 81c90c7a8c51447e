"""Pull an adapter into the folder of adapters: whole, and what was promised by digest, or not at all."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.errors import MirrorError, StoreError
from harness.models.adapter import check_adapter, is_adapter
from harness.models.answering import digest_adapter
from harness.records.record import Record
from harness.registry.dsse import TrustedKey
from harness.registry.oci.manifests import ADAPTER, ADAPTER_DIGEST, TITLE, Descriptor, Manifest, read_manifest
from harness.registry.oci.promotion import Proof, promotion_of
from harness.registry.oci.remote import Remote
from harness.text.atomic import locked
from harness.text.unwritten import unwritten
from harness.text.visible import for_terminal

NAME = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
"""A name of a folder or a file; none is hidden, and none leads elsewhere."""
PULLING, LOCK = ".pulling", "pulling.lock"
MOST_FILES = 100


class Pulled(Record, frozen=True, kw_only=True):
    """An adapter that is here now; ``is_new`` unless it was here before. ``proof`` says who promoted it."""

    name: str
    folder: str
    digest: str
    is_new: bool
    proof: Proof | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """All of it, a line for each."""
        first = f"pulled: {self.folder}" if self.is_new else f"here already: {self.folder}"
        proof = self.proof.told if self.proof else "no promotion of it is in the registry"
        return (first, f"  digest {self.digest}", f"  {proof}")


def pull(remote: Remote, adapters: Path, name: str | None, trusted: Sequence[TrustedKey]) -> Pulled:
    """Pull an adapter into a folder of ``adapters``, which has its own name unless another one is given.

    With ``trusted`` keys its promotion has to be signed by one of them.

    Raises:
        MirrorError: there is no such adapter, it is not what was promised, or another one has its name here.
        AdapterError: it is unsafe, or of a kind that can't be served.
        StoreError: it can't be written.
    """
    shown, content = remote.reference.shown, remote.find_manifest(remote.reference.name)
    manifest = read_manifest(content) if content else None
    if content is None:
        raise MirrorError(f"{shown}: there is no such artifact")
    if manifest is None or manifest.artifact_type != ADAPTER:
        raise MirrorError(f"{shown}: is no adapter that harness adapters push has pushed")
    target = adapters / _safe(name or manifest.annotations.get(TITLE, ""), shown)
    proof = promotion_of(content, manifest, remote, trusted)
    promised = manifest.annotations.get(ADAPTER_DIGEST, "")
    if target.exists():
        if not is_adapter(target) or digest_adapter(target) != promised:
            raise MirrorError(
                f"{target}: is here already and is another adapter; --name NAME pulls into another folder"
            )
        return Pulled(name=target.name, folder=str(target), digest=promised, is_new=False, proof=proof)
    _fetch(manifest, target, promised, remote)
    return Pulled(name=target.name, folder=str(target), digest=promised, is_new=True, proof=proof)


def _fetch(manifest: Manifest, target: Path, promised: str, remote: Remote) -> None:
    """Fetch the files of an adapter into a folder beside its place, check them, and give it its name."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.parent / LOCK), _unfinished(target.parent) as unfinished:
            made = unfinished / target.name
            made.mkdir()
            for layer, name in _named(manifest.layers, remote.reference.shown):
                (made / name).parent.mkdir(exist_ok=True)
                with (made / name).open("xb") as file:
                    remote.get_blob(layer, file)
            check_adapter(made)
            if (own := digest_adapter(made)) != promised:
                raise MirrorError(
                    f"{remote.reference.shown}: its files have the digest {own[:12]}, and {for_terminal(promised, 12)} "
                    "was promised; nothing was kept of it"
                )
            made.rename(target)
    except OSError as problem:
        raise StoreError(f"{target}: can't be written: {unwritten(problem)}") from problem


@contextmanager
def _unfinished(adapters: Path) -> Iterator[Path]:
    """Give an empty folder, which goes at the end; a pull that was killed can have left one."""
    folder = adapters / PULLING
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _named(layers: Sequence[Descriptor], shown: str) -> list[tuple[Descriptor, str]]:
    """Return the layers with the names of their files, each once; none leads out of the folder."""
    found: dict[str, Descriptor] = {}
    for layer in layers[:MOST_FILES]:
        title = layer.annotations.get(TITLE, "")
        for part in title.split("/", 1):
            _safe(part, shown)
        if title in found:
            raise MirrorError(f"{shown}: has the file {for_terminal(title, 100)} twice")
        found[title] = layer
    return [(layer, title) for title, layer in found.items()]


def _safe(name: str, shown: str) -> str:
    if not NAME.fullmatch(name):
        raise MirrorError(
            f"{shown}: {for_terminal(name, 100)!r} can't be the name of a folder or a file here; --name NAME gives the "
            "adapter another one"
        )
    return name
