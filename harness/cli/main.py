"""The ``harness`` command: parse, call one function, print."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.review import review_app
from harness.cli.runs import RunDir, RunName, Settings, runs_app
from harness.cli.store import store_app
from harness.errors import HarnessError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _about() -> None:
    """Train LoRA adapters and gate their release. The gate itself is ``pytest suites/``."""


@app.command()
def train(settings: Annotated[Path, typer.Argument(help="a TOML file; see docs/training.md")]) -> None:
    """Train an adapter with QLoRA; goes on where an earlier, killed training of the same settings stopped."""
    from harness.train.recipe import train_from

    folder = train_from(settings)
    typer.echo(f"adapter: {folder}")


@app.command("base-model")
def base_model(
    settings: Annotated[Path, typer.Option("--harness-config", help="this checkout's settings")] = Path("harness.toml"),
) -> None:
    """Make the base model if it is not there yet, and print its folder."""
    from harness.config import home_folder, load_config
    from harness.models.embedded import resolve_base
    from harness.text.progress import say

    typer.echo(resolve_base(load_config(settings).base_model, home_folder(), say))


@app.command()
def report(run: RunName, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Render a saved run's report again."""
    from harness.config import runs_folder
    from harness.report import write_report
    from harness.runs.names import find_run

    typer.echo(write_report(find_run(runs_folder(run_dir, settings), run)))


@app.command()
def noise(
    suites: Annotated[list[str] | None, typer.Argument(help="what pytest takes; suites/ when left out")] = None,
    model: Annotated[str, typer.Option(help="what is asked twice: base, an adapter folder, openai:MODEL")] = "base",
    sample: Annotated[int, typer.Option(min=1, help="how many requests are asked twice")] = 100,
) -> None:
    """Measure how much of a score is chance: ask one model some of its requests twice, and compare."""
    from harness.gating.without_models import measure_noise
    from harness.report.view.trust import noise_lines

    measures = measure_noise(suites or ["suites/"], model, sample)
    if not measures:
        raise typer.Exit(1)
    typer.echo("\n".join(noise_lines(measures)))


app.add_typer(runs_app)
app.add_typer(store_app, name="store")
app.add_typer(review_app, name="review")


def main() -> None:
    """Run the command; an error that people can mend is one line, not a traceback."""
    try:
        app()
    except HarnessError as problem:
        typer.echo(f"error: {problem}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
