"""An adapter's folder read as a model on its base: checked, made plain, with its own template and tokenizer."""

import re
import shutil
from pathlib import Path

import msgspec

from harness.config.home import home_folder
from harness.errors import AdapterError
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
from harness.models.answering import digest_adapter, digest_weights, weights_in
from harness.models.digests import DigestFile, remembered
from harness.models.fits import Modules, embedding_rows, misfit, modules_of, on_shared_weights
from harness.models.folders import CONFIG
from harness.models.foreign import reading
from harness.models.local import LocalModel, digest_rendering, told_own_template
from harness.models.merged import PLAIN
from harness.models.plain import plain_copy
from harness.models.tokenizer import most_tokens, other_tokenizer, own_template
from harness.records.record import digest as record_digest
from harness.text.visible import for_terminal


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
    modules = modules_of(weights_in(root))
    adapter = check_adapter(folder, modules)
    told = unlike_base(adapter.placed, adapter.config, weights_in(root))
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
