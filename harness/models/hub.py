"""Fetch a base model from a hub into huggingface_hub's usual cache: safetensors, tokenizer and configuration alone.

huggingface_hub itself honours HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE. What can go wrong is worded in
hub_errors.py.
"""

import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.errors import NoSuchModel
from harness.models.base_files import CONFIG, read_of, text_of, weights_of, without_weights
from harness.models.hub_cache import COMMIT, HubName, known_commit, snapshot, text_copy, whole_copy
from harness.models.hub_errors import failed, is_unreachable, not_installed, offline
from harness.models.own_code import refuse_own_code
from harness.records.record import Record
from harness.text.progress import ProgressBar
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from huggingface_hub.utils.tqdm import tqdm

MEGABYTE = 1_000_000


class Listed(Record, frozen=True, kw_only=True):
    """What a hub has of a model: the commit, and the size of each file in bytes, 0 where it isn't told."""

    commit: str
    sizes: dict[str, int]


def fetch_base(name: HubName, say: Callable[[str], None], code: Sequence[str] = ()) -> Path:
    """Return the folder of a model on a hub, in the cache of huggingface_hub; fetch what is missing there.

    A revision is looked up each time, since a branch can move; without network the cache must do, and ``say`` is told.
    ``code`` is patterns of files with the model's own code, which otherwise stay on the hub.

    Raises:
        NoSuchModel: it can't be fetched, and the cache has no whole copy; the text says why and what to do.
    """
    cache = _cache(name)
    copy = whole_copy(cache, name)
    with quiet():
        listed = _look_up(name, cache, copy, say, code)
        if isinstance(listed, Path):
            return listed
        if not weights_of(listed.sizes):
            raise NoSuchModel(f"{name}: {without_weights(listed.sizes)}")
        return _fetch(name, listed, cache, read_of(listed.sizes, code), _anything if code else refuse_own_code)


def fetch_text(name: HubName, say: Callable[[str], None]) -> Path:
    """Return a folder with a model's tokenizer and configuration: what is needed here of one that is served elsewhere.

    Its weights are never fetched. Where the cache has the whole model, that is used, and the hub isn't asked.

    Raises:
        NoSuchModel: as ``fetch_base``.
    """
    cache = _cache(name)
    if whole := whole_copy(cache, name):
        return whole
    with quiet():
        listed = _look_up(name, cache, text_copy(cache, name), say)
        if isinstance(listed, Path):
            return listed
        return _fetch(name, listed, cache, text_of(listed.sizes), _anything)


def _anything(_: Path) -> None:
    """Refuse nothing: the code of a model that a server runs is never run here."""


def _cache(name: HubName) -> Path:
    try:
        from huggingface_hub import constants
    except ModuleNotFoundError:
        raise not_installed(name) from None
    return Path(constants.HF_HUB_CACHE)


def _look_up(
    name: HubName, cache: Path, copy: Path | None, say: Callable[[str], None], code: Sequence[str] = ()
) -> Listed | Path:
    """Return what the hub has of a model today; ``copy`` from the cache where that is the same, or must do.

    A copy can lack ``code``, so with it the hub is asked at a commit too.

    Raises:
        NoSuchModel: the hub can't tell, and there is no copy.
    """
    from huggingface_hub import HfApi, constants

    if copy and (constants.is_offline_mode() or (COMMIT.fullmatch(name.revision) and not code)):
        return copy
    if constants.is_offline_mode():
        raise offline(name, cache)
    try:
        info = HfApi().model_info(
            name.repo, revision=name.revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
        )
    except Exception as problem:
        if copy is None or not is_unreachable(problem):
            raise failed(name, problem, cache) from problem
        say(for_terminal(f"{name}: the hub can't be reached; using commit {copy.name} from the cache", None))
        return copy
    listed = Listed(commit=str(info.sha), sizes={one.rfilename: one.size or 0 for one in info.siblings or ()})
    if not COMMIT.fullmatch(listed.commit):
        raise NoSuchModel(f"{name}: the hub gives no commit for it; is HF_ENDPOINT the address of a hub?")
    if CONFIG not in listed.sizes:
        raise NoSuchModel(f"{name}: {without_weights(listed.sizes)}")
    return listed


def _fetch(name: HubName, listed: Listed, cache: Path, wanted: Sequence[str], check: Callable[[Path], None]) -> Path:
    """Fetch what is missing of some files; ``check`` sees the folder as soon as the configuration is in it."""
    from huggingface_hub import hf_hub_download

    folder = snapshot(cache, name, listed.commit)
    missing = {file: listed.sizes[file] for file in wanted if not (folder / file).is_file()}
    place = None
    try:
        if missing:
            with _Progress(name, sum(missing.values())) as progress:
                for file in missing:
                    place = file
                    progress.file = file
                    hf_hub_download(name.repo, file, revision=listed.commit, tqdm_class=progress.bar())
                    if file == CONFIG:
                        check(folder)
        if known_commit(cache, name) != listed.commit:
            # Noted in the cache when all is there, so that an interrupted download leaves the commit before it in use.
            hf_hub_download(name.repo, CONFIG, revision=name.revision)
    except NoSuchModel:
        raise
    except Exception as problem:
        raise failed(name, problem, cache, place) from problem
    return folder


class _Progress:
    """Shows how many megabytes have come of all files together; each file's part is reported by a ``bar``."""

    def __init__(self, name: HubName, size: int) -> None:
        self.file = ""
        self._came, self._shown, self._started = 0, 0, time.monotonic()
        self._bar = ProgressBar(f"fetching {name}", "MB", max(1, size // MEGABYTE))

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, *ending: object) -> None:
        self._bar.__exit__(None, None, None)

    def add(self, size: float) -> None:
        """Count bytes; a negative number takes back what must come again."""
        self._came += int(size)
        done = min(self._bar.total, self._came // MEGABYTE)
        if done > self._shown:
            self._shown = done
            self._bar.show(done, for_terminal(self.file), time.monotonic() - self._started)

    def bar(self) -> "type[tqdm]":
        """Return the class by which huggingface_hub reports on one file: it draws nothing itself."""
        from huggingface_hub.utils.tqdm import tqdm

        add = self.add

        class Part(tqdm):
            monitor_interval = 0  # no thread

            def __init__(self, *_: object, **told: object) -> None:
                super().__init__(total=told.get("total"), disable=True)  # type: ignore[no-untyped-call]

            def update(self, n: float | None = 1) -> None:
                add(n or 0)

        return Part


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's warnings, which can show addresses, off the terminal; what matters is an error of ours."""
    from huggingface_hub.utils import logging as theirs

    level = theirs.get_verbosity()
    theirs.set_verbosity(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        theirs.set_verbosity(level)
