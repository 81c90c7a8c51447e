"""Every tensor in an adapter's file is accounted for: LoRA weights, or what its configuration says it brings besides.

Anything else would be loaded over the base model's own weights, and change what the base model answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import NoSuchModel
from harness.models.adapter_config import LORA as LORA_KIND
from harness.models.adapter_config import AdapterConfig
from harness.models.foreign import reading
from harness.models.kinds import PARTS
from harness.models.tensors import Tensor, read_tensors, same_numbers
from harness.text.visible import for_terminal

PREFIX = "base_model.model."
LORA = "lora_"
TRAINED_TOKENS = "trainable_tokens_delta"
BASE_LAYER = "base_layer"
INSIDE_PEFT = frozenset({"original_module", "modules_to_save"})
"""Names inside PEFT's models, never in a file that it saved: they reach the base model, or another adapter."""
EMBEDDINGS = frozenset({"embed_tokens", "lm_head"})
"""Layers that PEFT saves by itself, without a word in the configuration, when the vocabulary was resized."""
NAME_IT = "name its module in modules_to_save when you train"
AGAIN = "save the adapter again with save_embedding_layers=False (PEFT: save_pretrained)"


def unaccounted(tensors: Sequence[Tensor], config: AdapterConfig) -> str | None:
    """Say which tensor is more than LoRA weights and named nowhere in the configuration; None if there is none."""
    layers = {module for tensor in tensors if (module := _lora_module(tensor.name))}
    for tensor in tensors:
        if not (_is_accounted(tensor.name, config) or _base_layer(tensor.name) in layers):
            return (
                f"{for_terminal(tensor.name)} is neither LoRA weights nor in modules_to_save, so it would change the "
                f"base model itself; {NAME_IT}"
            )
    return None


def own_embeddings(tensors: Sequence[Tensor], config: AdapterConfig, sizes: Mapping[str, int]) -> str | None:
    """Say which embeddings an adapter brings in place of the base model's, whatever its configuration says.

    ``sizes`` are the numbers of tokens of the base model's embeddings, by module. None is returned also for those in
    modules_to_save, unless they have another number of tokens: then PEFT loads them only after a resize.
    """
    own = {
        tensor.name.removeprefix(PREFIX).removesuffix(".weight"): tensor
        for tensor in tensors
        if tensor.name.endswith(".weight") and EMBEDDINGS.intersection(tensor.name.split(".")[-2:-1]) and tensor.shape
    }
    for module, tensor in own.items():
        size = sizes.get(module, tensor.shape[0])
        if size != tensor.shape[0]:
            return f"a resized vocabulary ({tensor.shape[0]:,} tokens; the base model's has {size:,})"
    unnamed = [module for module, tensor in own.items() if not _is_saved_module(tensor.name, config)]
    return f"{for_terminal(unnamed[0])} of its own" if unnamed else None


def unlike_base(placed: Sequence[tuple[Path, Tensor]], config: AdapterConfig, base: Sequence[Path]) -> str | None:
    """Say which layer that an adapter saved from under its LoRA weights is not the base model's own; None if all are.

    PEFT saves the embeddings so where LoRA is on them, and loads them over the base model's. ``placed`` is the
    adapter's tensors with their files, ``base`` the files with the base model's weights.
    """
    saved = [
        (path, tensor, module)
        for path, tensor in placed
        if (module := _base_layer(tensor.name)) and not _is_trained_bias(tensor.name, config)
    ]
    if not saved:
        return None
    own = list(_own(base))
    for weights, tensor, module in saved:
        name = f"{module.removeprefix(PREFIX)}.{tensor.name.rpartition('.')[2]}"
        if not any(same_numbers(weights, tensor, path, other) for path, other in _candidates(name, own)):
            return (
                f"{for_terminal(tensor.name)} differs from the base model's own weights, so the adapter was trained on "
                f"another base model, or its vocabulary was resized; set base_model in harness.toml, or {AGAIN}"
            )
    return None


def _own(base: Sequence[Path]) -> Iterator[tuple[Path, Tensor]]:
    """Yield the base model's tensors."""
    for path in base:
        with reading(f"{path}: can't be read:", NoSuchModel):
            tensors = read_tensors(path)
        yield from ((path, tensor) for tensor in tensors)


def _candidates(name: str, own: Sequence[tuple[Path, Tensor]]) -> Iterator[tuple[Path, Tensor]]:
    """Yield the base model's tensor of that name; where it has none, as a tied output layer, the embeddings."""
    named = [(path, tensor) for path, tensor in own if tensor.name == name]
    yield from named or [(path, tensor) for path, tensor in own if "embed" in tensor.name]


def _is_accounted(name: str, config: AdapterConfig) -> bool:
    parts = name.removeprefix(PREFIX).split(".")
    if INSIDE_PEFT.intersection(parts):
        return False
    if config.peft_type != LORA_KIND and any(part.startswith(PARTS[config.peft_type]) for part in parts):
        return True
    if _lora_module(name) or (parts[-1] == TRAINED_TOKENS and config.trainable_token_indices):
        return True
    if _is_trained_bias(name, config) or (parts[-1] == "weight" and EMBEDDINGS.intersection(parts[-2:-1])):
        return True
    return _is_saved_module(name, config)


def _is_saved_module(name: str, config: AdapterConfig) -> bool:
    parts = name.removeprefix(PREFIX).split(".")
    modules = [".".join(parts[:place]) for place in range(1, len(parts))]
    saved = [one for one in config.modules_to_save or [] if one]
    return BASE_LAYER not in parts and any(module.endswith(one) for module in modules for one in saved)


def _is_trained_bias(name: str, config: AdapterConfig) -> bool:
    return name.rpartition(".")[2] == "bias" and config.bias not in {"none", None}


def _lora_module(name: str) -> str | None:
    """Return the module that LoRA weights are for; None where a tensor is none."""
    parts = name.split(".")
    place = next((place for place, part in enumerate(parts) if part.startswith(LORA)), None)
    return None if place is None else ".".join(parts[:place])


def _base_layer(name: str) -> str | None:
    """Return the module that a tensor was saved from under its LoRA weights; None for another tensor."""
    module, _, kind = name.rpartition(".")
    return module.removesuffix(f".{BASE_LAYER}") if module.endswith(f".{BASE_LAYER}") and kind else None
