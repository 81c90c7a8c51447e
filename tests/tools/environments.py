"""Environments of their own for other tools, made on first use, whole or not at all."""

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import httpx2

from harness.config.home import home_folder


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


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path, patience_s: float) -> None:
    """Wait until a server that was started answers; its log is shown where it ends before, or never does."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx2.get(address, timeout=5).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())
