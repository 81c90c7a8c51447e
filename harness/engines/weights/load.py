"""Load a base model and its adapters from folders on this machine; an adapter that doesn't fit is refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import AdapterError
from harness.models.accounted import EMBEDDINGS
from harness.models.adapter import read_config
from harness.models.adapter_config import LORA
from harness.models.foreign import reading
from harness.models.own_code import loading
from harness.models.patterns import refuse_endless
from harness.models.plain import WEIGHTS
from harness.models.tensors import read_tensors
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def load_base(folder: str, dtype: str, device: str) -> "PreTrainedModel":
    """Return the model in ``folder``, ready to generate; no hub is asked, and only safetensors files are read.

    The weights are a copy: as they were read, they are the file itself, and a later change in it would change answers.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    with loading(Path(folder)), quiet():
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True, use_safetensors=True, trust_remote_code=False
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

    plain = load_base(base, dtype, device)
    with fitting(folder):
        fit_vocabulary(plain, folder)
        _refuse_endless(plain, folder)
        model = PeftModel.from_pretrained(plain, folder, autocast_adapter_dtype=False)
    return model.to(device).eval()


def fit_vocabulary(model: "PreTrainedModel", folder: str) -> None:
    """Give a base model embeddings for as many tokens as those that the adapter in ``folder`` brings; PEFT does not."""
    if (rows := embeddings_in(Path(folder))) and rows != model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(rows, mean_resizing=False)


def embeddings_in(folder: Path) -> int | None:
    """Return for how many tokens an adapter brings embeddings of its own; None if it brings none."""
    sizes = {
        tensor.shape[0]
        for tensor in read_tensors(folder / WEIGHTS)
        if tensor.name.split(".")[-2:-1] in [[name] for name in EMBEDDINGS] and tensor.name.endswith(".weight")
    }
    return max(sizes, default=None)


def to_merge(model: "PreTrainedModel", folder: str) -> "PeftModel":
    """Put the adapter in ``folder``, of any kind that can be merged, on the model; every weight must fit.

    Raises:
        AdapterError: it was made for a model of another shape.
    """
    from peft import PeftModel
    from peft.utils import get_peft_model_state_dict

    if read_config(Path(folder)).peft_type == LORA:
        return attach(model, folder, "adapter_0")
    with fitting(folder):
        _refuse_endless(model, folder)
        joined = PeftModel.from_pretrained(model, folder, autocast_adapter_dtype=False)
        missing = set(get_peft_model_state_dict(joined)).symmetric_difference(
            tensor.name for tensor in read_tensors(Path(folder) / WEIGHTS)
        )
    if missing:
        raise AdapterError(
            f"{_not_fitting(folder)} {for_terminal(min(missing))} is missing in the file, or in the model"
        )
    return joined.eval()


def attach(model: "PreTrainedModel | PeftModel", folder: str, name: str) -> "PeftModel":
    """Put the LoRA adapter in ``folder`` on the model under ``name``; every weight must fit.

    Raises:
        AdapterError: it's not a LoRA adapter, or it was made for a model of another shape.
    """
    from peft import LoraConfig, PeftConfig, PeftModel, PeftModelForCausalLM

    with fitting(folder):
        _refuse_endless(model, folder)
        config = PeftConfig.from_pretrained(folder)
        if not isinstance(config, LoraConfig):
            raise AdapterError(f"{folder}: a {config.peft_type} adapter; only LoRA adapters are served unmerged")
        config.inference_mode = True
        if isinstance(model, PeftModel):
            model.add_adapter(name, config, autocast_adapter_dtype=False)
        else:
            model = PeftModelForCausalLM(model, config, adapter_name=name, autocast_adapter_dtype=False)
        told = model.load_adapter(folder, name, autocast_adapter_dtype=False)
    if told.missing_keys or told.unexpected_keys:
        lost = f"the model has no place for {len(told.unexpected_keys)} of its weights"
        raise AdapterError(f"{_not_fitting(folder)} {lost}, and {len(told.missing_keys)} are missing")
    return model.eval()


def _refuse_endless(model: "PreTrainedModel | PeftModel", folder: str) -> None:
    """Refuse an adapter with a pattern that PEFT would match with this model's modules without an end."""
    refuse_endless(Path(folder), read_config(Path(folder)), [name for name, _ in model.named_modules()])


@contextmanager
def fitting(folder: str) -> Iterator[None]:
    """Turn what PEFT raises about the adapter in ``folder`` into one line."""
    with reading(_not_fitting(folder), AdapterError), quiet():
        yield


def _not_fitting(folder: str) -> str:
    return f"{folder}: does not fit this base model; was it trained on another one?"
