"""From a model's name to what exactly answers: folders for the engine, digests for the keys."""

import hashlib
import json
from pathlib import Path

import msgspec

from harness.errors import AdapterError, NoSuchModel
from harness.models.digests import DigestFile, remembered
from harness.records.asked import ModelRef
from harness.records.record import Record

MOST_NAMED = 5


class LocalModel(Record, frozen=True, kw_only=True):
    """A model whose weights lie on this machine. Folders stay out of ``ref``: runs and reports show no paths."""

    ref: ModelRef
    base_path: str
    adapter_path: str | None = None


def local_base(name: str, folder: Path, digest_file: DigestFile = remembered) -> LocalModel:
    """Return the base model in ``folder``; ``digest_file`` decides whether large files are read again.

    Raises:
        NoSuchModel: the folder holds no transformers model with safetensors weights.
    """
    ref = ModelRef(
        base=name,
        base_digest=digest_base(folder, digest_file),
        template_digest=digest_template(folder, digest_file),
    )
    return LocalModel(ref=ref, base_path=str(folder))


def local_adapter(base: LocalModel, folder: Path, digest_file: DigestFile = remembered) -> LocalModel:
    """Return the adapter in ``folder`` on its base model; ``digest_file`` as for ``local_base``.

    Raises:
        AdapterError: the folder is missing, unsafe, or made for another base model.
    """
    check_adapter(folder, base.ref.base_digest)
    name = folder_name(folder)
    ref = msgspec.structs.replace(base.ref, adapter=name, adapter_digest=digest_adapter(folder, digest_file))
    return LocalModel(ref=ref, base_path=base.base_path, adapter_path=str(folder))


def folder_name(folder: Path) -> str:
    """Return a folder's own name, also where it is written as ``.`` or ``..``; a link keeps its name."""
    return folder.name if folder.name.strip(".") else folder.resolve().name


def check_adapter(folder: Path, base_digest: str) -> None:
    """Refuse an adapter folder that must not or can't be served; read nothing but JSON and file names."""
    if not folder.is_dir():
        raise AdapterError(f"{folder}: no such adapter folder; train one with `harness train`, or check the name")
    if not (folder / "adapter_config.json").is_file():
        raise AdapterError(f"{folder}: adapter_config.json is missing, so this is not an adapter; {_found_in(folder)}")
    if not folder_name(folder):
        raise AdapterError(
            f"{folder}: this folder has no name to call the adapter by; move it into a folder of its own"
        )
    unsafe = sorted(path.name for path in folder.rglob("*") if path.suffix in {".bin", ".pt", ".pth", ".pkl", ".ckpt"})
    if unsafe:
        raise AdapterError(
            f"{folder}: holds {unsafe[0]}, a pickle file, which can run code when it is read; "
            "save the adapter as safetensors and remove the file"
        )
    if not (folder / "adapter_model.safetensors").is_file():
        raise AdapterError(f"{folder}: adapter_model.safetensors is missing; is this an adapter saved by PEFT?")
    manifest = folder / "manifest.json"
    if manifest.is_file():
        trained_on = _read_json(manifest).get("base_digest")
        if trained_on != base_digest:
            raise AdapterError(
                f"{folder}: trained on another base model (digest {str(trained_on)[:12]}) than the one configured "
                f"(digest {base_digest[:12]}); set base_model in harness.toml, or train again"
            )


def adapter_rank(folder: Path) -> int:
    """Return the adapter's LoRA rank, the largest one where layers differ."""
    config = _read_json(folder / "adapter_config.json")
    ranks = [config.get("r", 0), *dict(config.get("rank_pattern") or {}).values()]  # type: ignore[call-overload]
    return max(int(str(rank)) for rank in ranks)


def digest_base(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest a base model's configuration and weights."""
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not weights:
        raise NoSuchModel(f"{folder}: no transformers model with safetensors weights here")
    return digest_files([folder / "config.json", *weights], digest_file)


def digest_adapter(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest an adapter's configuration and weights."""
    return digest_files([folder / "adapter_config.json", folder / "adapter_model.safetensors"], digest_file)


def digest_template(folder: Path, digest_file: DigestFile = remembered) -> str:
    """Digest the chat template and the tokenizer, which decide how messages become tokens."""
    names = ("chat_template.jinja", "tokenizer_config.json", "tokenizer.json")
    return digest_files([folder / name for name in names if (folder / name).is_file()], digest_file)


def digest_files(paths: list[Path], digest_file: DigestFile = remembered) -> str:
    """Return the hex SHA-256 of the files' names and contents, in the given order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.name} {digest_file(path)}\n".encode())
    return total.hexdigest()


def _found_in(folder: Path) -> str:
    """Say what a folder that is not an adapter holds, and what to do."""
    if (folder / "config.json").is_file():
        return "it holds a base model: name it as base_model in harness.toml, and write base here"
    inside = sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob("*/adapter_config.json"))
    if inside:
        return f"name one of the adapters in it: {', '.join(inside[:MOST_NAMED])}"
    found = sorted(path.name for path in folder.iterdir())
    return f"found {', '.join(found[:MOST_NAMED]) or 'nothing'}; name the folder that PEFT saved the adapter to"


def _read_json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise AdapterError(f"{path}: not readable as JSON: {problem}") from problem
    if not isinstance(content, dict):
        raise AdapterError(f"{path}: a JSON object was expected")
    return content
