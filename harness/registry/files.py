"""Which files of an adapter's folder go along when it is handed on, and where their names lead."""

from pathlib import Path

from harness.models.adapter import CURVE, MANIFEST
from harness.models.folders import CONFIG
from harness.models.plain import weight_files
from harness.models.tokenizer import tokenizer_files

CARD = "README.md"


def adapter_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of an adapter: configuration, weights, tokenizer; its manifest, curve and card if it has any.

    What else is in the folder stays there: checkpoints, and what only helps to train again.

    Raises:
        AdapterError: a part of the weights is missing.
    """
    more = (folder / name for name in (MANIFEST, CURVE, CARD))
    return (folder / CONFIG, *weight_files(folder), *tokenizer_files(folder), *(one for one in more if one.is_file()))
