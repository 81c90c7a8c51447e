"""From a model's name to what exactly answers: its folders for the engine, its digests for the keys."""

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.config.home import home_folder
from harness.errors import AdapterError, NoSuchModel
from harness.models.accounted import own_embeddings, unlike_base
from harness.models.adapter import (
    FILES,
    Adapter,
    beyond_lora_modules,
    changes_base,
    check_adapter,
    folder_name,
    trained_commit,
    trained_on,
)
from harness.models.adapter_config import AdapterConfig
from harness.models.base_files import refuse_lost_links, weights_of, without_weights
from harness.models.digests import DigestFile, remembered
from harness.models.fits import Modules, embedding_rows, misfit, modules_of, on_shared_weights
from harness.models.folders import CONFIG
from harness.models.foreign import reading
from harness.models.hub_cache import hub_model
from harness.models.merged import PLAIN
from harness.models.own_code import has_own_tokenizer, refuse_missing_code, refuse_own_code
from harness.models.plain import WEIGHTS, plain_copy, weight_files
from harness.models.tensors import is_lfs_pointer
from harness.models.tokenizer import chat_templates, most_tokens, other_tokenizer, own_template, tokenizer_files
from harness.records.asked import ModelRef
from harness.records.record import Record
from harness.records.record import digest as record_digest
from harness.text.visible import for_terminal

BESIDE_WEIGHTS = ("generation_config.json", "model.safetensors.index.json", "adapter_config.json")
"""What transformers reads in addition to config.json and the weights, where present."""


class LocalModel(Record, frozen=True, kw_only=True):
    """A model whose weights are on this machine. Folders are not in ``ref``: runs and reports show no paths.

    ``notes`` are sentences for people: what is unusual about the model, but not a reason to refuse it.
    ``commit`` is that of a base model which was fetched from a hub; empty for any other folder.
    """

    ref: ModelRef
    base_path: str
    adapter_path: str | None = None
    plain_path: str | None = None
    """A copy of the adapter as PEFT writes it today, where its own files are older or in parts; see models/plain.py."""
    own_template: str | None = None
    """The chat template of the adapter's folder, where it differs from the base model's."""
    tokenizer_path: str | None = None
    """The adapter's folder, where its tokenizer differs from the base model's."""
    changes_base: str | None = None
    """What the adapter changes besides what LoRA adds, so that the base model can't answer in the same process."""
    beyond_modules: str | None = None
    """Why a server's LoRA modules can't carry the adapter; None if they can."""
    notes: tuple[str, ...] = ()
    commit: str = ""
    code: tuple[str, ...] = ()
    """Patterns of the Python files beside the base model's weights that its server runs; see models/own_code.py."""
    tokenizer_is_code: bool = False
    """Whether its tokenizer is among that code, so that only its server can make tokens of a text."""

    @property
    def weights_path(self) -> str | None:
        """The folder that PEFT and vLLM read the adapter from."""
        return self.plain_path or self.adapter_path

    @property
    def has_own_text(self) -> bool:
        """Whether its adapter's folder makes other tokens of messages than the base model's."""
        return self.own_template is not None or self.tokenizer_path is not None


def local_base(name: str, folder: Path, digest_file: DigestFile = remembered, code: Sequence[str] = ()) -> LocalModel:
    """Return the base model in ``folder``; ``digest_file`` decides whether large files are read again.

    ``code`` is patterns of its own Python files, where a server shall run them.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights, or it needs code that is not
            allowed, or not here.
    """
    with reading(f"{folder}: can't be read as a base model:", NoSuchModel):
        if (folder / "config.json").is_file():
            if code:
                refuse_missing_code(folder)
            else:
                refuse_own_code(folder)
        own = tuple(code) if _code_of(folder, code) else ()
        ref = ModelRef(
            base=name,
            base_digest=digest_base(folder, digest_file, own),
            template_digest=digest_template(folder, digest_file),
        )
    fetched = hub_model(folder)
    return LocalModel(
        ref=ref,
        base_path=str(folder),
        commit=fetched.commit if fetched else "",
        code=own,
        tokenizer_is_code=bool(own) and has_own_tokenizer(folder),
    )


def local_adapter(base: LocalModel, folder: Path, digest_file: DigestFile = remembered) -> LocalModel:
    """Return the adapter in ``folder`` on its base model; ``digest_file`` as for ``local_base``.

    Raises:
        AdapterError: the folder is missing, unsafe, damaged, or made for another base model or tokenizer.
    """
    with reading(f"{folder}: can't be read as an adapter:", AdapterError):
        return _read_adapter(base, folder, digest_file)


