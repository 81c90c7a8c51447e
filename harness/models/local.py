"""From a model's name to what exactly answers: its folders for the engine, its digests for the keys."""

import hashlib
import re
from pathlib import Path

import msgspec

from harness.errors import AdapterError, NoSuchModel
from harness.models.accounted import unlike_base
from harness.models.adapter import FILES, WEIGHTS, check_adapter, folder_name, trained_commit, trained_on
from harness.models.adapter_config import AdapterConfig
from harness.models.base_files import refuse_lost_links, weights_of, without_weights
from harness.models.digests import DigestFile, remembered
from harness.models.foreign import reading
from harness.models.hub_cache import hub_model
from harness.models.own_code import refuse_own_code
from harness.models.tensors import is_lfs_pointer
from harness.models.tokenizer import refuse_own_tokenizer, tokenizer_files
from harness.records.asked import ModelRef
from harness.records.record import Record
from harness.text.visible import for_terminal

BESIDE_WEIGHTS = ("generation_config.json", "model.safetensors.index.json", "adapter_config.json")
"""What transformers reads in addition to config.json and the weights, where present."""


class LocalModel(Record, frozen=True, kw_only=True):
    """A model whose weights are on this machine. Folders are not in ``ref``: runs and reports show no paths.

    ``notes`` are sentences for people: what is unusual about the model, but not a reason to refuse it.
    ``commit`` is that of a base model which was fetched from a hub; empty for any other folder.
    """

    ref: ModelRef
    base_path: str
    adapter_path: str | None = None
    notes: tuple[str, ...] = ()
    commit: str = ""


def local_base(name: str, folder: Path, digest_file: DigestFile = remembered) -> LocalModel:
    """Return the base model in ``folder``; ``digest_file`` decides whether large files are read again.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    with reading(f"{folder}: can't be read as a base model:", NoSuchModel):
        if (folder / "config.json").is_file():
            refuse_own_code(folder)
        ref = ModelRef(
            base=name,
            base_digest=digest_base(folder, digest_file),
            template_digest=digest_template(folder, digest_file),
        )
    fetched = hub_model(folder)
    return LocalModel(ref=ref, base_path=str(folder), commit=fetched.commit if fetched else "")


def local_adapter(base: LocalModel, folder: Path, digest_file: DigestFile = remembered) -> LocalModel:
    """Return the adapter in ``folder`` on its base model; ``digest_file`` as for ``local_base``.

    Raises:
        AdapterError: the folder is missing, unsafe, damaged, or made for another base model or tokenizer.
    """
    with reading(f"{folder}: can't be read as an adapter:", AdapterError):
        return _read_adapter(base, folder, digest_file)


def _read_adapter(base: LocalModel, folder: Path, digest_file: DigestFile) -> LocalModel:
    config = check_adapter(folder)
    weights = trained_on(folder)
    # The base model's files were just digested as the caller asked, so they are not read again.
    if weights and weights != (here := digest_weights(Path(base.base_path))):
        raise AdapterError(
            f"{folder}: trained on another base model (digest {for_terminal(weights[:12])}) than the one configured "
            f"(digest {here[:12]}); {_other_commit(folder, base)}set base_model in harness.toml, or train again"
        )
    if told := unlike_base(folder / WEIGHTS, config, _weights_of(Path(base.base_path))):
        raise AdapterError(f"{folder / WEIGHTS}: {told}")
    refuse_own_tokenizer(folder, Path(base.base_path))
    name = folder_name(folder)
    ref = msgspec.structs.replace(base.ref, adapter=name, adapter_digest=digest_adapter(folder, digest_file))
    notes = _moved(name, trained_commit(folder), base) if weights else _notes(name, config, base)
    return LocalModel(ref=ref, base_path=base.base_path, adapter_path=str(folder), notes=notes, commit=base.commit)


def digest_base(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest a base model's configuration, weights, and the other files that decide what it answers.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    # What is missing is digested too; so answers kept by version 0.1, which digested less, are not used for this model.
    beside = [name if (folder / name).is_file() else f"no {name}" for name in BESIDE_WEIGHTS]
    total = hashlib.sha256("\n".join([digest_weights(folder, digest_file), *beside]).encode())
    total.update(digest_files(_beside_weights(folder), digest_file).encode())
    return total.hexdigest()


def digest_weights(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest a base model's configuration and weights: what an adapter is trained on.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    refuse_lost_links(folder)
    weights = _weights_of(folder)
    if not (folder / "config.json").is_file() or not weights:
        raise NoSuchModel(f"{folder}: {without_weights(path.name for path in folder.glob('*'))}")
    for path in weights:
        if is_lfs_pointer(path):
            raise NoSuchModel(f"{path}: a git-lfs pointer, not the weights themselves; run `git lfs pull`")
    return digest_files([folder / "config.json", *weights], digest_file)


def digest_adapter(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest an adapter's configuration and weights."""
    return digest_files([folder / name for name in FILES], digest_file)


def digest_template(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest the chat template and the tokenizer, which decide how messages become tokens."""
    total = hashlib.sha256()
    for path in tokenizer_files(folder):
        total.update(f"{path.relative_to(folder).as_posix()} {digest_file(path)}\n".encode())
    return total.hexdigest()


def digest_files(paths: list[Path], digest_file: DigestFile = remembered) -> str:
    """Return the hex SHA-256 of the files' names and contents, in the given order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.name} {digest_file(path)}\n".encode())
    return total.hexdigest()


def files_of(model: LocalModel) -> tuple[Path, ...]:
    """Return the files that decide what a model answers: its adapter's, and all of its base model's that are there."""
    base = Path(model.base_path)
    own = [Path(model.adapter_path) / name for name in FILES] if model.adapter_path is not None else []
    weights = [base / "config.json", *_weights_of(base)]
    return (*own, *weights, *_beside_weights(base), *tokenizer_files(base))


def _weights_of(folder: Path) -> list[Path]:
    return [folder / name for name in weights_of(path.name for path in folder.glob("*") if path.is_file())]


def _beside_weights(folder: Path) -> list[Path]:
    return [folder / name for name in BESIDE_WEIGHTS if (folder / name).is_file()]


def _notes(name: str, config: AdapterConfig, base: LocalModel) -> tuple[str, ...]:
    """Say that an adapter names another base model; a folder's name, or the last part of a hub name, can match."""
    told = config.base_model_name_or_path
    parts = [part for part in re.split(r"[/\\]", told or "") if part]
    own = {base.ref.base.rpartition("/")[2].casefold(), Path(base.base_path).name.casefold()}
    if not parts or parts[-1].casefold() in own:
        return ()
    is_hub_name = re.fullmatch(r"[\w.-]+/[\w.-]+", told or "") and not (told or "").startswith(".")
    shown = for_terminal((told or "") if is_hub_name else parts[-1])
    return (f"{name}: its {FILES[0]} names the base model {shown}; here it runs on {base.ref.base}",)


def _moved(name: str, then: str, base: LocalModel) -> tuple[str, ...]:
    """Say that an adapter was trained at another commit of its base model, whose weights are the same."""
    if not then or not base.commit or then == base.commit:
        return ()
    told = f"trained on commit {for_terminal(then[:12])} of {base.ref.base}; here it runs on commit {base.commit[:12]}"
    return (f"{name}: {told}, whose weights are the same",)


def _other_commit(folder: Path, base: LocalModel) -> str:
    """Say at which commit of the base model an adapter was trained, where a hub's revision now leads to another one."""
    then = trained_commit(folder)
    if not then or not base.commit or then == base.commit:
        return ""
    return f"it was trained on commit {for_terminal(then)}, and this is commit {base.commit} of {base.ref.base}; "
