"""The files of a folder that decide what a model answers, and their digests."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from harness.errors import NoSuchModel
from harness.models.base_files import refuse_lost_links, weights_of, without_weights
from harness.models.digests import DigestFile, remembered
from harness.models.folders import CONFIG
from harness.models.plain import WEIGHTS, weight_files
from harness.models.tensors import is_lfs_pointer
from harness.models.tokenizer import tokenizer_files

BESIDE_WEIGHTS = ("generation_config.json", "model.safetensors.index.json", "adapter_config.json")
"""What transformers reads in addition to config.json and the weights, where present."""


def digest_base(folder: Path, digest_file: DigestFile = remembered, code: Sequence[str] = ()) -> str:
    """Digest a base model's configuration, weights, and the other files that decide what it answers.

    ``code`` is patterns of its own Python files, where a server runs them.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    # What is missing is digested too; so answers kept by version 0.1, which digested less, are not used for this model.
    beside = [name if (folder / name).is_file() else f"no {name}" for name in BESIDE_WEIGHTS]
    total = hashlib.sha256("\n".join([digest_weights(folder, digest_file), *beside]).encode())
    total.update(digest_files(beside_weights(folder), digest_file).encode())
    refuse_lost_links(folder, code)
    if run := code_in(folder, code):  # all other digests stay as they are
        total.update(digest_files(run, digest_file).encode())
    return total.hexdigest()


def digest_weights(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest a base model's configuration and weights: what an adapter is trained on.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    refuse_lost_links(folder)
    weights = weights_in(folder)
    if not (folder / "config.json").is_file() or not weights:
        raise NoSuchModel(f"{folder}: {without_weights(path.name for path in folder.glob('*'))}")
    for path in weights:
        if is_lfs_pointer(path):
            raise NoSuchModel(f"{path}: a git-lfs pointer, not the weights themselves; run `git lfs pull`")
    return digest_files([folder / "config.json", *weights], digest_file)


def digest_adapter(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest an adapter's configuration and weights."""
    return digest_files([folder / CONFIG, *(weight_files(folder) or [folder / WEIGHTS])], digest_file)


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


def weights_in(folder: Path) -> list[Path]:
    """Return the files with a base model's weights; none where there are none."""
    return [folder / name for name in weights_of(path.name for path in folder.glob("*") if path.is_file())]


def code_in(folder: Path, code: Sequence[str]) -> list[Path]:
    """Return the files with a base model's own code."""
    return sorted({path for pattern in code for path in folder.glob(pattern) if path.is_file()})


def beside_weights(folder: Path) -> list[Path]:
    """Return the other files that transformers reads, where they are present."""
    return [folder / name for name in BESIDE_WEIGHTS if (folder / name).is_file()]
