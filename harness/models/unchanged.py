"""Whether the files of models are still the ones that were digested, after something else has read them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.errors import EngineSetupError, HarnessError
from harness.models.answering import digest_adapter, digest_base
from harness.models.digests import FileState, state_of
from harness.models.local import LocalModel, digest_rendering, files_of

States = Mapping[Path, FileState | None]
"""The state of each file that decides what a model answers; None for one that is not there."""


@contextmanager
def unchanged(models: Sequence[LocalModel], doing: str) -> Iterator[None]:
    """Refuse what the block read of models' files unless these are, from its start to its end, what was digested.

    Digests alone would miss a file that was replaced and put back, so the state of each file is compared as well.

    Raises:
        EngineSetupError: a file changed; ``doing`` says what was done meanwhile, such as "being loaded".
    """
    told = f"it changed while it was {doing}; run again"
    before = _states(models)
    try:
        yield
    except HarnessError as problem:  # half a file can look like an adapter that does not fit
        _refuse(models, before, told, problem)
        raise
    _refuse(models, before, told)


def refuse_changed(models: Sequence[LocalModel], told: str) -> None:
    """Refuse models whose files have other digests now. Large files that did not change are not read again.

    Raises:
        EngineSetupError: there is one; its folder and ``told`` are the text.
    """
    _refuse(models, {}, told)


def _refuse(models: Sequence[LocalModel], before: States, told: str, cause: HarnessError | None = None) -> None:
    moved = [path for path, state in before.items() if _state(path) != state]
    for model in models:
        for folder in _folders_that_differ(model, moved):
            raise EngineSetupError(f"{folder}: {told}") from cause


def _states(models: Sequence[LocalModel]) -> States:
    return {path: _state(path) for model in models for path in files_of(model)}


def _state(path: Path) -> FileState | None:
    try:
        return state_of(path)
    except OSError:
        return None


def _folders_that_differ(model: LocalModel, moved: Sequence[Path]) -> Iterator[str]:
    """Yield the folders of a model that have a file in ``moved``, or other digests than those in its reference."""
    base, ref, has_own = Path(model.base_path), model.ref, model.has_own_text
    rendering = _digest(partial(digest_rendering, model)) == ref.template_digest
    if model.adapter_path is not None:
        adapter = Path(model.adapter_path)
        places = [adapter, *([Path(model.plain_path)] if model.plain_path else [])]
        is_same = _digest(partial(digest_adapter, adapter)) == ref.adapter_digest and (
            rendering or not model.has_own_text
        )
        if not is_same or any(path.is_relative_to(place) for path in moved for place in places):
            yield model.adapter_path
    is_same = _digest(partial(digest_base, base, code=model.code)) == ref.base_digest and (rendering or has_own)
    if not is_same or any(path.is_relative_to(base) for path in moved):
        yield model.base_path


def changed(models: Sequence[LocalModel]) -> tuple[str, ...]:
    """Return the names of the models whose files have other digests now than in their references."""
    return tuple(dict.fromkeys(model.ref.name for model in models if any(_folders_that_differ(model, ()))))


def _digest(digest_files: Callable[[], str]) -> str | None:
    """Return the digest of some files; None where they are gone."""
    try:
        return digest_files()
    except (OSError, HarnessError):
        return None
