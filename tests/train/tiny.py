"""A tiny base model with rows beside it, and trainings of them that take a second."""

import json
from pathlib import Path

from harness.train.config import TrainConfig
from harness.train.manifest import Manifest, read_manifest
from harness.train.recipe import train
from tests.engines.fakes import write_tiny_base


def turns_of(number: int, turns: int = 1) -> list[dict[str, str]]:
    """Return a conversation in which the assistant counts; later ones are longer."""
    found = []
    for turn in range(turns):
        found += [
            {"role": "user", "content": f"count {number} {turn}"},
            {"role": "assistant", "content": "so " * (1 + number % 4) + str(number)},
        ]
    return found


def write_rows(file: Path, rows: list[list[dict[str, str]]]) -> None:
    """Write conversations as rows."""
    file.write_text("".join(json.dumps({"messages": turns}) + "\n" for turns in rows), encoding="utf-8")


def write_tiny(folder: Path, rows: int = 12) -> Path:
    """Write the base model ``tiny``, ``rows.jsonl`` and ``held_out.jsonl``; return the base model's folder."""
    write_tiny_base(folder / "tiny")
    write_rows(folder / "rows.jsonl", [turns_of(number) for number in range(rows)])
    write_rows(folder / "held_out.jsonl", [turns_of(number) for number in range(100, 104)])
    return folder / "tiny"


def config(**changed: object) -> TrainConfig:
    """Return settings of a training of two steps."""
    settings = {"output": "mine", "train": ("rows.jsonl",), "base_model": "tiny", "rows_per_batch": 6, "lora_rank": 2}
    return TrainConfig(**(settings | {"learning_rate": 1e-2, "max_length": 128} | changed))


def trained(folder: Path, **changed: object) -> Manifest:
    """Train in a folder that ``write_tiny`` has filled; return the manifest."""
    output = train(config(**changed), folder / "train.toml", folder / "tiny")
    manifest = read_manifest(output)
    assert manifest is not None
    return manifest
