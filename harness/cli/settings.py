"""``harness config``: the settings of a checkout and where each comes from; what each key of harness.toml means."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Settings
from harness.config.located import SETTINGS

if TYPE_CHECKING:
    from harness.settings.described import Table
    from harness.settings.effective import Effective

NOT_WRITTEN = "default"


def config_command(
    *,
    explain: Annotated[bool, typer.Option("--explain", help="every setting: type, default and meaning")] = False,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Show the settings of this checkout, each with where it comes from, or explain every setting there is."""
    import msgspec
    from rich.console import Console

    if explain:
        from harness.settings.described import described_tables

        tables = described_tables()
        lines, records = list(explained(tables, Console().width)), [msgspec.to_builtins(table) for table in tables]
    else:
        name, found = read_effective(settings)
        lines = [f"# from {name}" if name else f"# no {SETTINGS} here or above: all defaults"]
        lines += written_out(found, name)
        records = [msgspec.to_builtins(one) for one in found]
    typer.echo(msgspec.json.format(msgspec.json.encode(records)).decode() if as_json else "\n".join(lines))


def read_effective(settings: Path | None) -> "tuple[str, tuple[Effective, ...]]":
    """Return the name of the file of the settings, empty without one, and what holds."""
    import tomllib

    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.gating.origins import secrets_of
    from harness.settings.effective import effective_settings
    from harness.text.regular import read_regular_text
    from harness.text.visible import for_terminal

    path = settings_file(settings, Path())
    config = load_config(path)
    written = tomllib.loads(read_regular_text(path)) if path.exists() else {}
    found = effective_settings(config, written, secrets_of(config, os.environ).mask)
    return for_terminal(os.path.relpath(path), None) if path.exists() else "", found


def written_out(found: "Sequence[Effective]", name: str) -> list[str]:
    """Return the settings as a file of settings would have them, with where each comes from behind it."""
    from harness.text.visible import for_terminal

    lines, table = [], ""
    for one in found:
        if one.table != table:
            lines += ["", for_terminal(f"[{one.table}]", None)]
            table = one.table
        origin = name if one.is_written else NOT_WRITTEN
        key = for_terminal(one.key, None)
        lines.append(
            f"# {key} is not set" if one.value is None else f"{key} = {for_terminal(one.value, None)}  # {origin}"
        )
    return lines


def explained(tables: "Sequence[Table]", width: int) -> Iterator[str]:
    """Return what each setting means, in lines of at most ``width`` characters where words allow."""
    for table in tables:
        yield f"[{table.name}]" if table.name else "(above all tables)"
        yield from textwrap.wrap(table.meaning, width)
        yield ""
        for one in table.settings:
            yield f"{one.key} = {one.default}" if one.default is not None else f"{one.key}: not set"
            yield from textwrap.wrap(one.kind, width, initial_indent="    ", subsequent_indent="    ")
            yield from textwrap.wrap(one.meaning, width, initial_indent="    ", subsequent_indent="    ")
        yield ""
