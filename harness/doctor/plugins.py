"""Whether pytest will load the harness, and which other plugins and options get in its way."""

import configparser
import shlex
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from harness.doctor.finding import Finding
from harness.text.regular import read_regular_text

OWN_PLUGIN = "harness"
IN_PROCESSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "xdist": (("-n", "--numprocesses", "--dist", "--tx", "-d"), "-n 0"),
    "pytest_forked": (("--forked",), "-p no:forked"),
}
"""Plugins that run tests in other processes, which refuses suites: by which options, and what switches that off."""
PLACES = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
"""Files with pytest's options, and the table that has ``addopts``; the first one that has it counts."""


def check_plugins(plugins: Collection[str], options: Sequence[str], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check pytest's plugins, by the names of their entry points, and the options that hold for every session."""
    told = list(_unloaded(plugins, options, environ))
    for name, (words, remedy) in IN_PROCESSES.items():
        used = [word for word in options if name in plugins and _is_any(word, words)]
        if used and not _switched_off(options, remedy):
            found = f"{used[0]} is among pytest's options, and suites can't run in several processes"
            told.append(Finding(name="pytest", state="problem", found=found, remedy=f"pytest suites/ {remedy}"))
    if not told:
        others = sorted(set(plugins) - {OWN_PLUGIN})
        beside = f"; beside it: {', '.join(others)}" if others else ""
        told = [Finding(name="pytest", state="ok", found=f"loads the harness{beside}")]
    yield from told


def _unloaded(plugins: Collection[str], options: Sequence[str], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Tell why pytest would not load the harness."""
    pairs = list(pairwise(options))
    if OWN_PLUGIN not in plugins:
        found = "no plugin of the harness is installed, so pytest knows neither its options nor its fixtures"
        yield Finding(name="pytest", state="problem", found=found, remedy="pip install tunegate, or pip install -e .")
    elif ("-p", f"no:{OWN_PLUGIN}") in pairs or f"-pno:{OWN_PLUGIN}" in options:
        found = f"its options switch the harness off (-p no:{OWN_PLUGIN})"
        yield Finding(name="pytest", state="problem", found=found, remedy="take that out of addopts")
    elif (environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") or "--disable-plugin-autoload" in options) and not _loads_ours(
        options, environ
    ):
        yield Finding(
            name="pytest",
            state="problem",
            found="plugins are not loaded by themselves (PYTEST_DISABLE_PLUGIN_AUTOLOAD or --disable-plugin-autoload)",
            remedy="pytest suites/ -p harness, or let plugins load",
        )


def _loads_ours(options: Sequence[str], environ: Mapping[str, str]) -> bool:
    named = {second for first, second in pairwise(options) if first == "-p"}
    named |= {word[2:] for word in options if word.startswith("-p")} | set(environ.get("PYTEST_PLUGINS", "").split(","))
    return not named.isdisjoint({OWN_PLUGIN, "harness.gating.plugin"})


def _is_any(word: str, options: Sequence[str]) -> bool:
    """Tell whether a word is one of some options, alone or with its value: ``-n4``, ``--dist=load``."""
    name = word.partition("=")[0]
    return name in options or ("-n" in options and word.startswith("-n") and word[2:].isalnum())


def _switched_off(options: Sequence[str], remedy: str) -> bool:
    return f" {remedy} " in f" {' '.join(options)} " or f" {remedy.replace(' ', '')} " in f" {' '.join(options)} "


def pytest_options(folder: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the options that pytest takes in each session started in ``folder``: ``addopts``, then the variable's.

    Settings of pytest in a folder further up count where there are none in a folder below, as pytest does it.
    """
    found = next((told for place in (folder, *folder.parents) if (told := _addopts_in(place)) is not None), ())
    return (*found, *shlex.split(environ.get("PYTEST_ADDOPTS", "")))


def _addopts_in(folder: Path) -> tuple[str, ...] | None:
    """Return the options in a folder's settings of pytest; None where it has no settings of pytest."""
    for name, table in PLACES:
        path = folder / name
        if path.is_file() and (settings := _table_in(path, table)) is not None:
            told = settings.get("addopts", "")
            return tuple(map(str, told)) if isinstance(told, list) else tuple(shlex.split(str(told)))
    return None


def _table_in(path: Path, table: Sequence[str]) -> Mapping[str, object] | None:
    """Return a table of a TOML or INI file; None where it isn't there, or the file can't be read: pytest says why."""
    try:
        text = read_regular_text(path)
        if path.suffix == ".toml":
            content: object = tomllib.loads(text)
            for part in table:
                content = content.get(part) if isinstance(content, dict) else None
            return content if isinstance(content, dict) else None
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        return dict(parser[table[0]]) if parser.has_section(table[0]) else None
    except (OSError, ValueError, configparser.Error):
        return None
