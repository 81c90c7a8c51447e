"""Push an adapter with its card to a hub: its own files alone, in one commit, and only as they were digested.

huggingface_hub does the asking; what can go wrong is worded in models/hub_errors.py.
"""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import AdapterError, PublishError
from harness.models.adapter import MANIFEST, SIGNATURES, read_config
from harness.models.digests import FileState, state_of
from harness.models.folders import CONFIG
from harness.models.hub import quiet
from harness.models.hub_errors import push_failed, refuse_push
from harness.models.plain import PARTS_OF_IT, WEIGHTS, weight_files
from harness.models.tokenizer import FIRST, OTHERS, tokenizer_files
from harness.records.record import Record
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal
from harness.train.manifest import read_manifest
from harness.train.model_card import CARD

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.hf_api import ModelInfo

OWN = (CONFIG, WEIGHTS, PARTS_OF_IT, *FIRST, *OTHERS, MANIFEST, SIGNATURES)
"""Patterns of the files that an adapter has on a hub beside its card: those of an earlier one are taken away."""


class Push(Record, frozen=True, kw_only=True):
    """Where an adapter goes. ``signatures`` says whether those of its training rows go along."""

    repo: str
    public: bool = False
    signatures: bool = False


class Pushed(Record, frozen=True, kw_only=True):
    """What the hub has now: the commit with its address, and the files that are the adapter's."""

    repo: str
    commit: str
    address: str
    private: bool
    files: tuple[str, ...]


def files_to_push(folder: Path, *, signatures: bool = False) -> dict[str, Path]:
    """Return the files of an adapter that go to a hub, by their names there; its card is not among them.

    Nothing else goes: no pickle, no events or curve of the training, no checkpoint. Signatures of training rows show
    whether a text that somebody has is one of the rows, so they go only where they are asked for.
    """
    found = [folder / CONFIG, *weight_files(folder), *tokenizer_files(folder)]
    found += [folder / MANIFEST] if read_manifest(folder) else []
    found += [folder / SIGNATURES] if signatures and (folder / SIGNATURES).is_file() else []
    return {path.relative_to(folder).as_posix(): path for path in found}


def notes_on(folder: Path) -> Iterator[str]:
    """Yield what is unusual about an adapter that others shall load."""
    told = read_config(folder).base_model_name_or_path or ""
    if Path(told).is_absolute() or told.startswith((".", "~")):
        yield (
            f"{CONFIG} names a folder of a machine as its base model ({for_terminal(told)}): others see it, and can't "
            "load the adapter by it"
        )


def push_adapter(folder: Path, digest: str, card: str, push: Push) -> Pushed:
    """Push the adapter in ``folder``, which has ``digest``, with its card; where the hub has all that, nothing changes.

    The repository is made where it is missing: a private one, unless the push is public.

    Raises:
        AdapterError: a file is not the digested one, or no longer after it was sent; nothing is committed then.
        PublishError: the hub refuses it, can't be reached, or would show to everybody what was not meant for them.
    """
    refuse_push(push.repo)
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    manifest = read_manifest(folder)
    if manifest is not None and manifest.adapter_digest != digest:
        raise AdapterError(f"{folder}: its weights or configuration changed since its training; train it again")
    paths = files_to_push(folder, signatures=push.signatures)
    states = _states(paths)
    sent = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=path) for name, path in paths.items()]
    if _digest(folder, sent) != digest or _states(paths) != states:
        raise AdapterError(f"{folder}: it changed since it was digested; run again")
    sent.append(CommitOperationAdd(path_in_repo=CARD, path_or_fileobj=card.encode()))

    api = HfApi()
    with quiet():
        try:
            there = _made(api, push)
            stale = [CommitOperationDelete(path_in_repo=name) for name in _stale(there, sent)]
            api.preupload_lfs_files(push.repo, additions=sent, free_memory=False)
            _refuse_changed(folder, paths, states)
            made = api.create_commit(
                push.repo, [*sent, *stale], commit_message=f"Adapter {digest[:12]}", parent_commit=there.sha
            )
        except (AdapterError, PublishError):
            raise
        except Exception as problem:
            raise push_failed(push.repo, problem) from problem
    files = tuple(one.path_in_repo for one in sent)
    address = hide_login(made.commit_url)
    return Pushed(repo=push.repo, commit=made.oid, address=address, private=bool(there.private), files=files)


def _made(api: "HfApi", push: Push) -> "ModelInfo":
    """Return what the hub has of a repository, which is made where it is missing.

    Raises:
        PublishError: everybody can read it, and that was not asked for.
    """
    api.create_repo(push.repo, private=not push.public, exist_ok=True)
    there = api.model_info(push.repo)
    if not there.private and not push.public:
        raise PublishError(
            f"{push.repo}: everybody can read this repository; give --public to push there, or name another one"
        )
    return there


def _stale(there: "ModelInfo", sent: Sequence["CommitOperationAdd"]) -> Iterator[str]:
    """Yield the files that an earlier push left and this adapter doesn't have: a second file of weights, a template."""
    own = {one.path_in_repo for one in sent}
    for name in (one.rfilename for one in there.siblings or ()):
        if name not in own and any(fnmatch.fnmatchcase(name, pattern) for pattern in OWN):
            yield name


def _digest(folder: Path, sent: Sequence["CommitOperationAdd"]) -> str:
    """Return the digest of an adapter's configuration and weights as they will be sent; see ``digest_adapter``."""
    known = {one.path_in_repo: one.upload_info.sha256.hex() for one in sent}
    total = sha256()
    for path in (folder / CONFIG, *weight_files(folder)):
        total.update(f"{path.name} {known[path.name]}\n".encode())
    return total.hexdigest()


def _refuse_changed(folder: Path, paths: Mapping[str, Path], states: Mapping[str, FileState]) -> None:
    if _states(paths) != states:
        raise AdapterError(f"{folder}: it changed while it was sent; nothing was committed, so run again")


def _states(paths: Mapping[str, Path]) -> dict[str, FileState]:
    return {name: state_of(path) for name, path in paths.items()}
