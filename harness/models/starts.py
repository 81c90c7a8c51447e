"""What the start of LoRA's matrices (init_lora_weights) did to the base model below them, and who can do it again.

Some starts take a part out of the base model's weights, so the adapter is right only on what is left of them.
"""

from harness.text.visible import for_terminal

HARMLESS = frozenset({"gaussian", "eva", "orthogonal", "mica"})
"""Values of init_lora_weights, besides true and false, with which the base model's weights stay as they are."""
FROM_THE_TRAINING = (
    "save it from the training as a plain LoRA adapter (PEFT: save_pretrained with "
    "path_initial_model_for_weight_conversion)"
)
MERGED_THERE = "merge it where it was trained (PEFT: merge_and_unload), and name that model as base in [models.NAME]"
ON_THE_CHANGED = "if base_model already has the changed weights, set init_lora_weights to true in adapter_config.json"
REFUSED = {
    "corda": f"PEFT can't change them again without the training's data; {FROM_THE_TRAINING}",
    "lora_ga": f"PEFT does not change them again when it loads the adapter, so it would answer wrongly; "
    f"{FROM_THE_TRAINING}",
    "loftq": f"PEFT can round them again only with a GPU, which was never tested here; {MERGED_THERE}",
}
"""Starts after which an adapter is not right on the base model as it was, by the reason and the way out."""


def changes_weights(start: bool | str | None) -> str | None:
    """Return the setting with which PEFT changes the base model's weights; None if it leaves them as they are.

    A start that is not known here counts as one that changes them.
    """
    if not isinstance(start, str) or start.lower() in HARMLESS:
        return None
    return f'init_lora_weights = "{for_terminal(start)}"'


def refusal_of_start(start: bool | str | None) -> str | None:
    """Say why an adapter with this start can't be served, and what to do; None if it can.

    PiSSA and OLoRA can: PEFT takes the same part out of the base model's weights when it loads the adapter.
    """
    if not isinstance(start, str) or (told := REFUSED.get(start.lower())) is None:
        return None
    return f"{changes_weights(start)}: the training changed the base model's own weights, and {told}; {ON_THE_CHANGED}"
