"""A base model with Python code of its own, as a real vLLM server runs it."""

import json
import os
import shutil

from harness.config.engine import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.engines.vllm import VllmEngine
from harness.models.base_files import CODE
from harness.models.local import local_base
from tests.real.test_vllm import answer, questions_for

OWN = """
import os
from pathlib import Path
from transformers import LlamaConfig, PreTrainedTokenizerFast

with Path({place!r}).open("a") as file:
    file.write(f"{{os.getpid()}}\\n")


class OwnConfig(LlamaConfig):
    model_type = "own"


class OwnTokenizer(PreTrainedTokenizerFast):
    pass
"""


def test_the_server_runs_a_models_own_code_and_this_process_never_does(base_folder, tmp_path):
    """Configuration and tokenizer are code; the answers are those of the same weights without it."""
    folder = shutil.copytree(base_folder, tmp_path / "own")
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(OWN.format(place=str(ran)))
    for name, own, more in (
        ("config.json", {"AutoConfig": "own.OwnConfig"}, {"model_type": "own"}),
        ("tokenizer_config.json", {"AutoTokenizer": [None, "own.OwnTokenizer"]}, {"tokenizer_class": "OwnTokenizer"}),
    ):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | more | {"auto_map": own}))
    base = local_base("own", folder, code=CODE)
    plain = local_base("plain", base_folder)
    config = EngineConfig(dtype="float32", args=("--trust-remote-code",))

    with VllmEngine((base,), config, tmp_path / "run", tmp_path / "cache", print) as engine:
        served = answer(engine, questions_for(base))
        [note] = engine.notes
    here = answer(TransformersEngine((plain,), EngineConfig(dtype="float32")), questions_for(plain))

    assert [one.error for one in served] == [None] * len(served)
    assert [one.text for one in served] == [one.text for one in here]
    assert [one.tokens_in for one in served] == [one.tokens_in for one in here]
    assert note.startswith("own: its tokenizer is Python code of its own")
    assert str(os.getpid()) not in ran.read_text().split()
