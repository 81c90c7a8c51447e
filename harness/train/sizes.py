"""The sizes of what will be trained, from the base model's configuration alone: no weights are read."""

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.models.foreign import reading
from harness.models.own_code import loading
from harness.train.attention import FLATTENING, Batches, choose_batches, usable_here
from harness.train.config import TrainConfig
from harness.train.memory import Shape
from harness.train.method import lora_config
from harness.train.quantized import TrainingDevice

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SUPPORTS = {
    "flash_attention_3": "_supports_flash_attn",
    "flash_attention_2": "_supports_flash_attn",
    "flex_attention": "_supports_flex_attn",
}
"""Where transformers says which kinds of attention an architecture has."""


def shape_of(base: Path, config: TrainConfig, place: Path) -> Shape:
    """Return the sizes of a training of the base model in a folder.

    Raises:
        ConfigError: PEFT refuses the settings for this model, such as targets that it doesn't have.
        NoSuchModel: the base model can't be made.
    """
    import torch
    from torch import nn

    model = empty_model(base)
    own = model.config.get_text_config()
    out = model.get_output_embeddings()
    linear = sum(
        module.weight.numel() for module in model.modules() if isinstance(module, nn.Linear) and module is not out
    )
    weights = trainable = sum(weight.numel() for weight in model.parameters())
    if config.method != "full":
        from peft import get_peft_model

        wanted = lora_config(config, place)
        wanted.init_lora_weights = True  # others need the weights; the sizes are the same
        told = f"{place}: PEFT refuses these settings for this base model:"
        with reading(told, ConfigError), torch.device("meta"), warnings.catch_warnings():
            warnings.filterwarnings("error", ".*did not match any targeted module")  # such a pattern is a typo
            adapted = get_peft_model(model, wanted)
        trainable = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    return Shape(
        weights=weights,
        linear=linear,
        trainable=trainable,
        layers=own.num_hidden_layers,
        hidden=own.hidden_size,
        vocabulary=own.vocab_size,
    )


def attention_of(base: Path, usable: Collection[str]) -> tuple[str, ...]:
    """Return those kinds of attention that can be used here and that a base model's architecture has."""
    if not usable:
        return ()
    architecture = type(empty_model(base))
    return tuple(name for name in FLATTENING if name in usable and getattr(architecture, SUPPORTS[name], False))


def batches_of(config: TrainConfig, device: TrainingDevice, base: Path) -> Batches:
    """Return how rows will go through the model on a device."""
    usable = attention_of(base, usable_here(device.capability)) if config.attention == "auto" else ()
    return choose_batches(config, usable)


def empty_model(base: Path) -> "PreTrainedModel":
    """Return a base model without its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with loading(base), torch.device("meta"):
        config = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False)
        return AutoModelForCausalLM.from_config(config, trust_remote_code=False)
