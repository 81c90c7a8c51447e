"""Which base model ``--model`` of ``harness data`` means."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.train.measured import Measured


def base_of(name: str, settings: Path | None) -> Path:
    """Return the folder of a base model: by its name or folder, or ``base``, that of harness.toml."""
    from harness.config import home_folder, load_config, settings_file
    from harness.models.embedded import resolve_base
    from harness.text.progress import say

    path = settings_file(settings, Path())
    wanted = load_config(path).base_model if name == "base" else name
    beside = (path.parent if name == "base" else Path()) / wanted
    return beside if beside.is_dir() else resolve_base(wanted, home_folder(), say)


def measured_by(model: str, settings: Path | None) -> "Measured":
    """Return what counts the tokens of rows as the template of a base model renders them."""
    from harness.train.measured import Measured
    from harness.train.quantized import load_template, quieten

    quieten()
    return Measured(load_template(base_of(model, settings)))
