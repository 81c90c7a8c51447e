"""``harness report`` and ``harness view``: what a browser shows of saved runs. See docs/runs.md."""

from typing import Annotated

import typer

from harness.cli.machines import print_json, say_where_long
from harness.cli.options import NAME, AsJson, RunDir, Settings, complete_run
from harness.errors import InputError

OneRun = Annotated[str, typer.Argument(metavar="RUN", help=NAME, autocompletion=complete_run)]
INDEX = "write index.html into the folder of runs: all runs, and each gate over them"


def report_command(
    run: OneRun = "",
    index: Annotated[bool, typer.Option("--index", help=INDEX)] = False,
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Write a saved run's report again, or with --index the page of all runs.

    With --json: where each lost, won and unscored case is in the report.
    """
    import datetime as dt

    from harness.config.read import runs_folder
    from harness.report import write_report
    from harness.report.index import write_index
    from harness.report.links import links_of
    from harness.runs.folder import read_run
    from harness.runs.names import find_run
    from harness.runs.outcome import overall

    if bool(run) == index:
        raise InputError("name one run, as in `harness report 7`, or use --index alone for the page of all runs")
    folder = runs_folder(run_dir, settings)
    if index:
        written = write_index(folder, dt.datetime.now(dt.UTC))
    else:
        folder = find_run(folder, run)
        say_where_long(folder, "report")
        written = write_report(folder)
    if not as_json:
        typer.echo(written)
    elif index:
        print_json({"index": str(written)})
    else:
        found = read_run(folder)
        print_json({"report": str(written), "run": found.id, "outcome": overall(found), "gates": links_of(found)})


def view_command(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 8766,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Show all runs and their reports in a browser on this machine, and how far a run is that is under way."""
    from harness.config.read import runs_folder
    from harness.viewer.serve import serve

    serve(runs_folder(run_dir, settings), port, typer.echo)
