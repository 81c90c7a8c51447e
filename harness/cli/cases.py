"""``harness cases``: make cases of rows, check them, show them, and correct them on a local page."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.cli.runs import STOPPED
from harness.errors import InputError
from harness.text.figures import count

if TYPE_CHECKING:
    from harness.cases.file import Added
    from harness.cases.finding import CaseFile, Finding
    from harness.cases.new import Built
    from harness.cases.passable import UsedSuite
    from harness.data.table import TableRow

cases_app = typer.Typer(
    no_args_is_help=True, help="Make, check, show and correct the cases of suites. See docs/cases.md."
)

SOURCE = "CSV, JSON Lines (.jsonl, .ndjson, .log), Parquet, or hub:org/name, also with @revision"
TO = "the case file to write, such as suites/mine/cases.jsonl"
INPUT = "column with what is asked: a text, or a list of messages; a.b.0 leads into objects and lists"
EXPECTED = "column with what is expected; NAME=COLUMN for a field of it; repeatable"
SUITES = "tests, as for pytest, or case files; default: suites/"
NEAR = "similarity from which on two cases are nearly the same: shared 5-grams of characters, of all in either"
UNSEAL = "why you read a sealed test; it is noted in the seal and shown in every later report"
Unseal = Annotated[str, typer.Option("--unseal", metavar="REASON", help=UNSEAL)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="a case file, or the folder of a suite")]
LONGEST = 600
"""Most characters of a line that has text from elsewhere."""
MANY = 3_000
"""Cases from which on a check shows how far it is."""
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
    as_json: AsJson = False,
) -> None:
    """Make cases of your own rows. Nothing is overwritten, and each mistake names its row."""
    from harness.cases.file import append_cases, write_new
    from harness.cases.new import CaseColumns, build_cases, column_of_expected
    from harness.data.seal import refuse_sealed

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
    if append:
        refuse_sealed(to, "write the new cases into a suite of their own")
    added = append_cases(to, built.cases, built.places) if append else write_new(to, built.cases)
    if as_json:
        print_json({"file": str(to), "rows": built.rows, "repeated": built.repeated, "cases": added})
    else:
        _echo(_told(to, built, added))


@cases_app.command()
def check(
    suites: Annotated[list[str] | None, typer.Argument(metavar="SUITES", help=SUITES)] = None,
    *,
    near: Annotated[float, typer.Option(metavar="SHARE", help=NEAR)] = 0.7,
    unseal: Unseal = "",
    as_json: AsJson = False,
) -> None:
    """Check cases: repeats, leaks between suites, tags, what no answer can pass. Exit code 1 with findings."""
    import msgspec

    from harness.cases.finding import read_accepted, read_case_files, split_accepted
    from harness.cases.passable import is_checked
    from harness.cli.case_tables import finding_lines, print_lines

    if not 0 < near <= 1:
        raise InputError(f"--near takes a share above 0 and up to 1, got {near}")
    given = suites or ["suites/"]
    bare = [Path(one) for one in given if one.endswith(".jsonl")]
    used = _used([one for one in given if not one.endswith(".jsonl")])
    for path in dict.fromkeys([*(one.path for one in used), *bare]):
        _look(path, unseal, "harness cases check")
    files = read_case_files([*(one.path for one in used), *bare])
    found = _found(files, used, near)
    left, accepted, needless = split_accepted(found, read_accepted(files))
    foreign = sum(not is_checked(scorer) for one in used for scorer in one.scorers)
    if as_json:
        told = {
            "findings": [{**msgspec.to_builtins(one), "key": one.key} for one in left],
            "accepted": [one.key for one in accepted],
            "needless": needless,
            "cases": sum(len(file.cases) for file in files),
            "files": [str(file.path) for file in files],
        }
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        print_lines(finding_lines(left, len(accepted), needless, files))
        notes = [
            "Whether an answer can pass was not checked for files named without their tests: "
            + ", ".join(map(str, bare))
        ] * bool(bare)
        if foreign:
            notes.append(f"Not looked into: {count(foreign, 'scorer')} that are judges, quantities or your own")
        _echo(notes)
    if left:
        raise typer.Exit(1)


@cases_app.command()
def show(  # noqa: PLR0913 - one parameter for each option
    file: File,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="cases to show whole; default: a list")] = None,
    *,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="only cases with this tag; repeatable")] = None,
    find: Annotated[str, typer.Option(metavar="TEXT", help="only cases in whose messages this text is")] = "",
    unseal: Unseal = "",
    as_json: AsJson = False,
) -> None:
    """Show the cases of a suite: a line each with their tags, or some of them whole."""
    from harness.asking.cases import case_line
    from harness.cases.finding import read_case_files
    from harness.cases.show import chosen
    from harness.cli.case_tables import case_lines, list_lines, print_lines

    _look(_case_file(file), unseal, "harness cases show")
    (read,) = read_case_files([_case_file(file)])
    cases = chosen(read, ids or (), tag or (), find)
    if as_json:
        typer.echo("[" + ",\n ".join(case_line(case).decode() for case in cases) + "]")
    elif ids:
        print_lines(line for case in cases for line in case_lines(case))
    else:
        print_lines(list_lines(read, cases))


@cases_app.command()
def edit(
    file: File,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port; 0 takes a free one")] = 0,
) -> None:
    """Read, tag and correct the cases of a suite on a page of your browser; only this machine can reach it."""
    from harness.cases.edit import serve
    from harness.data.seal import refuse_sealed

    refuse_sealed(_case_file(file), "to correct a case, correct its row and split again into another folder")
    serve(_case_file(file), port, typer.echo)


def _look(path: Path, reason: str, command: str) -> None:
    """Note that somebody reads the cases of a file, where it is sealed."""
    import datetime as dt

    from harness.data.seal import look

    look(path, reason, command, lambda: dt.datetime.now(dt.UTC))


def _case_file(path: Path) -> Path:
    return path / "cases.jsonl" if path.is_dir() else path


def _used(paths: list[str]) -> "tuple[UsedSuite, ...]":
    """Return the suites of tests; where pytest can't run them, print what it says and exit with its code."""
    from harness.gating.without_models import read_suites

    if not paths:
        return ()
    read, session = read_suites(paths)
    if session.exit_code in STOPPED:
        typer.echo(session.told.strip() or f"{' '.join(paths)}: no tests here; name a folder of suites", err=True)
        raise typer.Exit(session.exit_code)
    if read.broken:
        raise InputError("\n".join(["tests broke, so not all that scores the cases is known:", *read.broken]))
    if not read.suites:
        raise InputError(f"{' '.join(paths)}: no test here has a suite mark, so there are no cases; see docs/suites.md")
    return read.suites


def _found(files: "Sequence[CaseFile]", used: "Sequence[UsedSuite]", near: float) -> "tuple[Finding, ...]":
    """Return the findings; with many cases, how far the check is is shown on standard error."""
    from harness.cases.check import checks_of, once
    from harness.text.progress import ProgressBar

    parts = checks_of(files, used, near)
    total = sum(part.cases for part in parts)
    if total < MANY:
        return once(finding for part in parts for finding in part.find())
    found: list[Finding] = []
    started = time.monotonic()
    with ProgressBar("checking", "cases", total) as bar:
        done = 0
        for part in parts:
            found.extend(part.find())
            done += part.cases
            bar.show(done, part.name, time.monotonic() - started)
    return once(found)


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
            f"{count(len(added.kept), 'case')} kept as in the file: the same question, with another expected "
            f"answer, tags, group or meta: {ids}"
        )
    has_tests = any(path.parent.glob("test_*.py"))
    lines.append(f"Next: harness cases check {path.parent if has_tests else path}")
    return lines


def _echo(lines: Iterable[str]) -> None:
    """Print lines that can contain text from a file."""
    from harness.text.visible import for_terminal

    for line in lines:
        typer.echo(for_terminal(line, LONGEST))
