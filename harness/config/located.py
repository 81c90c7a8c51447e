"""Where harness.toml is: from the command line and the suites to the file that holds, and what is beside it."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from harness.errors import ConfigError
from harness.text.visible import hide_paths

SETTINGS = "harness.toml"


def settings_file(named: Path | None, start: Path, suites: Iterable[Path] = ()) -> Path:
    """Return the file of the settings: the one that --harness-config names, else the only harness.toml that is found.

    It is looked for in ``start``, where pytest or the command was called, and in the folders of the suites; from each
    upwards, to the nearest one. Where none is found, the result is the one that would be in ``start``: then the
    defaults hold, and runs are saved there.

    Raises:
        ConfigError: the named one is missing, or different ones are found.
    """
    if named is not None:
        if not named.exists():
            raise ConfigError(f"{named}: no such file (--harness-config)")
        return named
    nearest: dict[Path, Path] = {}
    for folder in (start, *suites):
        if found := _nearest_settings(folder.absolute()):
            nearest.setdefault(found.resolve(), found)
    first, *others = nearest.values() or (start / SETTINGS,)
    if others:
        raise ConfigError(
            f"{os.path.relpath(first)} and {os.path.relpath(others[0])}: both would be the settings of this run; "
            "name one of them with --harness-config"
        )
    return first if start.is_absolute() else Path(os.path.relpath(first))


def told_settings(path: Path, start: Path) -> str:
    """Return the name of the settings that were found, as it is saved: seen from ``start``, and without a home folder.

    Empty when there is no such file.
    """
    if not path.exists():
        return ""
    path, start = path.absolute(), start.absolute()
    if start.is_relative_to(path.parent) or path.is_relative_to(start):
        return os.path.relpath(path, start)
    return hide_paths(str(path))


def own_judges(suite: Path) -> Path | None:
    """Return the folder of the rubrics that belong to a suite: beside the nearest harness.toml; None without one."""
    settings = _nearest_settings(suite.absolute())
    return Path(os.path.relpath(settings.parent / "judges")) if settings else None


def settings_of(settings: Path | None, suites: Iterable[str] = ()) -> Path:
    """Return the file of the settings, given --harness-config and suites as to pytest.

    Raises:
        ConfigError: as ``settings_file``.
    """
    paths = [Path(name.partition("::")[0]) for name in suites]
    return settings_file(settings, Path(), [one if one.is_dir() else one.parent for one in paths if one.exists()])


def _nearest_settings(folder: Path) -> Path | None:
    """Return harness.toml in a folder or in the nearest one above.

    The top of a checkout ends the way up, and so does a folder in which anybody can write, such as the system's for
    temporary files: settings name addresses, and which key is sent there.
    """
    for place in (folder, *folder.parents):
        if place != folder and place.stat().st_mode & stat.S_IWOTH:
            return None
        if os.path.lexists(place / SETTINGS):
            return place / SETTINGS
        if (place / ".git").exists():
            return None
    return None
