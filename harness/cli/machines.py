"""What a command prints for machines, and what it says to people meanwhile."""

from pathlib import Path

import typer

LONG_BYTES = 20_000_000
"""A run with more answers than this takes seconds to read."""


def print_json(value: object) -> None:
    """Print a record, or what is made of records, as JSON on standard output."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


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
