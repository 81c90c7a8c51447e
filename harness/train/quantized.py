"""The base model as a training needs it: its device, its number format, its 4-bit weights, and its tokenizer."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from jinja2 import TemplateError

from harness.engines.weights.hardware import Hardware, NumberFormat, choose_dtype, this_cpu
from harness.errors import TrainingError
from harness.models.chat import ChatTemplate
from harness.models.own_code import loading
from harness.records.asked import AS_IS, Rendering
from harness.records.record import Record

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class TrainingDevice(Record, frozen=True, kw_only=True):
    """Where to train, and in which type to compute."""

    kind: Literal["cpu", "cuda"]
    name: str
    dtype: NumberFormat


def quieten() -> None:
    """Turn off the libraries' own bars and hints, so that only our bar is shown; call it before they load."""
    for name in ("bitsandbytes", "trl", "accelerate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from datasets.utils import logging as datasets_logging
    from transformers.utils import logging as transformers_logging

    datasets_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def this_device() -> TrainingDevice:
    """Return the GPU when there is one, else the CPU."""
    import torch

    if not torch.cuda.is_available():
        return device_of(this_cpu())
    capability = torch.cuda.get_device_capability(0)
    hardware = msgspec.structs.replace(this_cpu(), has_gpu=True, gpu_capability=capability)
    return device_of(hardware, torch.cuda.get_device_name(0))


def device_of(hardware: Hardware, gpu_name: str = "") -> TrainingDevice:
    """Return where to train on this hardware; the number format is the one that an engine would choose there.

    >>> device_of(Hardware(cores=(0, 1))).dtype
    'float32'
    """
    dtype = choose_dtype("auto", hardware)
    if hardware.has_gpu:
        return TrainingDevice(kind="cuda", name=gpu_name, dtype=dtype)
    return TrainingDevice(kind="cpu", name="CPU", dtype=dtype)


def load_tokenizer(base: Path, rendering: Rendering = AS_IS) -> "PreTrainedTokenizerBase":
    """Return the base model's tokenizer.

    Raises:
        TrainingError: it has no chat template, and none is set.
    """
    from transformers import AutoTokenizer

    with loading(base):
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    if not tokenizer.chat_template and rendering.template is None:
        raise TrainingError(
            f"{base}: the base model has no chat template; choose an instruction-tuned base model, or name a file with "
            'a template: chat_template = "FILE.jinja"'
        )
    return tokenizer


def load_template(base: Path, rendering: Rendering = AS_IS) -> ChatTemplate:
    """Return the base model's chat template, or the one that is set in its place.

    Raises:
        TrainingError: it has none, or it is not a template.
    """
    try:
        return ChatTemplate(load_tokenizer(base, rendering), rendering.template, rendering.template_args)
    except TemplateError as problem:
        raise TrainingError(f"{base}: the chat template can't be used: {problem}") from problem


def load_quantized(base: Path, device: TrainingDevice) -> "PreTrainedModel":
    """Return the base model with its weights in 4-bit NF4, on the device."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[device.dtype]
    four_bit = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    with loading(base):
        return AutoModelForCausalLM.from_pretrained(
            base, quantization_config=four_bit, dtype=dtype, device_map={"": device.kind}, trust_remote_code=False
        )
