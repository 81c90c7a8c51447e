"""How much an adapter changes: the root mean square of what it adds to the weights below it."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

OF_FSDP = "_fsdp_wrapped_module."
"""What FSDP puts into the names of modules that it wraps."""


def change_of(model: "nn.Module", weights: "Mapping[str, Tensor] | None" = None) -> float | None:
    """Return the root mean square of s B A over all adapted weights; None for a model without LoRA layers.

    ``weights`` are those of a model whose own are shared out among processes, gathered, by their names.

    The norm of a product of thin matrices is taken without the product: ||BA||^2 is the sum of (B^T B) * (A A^T).
    """
    from peft.tuners.lora import LoraLayer

    total = size = 0.0
    for place, module in model.named_modules():
        if not isinstance(module, LoraLayer):
            continue
        for name, into in module.lora_A.items():
            if weights is None:
                first, second = into.weight.detach().float(), module.lora_B[name].weight.detach().float()
            else:
                plain = place.replace(OF_FSDP, "")
                first, second = (weights[f"{plain}.lora_{one}.{name}.weight"].float() for one in ("A", "B"))
            if first.dim() != 2:  # a convolution
                continue
            product = (second.T @ second) * (first @ first.T)
            total += float(product.sum()) * module.scaling[name] ** 2
            size += first.shape[1] * second.shape[0]
    return math.sqrt(max(total, 0.0) / size) if size else None
