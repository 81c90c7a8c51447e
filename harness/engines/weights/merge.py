"""Merge an adapter into its base model once; later runs find the result in the cache folder."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

from harness.engines.weights.load import attach, load_base, silent_bars
from harness.errors import AdapterError
from harness.models.local import LocalModel
from harness.models.merged import mark_used
from harness.records.record import digest

NOT_COPIED = {"config.json", "generation_config.json", "model.safetensors.index.json"}
COPIED_SUFFIXES = {".json", ".jinja", ".txt", ".model"}


def merged_folder(model: LocalModel, dtype: str, cache_folder: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of the merged model, made now if need be.

    The folder gets its name only when it is whole. A second process that wants the same waits for the first.

    Raises:
        AdapterError: the adapter doesn't fit the base model.
    """
    ref = model.ref
    name = digest((ref.base_digest, ref.template_digest, ref.adapter_digest, dtype))[:32]
    finished = cache_folder / "merged" / name
    if finished.is_dir():
        mark_used(finished)
        return finished
    finished.parent.mkdir(parents=True, exist_ok=True)
    with finished.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it when a process dies
        if not finished.is_dir():
            say(f"merging {ref.name} into {ref.base}: once for these weights")
            unfinished = finished.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)  # left behind by a process that was killed
            try:
                write_merged(model, dtype, unfinished)
                unfinished.rename(finished)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return finished


def write_merged(model: LocalModel, dtype: str, folder: Path) -> None:
    """Write base and adapter as one model: computed in float32, rounded once to ``dtype``."""
    import torch

    if model.adapter_path is None:
        raise AdapterError(f"{model.ref.name}: there is no adapter to merge")
    joined = attach(load_base(model.base_path, "float32", "cpu"), model.adapter_path, "adapter_0")
    try:
        merged = joined.merge_and_unload(safe_merge=True)
    except ValueError as problem:  # PEFT found a weight that is not a number
        raise AdapterError(f"{model.adapter_path}: can't be merged: {problem}") from problem
    with silent_bars():
        merged.to(getattr(torch, dtype)).save_pretrained(folder)
    for path in Path(model.base_path).iterdir():
        if path.suffix in COPIED_SUFFIXES and path.name not in NOT_COPIED and not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
