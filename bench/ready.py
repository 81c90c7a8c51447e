"""A pytest plugin: import everything that a run of the harness needs, then note the CPU seconds used so far.

Two starts of Python differ by more than 1,000 cases cost, so what starting took is measured in the process itself.
"""

import importlib
import os
import time
from pathlib import Path

MARK = "ready"
"""The file, in the current folder, that holds the CPU seconds."""
LAZY = ("aiohttp", "harness.report.view.page", "rich.progress", "scipy.special")


def found_with() -> str:
    """Return the PYTHONPATH with which this module is found."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))


def pytest_collection() -> None:
    """Note the time just before pytest looks for tests."""
    for name in LAZY:
        importlib.import_module(name)
    Path(MARK).write_text(str(time.process_time()))
