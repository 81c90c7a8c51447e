"""Whether an adapter fits a base model, from the headers of both: the first tensor that doesn't is named."""

import json
import struct
from pathlib import Path

import msgspec
import pytest

from harness.errors import AdapterError
from harness.models.adapter_config import AdapterConfig
from harness.models.fits import misfit, modules_of
from harness.models.local import local_base
from harness.models.local_adapter import local_adapter
from harness.models.tensors import Tensor
from tests.models.fakes import adapter_in, base_in

LAYER = "model.layers.{}.self_attn.{}"
BASE = {
    "model.embed_tokens.weight": (100, 8),
    **{
        f"{LAYER.format(layer, name)}.weight": (size, 8)
        for layer in (0, 1)
        for name, size in (("q_proj", 8), ("k_proj", 4))
    },
    "model.layers.0.mlp.down_proj.weight": (8, 16),
}
Q = f"base_model.model.{LAYER.format(0, 'q_proj')}"


def file_of(tensors: dict[str, tuple[int, ...]], dtype: str = "F32") -> bytes:
    """Return a safetensors file of zeros."""
    header, end = {}, 0
    for name, shape in tensors.items():
        size = {"F32": 4, "U8": 1}[dtype]
        for one in shape:
            size *= one
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


def told_of(
    tmp_path: Path, tensors: dict[str, tuple[int, ...]], base=BASE, dtype="F32", **settings: object
) -> str | None:
    """Return which of an adapter's tensors does not fit a base model in two files, and why."""
    names = list(base)
    for number, part in enumerate((names[:3], names[3:])):
        (tmp_path / f"model-{number}.safetensors").write_bytes(file_of({name: base[name] for name in part}, dtype))
    read = [Tensor(name=name, dtype="F32", shape=shape, begin=0, end=0) for name, shape in tensors.items()]
    config = msgspec.convert({"r": 2} | settings, AdapterConfig)
    return misfit(read, config, modules_of(sorted(tmp_path.glob("*.safetensors"))))


@pytest.mark.parametrize(
    "tensors",
    [
        {f"{Q}.lora_A.weight": (2, 8), f"{Q}.lora_B.weight": (8, 2), f"{Q}.lora_magnitude_vector": (8,)},
        {"base_model.model.model.layers.1.self_attn.k_proj.lora_B.weight": (4, 2)},
        {"base_model.model.model.layers.0.mlp.down_proj.lora_A.weight": (2, 16)},
        {"base_model.model.model.embed_tokens.lora_embedding_A": (2, 100)},
        {"base_model.model.model.embed_tokens.lora_embedding_B": (8, 2)},
        {"base_model.model.lm_head.lora_A.weight": (2, 8), "base_model.model.lm_head.lora_B.weight": (100, 2)},
        {"base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight": (2, 8)},
    ],
    ids=["attention", "narrow", "wide", "tokens", "width", "shared head", "in a larger model"],
)
def test_what_fits_is_not_mentioned(tensors, tmp_path):
    """Also where the output layer shares the embeddings, and where files and modules have different prefixes."""
    assert told_of(tmp_path, tensors) is None


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        (
            {f"{Q}.lora_A.weight": (2, 8), f"{Q}.lora_B.weight": (16, 2)},
            "B.weight has the shape 16 x 2, which doesn't fit the base model's model.layers.0.self_attn.q_proj.weight",
        ),
        ({f"{Q}.lora_A.weight": (2, 16)}, "q_proj.lora_A.weight has the shape 2 x 16, which doesn't fit"),
        ({f"{Q}.lora_A.weight": (8,)}, "q_proj.lora_A.weight has the shape 8, which doesn't fit"),
        ({f"{Q}.lora_magnitude_vector": (9,)}, "lora_magnitude_vector has the shape 9, which doesn't fit"),
        (
            {"base_model.model.model.layers.1.self_attn.k_proj.lora_B.weight": (8, 2)},
            "of shape 4 x 8, so the adapter was trained on another base model; set base_model in harness.toml",
        ),
        (
            {"base_model.model.model.embed_tokens.lora_embedding_A": (2, 101)},
            "model.embed_tokens.weight of shape 100 x 8",
        ),
        (
            {"base_model.model.model.embed_tokens.lora_embedding_B": (9, 2)},
            "model.embed_tokens.weight of shape 100 x 8",
        ),
        ({"base_model.model.lm_head.lora_B.weight": (101, 2)}, "model.embed_tokens.weight of shape 100 x 8"),
        (
            {"base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight": (2, 8)},
            "lora_A.weight (2 x 8) is for model.layers.2.self_attn.q_proj, and the base model has fewer layers, so the",
        ),
        (
            {"base_model.model.transformer.h.0.attn.c_attn.lora_A.weight": (2, 8)},
            "is for transformer.h.0.attn.c_attn, and the base model has no module called c_attn, so the adapter",
        ),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named_with_both_shapes(tensors, told, tmp_path):
    """Before any engine starts; here the base model's weights are in two files."""
    assert told in told_of(tmp_path, tensors)


def test_weights_that_are_stored_the_other_way_round_fit(tmp_path):
    """GPT-2 stores them so, and its files leave the model's own prefix out."""
    base = {"h.0.attn.c_attn.weight": (8, 24)}
    name = "base_model.model.transformer.h.0.attn.c_attn.lora_{}.weight"
    fitting = {name.format("A"): (2, 8), name.format("B"): (24, 2)}

    assert told_of(tmp_path, fitting, base, fan_in_fan_out=True) is None
    assert "A.weight has the shape 2 x 24" in told_of(tmp_path, {name.format("A"): (2, 24)}, base, fan_in_fan_out=True)


@pytest.mark.parametrize(
    ("base", "dtype", "settings"),
    [
        ({LAYER.format(0, "q_proj") + ".weight": (32, 1)}, "U8", {}),
        ({LAYER.format(0, "q_proj") + ".qweight": (1, 8)}, "F32", {}),
        (BASE, "F32", {"use_bdlora": {"nblocks": 2}}),
        ({"model.layers.0.mlp.experts.0.w1.weight": (8, 8)}, "F32", {}),
        (BASE, "F32", {"layer_replication": [[0, 2], [0, 2]]}),
    ],
    ids=["four bits", "GPTQ", "blocks", "experts", "layers"],
)
def test_what_headers_do_not_tell_is_left_to_the_loader(base, dtype, settings, tmp_path):
    """Packed weights have another shape than they stand for, and joined layers other names."""
    tensors = (
        {f"{Q}.lora_A.weight": (2, 3)}
        if "layer_replication" not in settings
        else {"base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight": (2, 8)}
    )

    assert told_of(tmp_path, tensors, base, dtype, **settings) is None


def test_an_adapter_for_another_model_is_refused_when_it_is_read(tmp_path):
    """With its file; the name of a base model in its configuration is only a note."""
    base = local_base("tiny", base_in(tmp_path / "base", file_of(BASE)))
    folder = adapter_in(tmp_path / "mine")
    (folder / "adapter_model.safetensors").write_bytes(file_of({f"{Q}.lora_A.weight": (2, 4096)}))

    with pytest.raises(AdapterError) as refused:
        local_adapter(base, folder)

    assert str(refused.value) == (
        f"{folder}/adapter_model.safetensors: {Q}.lora_A.weight has the shape 2 x 4096, which doesn't fit the base "
        "model's model.layers.0.self_attn.q_proj.weight of shape 8 x 8, so the adapter was trained on another base "
        "model; set base_model in harness.toml to that one"
    )
