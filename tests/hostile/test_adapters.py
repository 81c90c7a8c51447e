"""Adapter folders that someone else made, broken in hundreds of ways: each is read, or refused in one line."""

import json
import os
import random
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import AdapterError
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from tests.engines.fakes import write_adapter, write_tiny_base
from tests.hostile.mutations import SECONDS
from tests.models.fakes import WEIGHT, adapter_in, base_in

FIRST, COUNT = (time.time_ns() % 10**9, int(SECONDS) * 50) if SECONDS else (0, 400)
"""Folders; each number is a folder of its own, the same in every run. `make fuzz` tries about a minute of others."""
CONFIG = {
    "peft_type": "LORA",
    "base_model_name_or_path": "org/base",
    "task_type": "CAUSAL_LM",
    "r": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.0,
    "bias": "none",
    "target_modules": ["q_proj", "v_proj"],
    "exclude_modules": None,
    "rank_pattern": {"q_proj": 16},
    "alpha_pattern": {},
    "modules_to_save": None,
    "layers_pattern": None,
    "layers_to_transform": None,
    "layer_replication": None,
    "trainable_token_indices": None,
    "init_lora_weights": True,
    "use_dora": False,
    "lora_bias": False,
    "megatron_config": None,
    "auto_mapping": None,
}
ODD = (
    *(
        None,
        True,
        0,
        -1,
        1,
        2**70,
        -(2**63),
        1e308,
        "",
        " ",
        "(",
        "[z-a]",
        "(?P<x",
        "a" * 100_000,
        "\ud800",
        "\x1b[31m",
    ),
    *([], {}, [None], [[]], [["q_proj"]], {"": 1}, {"(": 8}, {"q_proj": "8"}, ["("], ["."], [""], [-5], [2**40]),
    *(
        [[0, 4], [2, 5]],
        [[5, 1]],
        [[0, 2**62]],
        [[0, 1, 2]],
        {"embed_tokens": [1]},
        {"embed_tokens": None},
        "all-linear",
    ),
)
DEEP = "[" * 200_000
KINDS = ("folder", "pipe", "loop", "nowhere", "endless", "empty", "socket")
FILES = (
    *("adapter_config.json", "adapter_model.safetensors", "manifest.json", "tokenizer.json", "tokenizer_config.json"),
    *("chat_template.jinja", "special_tokens_map.json", "vocab.json", "added_tokens.json", "merges.txt"),
    *("additional_chat_templates", "chat_template.json", "adapter_model.bin"),
)

EMBEDDINGS = "base_model.model.model.embed_tokens"

Chance = random.Random
IN_PEFT = (
    *(("trainable_token_indices", value) for value in ([99_999], {"embed_tokens": [10**30]}, {"nowhere": [1]})),
    *(("modules_to_save", value) for value in (["lm_head"], ["q_proj"], ["layers"])),
    *(("target_modules", value) for value in ([], ["nowhere"], ".*")),
    *(("layers_to_transform", "x"), ("lora_alpha", "x"), ("task_type", 3), ("layer_replication", [[0, 2], [0, 900]])),
    *(("arrow_config", {"top_k": 2}), ("monteclora_config", "x"), ("rank_pattern", {"q_proj": 5}), ("r", 1024)),
)
"""Settings that can be read, and at which PEFT breaks in as many ways."""


@pytest.fixture
def base(tmp_path) -> LocalModel:
    """Return a base model."""
    return local_base("tiny", base_in(tmp_path / "base"))


@pytest.mark.parametrize("start", range(FIRST, FIRST + COUNT, 50))
def test_a_mutated_folder_is_read_or_refused_in_one_line(base, start, tmp_path):
    """Nothing else comes out of it: no other exception, no second line, no control character, no endless reading."""
    outcomes = {
        number: outcome_of(base, mutated(number, tmp_path / f"n{number}")) for number in range(start, start + 50)
    }

    assert {number: told for number, told in outcomes.items() if not is_fine(told)} == {}
    assert len({told for told in outcomes.values() if told}) > 10


@pytest.fixture(scope="module")
def peft(tmp_path_factory) -> tuple[LocalModel, Path]:
    """Return a base model of two layers with random weights, and the folder of an adapter that PEFT saved for it."""
    folder = tmp_path_factory.mktemp("peft")
    write_tiny_base(folder / "base")
    write_adapter(folder / "base", folder / "good")
    return local_base("base", folder / "base"), folder / "good"


@pytest.mark.parametrize(("key", "value"), IN_PEFT)
def test_what_breaks_in_peft_is_refused_in_one_line(peft, key, value, tmp_path):
    """With the adapter's folder."""
    from harness.engines.weights.load import attach, load_base

    base, good = peft
    folder = tmp_path / "mine"
    shutil.copytree(good, folder)
    config = json.loads((folder / "adapter_config.json").read_text()) | {key: value}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    local_adapter(base, folder)

    with pytest.raises(AdapterError) as refused:
        attach(load_base(base.base_path, "float32", "cpu"), str(folder), "adapter_0")

    assert str(refused.value).startswith(f"{folder}: does not fit this base model; was it trained on another one? ")
    assert is_fine(str(refused.value))


