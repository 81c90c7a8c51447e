"""Environments of their own for other tools, made on first use, whole or not at all."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from harness.config import home_folder


def python_with(name: str, requirement: str) -> str:
    """Return the Python of an environment called ``name``, in which ``requirement`` is installed."""
    folder = home_folder() / f"{name}-{sys.implementation.cache_tag}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as unfinished:
            made = Path(unfinished) / "environment"
            venv.create(made, with_pip=True)
            pip = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, requirement], check=True)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was first
                    raise
    return str(folder / "bin" / "python")
