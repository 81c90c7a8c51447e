"""Merging: once, whole or not at all, and with the same answers as the adapter itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.config import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.engines.weights.merge import merged_folder
from harness.errors import AdapterError
from harness.models.local import digest_template, local_adapter, local_base
from tests.engines.fakes import make_request, write_adapter, write_tiny_base

CUT_SHORT = """
import os, sys
from pathlib import Path
import msgspec
from harness.engines.weights import merge
from harness.models.local import LocalModel
merge.shutil.copyfile = lambda *_: os.kill(os.getpid(), 9)
merge.merged_folder(msgspec.json.decode(sys.argv[1], type=LocalModel), "float32", Path(sys.argv[2]), print)
"""


@pytest.fixture
def said():
    """Return what was told about the progress."""
    return []


def test_the_merged_model_answers_as_the_adapter_does(tiny_base, tiny_adapter, tmp_path, said):
    """The way of serving must not change the answers."""
    folder = merged_folder(tiny_adapter, "float32", tmp_path, said.append)
    merged = local_base("merged", folder)
    texts = [f"question {number}" for number in range(12)]
    config = EngineConfig(dtype="float32")

    with_adapter = TransformersEngine((tiny_base, tiny_adapter), config)
    alone = TransformersEngine((merged,), config)

    assert [one.text for one in alone.generate([make_request(text, model=merged.ref) for text in texts])] == [
        one.text for one in with_adapter.generate([make_request(text, model=tiny_adapter.ref) for text in texts])
    ]
    assert said == ["merging nudged into tiny: once for these weights"]


def test_the_merged_folder_has_the_same_template_and_tokenizer(tiny_base, tiny_adapter, tmp_path, said, capsys):
    """Bytes and all, so that prompts become the same tokens."""
    folder = merged_folder(tiny_adapter, "bfloat16", tmp_path, said.append)

    assert digest_template(folder) == digest_template(Path(tiny_base.base_path))
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    assert not list(folder.glob("*.bin"))
    assert capsys.readouterr().err == ""


def test_the_second_time_costs_nothing(tiny_adapter, tmp_path, said):
    """The folder is found by what was merged, not by names."""
    first = merged_folder(tiny_adapter, "float32", tmp_path, said.append)
    stamp = (first / "model.safetensors").stat().st_mtime_ns

    second = merged_folder(tiny_adapter, "float32", tmp_path, said.append)

    assert second == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp
    assert len(said) == 1


def test_other_weights_go_to_another_folder(tiny_base, tiny_adapter, tmp_path, said):
    """Training again into the same folder must not meet the old weights; nor must another number format."""
    folder = tmp_path / "nudged"
    write_adapter(Path(tiny_base.base_path), folder, scale=0.5)
    retrained = local_adapter(tiny_base, folder)

    folders = {
        merged_folder(model, dtype, tmp_path / "cache", said.append)
        for model, dtype in ((tiny_adapter, "float32"), (retrained, "float32"), (retrained, "bfloat16"))
    }

    assert len(folders) == 3


def test_a_kill_half_way_leaves_nothing_that_looks_finished(tiny_adapter, tmp_path, said):
    """The next merge starts over, and clears away what was left."""
    import msgspec

    code = [sys.executable, "-c", CUT_SHORT, msgspec.json.encode(tiny_adapter).decode(), str(tmp_path)]
    killed = subprocess.run(code, check=False, capture_output=True, cwd=Path(__file__).parents[3])
    left = [path.name for path in (tmp_path / "merged").iterdir() if path.is_dir()]

    folder = merged_folder(tiny_adapter, "float32", tmp_path, said.append)

    assert killed.returncode == -9
    assert left == [f"{folder.name}.part"]
    assert (folder / "tokenizer.json").is_file()
    assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]


def test_an_adapter_for_another_width_is_refused(tiny_base, tiny_adapter, tmp_path, said):
    """The message names the folder, and nothing is left in the cache."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "wide"
    folder.mkdir()
    weights = load_file(Path(tiny_adapter.adapter_path) / "adapter_model.safetensors")
    save_file({name: weight.repeat(1, 2) for name, weight in weights.items()}, folder / "adapter_model.safetensors")
    config = Path(tiny_adapter.adapter_path) / "adapter_config.json"
    (folder / "adapter_config.json").write_text(config.read_text())

    with pytest.raises(AdapterError, match=r"wide: doesn't fit the base model.*size mismatch"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)

    assert not [path for path in (tmp_path / "cache" / "merged").iterdir() if path.is_dir()]


def test_an_adapter_for_other_modules_is_refused(tiny_base, tiny_adapter, tmp_path, said):
    """Another architecture names its layers differently."""
    write_tiny_base(tmp_path / "other")
    folder = tmp_path / "alien"
    write_adapter(tmp_path / "other", folder)
    config = json.loads((folder / "adapter_config.json").read_text()) | {"target_modules": ["c_attn"]}
    (folder / "adapter_config.json").write_text(json.dumps(config))

    with pytest.raises(AdapterError, match="doesn't fit the base model"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)


def test_an_adapter_that_is_no_lora_is_refused(tiny_base, tiny_adapter, tmp_path, said):
    """Nothing here can serve another kind."""
    folder = tmp_path / "prompt"
    folder.mkdir()
    config = {"peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    weights = Path(tiny_adapter.adapter_path) / "adapter_model.safetensors"
    (folder / "adapter_model.safetensors").write_bytes(weights.read_bytes())

    with pytest.raises(AdapterError, match="only LoRA adapters can be served"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)


def test_weights_that_are_no_numbers_are_refused(tiny_base, tmp_path, said):
    """A training that diverged leaves NaN behind, and every answer would be nonsense."""
    folder = tmp_path / "broken"
    write_adapter(Path(tiny_base.base_path), folder, scale=float("inf"))

    with pytest.raises(AdapterError, match="can't be merged"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)
