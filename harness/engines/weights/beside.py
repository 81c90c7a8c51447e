"""What a whole model has beside its weights, so that any tool reads it: tokenizer, chat template, generation config."""

import shutil
from pathlib import Path

import msgspec

from harness.errors import NoSuchModel
from harness.models.adapter import CURVE, FILES, MANIFEST
from harness.models.base_files import CONFIG
from harness.models.chat import ends_of
from harness.models.foreign import reading
from harness.models.local import LocalModel
from harness.models.own_code import loading
from harness.models.tokenizer import (
    SETTINGS,
    TEMPLATE,
    TEMPLATES,
    chat_templates,
    has_vocabulary,
    tokenizer_files,
    usual_template,
)

GENERATION = "generation_config.json"
MERGED = "merged.json"
"""In a merged model's folder: what it was merged of; see train/merged.py."""
NOT_COPIED = {CONFIG, GENERATION, MANIFEST, CURVE, MERGED, *FILES}
COPIED_SUFFIXES = {".json", ".jinja", ".txt", ".model"}
INDEX_ENDS = ".index.json"
OLD_TEMPLATE = "chat_template.json"


def beside_weights(model: LocalModel) -> dict[str, Path]:
    """Return the files that a merged model needs as they are, by name: the base model's, or a tokenizer of its own."""
    base, own = Path(model.base_path), Path(model.tokenizer_path) if model.tokenizer_path else None
    of_base = {
        path.name: path
        for path in base.iterdir()
        if path.suffix in COPIED_SUFFIXES and path.name not in NOT_COPIED and not path.name.endswith(INDEX_ENDS)
    }
    of_base |= {path.relative_to(base).as_posix(): path for path in tokenizer_files(base)}
    if own is None:
        return of_base
    if has_vocabulary(own):
        of_base = {name: path for name, path in of_base.items() if path not in tokenizer_files(base)}
    return of_base | {path.relative_to(own).as_posix(): path for path in tokenizer_files(own)}


def write_beside(model: LocalModel, folder: Path) -> None:
    """Write a merged model's tokenizer and chat template, and its base model's configuration, which saving replaces."""
    for name, path in beside_weights(model).items():
        copy_into(folder, name, path)
    copy_into(folder, CONFIG, Path(model.base_path) / CONFIG)
    if (template := _template(model)) is not None:
        set_template(folder, template)


def copy_into(folder: Path, name: str, path: Path) -> None:
    """Copy a file to a name in ``folder``, which can have one folder in it."""
    copy = folder / name
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, copy)


def set_template(folder: Path, text: str) -> None:
    """Make a text the only chat template of a model's folder, whoever reads it.

    transformers and vLLM prefer the file to a template in tokenizer_config.json, llama.cpp's converter the other way
    round: so there is one place alone.
    """
    shutil.rmtree(folder / TEMPLATES, ignore_errors=True)
    (folder / OLD_TEMPLATE).unlink(missing_ok=True)
    settings = folder / SETTINGS
    if settings.is_file():
        with reading(f"{settings}: not readable as a JSON object:", NoSuchModel):
            content = msgspec.json.decode(settings.read_bytes(), type=dict[str, object])
        if content.pop("chat_template", None) is not None:
            settings.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
    (folder / TEMPLATE).write_text(text, encoding="utf-8")


def write_generation(model: LocalModel, folder: Path) -> None:
    """Give a merged model its base model's settings for generation, and the end token of a tokenizer of its own.

    The weights were loaded without such settings, so what was saved with them has none.
    """
    base = Path(model.base_path)
    if (base / GENERATION).is_file():
        copy_into(folder, GENERATION, base / GENERATION)
    if model.tokenizer_path is None:
        return
    from transformers import AutoTokenizer

    with loading(folder):
        own = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False).eos_token_id
    ends = ends_of(folder)
    if own is None or own in ends:
        return
    file = folder / GENERATION
    content = msgspec.json.decode(file.read_bytes(), type=dict[str, object]) if file.is_file() else {}
    content["eos_token_id"] = [*ends, own] if ends else own
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


def _template(model: LocalModel) -> str | None:
    """Return the chat template to write into a merged folder, where copied files don't have the right one."""
    if model.own_template is not None:
        return model.own_template
    if model.tokenizer_path is None or chat_templates(Path(model.tokenizer_path)):
        return None
    return usual_template(Path(model.base_path))
