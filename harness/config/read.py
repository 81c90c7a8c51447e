"""harness.toml found and read: all of it, or the part that a command needs."""

import os
from collections.abc import Iterable
from pathlib import Path

from harness.config.located import settings_of
from harness.config.release import GatesConfig
from harness.config.rows import LogMapping
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError
from harness.text.toml import load_toml

SEVERAL = "got `array` in `engine.base_url`"
"""How a list of addresses is told that is in the place of one."""


def load_config(path: Path) -> HarnessConfig:
    """Return the settings in ``path``; the defaults when there is no such file."""
    if not os.path.lexists(path):
        return HarnessConfig()
    try:
        return load_toml(path, HarnessConfig, ConfigError)
    except ConfigError as problem:
        if SEVERAL in str(problem):
            raise ConfigError(
                f"{problem}; write one address there, and the others in replica_urls = [...]"
            ) from problem
        raise


def runs_folder(run_dir: str | None, settings: Path | None, suites: Iterable[str] = ()) -> Path:
    """Return the folder of the runs, given --run-dir, --harness-config and suites as to pytest.

    Raises:
        ConfigError: the settings are named but missing, or wrong, or different ones are found.
    """
    path = settings_of(settings, suites)
    return path.parent / (run_dir or load_config(path).runs)


def gates_config(settings: Path | None, suites: Iterable[str]) -> GatesConfig:
    """Return [gates] of the settings that pytest would take for these suites.

    Raises:
        ConfigError: as ``runs_folder``.
    """
    return load_config(settings_of(settings, suites)).gates


def log_mapping(settings: Path | None) -> LogMapping:
    """Return [logs.mapping] of the settings that hold here.

    Raises:
        ConfigError: they are wrong.
    """
    return load_config(settings_of(settings)).logs.mapping
