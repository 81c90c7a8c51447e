"""The ``harness`` command: parse, call one function, print."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.card import card_command
from harness.cli.cases import cases_app
from harness.cli.ci import ci_app
from harness.cli.copies import mirror, pull, push
from harness.cli.data import data_app
from harness.cli.doctor import doctor_command
from harness.cli.drift import drift_command
from harness.cli.exchange import exchange_app
from harness.cli.explain import explain_command
from harness.cli.init import init
from harness.cli.judge import judge_app
from harness.cli.machines import print_json
from harness.cli.merge import merge_command
from harness.cli.options import AsJson, Settings
from harness.cli.registry import adapters_app, promote_command, rollback_command
from harness.cli.review import review_app
from harness.cli.runs import runs_app
from harness.cli.serve import reload_command, serve_command
from harness.cli.settings import config_command
from harness.cli.share import share_app
from harness.cli.store import store_app
from harness.cli.train import train_command
from harness.cli.view import report_command, view_command
from harness.errors import HarnessError, more_about
from harness.text.visible import error_in_words

if TYPE_CHECKING:
    from harness.records.saved import Measure

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    """Print the name and the version of the installed package, and exit."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tunegate {version('tunegate')}")
        raise typer.Exit


@app.callback()
def _about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show the version and exit")
    ] = False,
) -> None:
    """Train LoRA adapters and gate their release. To run the gate itself, run pytest suites/ in your project."""


@app.command("base-model")
def base_model(*, as_json: AsJson = False, settings: Settings = None) -> None:
    """Make the base model if it does not exist yet, and print its folder."""
    from harness.config.home import home_folder
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.gating.local_engines import code_run
    from harness.models.embedded import resolve_base
    from harness.text.progress import say

    path = settings_file(settings, Path())
    config = load_config(path)
    name = config.base_model
    beside = path.parent / name
    code = code_run(config.engine)
    folder = beside if beside.is_dir() else resolve_base(name, home_folder(), say, code)
    if as_json:
        print_json({"base_model": str(folder)})
    else:
        typer.echo(folder)


@app.command()
def noise(
    suites: Annotated[
        list[str] | None, typer.Argument(metavar="SUITES", help="tests, as for pytest; default: suites/")
    ] = None,
    model: Annotated[str, typer.Option(help="the model to ask: base, an adapter folder, openai:MODEL")] = "base",
    sample: Annotated[int, typer.Option(min=1, help="number of requests to ask twice")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure how much of a score is chance: ask one model some requests twice, and compare."""
    from harness.gating.without_models.noise import measure_noise
    from harness.report.view.trust import noise_lines

    measures = measure_noise(suites or ["suites/"], model, sample)
    if not measures:
        raise typer.Exit(1)
    if as_json:
        print_json([_noise_of(one) for one in measures])
    else:
        typer.echo("\n".join(noise_lines(measures)))


def _noise_of(measure: "Measure") -> dict[str, object]:
    comparison = measure.comparison
    return {"test_id": measure.test_id, "scorer": comparison.scorer, "noise": comparison.noise}


app.command("config")(config_command)
app.command("doctor")(doctor_command)
app.command("drift")(drift_command)
app.command("explain")(explain_command)
app.command("merge")(merge_command)
app.command("promote")(promote_command)
app.command("reload")(reload_command)
app.command("report")(report_command)
app.command("rollback")(rollback_command)
app.command("serve")(serve_command)
app.command("train")(train_command)
app.command("view")(view_command)
app.command()(init)
adapters_app.command("card")(card_command)
adapters_app.command()(mirror)
adapters_app.command()(pull)
adapters_app.command()(push)
app.add_typer(adapters_app, name="adapters")
app.add_typer(cases_app, name="cases")
app.add_typer(data_app, name="data")
app.add_typer(runs_app)
app.add_typer(exchange_app)
app.add_typer(store_app, name="store")
app.add_typer(share_app, name="share")
app.add_typer(ci_app, name="ci")
app.add_typer(judge_app, name="judge")
app.add_typer(review_app, name="review")


def main() -> None:
    """Run the command. An error that the user can fix is printed in its own words, not as a traceback."""
    try:
        app(prog_name="harness")
    except (HarnessError, OSError) as problem:
        if (told := error_in_words(problem)) is None:
            raise
        typer.echo(f"error: {told}\n{more_about(problem)}", err=True)
        if isinstance(problem, OSError):
            _drop_output()
        raise SystemExit(2) from None


def _drop_output() -> None:
    """Keep Python from writing once more, when it ends, what could not be written: its exit code would hide ours."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
