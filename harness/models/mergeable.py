"""Which base models nothing can be merged into: quantized ones, and those that need Python code of their own."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import AdapterError
from harness.models.local import LocalModel
from harness.models.quantization import quantized_by


def refuse_merging(models: Mapping[LocalModel, str | None]) -> None:
    """Refuse adapters that would be merged into quantized weights, or by running a base model's own code.

    ``models`` come with the reason why LoRA modules can't carry them; with None where these can.

    Raises:
        AdapterError: there is one.
    """
    for model, beyond in models.items():
        if model.adapter_path is None:
            continue
        cannot = f"{model.adapter_path}: can't be merged into {model.ref.base}, "
        modules = (
            f"LoRA modules can't carry {beyond}" if beyond else 'set lora = "dynamic" under [engine] in harness.toml'
        )
        if model.code:
            other = ", so choose a base model whose architecture transformers has built in" if beyond else ""
            raise AdapterError(
                f"{cannot}which brings Python code of its own: merging would run it in this process, and only the vLLM "
                f"server runs it; {modules}{other}"
            )
        if method := quantized_by(Path(model.base_path)):
            other = ", so set base_model in harness.toml" if beyond else ", or base_model"
            raise AdapterError(f"{cannot}{_rounded_again(method)}; {modules}{other} to the unquantized model")


def refuse_quantized(model: LocalModel) -> None:
    """Refuse a checkpoint of an adapter on quantized weights.

    Raises:
        AdapterError: its base model's are.
    """
    if method := quantized_by(Path(model.base_path)):
        raise AdapterError(
            f"{model.adapter_path}: can't be merged into {model.ref.base}, {_rounded_again(method)}; name the "
            "unquantized model that it was made from: --base MODEL"
        )


def _rounded_again(method: str) -> str:
    return (
        f"whose weights are quantized ({method}): merged weights would have to be rounded again, and would answer "
        "differently"
    )
