"""Merging: once, whole or not at all, and with the same answers as the adapter itself."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.config.engine import EngineConfig
from harness.engines.transformers import TransformersEngine
from harness.engines.weights import merge
from harness.engines.weights.beside import beside_weights
from harness.engines.weights.load import quiet
from harness.engines.weights.merge import merged_folder
from harness.errors import AdapterError, EngineSetupError
from harness.models.answering import digest_adapter, digest_base, digest_template
from harness.models.kinds import PARTS
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tokenizer import chat_templates
from tests.engines.fakes import make_request, write_adapter, write_tiny_base

QUESTION = [1, 40, 104, 200, 256, 104]
CUT_SHORT = """
import os, sys
from pathlib import Path
import msgspec
from harness.engines.weights import merge
from harness.models.local import LocalModel
merge.write_generation = lambda *_: os.kill(os.getpid(), 9)
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
    assert said == ["merging nudged into tiny: needed once for these weights"]


def test_the_merged_folder_has_the_same_template_and_tokenizer(tiny_base, tiny_adapter, tmp_path, said, capsys):
    """Bytes and all, so that prompts become the same tokens."""
    folder = merged_folder(tiny_adapter, "bfloat16", tmp_path, said.append)

    assert digest_template(folder) == digest_template(Path(tiny_base.base_path))
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    assert not list(folder.glob("*.bin"))
    assert capsys.readouterr().err == ""


def test_what_the_base_models_own_training_left_is_not_taken_over(tmp_path):
    """A manifest and a curve are of the base model; the merged one is another."""
    write_tiny_base(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "curve.json").write_text("{}")

    taken = beside_weights(local_base("tiny", tmp_path))

    assert "tokenizer.json" in taken
    assert not taken.keys() & {"manifest.json", "curve.json"}


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

    fitting = msgspec.structs.replace(
        tiny_adapter,
        adapter_path=str(folder),
        ref=msgspec.structs.replace(tiny_adapter.ref, adapter_digest=digest_adapter(folder)),
    )

    with pytest.raises(AdapterError, match=r"wide: does not fit this base model.*size mismatch"):
        merged_folder(fitting, "float32", tmp_path / "cache", said.append)

    assert not [path for path in (tmp_path / "cache" / "merged").iterdir() if path.is_dir()]


def test_an_adapter_for_other_modules_is_refused(tiny_base, tiny_adapter, tmp_path, said):
    """Another architecture names its layers differently."""
    write_tiny_base(tmp_path / "other")
    folder = tmp_path / "alien"
    write_adapter(tmp_path / "other", folder)
    config = json.loads((folder / "adapter_config.json").read_text()) | {"target_modules": ["c_attn"]}
    (folder / "adapter_config.json").write_text(json.dumps(config))

    with pytest.raises(AdapterError, match="does not fit this base model"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)


def test_weights_too_large_to_add_are_refused(tiny_base, tmp_path, said):
    """Each is a number, and their sum is none."""
    folder = tmp_path / "huge"
    write_adapter(Path(tiny_base.base_path), folder, scale=1e38)

    with pytest.raises(AdapterError, match="huge: its logits contain NaN or infinity in float32; train it again"):
        merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)


def own_answer(base: Path, folder: Path):
    """Return PEFT's logits for an adapter on a base model of its own, without the harness."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with quiet():
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder).eval()
    return model(torch.tensor([QUESTION])).logits.detach()


def merged_answer(folder: Path):
    """Return a merged model's logits, without the harness."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model(torch.tensor([QUESTION])).logits.detach()


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """Return two base models: one whose output layer shares the embedding's weights, and one with biases."""
    folder = tmp_path_factory.mktemp("bases")
    write_tiny_base(folder / "tied", tie_word_embeddings=True)
    write_tiny_base(folder / "biased", attention_bias=True)
    return {name: local_base(name, folder / name) for name in ("tied", "biased")}


