"""train.toml: the settings of one training, with their only defaults."""

from pathlib import Path
from typing import Annotated

import msgspec

from harness.config import Count
from harness.errors import ConfigError
from harness.records.record import Json, Record
from harness.text.toml import load_toml

Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class TrainConfig(Record, frozen=True, kw_only=True):
    """The whole of a training's TOML file. Paths are relative to the file."""

    output: str
    """Folder of the finished adapter; its name is the adapter's."""
    train: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Files of rows, of any format of docs/data.md, mixed row by row; a second one can hold everyday rows."""
    validation: str | None = None
    """Rows that are never trained on; None trains without validation, early stopping or choosing the best."""
    base_model: str = "smollm2-135m-instruct"
    """The embedded model's name, a folder with a transformers model, or one on a hub: org/name or org/name@revision."""
    chat_template: str | None = None
    """File with a Jinja template that is used in place of the base model's own; serve the adapter with the same one."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    epochs: Positive = 1.0
    max_tokens: Count | None = None
    """Stop after about this many training tokens, even if ``epochs`` allows more."""
    rows_per_batch: Count = 8
    """Rows, or packed sequences, that go through the model at once."""
    gradient_accumulation: Count = 1
    """Batches for each step of the optimizer."""
    learning_rate: Positive = 2e-4
    """The highest one, after the warm-up; it falls along a cosine to 0."""
    warmup_ratio: Share = 0.05
    max_grad_norm: Positive = 1.0
    lora_rank: Count = 16
    lora_alpha: Count = 32
    lora_dropout: Share = 0.0
    max_length: Count = 1024
    """Tokens. A longer row is refused, never cut."""
    packing: bool = False
    """Fill sequences of ``max_length`` with several rows, which don't see each other."""
    gradient_checkpointing: bool = False
    """Save memory at the cost of about a third more time."""
    validations: Count = 3
    """How often, evenly spread, the validation loss is measured and a checkpoint is kept."""
    patience: Count = 3
    """Stop after this many validations without a better loss."""
    seed: int = 0


def load_train_config(path: Path) -> TrainConfig:
    """Return the settings in ``path``.

    Raises:
        ConfigError: the file is missing or wrong; the text names the key.
    """
    return load_toml(path, TrainConfig, ConfigError)
