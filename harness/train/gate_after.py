"""``pytest suites/`` on what was trained, in a process of its own, as a user would run it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.config import settings_file
from harness.errors import ConfigError

SUITES = "suites"


def gate_root(settings: Path) -> Path:
    """Return the folder in which a training's result is gated: that of the nearest harness.toml above its settings.

    Raises:
        ConfigError: there are no suites in it.
    """
    root = settings_file(None, settings.parent.absolute()).parent
    if not (root / SUITES).is_dir():
        raise ConfigError(
            f"{root / SUITES}: no such folder, so there is nothing to gate by; write suites, put a harness.toml in the "
            "folder that has them, or leave gating out with --no-gate"
        )
    return root


def gate_after(candidates: Sequence[Path], root: Path) -> int:
    """Run ``pytest suites/`` in ``root`` with these candidates, and return its exit code.

    What it prints goes to standard error. Ctrl-C and SIGTERM are its own to end by: it saves what it has.
    """
    named = [part for one in candidates for part in ("--candidate", _seen_from(root, one))]
    command = [sys.executable, "-m", "pytest", f"{SUITES}/", *named]
    sys.stderr.flush()
    with subprocess.Popen(command, cwd=root, stdout=2) as child:
        before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            return _ended(child)
        finally:
            signal.signal(signal.SIGTERM, before)


def _ended(child: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # a terminal sends it to the child as well
            continue


def _seen_from(root: Path, folder: Path) -> str:
    return os.path.relpath(folder.absolute(), root.absolute())
