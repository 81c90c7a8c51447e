"""A manifest, for tests of what reads one."""

from harness.train.config import TrainConfig
from harness.train.manifest import Loss, Manifest


def manifest(name: str = "mine", **settings: object) -> Manifest:
    """Return the manifest of a training of one step."""
    return Manifest(
        base="tiny",
        base_digest="b" * 64,
        template_digest="t" * 64,
        train_digest="r" * 64,
        validation_digest=None,
        name=name,
        settings=TrainConfig(
            **({"output": name, "train": ("rows.jsonl",), "lora_rank": 8, "lora_alpha": 16} | settings)
        ),
        settings_digest="s" * 64,
        adapter_digest="a" * 64,
        versions={"trl": "1.0"},
        device="CPU",
        dtype="float32",
        step=1,
        steps=1,
        tokens=100,
        seconds=61.0,
        train_losses=(Loss(step=1, loss=2.0),),
        validation_losses=(),
        time="2026-11-27T00:00:00+00:00",
    )
