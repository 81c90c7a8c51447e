"""``harness cases``: make cases of rows, check them, show them, and correct them on a local page."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.counterfactual import counterfactual
from harness.cli.feedback import accept, decide, propose
from harness.cli.machines import stop_where_pytest_did
from harness.cli.new_cases import echo_lines, new
from harness.cli.options import AsJson
from harness.cli.retire import retire
from harness.cli.short import anchors
from harness.errors import InputError
from harness.text.figures import count

if TYPE_CHECKING:
    from harness.cases.finding import CaseFile, Finding
    from harness.cases.passable import UsedSuite

cases_app = typer.Typer(
    no_args_is_help=True, help="Make, check, show and correct the cases of suites. See docs/cases.md."
)

SUITES = "tests, as for pytest, or case files; default: suites/"
NEAR = "similarity from which on two cases are nearly the same: shared 5-grams of characters, of all in either"
UNSEAL = "why you read a sealed test; it is noted in the seal and shown in every later report"
Unseal = Annotated[str, typer.Option("--unseal", metavar="REASON", help=UNSEAL)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="a case file, or the folder of a suite")]
MANY = 3_000
"""Cases from which on a check shows how far it is."""


cases_app.command()(new)
cases_app.command()(counterfactual)
cases_app.command()(retire)
cases_app.command()(anchors)
cases_app.command()(propose)
cases_app.command()(decide)
cases_app.command()(accept)


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
    used = used_suites([one for one in given if not one.endswith(".jsonl")])
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
        echo_lines(notes)
    if left:
        raise typer.Exit(1)


@cases_app.command()
def show(  # noqa: PLR0913 - one parameter for each option
    file: File,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="cases to show whole; default: a list")] = None,
    *,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="only cases with this tag; repeatable")] = None,
    find: Annotated[str, typer.Option(metavar="TEXT", help="only cases with this text in messages or documents")] = "",
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


def used_suites(paths: list[str]) -> "tuple[UsedSuite, ...]":
    """Return the suites of tests; where pytest can't run them, print what it says and exit with its code."""
    from harness.gating.without_models.used import read_suites

    if not paths:
        return ()
    read, session = read_suites(paths)
    stop_where_pytest_did(session, paths)
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
