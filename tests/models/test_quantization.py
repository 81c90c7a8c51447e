"""Quantized base models: told by their configuration, never trained on."""

import json
from pathlib import Path

import pytest

from harness.errors import NoSuchModel
from harness.models.quantization import quantized_by, refuse_training
from tests.models.fakes import base_in


def quantized(folder: Path, **config: object) -> Path:
    """Make a base model with this configuration."""
    base = base_in(folder)
    (base / "config.json").write_text(json.dumps(config))
    return base


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128}}, "awq"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4, "desc_act": False}}, "gptq"),
        ({"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}, "fp8"),
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, "bitsandbytes"),
        ({"compression_config": {"quant_method": "compressed-tensors"}}, "compressed-tensors"),
        ({"quantization_config": {"bits": 4}}, "an unnamed method"),
        ({"quantization_config": None}, None),
        ({"model_type": "llama"}, None),
    ],
)
def test_the_configuration_tells_how_weights_are_quantized(config, method, tmp_path):
    """It is what transformers and vLLM go by."""
    assert quantized_by(quantized(tmp_path / "base", **config)) == method


def test_training_on_quantized_weights_is_refused(tmp_path):
    """It quantizes the weights itself."""
    with pytest.raises(NoSuchModel, match=r"quantized already \(gptq\), and training quantizes them itself"):
        refuse_training(quantized(tmp_path / "base", quantization_config={"quant_method": "gptq"}))