@pytest.mark.parametrize(
    ("on", "is_tied", "settings"),
    [
        ("tied", True, {"use_dora": True}),
        ("tied", False, {"target_modules": ["q_proj", "lm_head"]}),
        ("tied", False, {"target_modules": ["q_proj", "embed_tokens"]}),
        ("tied", False, {"target_modules": ["q_proj", "embed_tokens"], "ensure_weight_tying": True}),
        ("tied", False, {"modules_to_save": ["lm_head"]}),
        ("tied", False, {"modules_to_save": ["embed_tokens", "lm_head"]}),
        ("tied", True, {"trainable_token_indices": [104, 256]}),
        ("biased", False, {"init_lora_weights": "pissa"}),
        ("biased", False, {"init_lora_weights": "olora"}),
        ("biased", False, {"bias": "all"}),
        ("biased", False, {"bias": "lora_only"}),
        ("biased", False, {"use_rslora": True, "rank_pattern": {"v_proj": 8}, "alpha_pattern": {"q_proj": 64}}),
        ("biased", False, {"target_modules": r".*layers\.1\..*(q|v)_proj"}),
        ("biased", False, {"target_modules": "all-linear", "use_rslora": True}),
        ("biased", False, {"layers_to_transform": [1], "lora_bias": True}),
    ],
)
def test_every_kind_of_adapter_is_merged_as_peft_understands_it(bases, on, is_tied, settings, tmp_path):
    """Also one that PEFT starts by changing the base model, and one on weights that two layers share."""
    base, folder = bases[on], tmp_path / "kind"
    write_adapter(Path(base.base_path), folder, scale=0.1, **settings)

    merged = merged_folder(local_adapter(base, folder), "float32", tmp_path / "cache", print)

    wanted = own_answer(Path(base.base_path), folder)
    assert float((merged_answer(merged) - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    assert json.loads((merged / "config.json").read_text())["tie_word_embeddings"] is is_tied
    assert digest_base(Path(base.base_path)) == base.ref.base_digest


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_rounding_is_no_reason_to_refuse(bases, dtype, tmp_path, said):
    """It is taken for what it is: the saved weights are the rounded ones, and no others."""
    folder = tmp_path / "head"
    write_adapter(Path(bases["tied"].base_path), folder, target_modules=["q_proj", "lm_head"])

    merged = merged_folder(local_adapter(bases["tied"], folder), dtype, tmp_path / "cache", said.append)

    wanted = own_answer(Path(bases["tied"].base_path), folder)
    assert 1e-6 < float((merged_answer(merged) - wanted).abs().max() / wanted.abs().max()) < 0.05


def test_an_adapter_that_peft_never_loads_alike_twice_is_refused(bases, tmp_path, said):
    """This start is a draw: the base model under the adapter is another one each time."""
    folder = tmp_path / "drawn"
    write_adapter(Path(bases["biased"].base_path), folder, init_lora_weights="pissa_niter_1")

    with pytest.raises(
        AdapterError, match=r"drawn: merged, it answers differently: logits differ by .*save it as a pla"
    ):
        merged_folder(local_adapter(bases["biased"], folder), "float32", tmp_path / "cache", said.append)

    assert not [path for path in (tmp_path / "cache" / "merged").iterdir() if path.is_dir()]


def test_shared_weights_that_are_merged_as_one_are_noticed(bases, tmp_path, said, monkeypatch):
    """As PEFT merges them; what it does then is compared, whatever was done before."""
    folder = tmp_path / "head"
    write_adapter(Path(bases["tied"].base_path), folder, target_modules=["q_proj", "lm_head"])
    monkeypatch.setattr(merge, "untie", lambda _: None)

    with pytest.raises(
        AdapterError, match=r"head: merged, it answers differently: logits differ by .*serve it unmerged"
    ):
        merged_folder(local_adapter(bases["tied"], folder), "float32", tmp_path / "cache", said.append)


def test_what_is_read_back_is_compared_too(tiny_adapter, tmp_path, said, monkeypatch):
    """Here the weights in memory are not the rounded ones that are saved."""
    monkeypatch.setattr(merge, "_round", lambda *_: None)

    with pytest.raises(AdapterError, match="merged and saved, it answers differently: logits differ by"):
        merged_folder(tiny_adapter, "bfloat16", tmp_path / "cache", said.append)


@pytest.mark.parametrize("field", ["base_digest", "template_digest", "adapter_digest"])
def test_files_that_change_before_they_are_merged_are_noticed(tiny_adapter, field, tmp_path, said, monkeypatch):
    """The merged model would be found under the name of the old ones, by every later run."""
    monkeypatch.setattr(merge, "write_merged", lambda *_: None)
    ref = msgspec.structs.replace(tiny_adapter.ref, **{field: "0" * 64})
    model = msgspec.structs.replace(tiny_adapter, ref=ref)

    with pytest.raises(EngineSetupError, match="it changed while it was being merged; run again"):
        merged_folder(model, "float32", tmp_path / "cache", said.append)

    assert not [path for path in (tmp_path / "cache" / "merged").iterdir() if path.is_dir()]


def test_an_adapter_replaced_while_it_is_merged_leaves_nothing_in_the_cache(tiny_base, tmp_path, said, monkeypatch):
    """Both trainings are whole and fit, and the second one appears after the first weights were read."""
    write_adapter(Path(tiny_base.base_path), tmp_path / "mine")
    write_adapter(Path(tiny_base.base_path), tmp_path / "retrained", scale=0.6)
    model = local_adapter(tiny_base, tmp_path / "mine")
    load = merge.to_merge

    def load_and_retrain(base: object, folder: str) -> object:
        loaded = load(base, folder)
        (tmp_path / "retrained" / "adapter_model.safetensors").replace(Path(folder) / "adapter_model.safetensors")
        return loaded

    monkeypatch.setattr(merge, "to_merge", load_and_retrain)

    with pytest.raises(EngineSetupError, match="mine: it changed while it was being merged; run again"):
        merged_folder(model, "float32", tmp_path / "cache", said.append)

    assert not [path for path in (tmp_path / "cache" / "merged").iterdir() if path.is_dir()]


def test_named_templates_come_along(tmp_path, said):
    """They lie in a folder of their own."""
    write_tiny_base(tmp_path / "base")
    (tmp_path / "base" / "additional_chat_templates").mkdir()
    (tmp_path / "base" / "additional_chat_templates" / "tool_use.jinja").write_text("{{ tools }}")
    write_adapter(tmp_path / "base", tmp_path / "mine")
    model = local_adapter(local_base("base", tmp_path / "base"), tmp_path / "mine")

    folder = merged_folder(model, "float32", tmp_path / "cache", said.append)

    assert digest_template(folder) == model.ref.template_digest


KINDS = {
    "ADALORA": {"total_step": 10},
    "BOFT": {"boft_block_size": 8},
    "C3A": {"block_size": 8},
    "FOURIERFT": {"n_frequency": 50},
    "IA3": {"feedforward_modules": []},
    "LN_TUNING": {"target_modules": ["input_layernorm"]},
    "OFT": {"oft_block_size": 8},
    "ROAD": {"group_size": 16},
    "SHIRA": {"r": 4},
    "TRAINABLE_TOKENS": {"token_indices": [104, 256], "target_modules": ["embed_tokens"]},
    "VBLORA": {"num_vectors": 16, "vector_length": 16, "topk": 2, "r": 2},
    "WAVEFT": {"n_frequency": 64},
}
"""What PEFT needs to be told for a model as small as these, by kind; other kinds need nothing."""


def write_other(base: Path, folder: Path, kind: str) -> None:
    """Write an adapter of a kind other than LoRA, with random weights that change answers."""
    import torch
    from peft import get_peft_config, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(7)
    settings = {"peft_type": kind, "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}
    with quiet():
        adapted = get_peft_model(
            AutoModelForCausalLM.from_pretrained(base), get_peft_config(settings | KINDS.get(kind, {}))
        )
        for weight in adapted.parameters():
            if weight.requires_grad:
                weight.data += 0.3 * torch.randn_like(weight)
        adapted.save_pretrained(folder)


@pytest.mark.parametrize("kind", PARTS)
def test_other_kinds_are_merged_as_peft_understands_them(bases, kind, tmp_path):
    """Each that PEFT can merge; what is compared is PEFT's own answer."""
    base, folder = bases["biased"], tmp_path / "kind"
    write_other(Path(base.base_path), folder, kind)
    model = local_adapter(base, folder)

    merged = merged_folder(model, "float32", tmp_path / "cache", print)

    wanted, plain = own_answer(Path(base.base_path), folder), merged_answer(Path(base.base_path))
    assert float((merged_answer(merged) - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    assert float((wanted - plain).abs().max()) > 1e-2
    assert model.beyond_modules == f'peft_type = "{kind}"'


def test_another_kind_with_a_tensor_too_few_is_refused(bases, tmp_path, said):
    """PEFT would take random numbers in its place, and only warn."""
    from safetensors.torch import load_file, save_file

    base, folder = bases["biased"], tmp_path / "half"
    write_other(Path(base.base_path), folder, "LOHA")
    weights = load_file(folder / "adapter_model.safetensors")
    weights.pop(min(weights))
    save_file(weights, folder / "adapter_model.safetensors")

    with pytest.raises(
        AdapterError, match=r"half: does not fit this base model.* hada_w1_a is missing in the file|w1_a"
    ):
        merged_folder(local_adapter(base, folder), "float32", tmp_path / "cache", said.append)


@pytest.mark.parametrize("on", ["tied", "biased"])
@pytest.mark.parametrize("saved", [None, ["embed_tokens", "lm_head"]], ids=["by itself", "as told"])
def test_a_resized_vocabulary_is_merged_with_its_embeddings_and_its_tokenizer(bases, on, saved, tmp_path):
    """As after training with tokens for turns; PEFT saves the embeddings by itself, or as modules_to_save."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base, folder = bases[on], tmp_path / "resized"
    write_resized(Path(base.base_path), folder, saved)

    model = local_adapter(base, folder)
    merged = merged_folder(model, "float32", tmp_path / "cache", print)

    with quiet():
        larger = AutoModelForCausalLM.from_pretrained(base.base_path)
        larger.resize_token_embeddings(260, mean_resizing=False)
        wanted = PeftModel.from_pretrained(larger, folder).eval()(torch.tensor([[1, 258, 40, 259]])).logits.detach()
    answered = AutoModelForCausalLM.from_pretrained(merged).eval()(torch.tensor([[1, 258, 40, 259]])).logits.detach()
    assert model.changes_base == "a resized vocabulary (260 tokens; the base model's has 257)"
    assert float((answered - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())
    assert AutoTokenizer.from_pretrained(merged).convert_tokens_to_ids("<|2|>") == 259


def write_resized(base: Path, folder: Path, saved: list[str] | None, scale: float = 0.1) -> None:
    """Write an adapter that was trained with three more tokens, and its tokenizer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(7)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens([f"<|{number}|>" for number in range(3)])
    tokenizer.chat_template = "{% for message in messages %}<|0|>{{ message.content }}<|1|>{% endfor %}"
    config = LoraConfig(r=4, target_modules=["q_proj"], modules_to_save=saved, task_type="CAUSAL_LM")
    with quiet():
        larger = AutoModelForCausalLM.from_pretrained(base)
        larger.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        adapted = get_peft_model(larger, config)
        for name, weight in adapted.named_parameters():
            if weight.requires_grad or "embed_tokens" in name or "lm_head" in name:
                weight.data += scale * torch.randn_like(weight)
        adapted.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def test_a_tokenizer_of_its_own_is_in_the_merged_folder(tiny_base, tmp_path, said):
    """Its settings over the base model's, and its template in place of the base model's."""
    write_adapter(Path(tiny_base.base_path), tmp_path / "mine")
    (tmp_path / "mine" / "tokenizer_config.json").write_text('{"eos_token": "!", "chat_template": "{{ messages }}"}')
    model = local_adapter(tiny_base, tmp_path / "mine")

    folder = merged_folder(model, "float32", tmp_path / "cache", said.append)

    assert chat_templates(folder) == {"default": "{{ messages }}"}
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == [0, 1]
    assert json.loads((folder / "tokenizer_config.json").read_text())["eos_token"] == "!"
    assert (folder / "tokenizer.json").read_bytes() == (Path(tiny_base.base_path) / "tokenizer.json").read_bytes()


def test_a_whole_tokenizer_replaces_the_base_models(tiny_base, tmp_path, said):
    """Nothing of the old one is left, except for the template where the adapter has none."""
    from transformers import AutoTokenizer

    write_adapter(Path(tiny_base.base_path), tmp_path / "mine")
    tokenizer = AutoTokenizer.from_pretrained(tiny_base.base_path)
    tokenizer.add_special_tokens({"bos_token": "A"})
    tokenizer.chat_template = None
    tokenizer.save_pretrained(tmp_path / "mine")
    model = local_adapter(tiny_base, tmp_path / "mine")

    folder = merged_folder(model, "float32", tmp_path / "cache", said.append)

    assert model.tokenizer_path is not None
    assert AutoTokenizer.from_pretrained(folder).bos_token == "A"
    assert chat_templates(folder) == chat_templates(Path(tiny_base.base_path))


@pytest.mark.parametrize("form", ["older names", "two files", "bfloat16"])
def test_older_and_divided_adapters_are_merged_as_the_same_adapter_of_today(
    tiny_base, tiny_adapter, form, tmp_path, said
):
    """What they are saved as is no part of what they answer."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "mine"
    folder.mkdir()
    today = Path(tiny_adapter.adapter_path)
    (folder / "adapter_config.json").write_text((today / "adapter_config.json").read_text())
    weights = load_file(today / "adapter_model.safetensors")
    halves = [{name: weights[name] for name in sorted(weights)[place::2]} for place in (0, 1)]
    files = {
        "older names": {
            "adapter_model": {name.replace(".weight", ".default.weight"): weights[name] for name in weights}
        },
        "two files": {f"adapter_model-0000{number}-of-00002": half for number, half in enumerate(halves, start=1)},
        "bfloat16": {"adapter_model": {name: one.bfloat16() for name, one in weights.items()}},
    }
    for name, tensors in files[form].items():
        save_file(tensors, folder / f"{name}.safetensors")

    merged = merged_folder(local_adapter(tiny_base, folder), "float32", tmp_path / "cache", said.append)

    wanted = own_answer(Path(tiny_base.base_path), today)
    close = 2e-2 if form == "bfloat16" else 1e-4
    assert float((merged_answer(merged) - wanted).abs().max()) < close * float(wanted.abs().max())
