"""The part of PEFT's adapter_config.json that decides how a LoRA adapter can be served, with bounds of its values."""

from typing import Annotated

import msgspec

MOST_ENTRIES = 10_000
MOST_LAYERS = 1_000
"""Layers that layer_replication can make; PEFT copies each."""

Rank = Annotated[int, msgspec.Meta(ge=1)]
Names = Annotated[list[str], msgspec.Meta(max_length=MOST_ENTRIES)]
Tokens = Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(max_length=1_000_000)]
Ranks = Annotated[dict[str, Rank], msgspec.Meta(max_length=MOST_ENTRIES)]
Scales = Annotated[dict[str, float], msgspec.Meta(max_length=MOST_ENTRIES)]


class AdapterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The part of PEFT's adapter_config.json that decides whether and how a LoRA adapter can be served.

    Where an older version of PEFT wrote no value, its own default holds; other keys are left to PEFT.
    """

    r: Rank
    rank_pattern: Ranks | None = None
    alpha_pattern: Scales | None = None
    target_modules: Names | str | None = None
    exclude_modules: Names | str | None = None
    layers_pattern: Names | str | None = None
    layer_replication: Annotated[list[tuple[int, int]], msgspec.Meta(max_length=MOST_LAYERS)] | None = None
    bias: str | None = "none"
    init_lora_weights: bool | str | None = True
    modules_to_save: Names | None = None
    trainable_token_indices: Tokens | dict[str, Tokens] | None = None
    use_dora: bool | None = False
    lora_bias: bool | None = False
    megatron_config: dict[str, object] | None = None
    base_model_name_or_path: str | None = None

    @property
    def rank(self) -> int:
        """The largest rank of all layers."""
        return max(self.r, *(self.rank_pattern or {}).values(), 1)

    @property
    def trained_tokens(self) -> tuple[int, ...]:
        """The numbers of the tokens whose embeddings were trained directly."""
        indices = self.trainable_token_indices or []
        lists = indices.values() if isinstance(indices, dict) else [indices]
        return tuple(sorted({number for numbers in lists for number in numbers}))
