"""``harness doctor``: a short line for each check, with its remedy; exit code 1 where there is a problem."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, RunDir, Settings

if TYPE_CHECKING:
    from rich.text import Text

    from harness.doctor.finding import Finding

STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}
STATE, NAME = 9, 12
"""Columns of the state and of the name."""
ENGINE = "the engine, as for pytest: vllm, openai or transformers"
BASE_URL = "a server that runs already, as for pytest"


def doctor_command(
    *,
    as_json: AsJson = False,
    engine: Annotated[str | None, typer.Option(help=ENGINE)] = None,
    base_url: Annotated[str | None, typer.Option(help=BASE_URL)] = None,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Check what is installed, the device, engine, memory, server, keys and folders; exit code 1 with a problem."""
    import msgspec
    from rich.console import Console

    from harness.doctor.checkup import examine
    from harness.doctor.finding import exit_code
    from harness.gating.settings import Names

    found = examine(settings, Names(engine=engine, base_urls=(base_url,) if base_url else (), runs=run_dir), os.environ)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        console = Console(highlight=False, markup=False)
        for line in lines_of(found, console.width):
            console.print(line, soft_wrap=True)
    raise typer.Exit(exit_code(found))


def lines_of(found: "Sequence[Finding]", width: int) -> "Iterator[Text]":
    """Return the lines for the terminal, at most ``width`` wide where words allow, and a last one that sums up."""
    from rich.text import Text

    from harness.text.figures import count

    for one in found:
        told = textwrap.wrap(one.found, max(width - STATE - NAME, 20), break_on_hyphens=False) or [""]
        wide = max(width - STATE - 4, 20)
        remedy = textwrap.wrap(one.remedy, wide, initial_indent="-> ", subsequent_indent="   ", break_on_hyphens=False)
        yield Text.assemble((f"{one.state:{STATE}}", STYLES[one.state]), f"{one.name:{NAME}}{told[0]}")
        for line in told[1:]:
            yield Text(f"{'':{STATE + NAME}}{line}")
        for line in remedy:
            yield Text(f"{'':{STATE}}{line}")
    states = [one.state for one in found]
    yield Text(f"{count(states.count('problem'), 'problem')}, {count(states.count('note'), 'note')}")
