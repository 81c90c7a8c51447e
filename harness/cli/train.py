"""``harness train``: an adapter of rows and settings. See docs/training.md."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.errors import ConfigError, InputError

VARIED = (
    "train every combination of values, and gate all in one run: --vary learning_rate=1e-4,2e-4 --vary lora_rank=8,16"
)
MOST = "with --vary: take so many combinations; default: 16"
NO_GATE = "with --vary: train only"


def train_command(  # noqa: PLR0913 - one parameter for each option
    settings: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="settings of the training; see docs/training.md")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be trained, and train nothing")] = False,
    vary: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE,VALUE", help=VARIED)] = None,
    most: Annotated[int | None, typer.Option(metavar="NUMBER", min=1, help=MOST)] = None,
    no_gate: Annotated[bool, typer.Option("--no-gate", help=NO_GATE)] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help='end the job of backend = "jobs" that is under way, and train nothing')
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train an adapter, or all weights. A training that was interrupted continues from its last checkpoint."""
    from harness.train.config import load_train_config

    is_job = load_train_config(settings).backend == "jobs"
    if vary:
        from harness.cli.sweep import dry_sweep, train_and_gate, train_only

        if is_job or cancel:
            raise InputError(f'{settings}: --vary trains on this machine alone; leave it out with backend = "jobs"')
        sweep = dry_sweep if dry_run else train_only if no_gate else train_and_gate
        sweep(settings, vary, most, as_json=as_json)
        return
    if most is not None or no_gate:
        raise InputError("--most and --no-gate are about a sweep; give what is varied with --vary KEY=VALUE,VALUE")

    from harness.train.recipe import train_from, try_dry

    if cancel:
        _cancel(settings, is_job=is_job)
        return
    if dry_run and is_job:
        _tell_job(settings, as_json=as_json)
        return
    if dry_run:
        from harness.train.dry import as_json as in_json
        from harness.train.dry import lines_of

        found = try_dry(settings)
        if as_json:
            print_json(in_json(found))
        else:
            typer.echo("\n".join(lines_of(found)))
        return
    folder = train_from(settings)
    if as_json:
        print_json({"adapter": str(folder)})
    else:
        typer.echo(f"adapter: {folder}")


def _cancel(settings: Path, *, is_job: bool) -> None:
    """End the jobs of an output at the service.

    Raises:
        ConfigError: there is no service.
    """
    from harness.train.config import load_train_config
    from harness.train.hosted.recipe import cancel_hosted

    if not is_job:
        raise ConfigError(f'{settings}: --cancel ends a job at a service, and this training has no backend = "jobs"')
    typer.echo("\n".join(cancel_hosted(load_train_config(settings), settings)))


def _tell_job(settings: Path, *, as_json: bool) -> None:
    """Print what would be ordered of a service."""
    from harness.train.config import load_train_config
    from harness.train.hosted.dry import job_lines
    from harness.train.hosted.recipe import try_job

    found = try_job(load_train_config(settings), settings)
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(job_lines(found)))
