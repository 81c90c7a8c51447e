"""Which base model ``--model`` of ``harness data`` means."""

from pathlib import Path


def base_of(name: str, settings: Path | None) -> Path:
    """Return the folder of a base model: by its name or folder, or ``base``, that of harness.toml."""
    from harness.config import home_folder, load_config, settings_file
    from harness.models.embedded import resolve_base
    from harness.text.progress import say

    path = settings_file(settings, Path())
    wanted = load_config(path).base_model if name == "base" else name
    beside = (path.parent if name == "base" else Path()) / wanted
    return beside if beside.is_dir() else resolve_base(wanted, home_folder(), say)
