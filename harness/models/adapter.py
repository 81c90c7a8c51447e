"""What an adapter folder is: PEFT's configuration, safetensors weights, and perhaps a manifest of ours.

A Trainer's checkpoint is one too: what it has besides (pickles among it) is never read.

Everything is checked here without loading a model; checks that need the weights in memory are in engines/weights/.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from harness.errors import AdapterError, InputError
from harness.models.accounted import PREFIX, unaccounted
from harness.models.adapter_config import LORA, MOST_LAYERS, AdapterConfig, of_another_kind, too_large
from harness.models.folders import CONFIG, found_in, refuse_loops, without_weights
from harness.models.foreign import reading
from harness.models.kinds import refusal_of
from harness.models.patterns import refuse_endless
from harness.models.plain import PARTS_OF_IT, WEIGHTS, Placed, is_plain, placed_tensors, weight_files
from harness.models.starts import changes_weights, refusal_of_start
from harness.models.tensors import Tensor, first_not_finite
from harness.records.record import UNREADABLE, Record
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

FILES = (CONFIG, WEIGHTS)
MANIFEST = "manifest.json"
CURVE = "curve.json"
CURVE_PAGE = "curve.html"
"""The course of a training, and its page."""
SIGNATURES = "training_rows.signatures"
"""Beside the manifest: signatures of the rows that the adapter was trained on, without their texts."""
COMPILED = "_orig_mod."
LARGEST_CONFIG = 10_000_000
"""Bytes of adapter_config.json or manifest.json; one that lists each module of a large model has below a million."""
MOST_RANK = 1_024
"""A larger rank is allowed only where the file has matrices of that rank: PEFT takes memory for it before it looks."""
MATRICES_A = ("lora_A.weight", "lora_embedding_A")


class Adapter(Record, frozen=True, kw_only=True):
    """A checked adapter: its configuration, its weight files, and its tensors under today's names."""

    config: AdapterConfig
    files: tuple[Path, ...]
    placed: tuple[Placed, ...]
    is_plain: bool

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors, wherever they are."""
        return tuple(tensor for _, tensor in self.placed)


class _Manifest(msgspec.Struct):
    """What is read from our own manifest; another tool's file of that name has no such digest."""

    base_digest: str
    base_commit: object = None
    time: object = None


def is_adapter(folder: Path) -> bool:
    """Return whether a folder has an adapter's files; their contents are not checked."""
    return (folder / CONFIG).is_file() and any(path.is_file() for path in (folder / WEIGHTS, *folder.glob(PARTS_OF_IT)))


def folder_name(folder: Path) -> str:
    """Return a folder's own name, even if it is written as ``.`` or ``..``; a link keeps its name."""
    return folder.name if folder.name.strip(".") else folder.resolve().name


def check_adapter(folder: Path, modules: Collection[str] = ()) -> Adapter:
    """Return what the adapter in ``folder`` is, after checking all that can be wrong with it without its base model.

    ``modules`` are the names of the base model's.

    Raises:
        AdapterError: it is missing, unsafe, damaged, or of a kind that can't be served.
    """
    refuse_loops(folder, AdapterError)
    if not folder.is_dir():
        raise AdapterError(f"{folder}: no such adapter folder; train one with `harness train`, or check the name")
    for path in (folder / CONFIG, folder / WEIGHTS):
        if path.exists() and not path.is_file():
            raise AdapterError(f"{path}: not a regular file; save the adapter again")
    if not (folder / CONFIG).is_file():
        raise AdapterError(f"{folder}: {CONFIG} is missing, so this is not an adapter; {found_in(folder)}")
    if not folder_name(folder):
        raise AdapterError(
            f"{folder}: this folder has no name, which the adapter needs; move its files into a folder with a name"
        )
    files = weight_files(folder)
    if not files:
        raise AdapterError(f"{folder}: {without_weights(folder, WEIGHTS)}")
    config = read_config(folder)
    shown = files[0] if len(files) == 1 else folder
    with reading(f"{shown}: can't be read:", AdapterError):
        placed = _check_weights(shown, files, config, modules)
        refuse_endless(folder, config, _modules_in(placed))
        return Adapter(config=config, files=files, placed=placed, is_plain=is_plain(files, placed))


def _modules_in(placed: Sequence[Placed]) -> tuple[str, ...]:
    """Return the modules that a file has weights for, and those around them."""
    parts = [tensor.name.removeprefix(PREFIX).split(".") for _, tensor in placed]
    return tuple({".".join(one[:place]): None for one in parts for place in range(1, len(one))})


def read_config(folder: Path) -> AdapterConfig:
    """Return what an adapter's configuration says.

    Raises:
        AdapterError: it is not readable, or not that of an adapter which can be served.
    """
    path = folder / CONFIG
    with reading(f"{path}: not readable as a JSON object:", AdapterError):
        content = msgspec.json.decode(_read_bounded(path), type=dict[str, object])
    kind = content.get("peft_type")
    if kind is None:
        raise AdapterError(f"{path}: has no peft_type; is this an adapter saved by PEFT?")
    if told := refusal_of(str(kind)):
        raise AdapterError(f"{folder}: {told}")
    return checked_config(content, str(path))


