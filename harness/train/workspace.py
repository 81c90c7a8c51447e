"""The folder next to the adapter in which a training works, so that the adapter appears complete or not at all."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.errors import TrainingError
from harness.models.adapter import is_adapter
from harness.text.atomic import locked_at_once

DONE = "trainer_state.json"
"""The trainer writes it last into a checkpoint: without it the checkpoint is not complete."""


@contextlib.contextmanager
def workspace(output: Path, key: str) -> Iterator[Path]:
    """Yield the work folder of the adapter ``output``; it keeps what a training with the same ``key`` left.

    Raises:
        TrainingError: another training is working there, or ``output`` is something other than an adapter.
    """
    if output.exists() and not is_adapter(output) and not _is_empty(output):
        raise TrainingError(f"{output}: exists and is not an adapter; choose another output, or move it away")
    folder = output.parent / f".{output.name}.partial"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked_at_once(folder / "lock"))
        except BlockingIOError:
            raise TrainingError(
                f"{output}: another training is working on this adapter; wait for it or stop it"
            ) from None
        _keep_only(folder, key)
        yield folder


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, and remove those that a kill left half-written."""
    whole = {}
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint):
            whole[int(checkpoint.name.rpartition("-")[2])] = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return whole[max(whole)] if whole else None


def publish(finished: Path, output: Path) -> Path | None:
    """Move the finished adapter to ``output``; an earlier one there is renamed, and its new path returned."""
    kept = None
    if output.exists() and not _is_empty(output):
        kept = _free_name(output)
        output.rename(kept)
    finished.rename(output)
    return kept


def _keep_only(folder: Path, key: str) -> None:
    """Empty the work folder unless it was left by a training with the same settings, data and base model."""
    mark = folder / "settings"
    if mark.is_file() and mark.read_text(encoding="utf-8") == key:
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != "lock":
            entry.unlink()
    mark.write_text(key, encoding="utf-8")


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _free_name(output: Path) -> Path:
    number = 1
    while (kept := output.with_name(f"{output.name}.{number}")).exists():
        number += 1
    return kept
