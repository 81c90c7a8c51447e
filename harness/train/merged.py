"""An adapter merged into its base model as a folder that any tool reads, with a record of what was merged.

The folder appears by one rename, after the merged model was found to answer as the adapter does.
"""

import errno
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.engines.weights.agreement import COMPUTED, QUESTIONS, Agreement, told
from harness.engines.weights.beside import MERGED
from harness.engines.weights.merge import write_merged
from harness.errors import StoreError
from harness.models.answering import digest_weights
from harness.models.base_files import weights_of
from harness.models.digests import remembered
from harness.models.installed import installed_versions
from harness.models.local import LocalModel
from harness.models.mergeable import refuse_quantized
from harness.models.own_code import loading
from harness.models.tensors import BITS, read_tensors
from harness.models.unchanged import unchanged
from harness.records.asked import AS_IS, Rendering
from harness.records.record import UNREADABLE, Record
from harness.text.atomic import write_durably
from harness.text.record_files import write_record
from harness.text.regular import read_regular
from harness.train.manifest import Manifest, write_manifest
from harness.train.merging import disk_full_told, gigabytes, publish, refuse_full_disk, work_folder
from harness.train.method import quantization_of
from harness.train.model_card import CARD, Facts, as_json, checkpoint_card

BEHIND = "-merged"
"""How the folder of a merged model is called, behind the adapter's name."""
NOT_EVALUATED = "How it was evaluated is not known here: `harness adapters card` has what is known of the adapter."
SAFETENSORS = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


class Merge(Record, frozen=True, kw_only=True):
    """What ``merged.json`` says: what was merged, and how far the merged model agrees with the adapter.

    ``base_digest`` and ``adapter_digest`` are those of runs and promotions; ``base_weights_digest`` is that of the base
    model's configuration and weights alone, as manifests have it.
    """

    adapter: str
    adapter_digest: str
    base: str
    base_digest: str
    base_weights_digest: str
    base_commit: str = ""
    template_digest: str
    rendering: Rendering = AS_IS
    """The chat template that the training, or the settings, have in place of the base model's, and its values."""
    dtype: str
    trained_in: str = ""
    """How the base model was quantized in the training, such as "nf4"; its weights as they are were merged into."""
    agreement: Agreement
    files: dict[str, str]
    """The SHA-256 of each file beside this one, the manifest and the card."""
    versions: dict[str, str]
    time: str


class Wanted(Record, frozen=True, kw_only=True):
    """How an adapter shall be merged: the number format, its manifest if it has one, and what its card says more.

    ``rendering`` is how it was trained to be given messages.
    """

    dtype: str
    rendering: Rendering = AS_IS
    manifest: Manifest | None = None
    license: str = ""
    evaluated: tuple[str, ...] = ()
    """Lines of Markdown on how the adapter was evaluated."""


def merge(model: LocalModel, folder: Path, wanted: Wanted, say: Callable[[str], None]) -> Merge:
    """Leave an adapter merged into its base model in ``folder``, unless it is there already; return its record.

    Raises:
        AdapterError: it can't be merged, or answers differently when it is.
        StoreError: ``folder`` holds something else, or can't be written.
        EngineSetupError: a file of the adapter or of the base model changed meanwhile.
    """
    refuse_quantized(model)
    if (earlier := _merged_already(folder, model, wanted)) is not None:
        say(f"{folder.name}: merged already, and its files are as they were")
        return earlier
    template = wanted.rendering.template
    trained = model if template is None else msgspec.structs.replace(model, own_template=template)
    with work_folder(folder) as work:
        size = _numbers(Path(model.base_path))
        least = size * BITS[SAFETENSORS[wanted.dtype]] // 8
        refuse_full_disk(folder, least)
        say(
            f"merging {model.ref.name} into {model.ref.base}: takes about {gigabytes(size * 4)} of memory, and "
            f"{gigabytes(least)} on the disk"
        )
        with disk_full_told(folder, least), unchanged([model], "being merged"):
            agreement = write_merged(trained, wanted.dtype, work, QUESTIONS)
        record = _record(model, wanted, agreement, work)
        write_record(work / MERGED, record)
        if wanted.manifest is not None:
            write_manifest(work, msgspec.structs.replace(wanted.manifest, name=folder.name))
        write_durably(work / CARD, _card(folder.name, record, wanted).encode())
        publish(work, folder)
    return record


