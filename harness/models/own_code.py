"""Base models that bring Python code of their own: it is never run, and nobody is asked whether it may be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.errors import NoSuchModel
from harness.models.foreign import reading

REFUSAL = (
    "this model brings its own Python code (auto_map), which is never run (trust_remote_code=False); "
    "choose a base model whose architecture transformers has built in"
)
ASKS = "trust_remote_code"
"""What transformers names when it would need a model's own code."""


class _Config(msgspec.Struct):
    model_type: str = ""
    auto_map: dict[str, object] | None = None


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
    path = folder / "config.json"
    with reading(f"{path}: not readable as a model's configuration:", NoSuchModel):
        config = msgspec.json.decode(path.read_bytes(), type=_Config)
    if config.auto_map and config.model_type not in _built_in():
        raise NoSuchModel(f"{folder}: {REFUSAL}")


def _built_in() -> frozenset[str]:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return frozenset(CONFIG_MAPPING_NAMES)
