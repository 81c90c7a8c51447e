"""The base model as a training needs it: its device, its number format, its weights, and its tokenizer."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from jinja2 import TemplateError

from harness.engines.weights.hardware import Hardware, NumberFormat, choose_dtype, this_cpu
from harness.errors import TrainingError
from harness.models.chat import ChatTemplate, ends_of
from harness.models.own_code import loading
from harness.records.asked import AS_IS, Rendering
from harness.records.record import Record
from harness.train.config import Quantization

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerBase


class TrainingDevice(Record, frozen=True, kw_only=True):
    """Where to train, and in which type to compute."""

    kind: Literal["cpu", "cuda"]
    name: str
    dtype: NumberFormat
    index: int = 0
    """Which of several GPUs; each process of ``accelerate launch`` or ``torchrun`` has its own."""
    capability: tuple[int, int] | None = None
    """Of the GPU; None on a CPU."""

    @property
    def place(self) -> str:
        """The device as torch writes it."""
        return f"cuda:{self.index}" if self.kind == "cuda" else "cpu"


def quieten() -> None:
    """Turn off the libraries' own bars and hints, so that only our bar is shown; call it before they load."""
    for name in ("bitsandbytes", "trl", "accelerate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from datasets.utils import logging as datasets_logging
    from transformers.utils import logging as transformers_logging

    datasets_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def local_rank(environment: Mapping[str, str] = os.environ) -> int:
    """Return the number of this process among those of one machine: 0 where no launcher has set LOCAL_RANK.

    >>> local_rank({}), local_rank({"LOCAL_RANK": "1"})
    (0, 1)
    """
    told = environment.get("LOCAL_RANK", "0")
    return int(told) if told.isdecimal() else 0


def this_device() -> TrainingDevice:
    """Return this process's GPU when there is one, else the CPU.

    Raises:
        TrainingError: there are fewer GPUs than processes.
    """
    import torch

    if not torch.cuda.is_available():
        return device_of(this_cpu())
    index, found = local_rank(), torch.cuda.device_count()
    if index >= found:
        raise TrainingError(
            f"LOCAL_RANK is {index}, but this machine has {found} GPUs; start one process for each (--num_processes)"
        )
    capability = torch.cuda.get_device_capability(index)
    hardware = msgspec.structs.replace(this_cpu(), has_gpu=True, gpu_capability=capability)
    return device_of(hardware, torch.cuda.get_device_name(index), index)


def device_of(hardware: Hardware, gpu_name: str = "", index: int = 0) -> TrainingDevice:
    """Return where to train on this hardware; the number format is the one that an engine would choose there.

    >>> device_of(Hardware(cores=(0, 1))).dtype
    'float32'
    """
    dtype = choose_dtype("auto", hardware)
    if hardware.has_gpu:
        return TrainingDevice(kind="cuda", name=gpu_name, dtype=dtype, index=index, capability=hardware.gpu_capability)
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
        tokenizer = load_tokenizer(base, rendering)
        return ChatTemplate(tokenizer, rendering.template, rendering.template_args, ends_of(base))
    except TemplateError as problem:
        raise TrainingError(f"{base}: the chat template can't be used: {problem}") from problem


def load_weights(  # noqa: PLR0913 - each is one setting of from_pretrained
    base: Path,
    device: TrainingDevice,
    quantization: Quantization,
    attention: str,
    *,
    master: bool = False,
    is_whole: bool = True,
) -> "PreTrainedModel":
    """Return the base model on the device, quantized as told.

    ``master`` keeps the weights in float32, as is needed where they are all trained: in a shorter format small updates
    vanish. Where it is not ``is_whole``, processes will share the weights out, and the library that does it places
    them.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with loading(base):
        return AutoModelForCausalLM.from_pretrained(
            base,
            quantization_config=_bits(quantization, device, is_whole=is_whole),
            dtype=torch.float32 if master else getattr(torch, device.dtype),
            device_map={"": device.place} if is_whole else None,
            attn_implementation=attention,
            trust_remote_code=False,
        )


def _bits(quantization: Quantization, device: TrainingDevice, *, is_whole: bool) -> "BitsAndBytesConfig | None":
    import torch
    from transformers import BitsAndBytesConfig

    if quantization == "none":
        return None
    if quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=quantization,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, device.dtype),
        # In the type of the other weights, packed ones can be shared out among processes (FSDP); no value changes.
        bnb_4bit_quant_storage=torch.uint8 if is_whole else getattr(torch, device.dtype),
    )
