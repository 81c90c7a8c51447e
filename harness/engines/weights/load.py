"""Load a base model and its adapters from folders on this machine; an adapter that doesn't fit is refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import AdapterError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

LONGEST_REASON = 300


def load_base(folder: str, dtype: str, device: str) -> "PreTrainedModel":
    """Return the model in ``folder``, ready to generate; no hub is asked, and only safetensors files are read.

    The weights are a copy: as they were read, they are the file itself, and a later change in it would change answers.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    with quiet():
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True, use_safetensors=True
        )
    own = model.generation_config
    # The model's own sampling defaults (a repetition penalty, say) must not change the answers.
    model.generation_config = GenerationConfig(bos_token_id=own.bos_token_id, eos_token_id=own.eos_token_id)
    for weight in (*model.parameters(), *model.buffers()):
        weight.data = weight.data.to(device, copy=True)
    return model.to(device).eval()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and warnings off the terminal while they read or write weights."""
    from transformers.utils import logging

    shows_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if shows_bars:
            logging.enable_progress_bar()


def load_alone(base: str, folder: str, dtype: str, device: str) -> "PeftModel":
    """Return a base model with one adapter, loaded by PEFT's own loader: the reference for what it answers.

    Raises:
        AdapterError: it doesn't fit the base model.
    """
    from peft import PeftModel

    with fitting(folder):
        model = PeftModel.from_pretrained(load_base(base, dtype, device), folder, autocast_adapter_dtype=False)
    return model.to(device).eval()


def attach(model: "PreTrainedModel | PeftModel", folder: str, name: str) -> "PeftModel":
    """Put the LoRA adapter in ``folder`` on the model under ``name``; every weight must fit.

    Raises:
        AdapterError: it's not a LoRA adapter, or it was made for a model of another shape.
    """
    from peft import LoraConfig, PeftConfig, PeftModel, PeftModelForCausalLM

    with fitting(folder):
        config = PeftConfig.from_pretrained(folder)
        if not isinstance(config, LoraConfig):
            raise AdapterError(f"{folder}: a {config.peft_type} adapter; only LoRA adapters can be served")
        config.inference_mode = True
        if isinstance(model, PeftModel):
            model.add_adapter(name, config, autocast_adapter_dtype=False)
        else:
            model = PeftModelForCausalLM(model, config, adapter_name=name, autocast_adapter_dtype=False)
        told = model.load_adapter(folder, name, autocast_adapter_dtype=False)
    if told.missing_keys or told.unexpected_keys:
        lost = f"the model has no place for {len(told.unexpected_keys)} of its weights"
        raise AdapterError(_not_fitting(folder, f"{lost}, and {len(told.missing_keys)} are missing"))
    return model.eval()


@contextmanager
def fitting(folder: str) -> Iterator[None]:
    """Turn what PEFT raises about the adapter in ``folder`` into one line."""
    from safetensors import SafetensorError

    try:
        with quiet():
            yield
    except (ValueError, RuntimeError, TypeError, AttributeError, LookupError, ImportError, SafetensorError) as problem:
        raise AdapterError(_not_fitting(folder, " ".join(str(problem).split()))) from problem


def _not_fitting(folder: str, reason: str) -> str:
    return (
        f"{folder}: does not fit this base model; was it trained on another one? {for_terminal(reason, LONGEST_REASON)}"
    )
