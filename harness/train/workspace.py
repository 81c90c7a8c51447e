"""The folder next to the adapter in which a training works, so that the adapter appears complete or not at all."""

import contextlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import TrainingError
from harness.models.adapter import is_adapter
from harness.records.record import UNREADABLE
from harness.text.atomic import locked_at_once
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.config import TrainConfig
from harness.train.hosted_manifest import JOB
from harness.train.manifest import other_settings, read_manifest
from harness.train.spread import ONE, Spread

DONE = "trainer_state.json"
"""The trainer writes it last into a checkpoint: without it the checkpoint is not complete."""
MARK, SETTINGS, SPREAD = "settings", "settings.json", "spread.json"
"""The digest of what decides a training, its settings and its processes, to say what is other in the next one."""
LOCK = "lock"


@contextlib.contextmanager
def workspace(output: Path, key: str, config: TrainConfig, spread: Spread = ONE) -> Iterator[Path]:
    """Yield the work folder of the adapter ``output``; it keeps what a training with the same ``key`` left.

    What a training with other settings or data left there is put aside, so that it can go on with its own again.

    Raises:
        TrainingError: another training is working there, or ``output`` is something other than what was trained.
    """
    refuse_foreign(output)
    folder = output.parent / f".{output.name}.partial"
    with held(folder, output):
        _keep_only(folder, key, config, spread)
        yield folder


@contextlib.contextmanager
def held(folder: Path, output: Path) -> Iterator[None]:
    """Hold the folder in which the adapter ``output`` is worked on; it is made where it is missing.

    Raises:
        TrainingError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked_at_once(folder / LOCK))
        except BlockingIOError:
            raise TrainingError(
                f"{output}: another training is working on this adapter; wait for it or stop it"
            ) from None
        yield


def refuse_foreign(output: Path) -> None:
    """Refuse to put a result where something else is.

    Raises:
        TrainingError: ``output`` is something other than what was trained.
    """
    if output.exists() and not _is_result(output) and not _is_empty(output):
        raise TrainingError(f"{output}: exists and is not an adapter; choose another output, or move it away")


def last_checkpoint(folder: Path, processes: int = 1) -> Path | None:
    """Return the newest whole checkpoint, and remove those that a kill left half-written.

    Each of several ``processes`` writes the state of its random numbers into it.
    """
    whole = {}
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint) and _has_all_states(checkpoint, processes):
            whole[int(checkpoint.name.rpartition("-")[2])] = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return whole[max(whole)] if whole else None


def publish(finished: Path, output: Path) -> Path | None:
    """Move the finished adapter to ``output``; an earlier one there is renamed, and its new path returned."""
    kept = None
    if output.exists() and not _is_empty(output):
        kept = free_name(output)
        output.rename(kept)
    finished.rename(output)
    return kept


def _keep_only(folder: Path, key: str, config: TrainConfig, spread: Spread) -> None:
    """Leave in the work folder what a training with this key left; put what another one left aside."""
    if _key_of(folder) == key:
        return
    aside, coming = folder.with_name(f"{folder.name}.earlier"), folder.with_name(f"{folder.name}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    if _key_of(aside) == key:
        aside.rename(coming)
    if any(map(_is_whole, folder.glob("checkpoint-*"))):
        _tell_aside(folder, config, spread)
        shutil.rmtree(aside, ignore_errors=True)
        _move(folder, aside)
    _empty(folder)
    if coming.exists():
        _move(coming, folder)
        coming.rmdir()
    (folder / SETTINGS).write_bytes(msgspec.json.encode(config))
    if spread != ONE:
        (folder / SPREAD).write_bytes(msgspec.json.encode(spread))
    (folder / MARK).write_text(key, encoding="utf-8")


def _tell_aside(folder: Path, config: TrainConfig, spread: Spread) -> None:
    then, over = _settings_of(folder), _spread_of(folder)
    told = other_settings(then, config) if then else ()
    told += () if over == spread else (f"{over.told}, now {spread.told}",)
    what = f"other settings ({for_terminal('; '.join(told))})" if told else "other rows, or on another base model"
    say(
        f"an earlier training with {what} stopped before it was finished; this one starts anew, and the checkpoints of "
        "that one are kept: given the same settings and rows as before, it goes on"
    )


def _move(source: Path, target: Path) -> None:
    """Move what is in a work folder, but for its lock; the mark comes last, since without it nothing there counts."""
    target.mkdir(exist_ok=True)
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name == MARK):
        if entry.name != LOCK:
            entry.rename(target / entry.name)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()


def _key_of(folder: Path) -> str | None:
    mark = folder / MARK
    return mark.read_text(encoding="utf-8") if mark.is_file() else None


def _settings_of(folder: Path) -> TrainConfig | None:
    try:
        return msgspec.json.decode((folder / SETTINGS).read_bytes(), type=TrainConfig)
    except (OSError, *UNREADABLE):
        return None


def _spread_of(folder: Path) -> Spread:
    try:
        return msgspec.json.decode((folder / SPREAD).read_bytes(), type=Spread)
    except (OSError, *UNREADABLE):
        return ONE


def _is_result(folder: Path) -> bool:
    """Return whether a folder holds an adapter, a whole model that was trained here, or a service's job."""
    is_whole = (folder / "config.json").is_file() and read_manifest(folder) is not None
    return is_whole or is_adapter(folder) or (folder / JOB).is_file()


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _has_all_states(checkpoint: Path, processes: int) -> bool:
    """Return whether each of several processes has written its state; a half-written one is no archive."""
    return processes == 1 or all(zipfile.is_zipfile(checkpoint / f"rng_state_{one}.pth") for one in range(processes))


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def free_name(output: Path) -> Path:
    """Return a name for an earlier result that is still free: the same with a number."""
    number = 1
    while (kept := output.with_name(f"{output.name}.{number}")).exists():
        number += 1
    return kept
