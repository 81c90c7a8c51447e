"""How much memory a training takes, by a formula, and what to lower where it was too much.

Activations follow Korthikanti et al. 2022 (arXiv:2205.05198, section 4): 34 bytes for each token, layer and hidden unit
in 16 bits without the attention's own matrices; with gradient checkpointing 2, and one layer whole.
"""

import math
from collections.abc import Sequence

from harness.records.record import Record
from harness.train.config import Quantization, TrainConfig
from harness.train.method import quantization_of
from harness.train.spread import Spread

GIB = 1 << 30
PACKED: dict[Quantization, float] = {"nf4": 0.516, "fp4": 0.516, "int8": 1.0}
"""Bytes of a weight in 4 bits with scales that are quantized themselves (QLoRA, arXiv:2305.14314), or in 8."""
TRAINED = 16
"""Bytes of a trained weight in float32: itself, its gradient, and AdamW's two means."""
ACTIVATION, CHECKPOINTED = 34, 2
LOGIT = 10
"""Bytes of a logit: in 16 bits, and in float32 with its gradient."""
SPARE = 0.9
"""Share of the memory that is planned with: some is lost between blocks."""


class Shape(Record, frozen=True, kw_only=True):
    """The sizes of a model that decide its memory. ``linear`` is those of ``weights`` that can be quantized."""

    weights: int
    linear: int
    trainable: int
    layers: int
    hidden: int
    vocabulary: int


class Memory(Record, frozen=True, kw_only=True):
    """An estimate in bytes, by its parts."""

    weights: int
    trained: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.trained + self.activations + self.logits


class Measured(Record, frozen=True, kw_only=True):
    """What was measured until the memory was full, in bytes: before the first step, at most, and of the device.

    ``tokens`` are those of the largest batch until ``most`` was reached; 0 where no step has ended.
    """

    before: int
    most: int
    tokens: int
    limit: int


def estimate(shape: Shape, config: TrainConfig, tokens: int, trained: int, width: int) -> Memory:
    """Return what a batch of ``tokens`` needs, of which the loss is on ``trained``; a number has ``width`` bytes.

    >>> shape = Shape(weights=1000, linear=800, trainable=10, layers=2, hidden=4, vocabulary=100)
    >>> estimate(shape, TrainConfig(output="a", train=("b",)), 10, 5, 2)
    Memory(weights=813, trained=160, activations=2720, logits=5000)
    """
    if config.method == "full":
        weights, of_trained = 0, shape.weights * TRAINED
    else:
        packed = PACKED.get(quantization_of(config), width)
        weights = round(shape.linear * packed) + (shape.weights - shape.linear) * width
        of_trained = shape.trainable * TRAINED
    unit = tokens * shape.hidden * width // 2
    if config.gradient_checkpointing:
        activations = unit * (CHECKPOINTED * shape.layers + ACTIVATION)
    else:
        activations = unit * ACTIVATION * shape.layers
    return Memory(
        weights=weights, trained=of_trained, activations=activations, logits=trained * shape.vocabulary * LOGIT
    )


def of_each(memory: Memory, spread: Spread) -> Memory:
    """Return what each of several processes needs: FSDP and ZeRO-3 share out all weights, ZeRO-1 and 2 less.

    ZeRO-1 shares out AdamW's two means, ZeRO-2 the gradients too (Rajbhandari et al. 2020, arXiv:1910.02054).

    >>> of_each(Memory(weights=80, trained=160, activations=1, logits=1), Spread(processes=4, sharding="fsdp2"))
    Memory(weights=20, trained=40, activations=1, logits=1)
    """
    shared = {"none": 0, "zero1": 8, "zero2": 12}.get(spread.sharding, TRAINED)
    trained = memory.trained * (TRAINED - shared + shared / spread.processes) / TRAINED
    weights = memory.weights if spread.is_whole else memory.weights / spread.processes
    return Memory(weights=round(weights), trained=round(trained), activations=memory.activations, logits=memory.logits)


def to_lower(config: TrainConfig, longest: int, measured: Measured | None) -> tuple[str, ...]:
    """Return what to lower where the memory was full, in this order, with values that would fit where that is known.

    ``longest`` is the longest row, in tokens.

    >>> config = TrainConfig(output="a", train=("b",), rows_per_batch=8)
    >>> to_lower(config, 100, Measured(before=100, most=900, tokens=800, limit=600))[0]
    'rows_per_batch = 4 and gradient_accumulation = 2 (measured: 440 tokens of a batch fit)'
    """
    found = []
    fitting = _fitting(measured)
    rows = config.rows_per_batch
    if rows > 1:
        fewer = rows // 2 if fitting is None else max(1, min(rows - 1, fitting // longest))
        more = math.ceil(rows * config.gradient_accumulation / fewer)
        told = "" if fitting is None else f" (measured: {fitting:,} tokens of a batch fit)"
        found.append(f"rows_per_batch = {fewer} and gradient_accumulation = {more}{told}")
    if not config.gradient_checkpointing:
        found.append("gradient_checkpointing = true")
    if config.packing and config.max_length > longest:
        found.append(f"max_length = {longest} (the longest row)")
    elif fitting is not None and fitting < longest:
        found.append(f"rows of at most {fitting:,} tokens (the longest has {longest:,})")
    if config.method == "full":
        found.append('method = "lora"')
    elif quantization_of(config) not in {"nf4", "fp4"}:
        found.append('method = "qlora"' if config.method == "lora" else 'quantization = "nf4"')
    if config.method != "full" and (config.lora_rank or 0) > 1:
        found.append(f"lora_rank = {(config.lora_rank or 0) // 2}")
    if "optim" not in config.trainer:
        found.append('optim = "paged_adamw_8bit" under [trainer]')
    return (*found, "a smaller base model")


def longest_batch(lengths: Sequence[int], rows_per_batch: int) -> int:
    """Return the tokens of the largest batch, padding included: the longest rows together.

    >>> longest_batch([5, 9, 8], 2)
    18
    """
    return max(lengths, default=0) * min(rows_per_batch, len(lengths))


def gib(size: float) -> str:
    """Return bytes in words."""
    return f"{size / GIB:,.1f} GiB"


def _fitting(measured: Measured | None) -> int | None:
    """Return how many tokens of a batch would fit, on the straight line through what was measured."""
    if measured is None or not measured.tokens or measured.most <= measured.before:
        return None
    slope = (measured.most - measured.before) / measured.tokens
    return max(1, int((SPARE * measured.limit - measured.before) / slope))
