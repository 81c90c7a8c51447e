"""``harness explain``: what an error means, what usually causes it and what to do, from docs/errors.md; no network."""

from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson

NAME = "the class of an error, as in the last line of what was printed; leave it out for a list of all"


def complete_error(incomplete: str) -> list[str]:
    """Return the names of errors that an unfinished one can become."""
    from harness.text.catalogue import read_catalogue

    return [one.name for one in read_catalogue() if one.name.lower().startswith(incomplete.lower())]


def explain_command(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help=NAME, autocompletion=complete_error)] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain an error: what it means, its usual causes, and what to do. Reads a page that comes with the package."""
    from rich.console import Console

    from harness.text.catalogue import find_section, in_terminal, read_catalogue

    sections = read_catalogue()
    shown = sections if name is None else (find_section(sections, name),)
    if as_json:
        print_json(shown)
        return
    width = Console().width
    if name is None:
        for one in shown:
            typer.echo("\n".join([one.name, *(f"    {line}" for line in in_terminal(one.meaning, width - 4))]))
        return
    typer.echo("\n".join([shown[0].name, "", *in_terminal(shown[0].text, width)]))
