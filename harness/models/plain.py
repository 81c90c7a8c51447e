"""An adapter's weights as PEFT writes them today: one file, with today's names.

Older versions wrote the adapter's name into those of its tensors, some tools leave PEFT's prefix out, and large
adapters come in several files. PEFT and vLLM read none of these, so they get a plain copy from the cache folder.
"""

import json
import re
import shutil
import struct
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from harness.errors import AdapterError
from harness.models.merged import mark_used
from harness.models.tensors import CHUNK_BYTES, Tensor, read_tensors, same_numbers
from harness.text.atomic import make_folder
from harness.text.visible import for_terminal

WEIGHTS = "adapter_model.safetensors"
PARTS_OF_IT = "adapter_model-*-of-*.safetensors"
PREFIX = "base_model.model."
PART = re.compile(r"adapter_model-(\d{5})-of-(\d{5})\.safetensors")
INNER = "model."
NAMED = re.compile(r"(?P<start>.*\.lora_[A-Za-z_]+?)\.(?P<name>[^.]+)\.(?P<kind>weight|bias)")
NAMED_TABLE = re.compile(r"(?P<start>.*\.lora_(?:embedding_[AB]|magnitude_vector))\.(?P<name>[^.]+)(?P<kind>)")
COPY = re.compile(r"(?P<module>.*\.(?:embed_tokens|lm_head))\.(?P<kind>modules_to_save|original_module)\.weight")
MOST_NAMED = 3

Placed = tuple[Path, Tensor]
"""A tensor under today's name, and the file that it is in."""


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Return the files with an adapter's weights: one, or all parts of it; none where there are none.

    Raises:
        AdapterError: a part is missing.
    """
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    parts = {path: found for path in sorted(folder.glob(PARTS_OF_IT)) if (found := PART.fullmatch(path.name))}
    if not parts:
        return ()
    total = int(next(iter(parts.values()))[2])
    there = {int(found[1]) for path, found in parts.items() if path.is_file() and int(found[2]) == total}
    if missing := next((number for number in range(1, total + 1) if number not in there), None):
        raise AdapterError(
            f"{folder}: adapter_model-{missing:05d}-of-{total:05d}.safetensors is missing; copy the adapter again"
        )
    return tuple(parts)


def placed_tensors(files: Sequence[Path], modules: Collection[str] = ()) -> tuple[Placed, ...]:
    """Return the tensors of an adapter's files under today's names; ``modules`` are the base model's.

    Raises:
        ValueError: a file is not safetensors, or the files hold several adapters.
    """
    placed: list[Placed] = []
    named: dict[str, None] = {}
    for path in files:
        for tensor in read_tensors(path):
            name, adapter = _without_adapter(tensor.name)
            named |= {adapter: None} if adapter else {}
            placed.append((path, msgspec.structs.replace(tensor, name=_with_prefix(name, modules))))
    if len(named) > 1:
        shown = ", ".join(map(for_terminal, list(named)[:MOST_NAMED]))
        raise ValueError(f"holds several adapters ({shown}); save one of them (PEFT: selected_adapters=[...])")
    if len({tensor.name for _, tensor in placed}) < len(placed):
        raise ValueError("holds the same weights twice; save the adapter again")
    return _without_copies(placed)


def _without_copies(placed: Sequence[Placed]) -> tuple[Placed, ...]:
    """Leave out the copies of embeddings that PEFT saves with modules_to_save when the vocabulary was resized.

    It does not load them itself: one is what is under the plain name as well, the other what was there before training.
    """
    by_name = {tensor.name: (path, tensor) for path, tensor in placed}
    kept = []
    for path, tensor in placed:
        found = COPY.fullmatch(tensor.name)
        plain = by_name.get(f"{found['module']}.weight") if found else None
        if found is None or plain is None:
            kept.append((path, tensor))
        elif found["kind"] == "modules_to_save" and not same_numbers(path, tensor, *plain):
            raise ValueError(f"has two different weights for {for_terminal(found['module'])}; save the adapter again")
    return tuple(kept)


def _without_adapter(name: str) -> tuple[str, str | None]:
    """Return a tensor's name without the adapter's, and the adapter's.

    >>> _without_adapter("a.q_proj.lora_A.default.weight")
    ('a.q_proj.lora_A.weight', 'default')
    """
    if found := NAMED.fullmatch(name):
        return f"{found['start']}.{found['kind']}", found["name"]
    if (found := NAMED_TABLE.fullmatch(name)) and found["name"] not in {"weight", "bias"}:
        return found["start"], found["name"]
    return name, None


def _with_prefix(name: str, modules: Collection[str]) -> str:
    """Return the name of LoRA weights as it is in a causal language model with PEFT around it; others as they are."""
    module, lora, _ = (inner := name.removeprefix(PREFIX)).partition(".lora_")
    if not lora:
        return name
    if module not in modules and f"{INNER}{module}" in modules:
        inner = f"{INNER}{inner}"
    return f"{PREFIX}{inner}"


def is_plain(files: Sequence[Path], placed: Sequence[Placed]) -> bool:
    """Return whether PEFT and vLLM can read the files as they are."""
    written = {tensor.name for path in files for tensor in read_tensors(path)}
    return len(files) == 1 and written == {tensor.name for _, tensor in placed}


def plain_copy(config: Path, placed: Sequence[Placed], folder: Path) -> None:
    """Write an adapter's plain copy to ``folder``, whole or not at all; one that is there already is kept."""
    if folder.is_dir():
        mark_used(folder)
        return

    def make(unfinished: Path) -> None:
        shutil.copyfile(config, unfinished / config.name)
        _write(unfinished / WEIGHTS, placed)

    make_folder(folder, make)


def _write(file: Path, placed: Sequence[Placed]) -> None:
    """Write tensors into one safetensors file, their bytes as they are."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for _, tensor in placed:
        begin, end = end, end + tensor.end - tensor.begin
        header[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with file.open("wb") as copy:
        copy.write(struct.pack("<Q", len(text)) + text)
        for path, tensor in placed:
            with path.open("rb") as source:
                source.seek(tensor.begin)
                left = tensor.end - tensor.begin
                while left and (piece := source.read(min(left, CHUNK_BYTES))):
                    copy.write(piece)
                    left -= len(piece)
