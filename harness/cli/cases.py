"""``harness cases``: make cases of rows, check them, show them, and correct them on a local page."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import InputError

if TYPE_CHECKING:
    from harness.cases.file import Added
    from harness.cases.new import Built
    from harness.data.table import TableRow

cases_app = typer.Typer(
    no_args_is_help=True, help="Make, check, show and correct the cases of suites. See docs/cases.md."
)

SOURCE = "CSV, JSON Lines (.jsonl, .ndjson, .log), Parquet, or hub:org/name[@revision]"
TO = "the case file to write, such as suites/mine/cases.jsonl"
INPUT = "column with what is asked: a text, or a list of messages; a.b.0 leads into objects and lists"
EXPECTED = "column with what is expected; NAME=COLUMN for a field of it; repeatable"
FILE = Annotated[Path, typer.Argument(metavar="FILE", help="a case file, or the folder of a suite")]
LONGEST = 600
"""Most characters of a line that has text from elsewhere."""
NAMED = 5
"""Most ids that a line lists."""


@cases_app.command()
def new(  # noqa: PLR0913 - one parameter for each option
    source: Annotated[str, typer.Argument(metavar="FROM", help=SOURCE)],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help=TO)],
    column: Annotated[str, typer.Option("--input", metavar="COLUMN", help=INPUT)],
    expected: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=EXPECTED)] = None,
    expected_json: Annotated[bool, typer.Option("--expected-json", help="texts that are expected are JSON")] = False,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="column whose values become tags; repeatable")
    ] = None,
    group: Annotated[str, typer.Option(metavar="COLUMN", help="column with one value for related cases")] = "",
    id_column: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="column with ids; default: made from what is asked")
    ] = "",
    system: Annotated[str, typer.Option(metavar="COLUMN", help="column with the system message of each case")] = "",
    meta: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="column to keep; repeatable")] = None,
    take: Annotated[int | None, typer.Option(min=1, metavar="N", help="take N rows at equal distances")] = None,
    append: Annotated[bool, typer.Option("--append", help="add to a case file that is there")] = False,
    split: Annotated[str, typer.Option(metavar="NAME", help="with hub: the split to read, such as test")] = "",
    file: Annotated[str, typer.Option(metavar="PATH", help="with hub: the file to read")] = "",
) -> None:
    """Make cases of your own rows. Nothing is overwritten, and each mistake names its row."""
    from harness.cases.file import append_cases, write_new
    from harness.cases.new import CaseColumns, build_cases, column_of_expected

    pairs = [column_of_expected(one) for one in expected or ()]
    fields = dict(pairs)
    if len(fields) < len(pairs) or ("" in fields and len(fields) > 1):
        raise InputError(
            "--expected is one COLUMN, or NAME=COLUMN for each field of the expected answer, each NAME once"
        )
    columns = CaseColumns(
        input=column,
        expected=fields,
        parses_expected=expected_json,
        tags=tuple(tag or ()),
        meta=tuple(meta or ()),
        group=group,
        id=id_column,
        system=system,
    )
    built = build_cases(_taken(_rows(source, split, file), take), columns)
    added = append_cases(to, built.cases, built.places) if append else write_new(to, built.cases)
    _echo(_told(to, built, added))


def _rows(source: str, split: str, file: str) -> "tuple[TableRow, ...]":
    from harness.data.hub_rows import PREFIX, HubPart, read_hub_table
    from harness.data.table import read_table

    if source.startswith(PREFIX):
        return read_hub_table(source, HubPart(split=split, file=file))
    if split or file:
        raise InputError(f"--split and --file say which part of a data set is read; name one as {PREFIX}org/name")
    return read_table(Path(source))


def _taken(rows: "tuple[TableRow, ...]", number: int | None) -> "tuple[TableRow, ...]":
    from harness.data.table import spread

    return rows if number is None else spread(rows, number)


def _told(path: Path, built: "Built", added: "Added") -> list[str]:
    """Return what became of the rows; nothing that was left out goes without a line."""
    from harness.text.figures import count

    lines = [f"{path}: {count(len(added.added), 'case')} written, from {count(built.rows, 'row')}"]
    if built.repeated:
        lines.append(f"{count(built.repeated, 'row')} left out: an earlier one asks and expects the same")
    if built.answers:
        lines.append(f"{count(built.answers, 'conversation')} ended with an assistant's message, which is not asked")
    if added.same:
        lines.append(f"{count(len(added.same), 'case')} there already")
    if added.kept:
        ids = ", ".join(added.kept[:NAMED]) + ", ..." * (len(added.kept) > NAMED)
        lines.append(
            f"{count(len(added.kept), 'case')} kept as the file has it: the same question, with another expected "
            f"answer, tags, group or meta: {ids}"
        )
    lines.append(f"Next: harness cases check {path}")
    return lines


def _echo(lines: Iterable[str]) -> None:
    """Print lines that can contain text from a file."""
    from harness.text.visible import for_terminal

    for line in lines:
        typer.echo(for_terminal(line, LONGEST))
