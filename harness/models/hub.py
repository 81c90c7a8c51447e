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
from harness.models.base_files import CONFIG, read_of, weights_of, without_weights
from harness.models.hub_cache import COMMIT, HubName, known_commit, snapshot, whole_copy
from harness.models.hub_errors import failed, is_unreachable, not_installed, offline
from harness.models.own_code import refuse_own_code
from harness.text.progress import ProgressBar
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo
    from huggingface_hub.utils.tqdm import tqdm

MEGABYTE = 1_000_000


def fetch_base(name: HubName, say: Callable[[str], None], code: Sequence[str] = ()) -> Path:
    """Return the folder of a model on a hub, in the cache of huggingface_hub; fetch what is missing there.

    A revision is looked up each time, since a branch can move; without network the cache must do, and ``say`` is told.
    ``code`` is patterns of files with the model's own code, which otherwise stay on the hub.

    Raises:
        NoSuchModel: it can't be fetched, and the cache has no whole copy; the text says why and what to do.
    """
    try:
        from huggingface_hub import HfApi, constants
    except ModuleNotFoundError:
        raise not_installed(name) from None
    cache = Path(constants.HF_HUB_CACHE)
    copy = whole_copy(cache, name)
    if copy and (COMMIT.fullmatch(name.revision) or constants.is_offline_mode()):
        return copy
    if constants.is_offline_mode():
        raise offline(name, cache)
    with _quiet():
        try:
            info = HfApi().model_info(
                name.repo, revision=name.revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
            )
        except Exception as problem:
            if copy is None or not is_unreachable(problem):
                raise failed(name, problem, cache) from problem
            say(for_terminal(f"{name}: the hub can't be reached; using commit {copy.name} from the cache", None))
            return copy
        return _fetch(name, info, cache, code)


def _fetch(name: HubName, info: "ModelInfo", cache: Path, code: Sequence[str]) -> Path:
    from huggingface_hub import hf_hub_download

    commit, sizes = str(info.sha), {one.rfilename: one.size or 0 for one in info.siblings or ()}
    if not COMMIT.fullmatch(commit):
        raise NoSuchModel(f"{name}: the hub gives no commit for it; is HF_ENDPOINT the address of a hub?")
    if CONFIG not in sizes or not weights_of(sizes):
        raise NoSuchModel(f"{name}: {without_weights(sizes)}")
    folder = snapshot(cache, name, commit)
    missing = {file: sizes[file] for file in read_of(sizes, code) if not (folder / file).is_file()}
    place = None
    try:
        if missing:
            with _Progress(name, sum(missing.values())) as progress:
                for file in missing:
                    place = file
                    progress.file = file
                    hf_hub_download(name.repo, file, revision=commit, tqdm_class=progress.bar())
                    if file == CONFIG and not code:
                        refuse_own_code(folder)
        if known_commit(cache, name) != commit:
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
def _quiet() -> Iterator[None]:
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
