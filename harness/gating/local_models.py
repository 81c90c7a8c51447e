"""The models of this machine that names mean, each read once."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.config.engine import EngineConfig
from harness.config.home import home_folder
from harness.gating.local_engines import code_run
from harness.gating.naming import Named
from harness.models.adapter import folder_name
from harness.models.digests import DigestFile, remembered
from harness.models.hub_cache import hub_model
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter

Say = Callable[[str], None]
Code = tuple[str, ...]
"""Patterns of the files with a base model's own code that its server runs."""


class LocalModels:
    """Reads base models and adapters; folders that settings name are beside ``root``.

    ``engine`` tells which of them bring Python code that is run. ``say`` is called with what is unusual about an
    adapter.
    """

    def __init__(self, root: Path, engine: EngineConfig, say: Say, digest_file: DigestFile = remembered) -> None:
        self._root = root
        self._engine = engine
        self._say = say
        self._digest_file = digest_file
        self._bases: dict[tuple[str, Code], LocalModel] = {}
        self._adapters: dict[tuple[str, Code, str], LocalModel] = {}

    def read(self, named: Named) -> LocalModel:
        """Return what a name of kind "here" means, under the name of its table where it has one.

        Raises:
            InputError: there is no such model, or it can't be used.
        """
        adapter = named.settings.adapter
        base = named.settings.base or "", code_run(self._engine, named.settings.args)
        model = self._base(*base) if adapter is None else self._adapter(*base, self._folder(adapter, named.table))
        return msgspec.structs.replace(model, ref=msgspec.structs.replace(model.ref, label=named.table))

    def _base(self, name: str, code: Code) -> LocalModel:
        if (name, code) not in self._bases:
            from harness.models.embedded import resolve_base

            folder = self._root / name
            found = folder if folder.is_dir() else resolve_base(name, home_folder(), self._say, code)
            fetched = hub_model(found)
            shown = fetched.repo if fetched else folder_name(folder)
            self._bases[name, code] = local_base(shown, found, self._digest_file, code)
        return self._bases[name, code]

    def _folder(self, adapter: str, table: str) -> Path:
        """Return an adapter's folder: a table's is beside the settings, another one can be in the current folder."""
        is_here = not table and os.path.isdir(adapter)  # noqa: PTH112 - a Path raises if it is too long
        return Path(adapter) if is_here else self._root / adapter

    def _adapter(self, base: str, code: Code, folder: Path) -> LocalModel:
        key = base, code, str(folder)
        if key not in self._adapters:
            self._adapters[key] = model = local_adapter(self._base(base, code), folder, self._digest_file)
            for note in model.notes:
                self._say(note)
        return self._adapters[key]
