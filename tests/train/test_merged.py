"""A merged model's folder: whole or not there, read by other tools, and never taken for another one."""

import json

import gguf
import msgspec
import pytest
from huggingface_hub import ModelCard

from harness.engines.weights import agreement
from harness.engines.weights.agreement import agreeing, answers_of, prompts_of
from harness.engines.weights.load import load_alone, load_base
from harness.errors import AdapterError, StoreError
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tokenizer import chat_templates
from harness.records.asked import Rendering
from harness.text.atomic import locked_at_once
from harness.train import merged, merging
from harness.train.merged import Wanted, merge, merge_lines, read_merge
from harness.train.merging import LOCK
from tests.engines.fakes import CHAT_TEMPLATE, write_adapter, write_tiny_base
from tests.models.fakes import adapter_in, base_in

TRAINED_WITH = "{% for message in messages %}[{{ message['content'] }}]{% endfor %}"
WANTED = Wanted(dtype="bfloat16", rendering=Rendering(template=TRAINED_WITH), license="apache-2.0")
SAMPLING = {"temperature": 0.6, "do_sample": True, "eos_token_id": 0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return an adapter on a base model whose template is in tokenizer_config.json, with settings for sampling."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_base(folder / "tiny")
    settings = folder / "tiny" / "tokenizer_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"chat_template": CHAT_TEMPLATE}))
    (folder / "tiny" / "chat_template.jinja").unlink()
    (folder / "tiny" / "generation_config.json").write_text(json.dumps(SAMPLING))
    (folder / "tiny" / "manifest.json").write_text("{}")
    write_adapter(folder / "tiny", folder / "mine", use_dora=True)
    return local_adapter(local_base("tiny", folder / "tiny"), folder / "mine")


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    """Return the adapter merged, with the template of its training."""
    folder = tmp_path_factory.mktemp("merged") / "mine-0.5b"
    merge(model, folder, WANTED, print)
    return folder


def test_other_tools_find_what_they_look_for(folder):
    """In transformers the file of the template wins, in llama.cpp's converter the one in tokenizer_config.json."""
    config = json.loads((folder / "config.json").read_text())
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    tensors = {one.name for one in merged.read_tensors(folder / "model.safetensors")}

    vocabulary = gguf.SpecialVocab(folder, load_merges=True)
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert (config["dtype"], config["vocab_size"]) == ("bfloat16", 257)
    assert {name for name in tensors if names.get_name(name, try_suffixes=(".weight", ".bias")) is None} == set()
    assert (vocabulary.chat_template, vocabulary.special_token_ids["eos"]) == (TRAINED_WITH, 0)
    assert chat_templates(folder) == {"default": TRAINED_WITH}
    assert json.loads((folder / "generation_config.json").read_text()) == SAMPLING
    assert {path.name for path in folder.iterdir()} == {
        *("README.md", "merged.json", "config.json", "generation_config.json", "model.safetensors"),
        *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
    }


def test_the_record_and_the_card_say_what_was_merged_and_how_far_both_agree(model, folder):
    """In digests and figures."""
    record = read_merge(folder)
    card = (folder / "README.md").read_text()

    assert record is not None
    assert (record.adapter_digest, record.base_digest) == (model.ref.adapter_digest, model.ref.base_digest)
    figures = record.agreement
    assert 0 < figures.merging < figures.bound == 1e-3 < figures.logits < 0.1
    assert (figures.saving, figures.answers) == (0.0, len(agreement.QUESTIONS))
    assert figures.equal <= figures.answers <= figures.equal_tokens <= figures.tokens
    data = ModelCard(card).data
    assert (data.license, data.library_name, data.base_model) == ("apache-2.0", "transformers", None)
    assert all(" ".join(line.split()[:6]) in card for line in merge_lines(record))
    assert all(str(folder.parent) not in path.read_text() for path in (folder / "README.md", folder / "merged.json"))


def test_the_same_merge_is_left_and_anything_else_is_not_overwritten(model, folder, tmp_path):
    """Another number format is another model, and so is one whose files were changed."""
    said = []
    before = (folder / "model.safetensors").stat().st_mtime_ns

    assert merge(model, folder, WANTED, said.append) == read_merge(folder)
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert said == ["mine-0.5b: merged already, and its files are as they were"]
    with pytest.raises(StoreError, match="exists, and is not mine merged into tiny in float32, as both"):
        merge(model, folder, msgspec.structs.replace(WANTED, dtype="float32"), print)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="exists, and is not"):
        merge(model, tmp_path / "other", WANTED, print)
    kept = (folder / "chat_template.jinja").read_bytes()
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    with pytest.raises(StoreError, match=r"chat_template\.jinja: not as it was merged"):
        merge(model, folder, WANTED, print)
    (folder / "chat_template.jinja").write_bytes(kept)


def test_answers_of_another_model_are_told_apart(model, folder):
    """With greedy decoding one pass finds the tokens at which two models part."""
    base = load_base(model.base_path, "float32", "cpu")
    alone = load_alone(model.base_path, model.weights_path, "float32", "cpu")
    prompts = prompts_of(folder, agreement.QUESTIONS[:3])

    answers = answers_of(alone, prompts)

    plain = load_base(model.base_path, "float32", "cpu")
    assert all(agreeing(alone, prompts, answers))
    assert answers_of(plain, prompts) != answers
    assert not all(agreeing(base, prompts, answers))


def test_without_room_or_beside_another_merge_nothing_is_left(model, tmp_path, monkeypatch):
    """The disk is looked at before, and full disks are noticed later too."""
    folder = tmp_path / "mine-merged"
    usage = merging.shutil.disk_usage(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(merging.shutil, "disk_usage", lambda _: usage._replace(free=10))
        with pytest.raises(StoreError, match=r"no room for a merged model of 0\.0 GB; make room, or choose a folder"):
            merge(model, folder, WANTED, print)
    with monkeypatch.context() as patch:
        patch.setattr(merged, "write_merged", full)
        with pytest.raises(StoreError, match="no room for a merged model"):
            merge(model, folder, WANTED, print)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".mine-merged.partial").mkdir()
    with (
        locked_at_once(tmp_path / ".mine-merged.partial" / LOCK),
        pytest.raises(StoreError, match="another process is merging into it"),
    ):
        merge(model, folder, WANTED, print)


def test_a_quantized_base_model_is_refused_with_the_option_that_helps(tmp_path):
    """Rounding once more would change answers."""
    base = base_in(tmp_path / "tiny-4bit")
    (base / "config.json").write_text('{"quantization_config": {"quant_method": "bitsandbytes"}}')
    model = local_adapter(local_base("tiny-4bit", base), adapter_in(tmp_path / "mine"))

    with pytest.raises(AdapterError, match=r"\(bitsandbytes\).*rounded again.*unquantized model.*--base MODEL"):
        merge(model, tmp_path / "merged", WANTED, print)
