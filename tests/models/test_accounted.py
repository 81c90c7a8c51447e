"""What an adapter has besides LoRA weights: named in its configuration, or the base model's own, or refused."""

import json
import os
import struct
from pathlib import Path

import msgspec
import pytest

from harness.errors import AdapterError, NoSuchModel
from harness.models.accounted import unaccounted
from harness.models.adapter_config import AdapterConfig
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tensors import Tensor
from tests.models.fakes import WEIGHT, adapter_in, base_in, write_config

EMBEDDINGS = "base_model.model.model.embed_tokens"
HEAD = "base_model.model.lm_head"


def refusal_of(name: str, **settings: object) -> str | None:
    """Return why a file with LoRA weights and this tensor is refused."""
    tensors = [Tensor(name=one, dtype="F32", shape=(2,), begin=0, end=8) for one in (WEIGHT, name)]
    return unaccounted(tensors, msgspec.convert({"r": 8} | settings, AdapterConfig))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (f"{EMBEDDINGS}.lora_embedding_A", {}),
        (f"{HEAD}.lora_B.bias", {}),
        (f"{HEAD}.lora_magnitude_vector", {}),
        (f"{HEAD}.weight", {"modules_to_save": ["lm_head"]}),
        (f"{EMBEDDINGS}.weight", {"modules_to_save": ["model.embed_tokens"]}),
        ("base_model.model.score.dense.weight", {"modules_to_save": ["classifier", "score"]}),
        (f"{EMBEDDINGS}.token_adapter.trainable_tokens_delta", {"trainable_token_indices": [3]}),
        ("base_model.model.model.layers.0.self_attn.q_proj.bias", {"bias": "lora_only"}),
        ("base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight", {}),
        (f"{EMBEDDINGS}.weight", {}),
        (f"{HEAD}.weight", {}),
    ],
)
def test_what_peft_saves_is_accounted_for(name, settings):
    """Each by its name, or by the setting that makes PEFT save it."""
    assert refusal_of(name, **settings) is None


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("base_model.model.model.norm.weight", {}),
        ("base_model.model.model.norm.weight", {"modules_to_save": ["lm_head"]}),
        ("base_model.model.model.norm.weight", {"modules_to_save": [""]}),
        (f"{EMBEDDINGS}.base_layer.weight", {}),
        (f"{EMBEDDINGS}.base_layer.weight", {"modules_to_save": ["embed_tokens"]}),
        (f"{EMBEDDINGS}.original_module.weight", {"modules_to_save": ["embed_tokens"]}),
        (f"{EMBEDDINGS}.modules_to_save.adapter_1.weight", {"modules_to_save": ["embed_tokens"]}),
        (f"{EMBEDDINGS}.token_adapter.trainable_tokens_delta", {}),
        (f"{EMBEDDINGS}.token_adapter.trainable_tokens_delta.adapter_1", {"trainable_token_indices": [3]}),
        ("base_model.model.model.layers.0.self_attn.q_proj.bias", {}),
        ("base_model.model.model.layers.0.self_attn.q_proj.bias", {"bias": "none"}),
        ("weight", {}),
    ],
)
def test_what_would_change_the_base_model_is_refused_by_its_name(name, settings):
    """PEFT would load it over the base model's weights, or over another adapter's."""
    told = refusal_of(name, **settings)

    assert told.startswith(f"{name} is neither LoRA weights nor in modules_to_save, so it would change the base model")


