"""Load a base model and its adapters from folders on this machine; an adapter that doesn't fit is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import AdapterError

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

LONGEST_REASON = 300


def load_base(folder: str, dtype: str, device: str) -> "PreTrainedModel":
    """Return the model in ``folder``, ready to generate; no hub is asked, nothing but safetensors is read."""
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    with silent_bars():
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True, use_safetensors=True
        )
    own = model.generation_config
    # The model's own sampling defaults (a repetition penalty, say) must not change the answers.
    model.generation_config = GenerationConfig(bos_token_id=own.bos_token_id, eos_token_id=own.eos_token_id)
    return model.to(device).eval()


@contextmanager
def silent_bars() -> Iterator[None]:
    """Keep the library's progress bars off the terminal while it reads or writes weights."""
    from transformers.utils import logging

    shows_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shows_bars:
            logging.enable_progress_bar()


def attach(model: "PreTrainedModel | PeftModel", folder: str, name: str) -> "PeftModel":
    """Put the LoRA adapter in ``folder`` on the model under ``name``; every weight must find its place.

    Raises:
        AdapterError: it's no LoRA adapter, or made for a model of another shape.
    """
    from peft import LoraConfig, PeftConfig, PeftModel, PeftModelForCausalLM

    try:
        config = PeftConfig.from_pretrained(folder)
        if not isinstance(config, LoraConfig):
            raise AdapterError(f"{folder}: a {config.peft_type} adapter; only LoRA adapters can be served")
        config.inference_mode = True
        if isinstance(model, PeftModel):
            model.add_adapter(name, config, autocast_adapter_dtype=False)
        else:
            model = PeftModelForCausalLM(model, config, adapter_name=name, autocast_adapter_dtype=False)
        told = model.load_adapter(folder, name, autocast_adapter_dtype=False)
    except (ValueError, RuntimeError, TypeError) as problem:
        raise AdapterError(_not_fitting(folder, " ".join(str(problem).split()))) from problem
    if told.missing_keys or told.unexpected_keys:
        lost = f"the adapter has {len(told.unexpected_keys)} weights that the model has no place for"
        raise AdapterError(_not_fitting(folder, f"{lost}, and lacks {len(told.missing_keys)}"))
    return model.eval()


def _not_fitting(folder: str, reason: str) -> str:
    return f"{folder}: doesn't fit the base model, so it was made for another one: {reason[:LONGEST_REASON]}"
