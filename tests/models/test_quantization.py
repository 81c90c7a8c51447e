"""Quantized base models: told by their configuration, never merged into or trained on."""

import json
from pathlib import Path

import pytest

from harness.errors import AdapterError, NoSuchModel
from harness.models.local import local_adapter, local_base
from harness.models.quantization import quantized_by, refuse_merging, refuse_training
from tests.models.fakes import adapter_in, base_in


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


def test_merging_into_quantized_weights_is_refused_with_the_reason_and_both_ways_out(tmp_path):
    """Served unmerged, or on the model that was quantized."""
    awq = {"quantization_config": {"quant_method": "awq"}}
    base = local_base("tiny-AWQ", quantized(tmp_path / "base", **awq))
    adapter = local_adapter(base, adapter_in(tmp_path / "mine"))

    with pytest.raises(
        AdapterError,
        match=r"mine: can't be merged into tiny-AWQ, whose weights are quantized \(awq\): .*rounded again"
        r'.*lora = "dynamic" under \[engine\].* or base_model to the unquantized model',
    ):
        refuse_merging([base, adapter])


def test_a_quantized_base_model_alone_and_adapters_on_plain_weights_are_served(tmp_path):
    """There is nothing to merge, or nothing in the way."""
    awq = local_base("a", quantized(tmp_path / "a", quantization_config={"quant_method": "awq"}))
    plain = local_base("b", base_in(tmp_path / "b"))

    refuse_merging([awq, plain, local_adapter(plain, adapter_in(tmp_path / "mine"))])


def test_training_on_quantized_weights_is_refused(tmp_path):
    """It quantizes the weights itself."""
    with pytest.raises(NoSuchModel, match=r"quantized already \(gptq\), and training quantizes them itself"):
        refuse_training(quantized(tmp_path / "base", quantization_config={"quant_method": "gptq"}))
