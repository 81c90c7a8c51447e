"""``harness data suggest``: what to label next, as a worksheet."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import RunDir, RunName, Settings
from harness.text.figures import count
from harness.text.visible import for_csv, for_terminal

if TYPE_CHECKING:
    from harness.config.rows import LogMapping
    from harness.data.leaks.near import Neighbours
    from harness.records.asked import Case
    from harness.records.logged import Logged
    from harness.records.saved import Run
    from harness.runs.log_picks import Trained
    from harness.runs.to_label import Suggestion

LOGS = "production logs in any form, a file or a folder; repeatable"
COLUMN = "where rows of your own hold what the user asked, such as ticket or request.messages"
ROWS = "the adapter's folder, or a file of its training rows, so that logs far from them are found; repeatable"
TO = "the worksheet to write, a CSV file; default: to_label.csv"
AS_LINES = "print JSON Lines in place of a worksheet"
MOST_TOLD = 20
"""Problems of logs that are told one by one."""
COLUMNS = ("kind", "place", "reason", "text", "label")


def suggest(  # noqa: PLR0913 - one parameter for each option
    run: RunName,
    *,
    logs: Annotated[list[Path] | None, typer.Option(metavar="FILE", help=LOGS)] = None,
    column: Annotated[str, typer.Option(metavar="COLUMN", help=COLUMN)] = "",
    training_data: Annotated[list[Path] | None, typer.Option(metavar="PATH", help=ROWS)] = None,
    number: Annotated[int, typer.Option("-n", min=1, max=1000, metavar="N", help="most lines")] = 20,
    seed: Annotated[int, typer.Option(help="another one draws other logs")] = 0,
    to: Annotated[Path | None, typer.Option(metavar="FILE.csv", help=TO)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=AS_LINES)] = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Say what to label next after a run: rows to correct, requests of logs, tags and failures. Writes no rows."""
    from harness.config.read import runs_folder
    from harness.data.checks.needed import need
    from harness.data.convert import refuse_existing
    from harness.runs.folder import read_judgements, read_run
    from harness.runs.names import find_run
    from harness.runs.to_label import in_turn, suggestions_of

    need("detect_secrets", "phonenumbers")
    path = to or Path("to_label.csv")
    if not as_json:
        refuse_existing(path)
    folder = find_run(runs_folder(run_dir, settings), run)
    saved = read_run(folder)
    found = suggestions_of(saved, read_judgements(folder))
    found["log"] = (
        _of_logs(saved, folder, _logs(logs, _mapping(column, settings), seed), training_data or (), number)
        if logs
        else []
    )
    lines = in_turn([found[kind] for kind in ("row", "log", "case", "tag", "category")], number)
    if as_json:
        _print(lines)
    else:
        _write(path, lines)


def _logs(files: Sequence[Path], mapping: "LogMapping", seed: int) -> "list[Logged]":
    """Return what users asked, in the order in which it is looked at; what can't be read is told, with a count."""
    from harness.data.checks.problem import Problem
    from harness.logs.reading import read_logged
    from harness.runs.log_picks import draw

    unread: list[Problem] = []

    def read() -> "Iterator[Logged]":
        for one in read_logged(files, mapping):
            if isinstance(one, Problem):
                unread.append(one)
            else:
                yield one

    drawn = draw(read(), seed)
    for one in unread[:MOST_TOLD]:
        _say(f"{one.places[0]}: {one.told}")
    if len(unread) > MOST_TOLD:
        _say(f"and {count(len(unread) - MOST_TOLD, 'problem')} more")
    return drawn


def _mapping(column: str, settings: "Path | None") -> "LogMapping":
    """Return where logs hold what, by the settings; ``column`` is where they hold what users asked."""
    import msgspec

    from harness.config.read import log_mapping

    mapping = log_mapping(settings)
    return msgspec.structs.replace(mapping, messages=column) if column else mapping


def _of_logs(
    saved: "Run", folder: Path, logs: "Sequence[Logged]", training_data: Sequence[Path], most: int
) -> "list[Suggestion]":
    from harness.runs.folder import read_answers
    from harness.runs.log_picks import pick
    from harness.runs.to_label import lost_cases

    lost_ids = {*lost_cases(saved)}
    tested: dict[str, Case] = {}
    for answer in read_answers(folder):
        tested.setdefault(f"{answer.case.id}\n{answer.cases}", answer.case)
    lost = [case for case in tested.values() if case.id in lost_ids]
    return pick(logs, lost, list(tested.values()), _trained(training_data), most)


def _trained(paths: Sequence[Path]) -> "Trained | None":
    """Return what finds the training rows nearest to a request; None where no rows are named."""
    if not paths:
        return None
    from harness.data.leaks.near import nearest_rows, nearest_signed
    from harness.data.leaks.signed import read_signatures
    from harness.data.rows import load_rows
    from harness.models.adapter import SIGNATURES
    from harness.text.regular import read_regular

    signed = [
        read_signatures(read_regular(path / SIGNATURES), str(path / SIGNATURES))
        for path in paths
        if (path / SIGNATURES).is_file()
    ]
    rows = [row for path in paths if not (path / SIGNATURES).is_file() for row in load_rows(path)]

    def nearest(cases: "Sequence[Case]") -> "list[Neighbours | None]":
        each = [nearest_signed(one, cases, (), 1) for one in signed]
        each += [nearest_rows(rows, cases, (), 1)] if rows else []
        return [max((one or () for one in of), key=_similarity) for of in zip(*each, strict=True)]

    return nearest


def _similarity(found: "Neighbours") -> float:
    return found[0].similarity if found else 0.0


def _masked(lines: "Sequence[Suggestion]") -> "Iterator[Suggestion]":
    """Yield lines whose texts have no personal data; the place tells where the whole text is."""
    import msgspec

    from harness.data.checks.personal.personal import masked

    for one in lines:
        yield msgspec.structs.replace(one, text=masked(one.text)) if one.text else one


def _print(lines: "Sequence[Suggestion]") -> None:
    import msgspec

    for one in _masked(lines):
        sys.stdout.write(msgspec.json.encode(one).decode() + "\n")


def _write(path: Path, lines: "Sequence[Suggestion]") -> None:
    import csv
    import io

    from harness.text.atomic import write_atomically

    if not lines:
        _say("nothing to label: no case was lost, no failure rose, and no logs were given")
        return
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for one in _masked(lines):
        writer.writerow([*map(for_csv, (one.kind, one.place, one.reason, one.text)), ""])
    write_atomically(path, sheet.getvalue().encode("utf-8-sig", errors="replace"))
    _say(f"{path}: {count(len(lines), 'line')}, each with its reason")
    _say("Write the answers into its column label; harness data convert makes rows of those with a text")


def _say(line: str) -> None:
    typer.echo(for_terminal(line, None))