def file_of(**tensors: tuple[str, list[int], bytes]) -> bytes:
    """Return a safetensors file; each tensor has a number format, a shape and its bytes."""
    header, content = {}, b""
    for name, (dtype, shape, numbers) in tensors.items():
        places = [len(content), len(content) + len(numbers)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": places}
        content += numbers
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def halves(*numbers: float) -> bytes:
    """Return numbers as bfloat16, the upper half of float32."""
    return b"".join(struct.pack("<f", number)[2:] for number in numbers)


OWN = {"model.embed_tokens.weight": ("F32", [2, 2], struct.pack("<4f", 1, -2, 0.5, 0))}
LORA = {
    f"{EMBEDDINGS}.lora_embedding_A": ("F32", [1, 2], bytes(8)),
    f"{HEAD}.lora_A.weight": ("F32", [1, 2], bytes(8)),
}


def adapter_with(folder: Path, name: str, saved: tuple[str, list[int], bytes]) -> Path:
    """Make an adapter that carries a base model's layer as well."""
    adapter_in(folder)
    (folder / "adapter_model.safetensors").write_bytes(file_of(**LORA, **{name: saved}))
    return folder


@pytest.mark.parametrize("name", [f"{EMBEDDINGS}.base_layer.weight", f"{HEAD}.base_layer.weight"])
@pytest.mark.parametrize(
    "saved", [OWN["model.embed_tokens.weight"], ("BF16", [2, 2], halves(1, -2, 0.5, 0))], ids=["same", "bfloat16"]
)
def test_the_base_models_own_layer_may_come_along(name, saved, tmp_path):
    """PEFT saves it where LoRA is on the embeddings, or on an output layer that shares their weights."""
    base = local_base("tiny", base_in(tmp_path / "base", file_of(**OWN)))

    assert local_adapter(base, adapter_with(tmp_path / "mine", name, saved)).ref.adapter == "mine"


@pytest.mark.parametrize(
    "saved",
    [
        ("F32", [2, 2], struct.pack("<4f", 1, -2, 0.5, 0.001)),
        ("BF16", [2, 2], halves(1, -2, 0.5, 0.001)),
        ("F32", [3, 2], struct.pack("<6f", 1, -2, 0.5, 0, 0, 0)),
        ("I32", [2, 2], struct.pack("<4f", 1, -2, 0.5, 0)),
    ],
    ids=["other", "other in bfloat16", "resized", "other format"],
)
def test_a_layer_that_is_not_the_base_models_own_is_refused(saved, tmp_path):
    """It would be loaded over the base model's."""
    base = local_base("tiny", base_in(tmp_path / "base", file_of(**OWN)))
    folder = adapter_with(tmp_path / "mine", f"{EMBEDDINGS}.base_layer.weight", saved)

    with pytest.raises(AdapterError) as refused:
        local_adapter(base, folder)

    assert str(refused.value).startswith(
        f"{folder}/adapter_model.safetensors: {EMBEDDINGS}.base_layer.weight differs from the base model's own weights"
    )
    assert "save_embedding_layers=False" in str(refused.value)


@pytest.mark.parametrize(
    ("shape", "settings", "told"),
    [
        ((2, 2), {}, "model.embed_tokens of its own"),
        ((3, 2), {}, "a resized vocabulary (3 tokens; the base model's has 2)"),
        ((3, 2), {"modules_to_save": ["embed_tokens"]}, "a resized vocabulary (3 tokens; the base model's has 2)"),
        ((2, 2), {"modules_to_save": ["embed_tokens"]}, None),
    ],
)
def test_embeddings_that_replace_the_base_models_are_known(shape, settings, told, tmp_path):
    """PEFT saves them by itself after the vocabulary was resized, and loads them over the base model's."""
    base = local_base("tiny", base_in(tmp_path / "base", file_of(**OWN)))
    numbers = struct.pack(f"<{shape[0] * shape[1]}f", *range(shape[0] * shape[1]))
    folder = adapter_with(tmp_path / "mine", f"{EMBEDDINGS}.weight", ("F32", list(shape), numbers))
    write_config(folder, **settings)

    model = local_adapter(base, folder)

    assert model.changes_base == told
    assert model.beyond_modules == (told or "modules_to_save")


def test_what_is_wrong_with_the_base_model_is_told_of_the_base_model(tmp_path):
    """A pipe beside its weights is left alone; a broken file of it is named, not the adapter's."""
    base = local_base("tiny", base_in(tmp_path / "base", file_of(**OWN)))
    folder = adapter_with(tmp_path / "mine", f"{EMBEDDINGS}.base_layer.weight", OWN["model.embed_tokens.weight"])
    os.mkfifo(tmp_path / "base" / "a.safetensors")
    assert local_adapter(base, folder).ref.adapter == "mine"
    (tmp_path / "base" / "b.safetensors").write_bytes(b"no header")

    with pytest.raises(NoSuchModel, match=r"base/b\.safetensors: can't be read: ") as refused:
        local_adapter(base, folder)

    assert len(str(refused.value).splitlines()) == 1
