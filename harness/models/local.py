"""A model whose weights are on this machine: its folders for the engine, its digests for the keys."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import NoSuchModel
from harness.models.adapter import FILES
from harness.models.answering import beside_weights, code_in, digest_base, digest_template, weights_in
from harness.models.digests import DigestFile, remembered
from harness.models.folders import CONFIG
from harness.models.foreign import reading
from harness.models.hub_cache import hub_model
from harness.models.own_code import has_own_tokenizer, refuse_missing_code, refuse_own_code
from harness.models.plain import WEIGHTS, weight_files
from harness.models.tokenizer import chat_templates, tokenizer_files
from harness.records.asked import ModelRef
from harness.records.record import Record
from harness.records.record import digest as record_digest


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
        own = tuple(code) if code_in(folder, code) else ()
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


def files_of(model: LocalModel) -> tuple[Path, ...]:
    """Return the files that decide what a model answers: its adapter's, and all of its base model's that are there."""
    base = Path(model.base_path)
    own = list(_files_of_adapter(model))
    weights = [base / "config.json", *weights_in(base)]
    return (*own, *weights, *beside_weights(base), *tokenizer_files(base), *code_in(base, model.code))


def _files_of_adapter(model: LocalModel) -> Iterator[Path]:
    if model.adapter_path is None:
        return
    folder = Path(model.adapter_path)
    yield from (folder / CONFIG, *(weight_files(folder) or [folder / WEIGHTS]))
    if model.has_own_text:
        yield from tokenizer_files(folder)
    if model.plain_path is not None:
        yield from (Path(model.plain_path) / name for name in FILES)
