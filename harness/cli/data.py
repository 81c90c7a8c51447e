"""``harness data``: training rows of any format, converted and shown."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.data_canary import canary
from harness.cli.data_check import check
from harness.cli.data_clean import clean
from harness.cli.data_generate import generate, review
from harness.cli.data_models import base_of
from harness.cli.data_split import mix, split
from harness.cli.data_suggest import suggest
from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import DataError, InputError

if TYPE_CHECKING:
    from rich.text import Text

    from harness.data.convert import FileRead, Target
    from harness.data.formats.format import Format
    from harness.data.look import Drawn

data_app = typer.Typer(
    no_args_is_help=True,
    help="Check, clean, split, mix, convert, look at and generate rows; plant canaries; say what to label.",
)
data_app.command()(check)
data_app.command()(clean)
data_app.command()(split)
data_app.command()(mix)
data_app.command()(canary)
data_app.command()(suggest)
data_app.command()(generate)
data_app.command()(review)

FILES = "training rows: JSON Lines, JSON, CSV, Parquet, a folder of datasets; also .gz and .zst"
KEPT = "column that rows keep, such as a customer, for harness data split --group"
FORMATS: "tuple[Target, ...]" = ("chat", "sharegpt", "alpaca", "prompt-completion")
MODEL = "a base model whose template renders the rows: a name or a folder, as in train.toml; base: that of harness.toml"


@data_app.command()
def convert(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="the file to write, such as train.jsonl")],
    target: Annotated[str, typer.Option("--as", metavar="FORMAT", help=f"{', '.join(FORMATS)}")] = "chat",
    asked: Annotated[str, typer.Option("--input", metavar="COLUMN", help="column with what is asked")] = "",
    answered: Annotated[str, typer.Option("--output", metavar="COLUMN", help="column with the answer")] = "",
    system: Annotated[
        Path | None, typer.Option(metavar="FILE", help="file with a system prompt, for rows without one")
    ] = None,
    group: Annotated[str, typer.Option(metavar="COLUMN", help=KEPT)] = "",
    as_json: AsJson = False,
) -> None:
    """Write rows of any format in one, chat by default. With any row that can't be read, nothing is written."""
    import msgspec

    from harness.cli.case_tables import print_lines
    from harness.cli.data_tables import problem_lines
    from harness.data.checks.structure import KINDS
    from harness.data.convert import Wanted
    from harness.data.convert import convert as convert_rows

    try:
        wanted = next(one for one in FORMATS if one == target)
    except StopIteration:
        raise InputError(f"--as {target}: expected one of {', '.join(FORMATS)}") from None
    done = convert_rows(files, to, Wanted(format=wanted, system=_prompt(system), group=group), _given(asked, answered))
    if as_json:
        found = {"files": done.files, "problems": done.problems, "to": None if done.problems else str(to)}
        print_json(msgspec.to_builtins(found))
    else:
        print_lines(problem_lines(done.problems, KINDS))
        print_lines(_told(done.files, done.rows, len(done.problems), to))
    if done.problems:
        raise typer.Exit(1)


@data_app.command()
def show(  # noqa: PLR0913 - the same
    file: Annotated[Path, typer.Argument(metavar="FILE", help=FILES)],
    *,
    number: Annotated[int, typer.Option("-n", min=1, metavar="N", help="how many rows")] = 5,
    seed: Annotated[int, typer.Option(help="another one draws other rows")] = 0,
    model: Annotated[str, typer.Option(metavar="NAME", help=MODEL)] = "",
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Show rows drawn at random: role by role, or with --model as the model reads them, marked what the loss is on."""
    from harness.cli.case_tables import print_lines
    from harness.cli.data_tables import row_lines
    from harness.data.look import draw

    drawn = draw(file, number, seed)
    if as_json:
        print_json(_as_json(drawn))
        return
    print_lines(_counted(file, drawn))
    if model:
        print_lines(_as_seen(drawn, base_of(model, settings)))
    else:
        print_lines(line for row in drawn.rows for line in row_lines(row))


def _prompt(file: Path | None) -> str:
    from harness.text.jsonl import read_named

    if file is None:
        return ""
    try:
        return read_named(file, InputError).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8; save the file as UTF-8") from None


def _given(asked: str, answered: str) -> "Format | None":
    from harness.data.formats.known import columns_named

    if bool(asked) != bool(answered):
        raise InputError("--input and --output are given together: the column of what is asked, and of the answer")
    return columns_named(asked, answered) if asked else None


def _told(files: "Sequence[FileRead]", rows: int, problems: int, to: Path) -> "Iterator[Text]":
    from rich.text import Text

    from harness.cli.data_tables import in_the_way
    from harness.text.figures import count
    from harness.text.visible import for_terminal

    for one in files:
        yield Text(for_terminal(f"{one.file}: {one.told}: {count(one.rows, 'row')}", None))
    if problems:
        yield in_the_way(problems)
    else:
        yield Text(for_terminal(f"{to}: {count(rows, 'row')} written", None))
        yield Text(for_terminal(f"Next: harness data show {to}", None))


def _counted(file: Path, drawn: "Drawn") -> "Iterator[Text]":
    from rich.text import Text

    from harness.text.figures import count
    from harness.text.visible import for_terminal

    told = f"{file}: {drawn.told}: {len(drawn.rows):,} of {count(drawn.total, 'row')}"
    yield Text(for_terminal(told, None), style="dim")
    if drawn.problems:
        yield Text(f"{count(drawn.problems, 'row')} can't be read: harness data convert names each", style="yellow")


def _as_seen(drawn: "Drawn", base: Path) -> "Iterator[Text]":
    from rich.text import Text

    from harness.cli.data_tables import seen_lines
    from harness.text.visible import for_terminal
    from harness.train.quantized import load_template, quieten
    from harness.train.seen import seen

    quieten()
    template = load_template(base)
    for row in drawn.rows:
        try:
            yield from seen_lines(row, seen(row, template))
        except DataError as problem:
            yield Text(for_terminal(str(problem), None), style="yellow")


def _as_json(drawn: "Drawn") -> object:
    import msgspec

    rows = [{"place": row.place, "messages": row.messages, "tools": row.tools} for row in drawn.rows]
    return msgspec.to_builtins({"rows": rows, "total": drawn.total, "problems": drawn.problems, "told": drawn.told})
