"""The names of models on a hub, and what the folders of huggingface_hub's cache say about themselves."""

import re
from pathlib import Path

import msgspec

from harness.models.base_files import CONFIG, INDEX, weights_of
from harness.models.tokenizer import tokenizer_files
from harness.records.record import Record

NAME = re.compile(
    r"(?![^@]*(?:--|\.\.))(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>\S+))?", re.ASCII
)
"""No hub has a name with two hyphens or two dots in a row: the cache writes a slash as two hyphens."""
COMMIT = re.compile(r"[0-9a-f]{40}")
MAIN = "main"


class HubName(Record, frozen=True, kw_only=True):
    """A model on a hub, as people write it: ``org/name`` or ``org/name@revision``."""

    repo: str
    revision: str = MAIN

    def __str__(self) -> str:
        return self.repo if self.revision == MAIN else f"{self.repo}@{self.revision}"


class HubModel(Record, frozen=True, kw_only=True):
    """What a folder in the cache holds: the model of that name, as it was at one commit."""

    repo: str
    commit: str


class _Index(msgspec.Struct):
    weight_map: dict[str, str]


def hub_name(text: str) -> HubName | None:
    """Return the model on a hub that a text names; None for any other text, such as a path.

    >>> hub_name("Qwen/Qwen3-8B@v1")
    HubName(repo='Qwen/Qwen3-8B', revision='v1')
    >>> [hub_name(text) for text in ("tiny", "./org/name", "models/a/b", "org/name@")]
    [None, None, None, None]
    """
    found = NAME.fullmatch(text)
    return HubName(repo=found["repo"], revision=found["revision"] or MAIN) if found else None


def hub_model(folder: Path) -> HubModel | None:
    """Return what a folder of the cache holds; None for a folder elsewhere.

    >>> hub_model(Path("hub/models--org--name/snapshots") / ("0" * 40)).repo
    'org/name'
    """
    repo, snapshots, commit = ("", "", "", *folder.parts)[-3:]
    if snapshots != "snapshots" or not COMMIT.fullmatch(commit) or not repo.startswith("models--"):
        return None
    return HubModel(repo=repo.removeprefix("models--").replace("--", "/"), commit=commit)


def snapshot(cache: Path, name: HubName, commit: str) -> Path:
    """Return the folder in which the cache keeps a model as it was at one commit; it possibly does not exist."""
    return cache / f"models--{name.repo.replace('/', '--')}" / "snapshots" / commit


def known_commit(cache: Path, name: HubName) -> str | None:
    """Return the commit that a revision led to when it was fetched last; None if it never was."""
    if COMMIT.fullmatch(name.revision):
        return name.revision
    noted = cache / f"models--{name.repo.replace('/', '--')}" / "refs" / name.revision
    commit = noted.read_text(encoding="utf-8").strip() if noted.is_file() else ""
    return commit if COMMIT.fullmatch(commit) else None


def whole_copy(cache: Path, name: HubName) -> Path | None:
    """Return the folder of a model that can be used without the hub; None where the cache lacks a part of it."""
    commit = known_commit(cache, name)
    folder = snapshot(cache, name, commit) if commit else None
    return folder if folder and _is_whole(folder) else None


def text_copy(cache: Path, name: HubName) -> Path | None:
    """Return the folder of a model whose configuration and tokenizer are in the cache, with or without its weights."""
    commit = known_commit(cache, name)
    folder = snapshot(cache, name, commit) if commit else None
    return folder if folder and (folder / CONFIG).is_file() and tokenizer_files(folder) else None


def _is_whole(folder: Path) -> bool:
    """Tell whether all weights are there. The weights are fetched last, so everything else is there too."""
    there = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    if CONFIG not in there or not tokenizer_files(folder):
        return False
    if INDEX not in there:
        return bool(weights_of(there))
    try:
        index = msgspec.json.decode((folder / INDEX).read_bytes(), type=_Index)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return set(index.weight_map.values()) <= set(there)
