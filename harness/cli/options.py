"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import HarnessError

NAME = "a saved run: its number, its folder's name, or run:NAME"


def complete_run(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the runs that an unfinished name can mean, each with its folder: by number, or by name when it has none.

    No error can be shown in the middle of a command line, so with wrong settings nothing is offered.
    """
    from harness.config.read import runs_folder
    from harness.runs.names import folders_in, number_of

    given = context.params
    try:
        folder = runs_folder(given.get("run_dir"), given.get("settings"))
        names = [path.name for path in folders_in(folder) if (path / "run.json").exists()]
    except (HarnessError, OSError):
        return []
    runs = [(f"{number_of(name) or name}", name) for name in names]
    return [run for run in runs if run[0].startswith(incomplete)]


RunName = Annotated[str, typer.Argument(metavar="RUN", help=NAME, autocompletion=complete_run)]
RunDir = Annotated[str | None, typer.Option("--run-dir", help="folder where runs are saved, as for pytest")]
Settings = Annotated[
    Path | None, typer.Option("--harness-config", help="file of settings; default: the nearest harness.toml")
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for machines")]
