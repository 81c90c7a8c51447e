"""The packages of the extra ``data``, which checks of rows need: their absence is told before any row is read."""

import importlib.util

from harness.errors import InputError


def need(*packages: str) -> None:
    """Refuse to go on without some packages, named as they are imported.

    Raises:
        InputError: one of them is not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f"checking rows needs {' and '.join(missing)}, which is not installed: pip install 'tunegate[data]'"
        )
