"""Modules of the harness are imported as they are written, whatever pytest does to the imports of a plugin.

pytest rewrites the asserts of every module of a package that has a plugin, and keeps a second compiled copy of each.
The harness has no asserts: a fifth of a short run went into reading those copies.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class OwnImports:
    """A finder of the harness's modules, which is asked before that of pytest."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a module of the harness is, as Python itself finds it; None for every other module."""
        return PathFinder.find_spec(name, path, target) if name.startswith("harness.") else None


def import_as_written() -> None:
    """Import the harness's modules from now on without pytest's changes."""
    if OwnImports not in sys.meta_path:
        sys.meta_path.insert(0, OwnImports)
