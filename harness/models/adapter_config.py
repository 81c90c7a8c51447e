"""The part of PEFT's adapter_config.json that decides how an adapter can be served, with bounds of its values."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from harness.text.visible import for_terminal

LORA = "LORA"
SHARED = frozenset(
    {
        *("peft_type", "target_modules", "exclude_modules", "feedforward_modules", "layers_pattern", "modules_to_save"),
        *("alpha_pattern", "base_model_name_or_path"),
    }
)
MOST_ENTRIES = 10_000
MOST_SIZE = 100_000
"""The largest rank, number of vectors, and so on, of an adapter that is not LoRA."""
MOST_SEED = 1 << 64
MOST_LAYERS = 1_000
"""Layers that layer_replication can make; PEFT copies each."""

Rank = Annotated[int, msgspec.Meta(ge=1)]
Names = Annotated[list[str], msgspec.Meta(max_length=MOST_ENTRIES)]
Tokens = Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(max_length=1_000_000)]
Ranks = Annotated[dict[str, Rank], msgspec.Meta(max_length=MOST_ENTRIES)]
Scales = Annotated[dict[str, float], msgspec.Meta(max_length=MOST_ENTRIES)]


class AdapterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The part of PEFT's adapter_config.json that decides whether and how an adapter can be served.

    Where an older version of PEFT wrote no value, its own default holds; other keys are left to PEFT. Kinds other than
    LoRA have keys of these names too, with the same meaning; those that have no rank count as rank 1.
    """

    peft_type: str = LORA
    r: Rank
    rank_pattern: Ranks | None = None
    alpha_pattern: Scales | None = None
    target_modules: Names | str | None = None
    exclude_modules: Names | str | None = None
    feedforward_modules: Names | str | None = None
    layers_pattern: Names | str | None = None
    layer_replication: Annotated[list[tuple[int, int]], msgspec.Meta(max_length=MOST_LAYERS)] | None = None
    bias: str | None = "none"
    init_lora_weights: bool | str | None = True
    modules_to_save: Names | None = None
    trainable_token_indices: Tokens | dict[str, Tokens] | None = None
    use_dora: bool | None = False
    lora_bias: bool | None = False
    megatron_config: dict[str, object] | None = None
    fan_in_fan_out: bool | None = False
    target_parameters: Names | None = None
    alora_invocation_tokens: Tokens | None = None
    use_qalora: bool | None = False
    use_bdlora: dict[str, object] | bool | None = None
    arrow_config: object = None
    kasa_config: object = None
    monteclora_config: object = None
    base_model_name_or_path: str | None = None

    @property
    def has_own_shapes(self) -> bool:
        """Whether its matrices are grouped or in blocks, so that their shapes are not those of the base model's."""
        return bool(self.use_qalora or self.use_bdlora)

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


def of_another_kind(content: Mapping[str, object]) -> dict[str, object]:
    """Return the keys that adapters of every kind have in common, from the configuration of one that is not LoRA."""
    kept = {name: value for name, value in content.items() if name in SHARED}
    rank, ranks = content.get("r"), content.get("rank_pattern")
    # AdaLoRA has lists in place of ranks; that the names can be matched is what is checked.
    patterns = dict.fromkeys(ranks, 1) if isinstance(ranks, dict) else None
    return kept | {"r": rank if isinstance(rank, int) and rank > 0 else 1, "rank_pattern": patterns}


def too_large(content: Mapping[str, object]) -> str | None:
    """Say which number of a configuration makes PEFT take memory without a limit; seeds don't."""
    for name, value in content.items():
        if isinstance(value, int) and value > (MOST_SEED if "seed" in name or "key" in name else MOST_SIZE):
            return f"{for_terminal(name)} is {value:,}; at most {MOST_SIZE:,} is loaded"
    return None