def outcome_of(base: LocalModel, folder: Path) -> str:
    """Return the text of the refusal, or nothing when the folder is an adapter; anything else fails the test."""
    try:
        local_adapter(base, folder)
    except AdapterError as refused:
        return str(refused)
    except Exception as problem:  # noqa: BLE001 - so that every folder is named that ends so
        return f"\n{type(problem).__name__}: {problem}"
    return ""


def is_fine(told: str) -> bool:
    """Return whether a refusal is one line that can be shown."""
    return not told or (told.isprintable() and len(told) < 2_000)


def mutated(number: int, folder: Path) -> Path:
    """Make the folder of a number: an adapter with one to three things changed."""
    chance = Chance(number)
    adapter_in(folder)
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(MUTATIONS)(folder, chance)
    return folder


def change_setting(folder: Path, chance: Chance) -> None:
    """Give one to three settings an odd value, or none."""
    config = dict(CONFIG)
    for key in chance.sample(sorted(CONFIG), chance.randint(1, 3)):
        if chance.random() < 0.1:
            del config[key]
        else:
            config[key] = chance.choice(ODD)
    replace(folder / "adapter_config.json", json.dumps(config).encode())


def change_bytes(folder: Path, chance: Chance) -> None:
    """Change, cut or repeat bytes of a file."""
    path = folder / chance.choice(("adapter_config.json", "adapter_model.safetensors"))
    if not path.is_file():
        return
    content = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 8)):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)
    cut = chance.randrange(len(content) + 1)
    replace(path, chance.choice((bytes(content), bytes(content[:cut]), bytes(content) * 2, b"\xef\xbb\xbf" + content)))


def change_header(folder: Path, chance: Chance) -> None:
    """Change what the header of the weights says."""
    entry: dict[str, object] = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    places = ([2**62, 4], [0], [1, 2, 1], [8, 0], [0, 2**64], [4, 12], [-4, 4], [2**40, 2**40 + 8], [0, 0])
    entry[chance.choice(("dtype", "shape", "data_offsets"))] = chance.choice(
        (*places, *places, "F8_E4M3", "F4", "X", "BF16", "I64", chance.choice(ODD))
    )
    if chance.random() < 0.4:
        entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    names = (WEIGHT, WEIGHT, "", "__metadata__", "x.weight", "a\x1b[2J\n.lora_A.weight", "." * 5_000)
    inner = ("weight", "original_module.weight", "modules_to_save.adapter_1.weight", "base_layer.weight", "bias")
    header: dict[str, object] = {chance.choice((*names, *(f"{EMBEDDINGS}.{one}" for one in inner))): entry}
    again = {"again.lora_A.weight": entry}
    header |= chance.choice(({}, {}, {}, {"__metadata__": 3}, {"__metadata__": {"a": 1}}, again, {"x": 1}))
    text = json.dumps(header).encode()
    length = len(text)
    if chance.random() < 0.2:
        text = chance.choice((DEEP.encode(), b'{"a":' * 100_000, b"", json.dumps([header]).encode()))
    if chance.random() < 0.2:
        length = chance.choice((0, 2**63, 2**32, len(text) + 1, max(0, len(text) - 1), 2**64 - 1))
    replace(folder / "adapter_model.safetensors", struct.pack("<Q", length) + text + bytes(8))


def change_kind(folder: Path, chance: Chance) -> None:
    """Put something else in a file's place."""
    path, kind = folder / chance.choice(FILES), chance.choice(KINDS)
    remove(path)
    make: dict[str, Callable[[], object]] = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "loop": lambda: path.symlink_to(path.name),
        "nowhere": lambda: path.symlink_to("is-not-there"),
        "endless": lambda: path.symlink_to("/dev/zero"),
        "empty": lambda: path.write_bytes(b""),
        "socket": lambda: os.mknod(path, 0o140644),
    }
    make[kind]()


def add_file(folder: Path, chance: Chance) -> None:
    """Add a tokenizer file, a template or a manifest with anything in it."""
    values = (
        *ODD,
        {"chat_template": [1]},
        {"eos_token": {"content": [1]}},
        {"added_tokens_decoder": {"x": 1, "²": {}}},
    )
    texts = (json.dumps(chance.choice(values)), DEEP, '{"a":' * 100_000, "{% for x in %}", "\0", "{{ messages }}", "")
    replace(folder / chance.choice(FILES[2:10]), chance.choice((chance.choice(texts).encode(), b"\xff\xfe\x00")))


def replace(path: Path, content: bytes) -> None:
    """Write a file in place of whatever has its name."""
    remove(path)
    path.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file, a link or an empty folder."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


MUTATIONS = (change_setting, change_setting, change_bytes, change_header, change_header, change_kind, add_file)
