"""The kinds of adapters that PEFT knows besides LoRA: which of them become part of the base model's weights."""

from harness.text.visible import for_terminal

PARTS = {
    "ADALORA": "lora_",
    "ADAMSS": "adamss_",
    "BOFT": "boft_",
    "C3A": "c3a_",
    "DEFT": "deft_",
    "DELORA": "delora_",
    "FOURIERFT": "fourierft_",
    "FROD": "frod_",
    "GLORA": "glora_",
    "GRALORA": "gralora_",
    "HIRA": "hira_",
    "HRA": "hra_",
    "IA3": "ia3_",
    "LN_TUNING": "ln_tuning_",
    "LOHA": "hada_",
    "LOKR": "lokr_",
    "MISS": "miss_",
    "OFT": "oft_",
    "PEANUT": "peanut_",
    "PSOFT": "psoft_",
    "PVERA": "pvera_",
    "RANDLORA": "randlora_",
    "ROAD": "road_",
    "SHIRA": "shira_",
    "SUPERTUNING": "supertuning_",
    "TINYLORA": "tinylora_",
    "TRAINABLE_TOKENS": "trainable_tokens_",
    "UNILORA": "unilora_",
    "VBLORA": "vblora_",
    "VERA": "vera_",
    "WAVEFT": "waveft_",
}
"""Kinds that PEFT merges, and with what the names of their tensors start. tests/engines/weights/ has one of each."""
PROMPTS = frozenset({"PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "CPT", "CARTRIDGE"})


def refusal_of(kind: str) -> str | None:
    """Say why an adapter of this kind can't be served; None for LoRA and what can be merged."""
    if kind == "LORA" or kind in PARTS:
        return None
    shown = for_terminal(kind)
    if kind in PROMPTS:
        return (
            f"a {shown} adapter, which puts trained vectors in front of the prompt; they can't be merged into a "
            "model's weights, and so can't be served here; train a LoRA adapter"
        )
    return (
        f"a {shown} adapter, which can't be merged into a model's weights, and so can't be served here; "
        "train a LoRA adapter"
    )
