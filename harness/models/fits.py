"""Whether an adapter's LoRA weights fit a base model: their shapes against its own, from headers alone.

A base model's files and its modules are not always named alike, so a module can also be found by the end of its name.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import NoSuchModel
from harness.models.accounted import EMBEDDINGS, PREFIX
from harness.models.adapter_config import AdapterConfig
from harness.models.foreign import reading
from harness.models.tensors import EXPONENTS, Tensor, read_tensors
from harness.text.visible import for_terminal

OTHER_BASE = "so the adapter was trained on another base model; set base_model in harness.toml to that one"
EXPERTS = "expert"
"""Part of the names of layers that transformers joins when it loads them, so that files and modules differ."""
HEAD = "lm_head"
WEIGHT = ".weight"
EIGHT_BITS = "F8_"
MATRIX = 2

Modules = Mapping[str, Tensor | None]
"""The base model's modules by name, with their weights; None where these are packed, or have other names."""


def modules_of(base: Sequence[Path]) -> Modules:
    """Return the modules that a base model's files have tensors for.

    Raises:
        NoSuchModel: a file is not safetensors.
    """
    found: dict[str, Tensor | None] = {}
    for path in base:
        with reading(f"{path}: can't be read:", NoSuchModel):
            tensors = read_tensors(path)
        for tensor in tensors:
            module, _, kind = tensor.name.rpartition(".")
            is_plain = kind == "weight" and (tensor.dtype in EXPONENTS or tensor.dtype.startswith(EIGHT_BITS))
            if is_plain or module not in found:
                found[module] = tensor if is_plain else None
    return found


def misfit(tensors: Sequence[Tensor], config: AdapterConfig, base: Modules) -> str | None:
    """Say which tensor of an adapter is the first one that doesn't fit the base model; None if all do."""
    if not base or config.has_own_shapes:
        return None
    ends = _by_end(base)
    for tensor in tensors:
        module, kind = _part_of(tensor.name)
        if kind is None:
            continue
        places = _places(module, base, ends)
        if not places:
            if told := _missing(module, config, base, ends):
                return f"{for_terminal(tensor.name)} ({_by(tensor.shape)}) {told}, {OTHER_BASE}"
            continue
        weights = [base[place] for place in places]
        if all(weight is not None and not _is_fitting(tensor, kind, weight, config) for weight in weights):
            own = next(weight for weight in weights if weight is not None)
            return (
                f"{for_terminal(tensor.name)} has the shape {_by(tensor.shape)}, which doesn't fit the base model's "
                f"{for_terminal(own.name)} of shape {_by(own.shape)}, {OTHER_BASE}"
            )
    return None


def embedding_rows(tensors: Sequence[Tensor], base: Modules) -> int | None:
    """Return for how many tokens the model with this adapter has embeddings; None where that isn't known."""
    own = {tensor.name.removeprefix(PREFIX).removesuffix(WEIGHT): tensor for tensor in tensors}
    rows = [
        (own.get(module) or weight).shape[0]
        for module, weight in base.items()
        if weight is not None and weight.shape and module.rpartition(".")[2] in EMBEDDINGS
    ]
    return min(rows, default=None)


def on_shared_weights(tensors: Sequence[Tensor], base: Modules) -> str | None:
    """Say that LoRA is on embeddings which the output layer shares, so it is for one layer, or for both."""
    layers = {_part_of(tensor.name)[0].rpartition(".")[2] for tensor in tensors if _part_of(tensor.name)[1]}
    has_head = any(module.rpartition(".")[2] == HEAD for module in base)
    on = sorted(EMBEDDINGS.intersection(layers))
    return (
        f"LoRA on {' and '.join(on)}, whose weights embeddings and output layer share" if on and not has_head else None
    )


def _part_of(name: str) -> tuple[str, str | None]:
    """Return the module that a LoRA matrix is for and which matrix it is; None for any other tensor."""
    for kind in ("lora_A.weight", "lora_B.weight", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector"):
        if name.endswith(f".{kind}"):
            return name.removeprefix(PREFIX).removesuffix(f".{kind}"), kind
    return name, None


def _is_fitting(tensor: Tensor, kind: str, weight: Tensor, config: AdapterConfig) -> bool:
    """Return whether a LoRA matrix has as many inputs, or outputs, as the weights that it is added to."""
    shape, own = tensor.shape, weight.shape
    if len(own) > MATRIX and len(shape) != len(own):
        return True  # weights of several experts in one tensor: PEFT has shapes of its own for them
    if config.fan_in_fan_out and len(own) == MATRIX:
        own = own[::-1]
    if kind == "lora_A.weight":
        return len(shape) == len(own) and shape[1:] == own[1:]
    if kind == "lora_B.weight":
        return len(shape) == len(own) and shape[0] == own[0]
    if kind == "lora_embedding_A":
        return len(shape) == MATRIX and shape[1] == own[0]
    if kind == "lora_embedding_B":
        return len(shape) == MATRIX and shape[0] == own[-1]
    return max(shape, default=0) in own


def _by_end(base: Modules) -> Mapping[str, Sequence[str]]:
    """Return the base model's modules by the ends of their names: from their first number on, else their last part."""
    ends: dict[str, list[str]] = {}
    for name in base:
        ends.setdefault(_end(name), []).append(name)
    return ends


def _end(module: str) -> str:
    """Return the end of a name that files and modules have in common: the numbered list and what follows.

    >>> _end("transformer.h.0.attn.c_attn"), _end("model.embed_tokens")
    ('h.0.attn.c_attn', 'embed_tokens')
    """
    parts = module.split(".")
    first = next((place for place, part in enumerate(parts) if part.isdecimal()), len(parts))
    return ".".join(parts[max(0, first - 1) :])


def _places(module: str, base: Modules, ends: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the base model's modules that an adapter's can be; an output layer can share the embeddings' weights."""
    if module in base:
        return (module,)
    found = ends.get(_end(module), ())
    is_head = "." not in module and not found
    return [name for name in base if "embed" in name] if is_head else found


def _missing(module: str, config: AdapterConfig, base: Modules, ends: Mapping[str, Sequence[str]]) -> str | None:
    """Say that the base model has no such module; None where it can have one under another name."""
    if config.layer_replication or config.target_parameters or any(EXPERTS in name for name in base):
        return None
    kind = _without_numbers(_end(module))
    if any(_without_numbers(end) == kind for end in ends):
        return f"is for {for_terminal(module)}, and the base model has fewer layers"
    last = module.rpartition(".")[2]
    if any(name.rpartition(".")[2] == last for name in base):
        return None
    return f"is for {for_terminal(module)}, and the base model has no module called {for_terminal(last)}"


def _without_numbers(name: str) -> str:
    return ".".join("#" if part.isdecimal() else part for part in name.split("."))


def _by(shape: Sequence[int]) -> str:
    return " x ".join(f"{size}" for size in shape) or "of one number"
