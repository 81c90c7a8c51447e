"""``harness train``: an adapter of rows and settings. See docs/training.md."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson


def train_command(
    settings: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="settings of the training; see docs/training.md")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be trained, and train nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Train an adapter, or all weights. A training that was interrupted continues from its last checkpoint."""
    from harness.train.recipe import train_from, try_dry

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
