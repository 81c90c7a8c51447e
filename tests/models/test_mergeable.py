"""What nothing is merged into: quantized weights, and base models with Python code of their own."""

import json
from pathlib import Path

import pytest

from harness.errors import AdapterError
from harness.models.base_files import CODE
from harness.models.local import local_adapter, local_base
from harness.models.mergeable import refuse_merging
from tests.models.fakes import adapter_in, base_in


def quantized(folder: Path, **config: object) -> Path:
    """Make a base model with this configuration."""
    base = base_in(folder)
    (base / "config.json").write_text(json.dumps(config))
    return base


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


def test_merging_into_a_base_model_with_code_of_its_own_is_refused(tmp_path):
    """Merging would run it in this process; alone it is served."""
    folder = base_in(tmp_path / "own")
    (folder / "own.py").write_text("raise SystemExit\n")
    base = local_base("own", folder, code=CODE)
    adapter = local_adapter(base, adapter_in(tmp_path / "mine"))

    refuse_merging([base])
    with pytest.raises(AdapterError, match=r"merged into own, which brings Python code .*only the vLLM server runs it"):
        refuse_merging([base, adapter])
