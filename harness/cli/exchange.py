"""Commands on other tools' files: import makes a run of them, export writes a run for them. See docs/exchange.md."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import RunDir, Settings

FILES = "results of another tool; all of one model, asked in one way"
SUITE = "tests whose cases the answers are to, as for pytest; default: suites/"
MODEL = "which model's answers to take, or its name where the files do not tell it"

exchange_app = typer.Typer()


@exchange_app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=FILES)],
    suite: Annotated[list[str] | None, typer.Option(metavar="SUITES", help=SUITE)] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help=MODEL)] = None,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Make a saved run of another tool's answers, to be gated against any other. Nothing is asked."""
    from harness.config import runs_folder
    from harness.exchange.saved import import_files
    from harness.gating.without_models import collect_suites
    from harness.text.visible import for_terminal

    paths = suite or ["suites/"]
    suites, session = collect_suites(paths)
    if session.exit_code:
        typer.echo(session.told, err=True)
        raise typer.Exit(session.exit_code)
    told = import_files(files, suites, model, runs_folder(run_dir, settings, paths))
    typer.echo(told.folder)
    for line in told.lines:
        typer.echo(for_terminal(line, None))
