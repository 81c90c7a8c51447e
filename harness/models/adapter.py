"""What an adapter folder is: PEFT's configuration, safetensors weights, and perhaps a manifest of ours.

Everything is checked here without loading a model; checks that need the weights in memory are in engines/weights/.
"""

import os
from datetime import datetime
from pathlib import Path

import msgspec

from harness.errors import AdapterError
from harness.models.accounted import PREFIX, unaccounted
from harness.models.adapter_config import MOST_LAYERS, AdapterConfig
from harness.models.foreign import reading
from harness.models.patterns import refuse_endless
from harness.models.tensors import Tensor, first_not_finite, read_tensors
from harness.records.record import UNREADABLE
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
FILES = (CONFIG, WEIGHTS)
MANIFEST = "manifest.json"
PICKLED_WEIGHTS = ("adapter_model.bin", "adapter_model.pt", "adapter_model.pth", "pytorch_model.bin")
"""Names under which older tools save what belongs in ``WEIGHTS``. Other pickles next to an adapter are never read."""
HARMLESS_STARTS = frozenset({"gaussian", "eva", "orthogonal", "mica", "lora_ga"})
"""Values of init_lora_weights, besides true and false, with which PEFT does not change the base model's weights."""
COMPILED = "_orig_mod."
MOST_NAMED = 5

LARGEST_CONFIG = 10_000_000
"""Bytes of adapter_config.json or manifest.json; one that lists each module of a large model has below a million."""
MOST_RANK = 1_024
"""A larger rank is allowed only where the file has matrices of that rank: PEFT takes memory for it before it looks."""
MATRICES_A = ("lora_A.weight", "lora_embedding_A")


class _Manifest(msgspec.Struct):
    """What is read from our own manifest; another tool's file of that name has no such digest."""

    base_digest: str
    base_commit: object = None
    time: object = None


def is_adapter(folder: Path) -> bool:
    """Return whether a folder has an adapter's files; their contents are not checked."""
    return all((folder / name).is_file() for name in FILES)


def folder_name(folder: Path) -> str:
    """Return a folder's own name, even if it is written as ``.`` or ``..``; a link keeps its name."""
    return folder.name if folder.name.strip(".") else folder.resolve().name


def check_adapter(folder: Path) -> AdapterConfig:
    """Return the configuration of the adapter in ``folder``, after checking everything that can be wrong with it.

    Raises:
        AdapterError: it is missing, unsafe, damaged, or not a LoRA adapter.
    """
    if not folder.is_dir():
        raise AdapterError(f"{folder}: no such adapter folder; train one with `harness train`, or check the name")
    for path in (folder / CONFIG, folder / WEIGHTS):
        if path.exists() and not path.is_file():
            raise AdapterError(f"{path}: not a regular file; save the adapter again")
    if not (folder / CONFIG).is_file():
        raise AdapterError(f"{folder}: {CONFIG} is missing, so this is not an adapter; {_found_in(folder)}")
    if not folder_name(folder):
        raise AdapterError(
            f"{folder}: this folder has no name, which the adapter needs; move its files into a folder with a name"
        )
    if not (folder / WEIGHTS).is_file():
        raise AdapterError(f"{folder}: {_without_weights(folder)}")
    config = read_config(folder)
    with reading(f"{folder / WEIGHTS}: can't be read:", AdapterError):
        tensors = _check_weights(folder, config)
        refuse_endless(folder, config, _modules_in(tensors))
    return config


def _modules_in(tensors: tuple[Tensor, ...]) -> tuple[str, ...]:
    """Return the modules that a file has weights for, and those around them."""
    parts = [tensor.name.removeprefix(PREFIX).split(".") for tensor in tensors]
    return tuple({".".join(one[:place]): None for one in parts for place in range(1, len(one))})


def read_config(folder: Path) -> AdapterConfig:
    """Return what an adapter's configuration says.

    Raises:
        AdapterError: it is not readable, or not that of a LoRA adapter.
    """
    path = folder / CONFIG
    with reading(f"{path}: not readable as a JSON object:", AdapterError):
        content = msgspec.json.decode(_read_bounded(path), type=dict[str, object])
    kind = content.get("peft_type")
    if kind is None:
        raise AdapterError(f"{path}: has no peft_type; is this an adapter saved by PEFT?")
    if kind != "LORA":
        raise AdapterError(f"{folder}: a {for_terminal(str(kind))} adapter; only LoRA adapters can be served")
    try:
        config = msgspec.convert(content, AdapterConfig)
    except msgspec.ValidationError as problem:
        told = for_terminal(str(problem).replace(" - at `$.", " in `"))
        raise AdapterError(f"{path}: not what PEFT writes for a LoRA adapter: {told}") from problem
    if wrong := _wrong_setting(config):
        raise AdapterError(f"{path}: {wrong}")
    return config