def checked_config(content: Mapping[str, object], place: str, error: type[InputError] = AdapterError) -> AdapterConfig:
    """Return what the content of an ``adapter_config.json`` says; ``place`` says where it is from.

    Raises:
        error: it is not that of an adapter which can be served.
    """
    kind = content.get("peft_type")
    try:
        config = msgspec.convert(dict(content) if kind == LORA else of_another_kind(content), AdapterConfig)
    except msgspec.ValidationError as problem:
        told = for_terminal(str(problem).replace(" - at `$.", " in `"))
        raise error(f"{place}: not what PEFT writes for a {kind} adapter: {told}") from problem
    if wrong := _wrong_setting(config) or (too_large(content) if kind != LORA else None):
        raise error(f"{place}: {wrong}")
    return config


def _read_bounded(path: Path) -> bytes:
    with open_regular(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > LARGEST_CONFIG:
            raise AdapterError(f"{path}: has {size:,} bytes; at most {LARGEST_CONFIG:,} are read")
        return file.read()


def _wrong_setting(config: AdapterConfig) -> str | None:
    """Say which setting can't be loaded here: one that is endless, imports what a file names, or answers wrongly."""
    layers = sum(max(0, end - start) for start, end in config.layer_replication or [])
    if layers > MOST_LAYERS:
        return f"layer_replication makes {layers:,} layers; at most {MOST_LAYERS:,} are loaded"
    if config.megatron_config:
        return "megatron_config makes PEFT import a module that the file names, which is never done; set it to null"
    if config.alora_invocation_tokens:
        return (
            "alora_invocation_tokens makes it an activated LoRA, which works from certain tokens on, so it can't be "
            "merged and is not served here; train a LoRA adapter without it"
        )
    return refusal_of_start(config.init_lora_weights)


def adapter_rank(folder: Path) -> int:
    """Return the adapter's LoRA rank, the largest one where layers differ."""
    return read_config(folder).rank


def changes_base(config: AdapterConfig) -> str | None:
    """Return the setting that makes PEFT change the base model when it loads the adapter; None if none.

    Kinds other than LoRA count too, because nobody has compared what they leave of the base model.
    """
    if config.peft_type != LORA:
        return f'peft_type = "{config.peft_type}"'
    if config.bias not in {"none", None}:
        return f'bias = "{config.bias}"'
    return changes_weights(config.init_lora_weights)


def beyond_lora_modules(config: AdapterConfig) -> str | None:
    """Return the setting for which a server's LoRA modules, matrices A and B alone, are not enough; None if none."""
    more = {
        "modules_to_save": config.modules_to_save,
        "trainable_token_indices": config.trainable_token_indices,
        "use_dora": config.use_dora,
        "lora_bias": config.lora_bias,
        "layer_replication": config.layer_replication,
        "target_parameters": config.target_parameters,
        "use_qalora": config.use_qalora,
        "use_bdlora": config.use_bdlora,
        "arrow_config": config.arrow_config,
        "kasa_config": config.kasa_config,
        "monteclora_config": config.monteclora_config,
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
    """Return the adapter folders directly in ``folder``, the one that was trained last at the end; no hidden ones.

    Raises:
        AdapterError: the folder, or something in it, is a link that leads back to itself.
    """
    refuse_loops(folder, AdapterError)
    inside = sorted(folder.glob("[!.]*")) if folder.is_dir() else []
    return tuple(sorted(filter(is_adapter, inside), key=_trained_at))


def _trained_at(folder: Path) -> float:
    """Return when an adapter was trained, in seconds since 1970: by its manifest, else by the time of its weights."""
    manifest = _read_manifest(folder)
    try:
        return datetime.fromisoformat(str(manifest.time if manifest else None)).timestamp()
    except (ValueError, OverflowError):
        return max(path.stat().st_mtime for path in (folder / WEIGHTS, *folder.glob(PARTS_OF_IT)) if path.is_file())


def _read_manifest(folder: Path) -> _Manifest | None:
    try:
        return msgspec.json.decode(_read_bounded(folder / MANIFEST), type=_Manifest)
    except (OSError, AdapterError, *UNREADABLE):
        return None  # another tool's file of that name


def _check_weights(
    shown: Path, files: Sequence[Path], config: AdapterConfig, modules: Collection[str]
) -> tuple[Placed, ...]:
    try:
        placed = placed_tensors(files, modules)
        tensors = tuple(tensor for _, tensor in placed)
        wrong = _wrong_tensor(tensors) or unaccounted(tensors, config) or _wrong_rank(tensors, config)
        not_finite = None if wrong else _not_finite(files, placed)
    except (OSError, ValueError) as problem:
        raise AdapterError(f"{shown}: {problem}") from problem
    if not_finite:
        name = for_terminal(not_finite)
        wrong = f"{name} contains NaN or infinity; the training diverged: train again with a lower learning rate"
    if wrong:
        raise AdapterError(f"{shown}: {wrong}")
    return placed


def _not_finite(files: Sequence[Path], placed: Sequence[Placed]) -> str | None:
    """Return the first tensor with NaN or infinity in it; None if there is none."""
    for file in files:
        if name := first_not_finite(file, [tensor for path, tensor in placed if path == file]):
            return name
    return None


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
