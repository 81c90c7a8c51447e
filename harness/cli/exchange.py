"""Commands on other tools' files: import makes a run of them, export writes a run for them. See docs/exchange.md."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json, stop_where_pytest_did
from harness.cli.options import AsJson, RunDir, RunName, Settings
from harness.errors import InputError
from harness.text.figures import count

if TYPE_CHECKING:
    from harness.exchange.rows import Exported

Kind = Literal["csv", "parquet", "dataset", "inspect", "lm-eval", "every-eval-ever", "mlflow", "wandb"]
SUFFIXES = {
    "csv": ".csv",
    "parquet": ".parquet",
    "dataset": "",
    "inspect": ".json",
    "lm-eval": "-results.json",
    "every-eval-ever": ".jsonl",
}
"""How the file is named that an export writes by default."""
FILES = "results of another tool; all of one model, asked in one way"
SUITE = "tests whose cases the answers are to, as for pytest; default: suites/"
MODEL = "which model's answers to take, or its name where the files do not tell it"

exchange_app = typer.Typer()


@exchange_app.command("import")
def import_(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=FILES)],
    suite: Annotated[list[str] | None, typer.Option(metavar="SUITES", help=SUITE)] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help=MODEL)] = None,
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Make a saved run of another tool's answers, to be gated against any other. Nothing is asked."""
    from harness.config.read import runs_folder
    from harness.exchange.saved import import_files
    from harness.gating.without_models.used import collect_suites
    from harness.text.visible import for_terminal

    paths = suite or ["suites/"]
    suites, session = collect_suites(paths)
    stop_where_pytest_did(session, paths)
    told = import_files(files, suites, model, runs_folder(run_dir, settings, paths))
    if as_json:
        print_json({"run": told.run.id, "folder": str(told.folder), "said": told.lines})
        return
    typer.echo(told.folder)
    for line in told.lines:
        typer.echo(for_terminal(line, None))


@exchange_app.command()
def export(  # noqa: PLR0913 - one parameter for each option
    run: RunName,
    to: Annotated[Kind, typer.Option(help="what to write")],
    out: Annotated[Path | None, typer.Option(help="the file or folder to write; default: the run's name")] = None,
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Write a saved run for another tool."""
    from harness.config.read import runs_folder
    from harness.exchange.rows import read_exported
    from harness.runs.names import find_run, number_of

    folder = find_run(runs_folder(run_dir, settings), run)
    exported = read_exported(folder)
    if not exported.rows:
        raise InputError(
            f"{folder.name} compares nothing, as a run that was only imported; gate it (`pytest SUITES --candidate "
            f"run:{number_of(folder.name) or folder.name} --baseline NAME`), and export the run that this makes"
        )
    if to in {"mlflow", "wandb"}:
        if out is not None:
            raise InputError(f"--out is for files; where {to} keeps runs is said in its own settings")
        tracked = _track(to, exported, folder)
        told: dict[str, object] = {"to": to, "run": tracked}
        line = f"{to}: run {tracked}"
    else:
        path = out or Path(f"{folder.name}{SUFFIXES[to]}")
        _write(to, exported, path)
        told = {"to": to, "path": str(path), "rows": len(exported.rows)}
        line = f"{path}: {count(len(exported.rows), 'row')}"
    if as_json:
        print_json(told)
    else:
        typer.echo(line)


def _track(to: str, exported: "Exported", folder: Path) -> str:
    from harness.exchange.trackers import log_to_mlflow, log_to_wandb

    return log_to_mlflow(exported, folder) if to == "mlflow" else log_to_wandb(exported)


def _write(to: str, exported: "Exported", out: Path) -> None:
    from harness.exchange import every_eval_ever_out, inspect_out, lm_eval_out, tables

    {
        "csv": tables.write_csv,
        "parquet": tables.write_parquet,
        "dataset": tables.write_dataset,
        "inspect": inspect_out.write,
        "lm-eval": lm_eval_out.write,
        "every-eval-ever": every_eval_ever_out.write,
    }[to](exported, out)
