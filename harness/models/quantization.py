"""Base models whose weights are saved quantized (AWQ, GPTQ, fp8): vLLM serves them, nothing is trained on them."""

from pathlib import Path

import msgspec

from harness.errors import NoSuchModel
from harness.models.foreign import reading
from harness.text.visible import for_terminal

UNNAMED = "an unnamed method"


class _Method(msgspec.Struct):
    quant_method: object = None


class _Config(msgspec.Struct):
    quantization_config: _Method | None = None
    compression_config: _Method | None = None


def quantized_by(base: Path) -> str | None:
    """Return the method by which a base model's weights are quantized, such as "awq"; None where they are not.

    Raises:
        NoSuchModel: its config.json can't be read.
    """
    path = base / "config.json"
    with reading(f"{path}: not readable as a model's configuration:", NoSuchModel):
        config = msgspec.json.decode(path.read_bytes(), type=_Config)
    told = config.quantization_config or config.compression_config
    if told is None:
        return None
    return for_terminal(str(told.quant_method), 40) if told.quant_method else UNNAMED


def refuse_training(base: Path) -> None:
    """Refuse a quantized base model for a training, which quantizes the weights itself.

    Raises:
        NoSuchModel: it is one.
    """
    if method := quantized_by(base):
        raise NoSuchModel(
            f"{base}: its weights are quantized already ({method}), and training quantizes them itself, to 4 bits; "
            "set base_model to the unquantized model that it was made from"
        )