def read_merge(folder: Path) -> Merge | None:
    """Return what a merged model's folder says of itself; None where it says nothing that this version reads."""
    try:
        return msgspec.json.decode(read_regular(folder / MERGED), type=Merge)
    except (OSError, *UNREADABLE):
        return None


def is_merge(record: Merge | None, model: LocalModel, wanted: Wanted) -> bool:
    """Return whether a record is that of this adapter, on this base model, in this number format and template."""
    if record is None:
        return False
    ref = model.ref
    weights = record.adapter_digest, record.base_digest, record.dtype
    text = record.template_digest, record.rendering
    return weights == (ref.adapter_digest, ref.base_digest, wanted.dtype) and text == (
        ref.template_digest,
        wanted.rendering,
    )


def number_format(base: Path) -> str:
    """Return the number format of a base model's weights, such as "bfloat16".

    Raises:
        NoSuchModel: its configuration can't be read.
    """
    from transformers import AutoConfig

    with loading(base):
        own = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False).dtype
    return "float32" if own is None else str(own).removeprefix("torch.")


def _merged_already(folder: Path, model: LocalModel, wanted: Wanted) -> Merge | None:
    """Return the record of a folder that holds just this merge, whole; None where there is nothing yet.

    Raises:
        StoreError: something else is there.
    """
    if not folder.exists() and not folder.is_symlink():
        return None
    elsewhere = "choose another folder (--into), or move this one away"
    if folder.is_dir() and not any(folder.iterdir()):
        return None
    record = read_merge(folder)
    if record is None or not is_merge(record, model, wanted):
        raise StoreError(
            f"{folder}: exists, and is not {model.ref.name} merged into {model.ref.base} in {wanted.dtype}, as both "
            f"and the chat template are now; {elsewhere}"
        )
    wrong = next((name for name, known in record.files.items() if _digest(folder / name) != known), None)
    if wrong is not None:
        raise StoreError(f"{folder / wrong}: not as it was merged: it was changed or removed; {elsewhere}")
    return record


def _record(model: LocalModel, wanted: Wanted, agreement: Agreement, work: Path) -> Merge:
    manifest, ref = wanted.manifest, model.ref
    trained_in = quantization_of(manifest.settings) if manifest else "none"
    here = sorted(path for path in work.rglob("*") if path.is_file())
    return Merge(
        adapter=ref.name,
        adapter_digest=ref.adapter_digest or "",
        base=ref.base,
        base_digest=ref.base_digest,
        base_weights_digest=digest_weights(Path(model.base_path)),
        base_commit=model.commit,
        template_digest=ref.template_digest,
        rendering=wanted.rendering,
        dtype=wanted.dtype,
        trained_in="" if trained_in == "none" else trained_in,
        agreement=agreement,
        files={path.relative_to(work).as_posix(): remembered(path) for path in here},
        versions=installed_versions(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _card(name: str, record: Merge, wanted: Wanted) -> str:
    facts = Facts(
        library="transformers",
        relation="finetune",
        tags=("lora", "merged", "tunegate"),
        base=record.base if record.base_commit else "",  # then it is one on a hub, which the card can link
        commit=record.base_commit,
        license=wanted.license,
    )
    made_of = (
        f"The adapter {record.adapter} merged into its base model {record.base}.",
        *merge_lines(record),
        f"Digest of the adapter: {record.adapter_digest}. Digest of the base model: {record.base_digest}.",
    )
    args = wanted.rendering.template_args
    values = (f"It was trained with these values for its chat template: {as_json(args)}.",) if args else ()
    return checkpoint_card(name, facts, (*made_of, *values), wanted.manifest, wanted.evaluated or (NOT_EVALUATED,))


def merge_lines(record: Merge) -> tuple[str, ...]:
    """Return what a record says for people: into which weights it was merged, and how far both agree."""
    rounded = "" if record.dtype == COMPUTED else f" and rounded to {record.dtype}"
    weights = f"Merged into the base model's weights as they are, computed in {COMPUTED}{rounded}."
    trained = (
        f"It was trained on these weights rounded to {record.trained_in}, on which it answers a little differently."
    )
    return (weights, *([trained] if record.trained_in else []), *told(record.agreement, record.dtype))


def _numbers(base: Path) -> int:
    """Return how many numbers a base model's weights have."""
    files = weights_of(path.name for path in base.iterdir())
    return sum(math.prod(tensor.shape) for name in files for tensor in read_tensors(base / name))


def _digest(path: Path) -> str | None:
    try:
        return remembered(path)
    except OSError as problem:
        if problem.errno in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}:
            return None
        raise
