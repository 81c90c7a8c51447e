"""Folders that look like models and adapters to everything but an engine."""

import json
import struct
from pathlib import Path

WEIGHT = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"

OF_BASE = "model.layers.0.self_attn.q_proj.weight"


def base_in(folder: Path, weights: bytes | None = None) -> Path:
    """Make what looks like a base model, with one layer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    own = safetensors(struct.pack("<2f", 1, 2), name=OF_BASE)
    (folder / "model.safetensors").write_bytes(own if weights is None else weights)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


def adapter_in(folder: Path, base_digest: str | None = None, weights: bytes = b"lora") -> Path:
    """Make what looks like an adapter; ``weights`` are remarks in its file, so that other remarks are other weights."""
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder)
    (folder / "adapter_model.safetensors").write_bytes(safetensors(remark=weights.decode()))
    if base_digest:
        (folder / "manifest.json").write_text(json.dumps({"base_digest": base_digest}))
    return folder


def write_config(folder: Path, **changed: object) -> None:
    """Write PEFT's configuration of a LoRA adapter."""
    config = {"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 16}} | changed
    (folder / "adapter_config.json").write_text(json.dumps(config))


def safetensors(
    numbers: bytes = struct.pack("<2f", 0.5, -0.5), dtype: str = "F32", name: str = WEIGHT, remark: str = ""
) -> bytes:
    """Return a file with one tensor of numbers of some bytes."""
    size = {"F64": 8, "F32": 4, "U8": 1}.get(dtype, 2)
    header = {
        "__metadata__": {"remark": remark},
        name: {"dtype": dtype, "shape": [1, len(numbers) // size], "data_offsets": [0, len(numbers)]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers
