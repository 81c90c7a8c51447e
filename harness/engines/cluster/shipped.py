"""Models for other machines: an adapter's files travel, a base model is found there; digests show that they arrived."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec

from harness.engines.cluster.sent import SentModel
from harness.errors import EngineSetupError, NoSuchModel
from harness.models.adapter import MANIFEST
from harness.models.answering import digest_adapter
from harness.models.embedded import EMBEDDED, resolve_base
from harness.models.folders import CONFIG
from harness.models.hub_cache import hub_model
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from harness.models.plain import weight_files
from harness.models.tokenizer import tokenizer_files
from harness.records.record import digest
from harness.text.atomic import make_folder
from harness.text.visible import for_terminal

Files = Mapping[str, bytes]
"""An adapter's files by their names in its folder."""
ARRIVED = "arrived"
"""The folder in the harness's cache where shipped adapters are kept."""


def to_send(model: LocalModel) -> SentModel:
    """Return a model as a replica is told of it."""
    base = Path(model.base_path).absolute()
    fetched = hub_model(base)
    name = f"{fetched.repo}@{fetched.commit}" if fetched else str(base)
    return SentModel(
        ref=model.ref,
        base_path=str(base),
        base_name=EMBEDDED if model.ref.base == EMBEDDED else name,
        adapter_path=str(Path(model.adapter_path).absolute()) if model.adapter_path else None,
        code=model.code,
    )


def pack(model: SentModel) -> Files:
    """Return the files of an adapter that decide what it answers, and its manifest where it has one."""
    folder = Path(model.adapter_path or "")
    wanted = {folder / CONFIG, *weight_files(folder), *tokenizer_files(folder), folder / MANIFEST}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(wanted) if path.is_file()}


def arrive(
    sent: SentModel, files: Callable[[], Files] | None, home: Path, say: Callable[[str], None], node: str
) -> LocalModel:
    """Return a model as it is on this node: its base model's own copy, its adapter by path or unpacked.

    ``files`` fetches the adapter's, where they were shipped. Folders are kept under ``home`` for the next run.

    Raises:
        EngineSetupError: a file is missing here, or is another one than on the machine that asks; names the node.
        HarnessError: it can't be read as a model.
    """
    base = local_base(sent.ref.base, _base_folder(sent, home, say, node), code=sent.code)
    if sent.adapter_path is None:
        return _checked(sent, base, node)
    folder = Path(sent.adapter_path)
    if files is not None:
        folder = home / ARRIVED / digest((sent.ref.adapter_digest, sent.ref.template_digest))[:16] / folder.name
        make_folder(folder, partial(_unpack, sent, files, node))
    elif not folder.is_dir():
        raise EngineSetupError(f"{node}: the adapter {for_terminal(sent.ref.name)} is not there, at {folder}")
    return _checked(sent, local_adapter(base, folder), node)


def _base_folder(sent: SentModel, home: Path, say: Callable[[str], None], node: str) -> Path:
    if Path(sent.base_path).is_dir():
        return Path(sent.base_path)
    try:
        return resolve_base(sent.base_name, home, say, sent.code)
    except NoSuchModel as problem:
        raise EngineSetupError(
            f"{node}: the base model {for_terminal(sent.ref.base)} is not there; put the folder at the same path on "
            f"every node, on a shared file system, or name the model as on its hub ({for_terminal(str(problem), 300)})"
        ) from problem


def _unpack(sent: SentModel, files: Callable[[], Files], node: str, folder: Path) -> None:
    """Write an adapter's files; a folder of other files than were sent gets no name, so none is kept."""
    for name, content in files().items():
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise EngineSetupError(f"a file of the adapter would be outside of its folder: {for_terminal(name)}")
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _refuse_other("adapter", sent, digest_adapter(folder), sent.ref.adapter_digest or "", node)


def _checked(sent: SentModel, found: LocalModel, node: str) -> LocalModel:
    """Return the model under the name that it was sent with; refuse one that has other digests."""
    for part, there, here in zip(
        ("base model", "chat template or tokenizer", "adapter"), found.ref.weights, sent.ref.weights, strict=True
    ):
        _refuse_other(part, sent, there, here, node)
    return msgspec.structs.replace(found, ref=sent.ref)


def _refuse_other(part: str, sent: SentModel, there: str, here: str, node: str) -> None:
    if there != here:
        raise EngineSetupError(
            f"{node}: the {part} of {for_terminal(sent.ref.name)} is another one there ({there[:12]}) than here "
            f"({here[:12]}); copy the same files to every node"
        )
