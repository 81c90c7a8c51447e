"""train.toml: the settings of one training, with their only defaults."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.config.kinds import Count
from harness.errors import ConfigError
from harness.records.record import Json, Record
from harness.text.toml import load_toml
from harness.train.hosted_config import Backend, JobsConfig
from harness.train.tokens import LossOn

Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Seed = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
Method = Literal["qlora", "lora", "dora", "full"]
Quantization = Literal["nf4", "fp4", "int8", "none"]
Attention = Literal["auto", "flash_attention_3", "flash_attention_2", "flex_attention", "sdpa", "eager"]
ALL_LINEAR = "all-linear"


class StopBy(Record, frozen=True, kw_only=True):
    """[stop_by]: which part of a suite chooses the checkpoint that is kept; ``stop_by`` as a text names the suite."""

    suite: str
    """Folder of a suite."""
    tests: tuple[str, ...] = ()
    """Names of its tests, such as "test_queue"; empty for all that gate."""
    cases: Annotated[int, msgspec.Meta(ge=4, le=256)] = 32
    """Cases that are asked at each validation, and never more than a quarter of the suite's."""
    seed: int = 0
    """Draws the cases; it is not the training's, so that all trainings leave the same cases to the gate."""


class TrainConfig(Record, frozen=True, kw_only=True):
    """The whole of a training's TOML file. Paths are relative to the file."""

    output: str
    """Folder of the finished adapter; its name is the adapter's."""
    train: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Files of rows, of any format of docs/data.md, mixed row by row; a second one can hold everyday rows."""
    validation: str | None = None
    """Rows that are never trained on; None trains without validation, and without ``stop_by`` nothing is chosen."""
    stop_by: str | StopBy | None = None
    """A suite whose gates choose the checkpoint that is kept, in place of the validation loss; see docs/training.md."""
    base_model: str = "smollm2-135m-instruct"
    """The embedded model's name, a folder with a transformers model, or one on a hub: org/name or org/name@revision."""
    backend: Backend = "local"
    """Train on this machine, or at the service that [jobs] names."""
    jobs: JobsConfig | None = None
    chat_template: str | None = None
    """File with a Jinja template that is used in place of the base model's own; serve the adapter with the same one."""
    template_args: dict[str, Json] = msgspec.field(default_factory=dict)
    """Values for the template, such as ``{enable_thinking = false}``."""
    method: Method = "qlora"
    """LoRA on a base model in 4 bits, LoRA or DoRA on its weights as they are, or all of its weights."""
    quantization: Quantization | None = None
    """Of the base model while it is trained on; unset is "nf4" for qlora, and "none" for any other method."""
    targets: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | str = ALL_LINEAR
    """Which modules get an adapter: all linear layers but the last, or names, as PEFT's target_modules has them."""
    merge: bool = False
    """Leave the adapter merged into its base model too, as a whole model in a folder beside it: NAME-merged."""
    loss_on: LossOn = "all"
    """Train on every answer of a row, or on its last one alone."""
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
    lora_rank: Count | None = None
    """Unset, by the number of rows, a rule of thumb: 8 for fewer than 200 rows, 16 up to 1,000, 32 for more."""
    lora_alpha: Count | None = None
    """Unset, twice the rank."""
    lora_dropout: Share = 0.0
    rslora: bool = False
    """Scale the adapter by alpha / sqrt(rank), so that a higher rank learns as fast as a low one (arXiv:2312.03732)."""
    loraplus_ratio: Annotated[float, msgspec.Meta(ge=1)] | None = None
    """How many times the learning rate LoRA's matrices B get (LoRA+, arXiv:2402.12354: about 16); unset, as A's."""
    init: str = "default"
    """How LoRA's matrices start: "default" (B is 0), "gaussian", "orthogonal", "mica"; with ``merge`` also
    "olora", "pissa", "pissa_niter_N"."""
    neftune: Positive | None = None
    """Noise on the embeddings while training, as its alpha (NEFTune, arXiv:2310.05914: 5); unset, none."""
    attention: Attention = "auto"
    """How attention is computed; "auto" takes the fastest that is installed and that the base model has."""
    max_length: Count = 1024
    """Tokens. A longer row is refused, never cut."""
    packing: bool = False
    """Fill sequences of ``max_length`` with several rows, which don't see each other."""
    gradient_checkpointing: bool = False
    """Save memory at the cost of about a third more time."""
    validations: Count = 3
    """How often, evenly spread, the validation loss or ``stop_by`` is measured and a checkpoint is kept."""
    patience: Count = 3
    """Stop after this many validations without a better one."""
    seed: Seed = 0
    trainer: dict[str, Json] = msgspec.field(default_factory=dict)
    """[trainer]: what else TRL's SFTConfig takes, as it is."""
    lora: dict[str, Json] = msgspec.field(default_factory=dict)
    """[lora]: what else PEFT's LoraConfig takes, as it is."""

    @property
    def stopping(self) -> StopBy | None:
        """``stop_by`` as a table."""
        return StopBy(suite=self.stop_by) if isinstance(self.stop_by, str) else self.stop_by


def load_train_config(path: Path) -> TrainConfig:
    """Return the settings in ``path``.

    Raises:
        ConfigError: the file is missing or wrong; the text names the key.
    """
    return load_toml(path, TrainConfig, ConfigError)
