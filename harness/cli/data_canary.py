"""``harness data canary``: training rows with random secrets among them, by which memorization is measured."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.errors import InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

FILES = "training rows, in any format that harness data check reads"
REPEATS = "how many times canaries are planted, separated by commas; they are shared out among these"
LISTED = "where the canaries are listed, for --canaries; by default beside --to"
MOST_REPEATS = 10_000


def canary(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="the file of rows with canaries to write")],
    number: Annotated[int, typer.Option("-n", min=1, max=10_000, metavar="N", help="how many canaries")] = 10,
    repeats: Annotated[str, typer.Option(metavar="TIMES", help=REPEATS)] = "1,4,16",
    listed: Annotated[Path | None, typer.Option("--list", metavar="FILE", help=LISTED)] = None,
    seed: Annotated[int, typer.Option(help="another one makes other canaries")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plant canaries among training rows: train on them, and pytest suites/ --canaries says which come out."""
    from harness.data.generated.standing import refuse_unreviewed
    from harness.data.reading import refuse_repeated
    from harness.data.regurgitation.canaries import make, write
    from harness.data.rows import load_rows

    times = _times(repeats)
    refuse_repeated(files)
    refuse_unreviewed(files)
    rows = [row for file in files for row in load_rows(file, _say)]
    where = listed or to.with_name(f"{to.name.partition('.')[0]}.canaries.json")
    made = make(rows, number, times, seed)
    write(rows, made, to, where)
    planted = sum(one.repeats for one in made.canaries)
    if as_json:
        print_json({"file": str(to), "list": str(where), "rows": len(rows), "canaries": number, "planted": planted})
        return
    canaries = "1 canary" if number == 1 else f"{number:,} canaries"
    _say(f"{to}: {count(len(rows), 'row')}, and {canaries} planted in {count(planted, 'row')} more")
    _say(f"{where}: lists them, for harness data check --canaries and pytest suites/ --canaries")


def _times(given: str) -> tuple[int, ...]:
    try:
        times = tuple(int(part) for part in given.split(","))
    except ValueError:
        times = ()
    if not times or not all(1 <= one <= MOST_REPEATS for one in times):
        raise InputError(f"--repeats {given}: expected numbers from 1 to {MOST_REPEATS:,}, such as 1,4,16")
    return times


def _say(line: str) -> None:
    typer.echo(for_terminal(line, None))
