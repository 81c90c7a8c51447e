"""What a command prints for machines, and what it says to people meanwhile."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from harness.gating.without_models.sessions import Session

LONG_BYTES = 20_000_000
"""A run with more answers than this takes seconds to read."""
STOPPED = (2, 3, 4, 5)
"""pytest's exit codes for: interrupted, internal error, wrong use, nothing collected."""


def print_json(value: object) -> None:
    """Print a record, or what is made of records, as JSON on standard output."""
    import msgspec

    from harness.records.in_columns import as_listed

    typer.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=as_listed)).decode())


def print_pieces(pieces: Iterable[str]) -> None:
    """Print a long text piece by piece on standard output."""
    for piece in pieces:
        typer.echo(piece, nl=False)


def say_where_long(run: Path, doing: str) -> None:
    """Say on standard error what is done with a run whose answers are many, since nothing else is seen meanwhile."""
    from harness.text.progress import say
    from harness.text.visible import for_terminal

    try:
        size = (run / "answers.jsonl").stat().st_size
    except OSError:
        return
    if size > LONG_BYTES:
        say(f"{doing}: reading {size / 1_000_000:,.0f} MB of answers in {for_terminal(run.name)}")


def stop_where_pytest_did(session: "Session", paths: Sequence[str]) -> None:
    """Where pytest could not run the tests at ``paths`` or found none, print what it said and exit with its code."""
    from harness.text.visible import lines_for_terminal

    if session.exit_code in STOPPED:
        told = session.told.strip("\n") or f"{' '.join(paths)}: no tests here; name a folder of suites"
        typer.echo("\n".join(lines_for_terminal(told.expandtabs())), err=True)
        raise typer.Exit(session.exit_code)
