"""A folder of sentence-transformers, read by transformers and torch: its model, and how token vectors become one.

Only what this module knows is read; a folder with more steps, such as a dense layer, is refused by name, since its
vectors would be others than its authors'.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from harness.embedding.embedder import Embedder, Pooling, Read
from harness.embedding.tokens import cut
from harness.errors import NoSuchModel
from harness.records.record import Json
from harness.text.regular import read_regular

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

WEIGHTS = "model.safetensors"
STEPS = "modules.json"
NEEDED = (STEPS, "config.json", "tokenizer.json", WEIGHTS)
CHUNK = 1 << 20
POOLINGS: dict[str, Pooling] = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max"}
UNREAD_POOLINGS = ("mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")


class Shape(NamedTuple):
    """What a folder says of how it is read."""

    model: Path
    pooling: Pooling
    longest: int
    in_lower_case: bool


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex.

    Raises:
        NoSuchModel: it can't be read.
    """
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                total.update(chunk)
    except OSError as problem:
        raise NoSuchModel(f"{path}: can't be read: {problem.strerror}") from None
    return total.hexdigest()


def shape_of(folder: Path) -> Shape:
    """Return how a folder of sentence-transformers is read.

    Raises:
        NoSuchModel: it is none, or does more than is known here.
    """
    steps = [step for step in _sequence(_json(folder / STEPS)) if isinstance(step, dict)]
    kinds = [str(step.get("type", "")).rsplit(".", 1)[-1] for step in steps]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise NoSuchModel(
            f"{folder / STEPS}: its steps are {', '.join(kinds) or 'none'}; only Transformer, Pooling and Normalize, "
            "in this order, are known here"
        )
    model, pooling = (_below(folder, str(step.get("path", ""))) for step in steps[:2])
    for name in NEEDED[1:]:
        if not (model / name).is_file():
            raise NoSuchModel(f"{model}: no {name}; save the model again, with safe_serialization=True")
    if _mapping(folder / "config_sentence_transformers.json", needed=False).get("default_prompt_name"):
        raise NoSuchModel(f"{folder}: puts a prompt before each text, which is not known here")
    own = _mapping(model / "sentence_bert_config.json", needed=False)
    config = _mapping(model / "config.json")
    places = config.get("max_position_embeddings")
    limits = [limit for limit in (own.get("max_seq_length"), places) if isinstance(limit, int) and limit > 0]
    longest = min(limits, default=512)
    return Shape(model, _pooling(pooling / "config.json"), longest, own.get("do_lower_case") is True)


def load_folder(folder: Path) -> Embedder:
    """Return the model in a folder of sentence-transformers; nothing of its own code is run, and no pickle is read.

    Raises:
        NoSuchModel: torch is missing, or the folder can't be read.
    """
    shape = shape_of(folder)
    try:
        import transformers
        from tokenizers import Tokenizer
        from transformers.utils import logging
    except ImportError as problem:
        raise NoSuchModel(
            f"{folder}: needs torch and transformers: pip install 'tunegate[train]' ({problem})"
        ) from None
    logging.disable_progress_bar()
    try:
        tokenizer = Tokenizer.from_file(str(shape.model / "tokenizer.json"))
        model = transformers.AutoModel.from_pretrained(
            shape.model, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype="float32"
        )
    except Exception as problem:  # these libraries raise whatever they like
        raise NoSuchModel(f"{folder}: can't be loaded: {problem}") from problem
    tokenizer.no_padding()
    tokenizer.enable_truncation(shape.longest)
    return Embedder(read=lambda text: _read(model.eval(), tokenizer, shape, text), pooling=shape.pooling)


def _read(model: "PreTrainedModel", tokenizer: "Tokenizer", shape: Shape, text: str) -> Read:
    import numpy as np
    import torch

    made = cut(tokenizer, text.lower() if shape.in_lower_case else text)
    with torch.inference_mode():
        states: torch.Tensor = model(input_ids=torch.tensor([made.ids])).last_hidden_state[0]
    return Read(states=states.float().numpy(), is_part=np.array(made.is_part, dtype=bool), is_whole=made.is_whole)


def _pooling(path: Path) -> Pooling:
    config = _mapping(path)
    mode = config.get("pooling_mode")  # as sentence-transformers writes it from version 5.2 on
    if isinstance(mode, str) and mode in ("mean", "cls", "max"):
        return mode  # type: ignore[return-value]
    chosen = [name for name in (*POOLINGS, *UNREAD_POOLINGS) if config.get(f"pooling_mode_{name}") is True]
    if len(chosen) != 1 or chosen[0] not in POOLINGS:
        told = ", ".join(chosen) or str(mode or "none")
        raise NoSuchModel(f"{path}: pools by {told}; only one of mean, cls and max is known here")
    return POOLINGS[chosen[0]]


def _below(folder: Path, path: str) -> Path:
    """Return a step's folder, which is in the model's."""
    inner = folder / path
    if not inner.resolve().is_relative_to(folder.resolve()):
        raise NoSuchModel(f"{folder / STEPS}: a step is in {path!r}, outside of the folder")
    return inner


def _mapping(path: Path, *, needed: bool = True) -> dict[str, Json]:
    if not needed and not path.is_file():
        return {}
    content = _json(path)
    if not isinstance(content, dict):
        raise NoSuchModel(f"{path}: not an object of JSON")
    return content


def _sequence(content: Json) -> Sequence[Json]:
    return content if isinstance(content, list) else ()


def _json(path: Path) -> Json:
    try:
        found: Json = msgspec.json.decode(read_regular(path))
    except OSError:
        raise NoSuchModel(f"{path}: can't be read; expected a folder of sentence-transformers") from None
    except (ValueError, RecursionError) as problem:
        raise NoSuchModel(f"{path}: not JSON: {problem}") from None
    return found
