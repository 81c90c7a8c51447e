"""Which base models nothing can be merged into: quantized ones, and those that need Python code of their own."""

from collections.abc import Iterable
from pathlib import Path

from harness.errors import AdapterError
from harness.models.local import LocalModel
from harness.models.quantization import quantized_by


def refuse_merging(models: Iterable[LocalModel]) -> None:
    """Refuse adapters that would be merged into quantized weights, or by running a base model's own code.

    Raises:
        AdapterError: there is one.
    """
    for model in models:
        if model.adapter_path is None:
            continue
        if model.code:
            raise AdapterError(
                f"{model.adapter_path}: can't be merged into {model.ref.base}, which brings Python code of its own: "
                "merging would run it in this process, and only the vLLM server runs it; "
                'set lora = "dynamic" under [engine] in harness.toml'
            )
        if method := quantized_by(Path(model.base_path)):
            raise AdapterError(
                f"{model.adapter_path}: can't be merged into {model.ref.base}, whose weights are quantized ({method}): "
                "merged weights would have to be rounded again, and would answer differently; "
                'set lora = "dynamic" under [engine] in harness.toml, or base_model to the unquantized model'
            )
