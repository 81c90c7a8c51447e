"""Base models that bring Python code of their own: never run by this process, and by a vLLM server if allowed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.errors import NoSuchModel
from harness.models.base_files import CONFIG
from harness.models.foreign import reading
from harness.models.tokenizer import SETTINGS
from harness.text.visible import for_terminal

REFUSAL = (
    "this model brings its own Python code (auto_map), which this process never runs: no training, no merging, no "
    "transformers engine. A vLLM server that the harness starts runs it with args = "
    '["--trust-remote-code"] under [engine] in harness.toml; read the code before you allow it. Or name a model of a '
    "running server (served:NAME), or a base model whose architecture transformers has built in"
)
ASKS = "trust_remote_code"
"""What transformers names when it would need a model's own code."""
ELSEWHERE = "--"
"""What is between the name of another model, which has the code, and the code's."""


class _Config(msgspec.Struct):
    model_type: str = ""
    auto_map: dict[str, object] | list[object] | None = None


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Turn what a library raises about a base model or its tokenizer into one line.

    Raises:
        NoSuchModel: it can't be loaded, or not without running code of its own.
    """
    try:
        with reading(f"{folder}: can't be loaded as a base model:", NoSuchModel):
            yield
    except NoSuchModel as problem:
        if ASKS in str(problem.__cause__):
            raise NoSuchModel(f"{folder}: {REFUSAL}") from problem
        raise


def refuse_own_code(folder: Path) -> None:
    """Refuse a base model whose architecture is only in code beside its weights.

    Raises:
        NoSuchModel: it is, or its config.json can't be read.
    """
    config = _read(folder / CONFIG)
    if config.auto_map and config.model_type not in _built_in():
        raise NoSuchModel(f"{folder}: {REFUSAL}")


def refuse_missing_code(folder: Path) -> None:
    """Refuse a base model of which a vLLM server would run code that is not in its folder.

    Raises:
        NoSuchModel: it is missing, or in another model's folder; no digest would hold it.
    """
    for name in (CONFIG, SETTINGS):
        for told in _texts(_read(folder / name).auto_map):
            other, is_elsewhere, module = told.rpartition(ELSEWHERE)
            file = f"{module.partition('.')[0]}.py"
            if is_elsewhere:
                raise NoSuchModel(
                    f"{folder}: its own code is in another model, {for_terminal(other)} ({name}, auto_map), which is "
                    "not fetched; copy the model to a folder, put that code beside it, and name it without the other "
                    "model; or leave --trust-remote-code out if transformers has the architecture built in"
                )
            if not (folder / file).is_file():
                raise NoSuchModel(
                    f"{folder}: {name} names its own code in {for_terminal(file)} (auto_map), which is not here; "
                    "fetch the model again, with HF_HUB_OFFLINE unset"
                )


def has_own_tokenizer(folder: Path) -> bool:
    """Tell whether a base model's tokenizer is Python code of its own.

    Raises:
        NoSuchModel: its settings can't be read.
    """
    own = _read(folder / SETTINGS).auto_map
    return bool(_texts(own.get("AutoTokenizer") if isinstance(own, dict) else own))


def _read(path: Path) -> _Config:
    if path.name != CONFIG and not path.is_file():
        return _Config()
    with reading(f"{path}: not readable as a model's configuration:", NoSuchModel):
        return msgspec.json.decode(path.read_bytes(), type=_Config)


def _texts(value: object) -> Sequence[str]:
    """Return the names of classes in an ``auto_map``: texts, lists of texts and nulls, or a table of these."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _built_in() -> frozenset[str]:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return frozenset(CONFIG_MAPPING_NAMES)