def _read_adapter(base: LocalModel, folder: Path, digest_file: DigestFile) -> LocalModel:
    root = Path(base.base_path)
    weights = trained_on(folder)
    # The base model's files were just digested as the caller asked, so they are not read again.
    if weights and weights != (here := digest_weights(root)):
        raise AdapterError(
            f"{folder}: trained on another base model (digest {for_terminal(weights[:12])}) than the one configured "
            f"(digest {here[:12]}); {_other_commit(folder, base)}set base_model in harness.toml, or train again"
        )
    modules = modules_of(_weights_of(root))
    adapter = check_adapter(folder, modules)
    told = unlike_base(adapter.placed, adapter.config, _weights_of(root))
    if told := told or misfit(adapter.tensors, adapter.config, modules):
        raise AdapterError(f"{adapter.files[0] if len(adapter.files) == 1 else folder}: {told}")
    name = folder_name(folder)
    digest = digest_adapter(folder, digest_file)
    read = LocalModel(
        ref=msgspec.structs.replace(base.ref, adapter=name, adapter_digest=digest),
        base_path=base.base_path,
        adapter_path=str(folder),
        plain_path=None if adapter.is_plain else _plain(folder, adapter, digest),
        **_how_served(adapter, modules),
        notes=_moved(name, trained_commit(folder), base) if weights else _notes(name, adapter.config, base),
        commit=base.commit,
        code=base.code,
        tokenizer_is_code=base.tokenizer_is_code,
    )
    return _with_own_tokenizer(read, embedding_rows(adapter.tensors, modules), digest_file)


def _how_served(adapter: Adapter, modules: Modules) -> dict[str, str | None]:
    """Return what decides which engines can serve an adapter, and in which way."""
    sizes = {module: weight.shape[0] for module, weight in modules.items() if weight is not None and weight.shape}
    changed = changes_base(adapter.config) or own_embeddings(adapter.tensors, adapter.config, sizes)
    beyond = changed or beyond_lora_modules(adapter.config) or on_shared_weights(adapter.tensors, modules)
    return {"changes_base": changed, "beyond_modules": beyond}


def _plain(folder: Path, adapter: Adapter, digest: str) -> str:
    """Return the plain copy of an adapter, made now if it is missing."""
    # The names follow the base model's modules, so on another base the same adapter is another copy.
    copy = home_folder() / PLAIN / record_digest((digest, [tensor.name for tensor in adapter.tensors]))[:32]
    plain_copy(folder / CONFIG, adapter.placed, copy)
    if digest_adapter(folder) != digest:
        shutil.rmtree(copy, ignore_errors=True)
        raise AdapterError(f"{folder}: it changed while it was read; run again")
    return str(copy)


def _with_own_tokenizer(model: LocalModel, rows: int | None, digest_file: DigestFile) -> LocalModel:
    """Return the model with what its adapter's folder says of template and tokenizer, where that is not the base's."""
    folder, base = Path(str(model.adapter_path)), Path(model.base_path)
    template, other = own_template(folder, base), other_tokenizer(folder, base)
    if template is None and other is None:
        return model
    known = most_tokens(folder) if other else 0
    if rows is not None and known > rows:
        raise AdapterError(
            f"{folder}: its tokenizer has {known:,} tokens, but its model has embeddings for {rows:,}: tokens were "
            "added without resized embeddings; save the adapter with its embeddings (PEFT: save_embedding_layers=True)"
        )
    name = model.ref.name
    told = [told_own_template(name)] * bool(template)
    told += [f"{name}: is served with the tokenizer of its own folder: {for_terminal(other)}"] if other else []
    own = msgspec.structs.replace(
        model,
        own_template=template,
        tokenizer_path=model.adapter_path if other else None,
        beyond_modules=model.beyond_modules or ("a tokenizer of its own" if other else None),
        notes=(*model.notes, *told),
    )
    ref = msgspec.structs.replace(model.ref, template_digest=digest_rendering(own, digest_file))
    return msgspec.structs.replace(own, ref=ref)


def told_own_template(name: str) -> str:
    """Say that an adapter is asked in another chat template than its base model."""
    return f"{name}: is asked in the chat template of its own folder, which differs from the base model's"


def digest_rendering(model: LocalModel, digest_file: DigestFile = remembered) -> str:
    """Digest what decides how messages become tokens: the base model's files, and what the adapter has of its own."""
    of_base = digest_template(Path(model.base_path), digest_file)
    if model.own_template is None and model.tokenizer_path is None:
        return of_base
    folder = Path(str(model.adapter_path))
    template = chat_templates(folder) if model.own_template is not None else {}
    tokenizer = digest_template(folder, digest_file) if model.tokenizer_path is not None else None
    return record_digest((of_base, template, tokenizer))