def _read_bounded(path: Path) -> bytes:
    with open_regular(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > LARGEST_CONFIG:
            raise AdapterError(f"{path}: has {size:,} bytes; at most {LARGEST_CONFIG:,} are read")
        return file.read()


def _wrong_setting(config: AdapterConfig) -> str | None:
    """Say which setting can't be loaded here: one that takes endless time or memory, or imports what a file names."""
    layers = sum(max(0, end - start) for start, end in config.layer_replication or [])
    if layers > MOST_LAYERS:
        return f"layer_replication makes {layers:,} layers; at most {MOST_LAYERS:,} are loaded"
    if config.megatron_config:
        return "megatron_config makes PEFT import a module that the file names, which is never done; set it to null"
    return None


def adapter_rank(folder: Path) -> int:
    """Return the adapter's LoRA rank, the largest one where layers differ."""
    return read_config(folder).rank


def changes_base(config: AdapterConfig) -> str | None:
    """Return the setting that makes PEFT change the base model's weights when it loads the adapter; None if none."""
    if config.bias not in {"none", None}:
        return f'bias = "{config.bias}"'
    start = config.init_lora_weights
    if isinstance(start, str) and start.lower() not in HARMLESS_STARTS:
        return f'init_lora_weights = "{for_terminal(start)}"'
    return None


def beyond_lora_modules(config: AdapterConfig) -> str | None:
    """Return the setting for which a server's LoRA modules, matrices A and B alone, are not enough; None if none."""
    more = {
        "modules_to_save": config.modules_to_save,
        "trainable_token_indices": config.trainable_token_indices,
        "use_dora": config.use_dora,
        "lora_bias": config.lora_bias,
    }
    return changes_base(config) or next((name for name, value in more.items() if value), None)


def trained_on(folder: Path) -> str | None:
    """Return the digest of the base weights that the adapter's manifest names; None without a manifest of ours."""
    manifest = _read_manifest(folder)
    return manifest.base_digest if manifest else None


def trained_commit(folder: Path) -> str:
    """Return the commit of the base model on a hub that the adapter's manifest names; empty where it names none."""
    manifest = _read_manifest(folder)
    return manifest.base_commit if manifest and isinstance(manifest.base_commit, str) else ""


def adapters_in(folder: Path) -> tuple[Path, ...]:
    """Return the adapter folders directly in ``folder``, the one that was trained last at the end."""
    inside = sorted(folder.glob("*")) if folder.is_dir() else []
    return tuple(sorted(filter(is_adapter, inside), key=_trained_at))


def _trained_at(folder: Path) -> float:
    """Return when an adapter was trained, in seconds since 1970: by its manifest, else by the time of its weights."""
    manifest = _read_manifest(folder)
    try:
        return datetime.fromisoformat(str(manifest.time if manifest else None)).timestamp()
    except (ValueError, OverflowError):
        return (folder / WEIGHTS).stat().st_mtime


def _read_manifest(folder: Path) -> _Manifest | None:
    try:
        return msgspec.json.decode(_read_bounded(folder / MANIFEST), type=_Manifest)
    except (OSError, AdapterError, *UNREADABLE):
        return None  # another tool's file of that name


def _found_in(folder: Path) -> str:
    """Say what a folder that is not an adapter holds, and what to do."""
    if (folder / "config.json").is_file():
        return "it holds a base model: set base_model in harness.toml to it, and write base here"
    inside = sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob(f"*/{CONFIG}"))
    if inside:
        return f"name one of the adapters in it: {', '.join(inside[:MOST_NAMED])}"
    found = sorted(path.name for path in folder.iterdir())
    return f"found {', '.join(found[:MOST_NAMED]) or 'nothing'}; name the folder that PEFT saved the adapter to"


def _without_weights(folder: Path) -> str:
    pickled = next((name for name in PICKLED_WEIGHTS if (folder / name).is_file()), None)
    if pickled:
        return (
            f"holds its weights in {pickled}, a pickle file, which can run code when it is read; "
            "save the adapter again as safetensors, with PEFT's save_pretrained"
        )
    return f"{WEIGHTS} is missing; is this an adapter saved by PEFT?"


def _check_weights(folder: Path, config: AdapterConfig) -> tuple[Tensor, ...]:
    path = folder / WEIGHTS
    try:
        tensors = read_tensors(path)
        wrong = _wrong_tensor(tensors) or unaccounted(tensors, config) or _wrong_rank(tensors, config)
        not_finite = None if wrong else first_not_finite(path, tensors)
    except (OSError, ValueError) as problem:
        raise AdapterError(f"{path}: {problem}") from problem
    if not_finite:
        name = for_terminal(not_finite)
        wrong = f"{name} contains NaN or infinity; the training diverged: train again with a lower learning rate"
    if wrong:
        raise AdapterError(f"{path}: {wrong}")
    return tensors


def _wrong_rank(tensors: tuple[Tensor, ...], config: AdapterConfig) -> str | None:
    largest = max((one.shape[0] for one in tensors if one.name.endswith(MATRICES_A) and one.shape), default=0)
    if config.rank <= max(MOST_RANK, largest):
        return None
    return f"its largest LoRA matrix has rank {largest:,}, but {CONFIG} says {config.rank:,}; save the adapter again"


def _wrong_tensor(tensors: tuple[Tensor, ...]) -> str | None:
    if not tensors:
        return "has no weights in it; save the adapter again"
    for tensor in tensors:
        if tensor.is_empty:
            return (
                f"{for_terminal(tensor.name)} is empty, as DeepSpeed ZeRO-3 saves what it did not gather; "
                "set stage3_gather_16bit_weights_on_model_save, and save the adapter again"
            )
        if COMPILED in tensor.name:
            return (
                f"{for_terminal(tensor.name)} is a name from a compiled model; "
                f"save the adapter from the model before torch.compile, or remove {COMPILED!r} from the names"
            )
    return None
