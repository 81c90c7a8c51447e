"""Which base model ``--model`` of ``harness data`` means, and what ``--train`` says."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from harness.records.asked import Rendering
    from harness.train.config import TrainConfig
    from harness.train.measured import Measured


class Training(msgspec.Struct, frozen=True):
    """The settings of a training, the folder of its base model, and how that is given rows."""

    config: "TrainConfig"
    base: Path
    rendering: "Rendering"


def base_of(name: str, settings: Path | None) -> Path:
    """Return the folder of a base model: by its name or folder, or ``base``, that of harness.toml."""
    from harness.config.home import home_folder
    from harness.config.located import settings_file
    from harness.config.read import load_config
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


def training_of(settings: Path) -> Training:
    """Return what a train.toml says."""
    from harness.train.config import load_train_config
    from harness.train.plan import trained_rendering
    from harness.train.recipe import trained_base

    config = load_train_config(settings)
    base = trained_base(config, settings.parent)
    return Training(config, base, trained_rendering(config, settings.parent, base))


def measured_for(training: Training) -> "Measured":
    """Return what counts the tokens of rows as a training reads them."""
    from harness.train.measured import Measured
    from harness.train.quantized import load_template, quieten

    quieten()
    return Measured(load_template(training.base, training.rendering), training.config.loss_on)