def digest_base(folder: Path, digest_file: DigestFile = remembered, code: Sequence[str] = ()) -> str:
    """Digest a base model's configuration, weights, and the other files that decide what it answers.

    ``code`` is patterns of its own Python files, where a server runs them.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    # What is missing is digested too; so answers kept by version 0.1, which digested less, are not used for this model.
    beside = [name if (folder / name).is_file() else f"no {name}" for name in BESIDE_WEIGHTS]
    total = hashlib.sha256("\n".join([digest_weights(folder, digest_file), *beside]).encode())
    total.update(digest_files(_beside_weights(folder), digest_file).encode())
    refuse_lost_links(folder, code)
    if run := _code_of(folder, code):  # all other digests stay as they are
        total.update(digest_files(run, digest_file).encode())
    return total.hexdigest()


def digest_weights(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest a base model's configuration and weights: what an adapter is trained on.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    refuse_lost_links(folder)
    weights = _weights_of(folder)
    if not (folder / "config.json").is_file() or not weights:
        raise NoSuchModel(f"{folder}: {without_weights(path.name for path in folder.glob('*'))}")
    for path in weights:
        if is_lfs_pointer(path):
            raise NoSuchModel(f"{path}: a git-lfs pointer, not the weights themselves; run `git lfs pull`")
    return digest_files([folder / "config.json", *weights], digest_file)


def digest_adapter(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest an adapter's configuration and weights."""
    return digest_files([folder / CONFIG, *(weight_files(folder) or [folder / WEIGHTS])], digest_file)


def digest_template(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest the chat template and the tokenizer, which decide how messages become tokens."""
    total = hashlib.sha256()
    for path in tokenizer_files(folder):
        total.update(f"{path.relative_to(folder).as_posix()} {digest_file(path)}\n".encode())
    return total.hexdigest()


def digest_files(paths: list[Path], digest_file: DigestFile = remembered) -> str:
    """Return the hex SHA-256 of the files' names and contents, in the given order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.name} {digest_file(path)}\n".encode())
    return total.hexdigest()


def files_of(model: LocalModel) -> tuple[Path, ...]:
    """Return the files that decide what a model answers: its adapter's, and all of its base model's that are there."""
    base = Path(model.base_path)
    own = list(_files_of_adapter(model))
    weights = [base / "config.json", *_weights_of(base)]
    return (*own, *weights, *_beside_weights(base), *tokenizer_files(base), *_code_of(base, model.code))


def _files_of_adapter(model: LocalModel) -> Iterator[Path]:
    if model.adapter_path is None:
        return
    folder = Path(model.adapter_path)
    yield from (folder / CONFIG, *(weight_files(folder) or [folder / WEIGHTS]))
    if model.has_own_text:
        yield from tokenizer_files(folder)
    if model.plain_path is not None:
        yield from (Path(model.plain_path) / name for name in FILES)


def _weights_of(folder: Path) -> list[Path]:
    return [folder / name for name in weights_of(path.name for path in folder.glob("*") if path.is_file())]


def _code_of(folder: Path, code: Sequence[str]) -> list[Path]:
    """Return the files with a base model's own code."""
    return sorted({path for pattern in code for path in folder.glob(pattern) if path.is_file()})


def _beside_weights(folder: Path) -> list[Path]:
    return [folder / name for name in BESIDE_WEIGHTS if (folder / name).is_file()]


def _notes(name: str, config: AdapterConfig, base: LocalModel) -> tuple[str, ...]:
    """Say that an adapter names another base model; a folder's name, or the last part of a hub name, can match."""
    told = config.base_model_name_or_path
    parts = [part for part in re.split(r"[/\\]", told or "") if part]
    own = {base.ref.base.rpartition("/")[2].casefold(), Path(base.base_path).name.casefold()}
    if not parts or parts[-1].casefold() in own:
        return ()
    is_hub_name = re.fullmatch(r"[\w.-]+/[\w.-]+", told or "") and not (told or "").startswith(".")
    shown = for_terminal((told or "") if is_hub_name else parts[-1])
    return (f"{name}: its {FILES[0]} names the base model {shown}; here it runs on {base.ref.base}",)


def _moved(name: str, then: str, base: LocalModel) -> tuple[str, ...]:
    """Say that an adapter was trained at another commit of its base model, whose weights are the same."""
    if not then or not base.commit or then == base.commit:
        return ()
    told = f"trained on commit {for_terminal(then[:12])} of {base.ref.base}; here it runs on commit {base.commit[:12]}"
    return (f"{name}: {told}, whose weights are the same",)


def _other_commit(folder: Path, base: LocalModel) -> str:
    """Say at which commit of the base model an adapter was trained, where a hub's revision now leads to another one."""
    then = trained_commit(folder)
    if not then or not base.commit or then == base.commit:
        return ""
    return f"it was trained on commit {for_terminal(then)}, and this is commit {base.commit} of {base.ref.base}; "
