"""What nothing is merged into: quantized weights, and base models with Python code of their own."""

import json
from pathlib import Path

import pytest

from harness.errors import AdapterError
from harness.models.base_files import CODE
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.mergeable import refuse_merging
from tests.models.fakes import OF_BASE, adapter_in, base_in, safetensors, write_config


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
        refuse_merging({base: None, adapter: None})


def test_where_lora_modules_are_no_way_out_they_are_not_offered(tmp_path):
    """Asked for modules, the harness would send the user back to merging."""
    four_bits = {"quantization_config": {"quant_method": "bitsandbytes"}}
    packed = local_base("tiny-4bit", quantized(tmp_path / "base", **four_bits))
    code = base_in(tmp_path / "own")
    (code / "own.py").write_text("raise SystemExit\n")
    own = local_base("own", code, code=CODE)

    with pytest.raises(
        AdapterError, match=r"LoRA modules can't carry use_dora, so set base_model in harness\.toml to the"
    ):
        refuse_merging({local_adapter(packed, adapter_in(tmp_path / "mine")): "use_dora"})
    with pytest.raises(
        AdapterError, match="LoRA modules can't carry use_dora, so choose a base model whose architecture"
    ):
        refuse_merging({local_adapter(own, adapter_in(tmp_path / "mine")): "use_dora"})


def test_an_adapter_saved_for_a_quantized_base_model_runs_on_the_plain_one_and_unmerged_on_its_own(tmp_path):
    """QLoRA: its configuration names weights of 4 bits, which is a note; packed weights have no shape to compare."""
    method = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    packed = base_in(tmp_path / "tiny-bnb-4bit", safetensors(b"\0" * 8, dtype="U8", name=OF_BASE))
    (packed / "config.json").write_text(json.dumps({"quantization_config": method}))
    own, plain = local_base("tiny-bnb-4bit", packed), local_base("tiny", base_in(tmp_path / "tiny"))
    folder = adapter_in(tmp_path / "mine")
    write_config(folder, base_model_name_or_path="unsloth/tiny-bnb-4bit")

    on_own, on_plain = local_adapter(own, folder), local_adapter(plain, folder)

    assert on_own.notes == ()
    assert on_plain.notes == (
        "mine: its adapter_config.json names the base model unsloth/tiny-bnb-4bit; here it runs on tiny",
    )
    refuse_merging({on_plain: None})
    with pytest.raises(AdapterError, match=r"can't be merged into tiny-bnb-4bit, .* \(bitsandbytes\)"):
        refuse_merging({on_own: None})


def test_a_quantized_base_model_alone_and_adapters_on_plain_weights_are_served(tmp_path):
    """There is nothing to merge, or nothing in the way."""
    awq = local_base("a", quantized(tmp_path / "a", quantization_config={"quant_method": "awq"}))
    plain = local_base("b", base_in(tmp_path / "b"))

    refuse_merging(dict.fromkeys([awq, plain, local_adapter(plain, adapter_in(tmp_path / "mine"))]))


def test_merging_into_a_base_model_with_code_of_its_own_is_refused(tmp_path):
    """Merging would run it in this process; alone it is served."""
    folder = base_in(tmp_path / "own")
    (folder / "own.py").write_text("raise SystemExit\n")
    base = local_base("own", folder, code=CODE)
    adapter = local_adapter(base, adapter_in(tmp_path / "mine"))

    refuse_merging({base: None})
    with pytest.raises(AdapterError, match=r"merged into own, which brings Python code .*only the vLLM server runs it"):
        refuse_merging({base: None, adapter: None})
