"""``harness train`` at a service: end a job, or say what would be ordered."""

from pathlib import Path

import typer

from harness.cli.machines import print_json
from harness.errors import ConfigError


def cancel_job(settings: Path, *, is_job: bool) -> None:
    """End the jobs of an output at the service.

    Raises:
        ConfigError: there is no service.
    """
    from harness.train.config import load_train_config
    from harness.train.hosted.recipe import cancel_hosted

    if not is_job:
        raise ConfigError(f'{settings}: --cancel ends a job at a service, and this training has no backend = "jobs"')
    typer.echo("\n".join(cancel_hosted(load_train_config(settings), settings)))


def tell_job(settings: Path, *, as_json: bool) -> None:
    """Print what would be ordered of a service."""
    from harness.train.config import load_train_config
    from harness.train.hosted.dry import job_lines
    from harness.train.hosted.recipe import try_job

    found = try_job(load_train_config(settings), settings)
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(job_lines(found)))
