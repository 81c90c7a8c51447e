"""``harness cases counterfactual``: cases with changed contexts, by which answers from memory show."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.new_cases import echo_lines
from harness.cli.options import AsJson

MOST_TOLD = 10
"""Lines about what could not be made."""
FILE = "a case file whose cases have passages in their meta, or the folder of a suite"


def counterfactual(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=FILE)],
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="the case file to write")],
    seed: Annotated[int, typer.Option(help="what chance draws other passages and answers by")] = 0,
    unseal: Annotated[str, typer.Option(metavar="REASON", help="why you read a sealed test; it is noted")] = "",
    as_json: AsJson = False,
) -> None:
    """Make cases whose context lacks the answer, or says another one: an answer from memory is wrong there."""
    import datetime as dt

    from harness.asking.cases import load_cases
    from harness.cases.counterfactual import KINDS, counterfactuals
    from harness.cases.file import write_new
    from harness.data.seal import look
    from harness.text.figures import count

    path = file / "cases.jsonl" if file.is_dir() else file
    look(path, unseal, "harness cases counterfactual", lambda: dt.datetime.now(dt.UTC))
    made = counterfactuals(load_cases(path), str(path), seed)
    write_new(to, made.cases)
    by_kind = {kind: sum(case.tags[-1] == f"context-{kind}" for case in made.cases) for kind in KINDS}
    if as_json:
        print_json({"file": str(to), "cases": by_kind, "lacking": list(made.lacking)})
        return
    lines = [
        f"{to}: {count(len(made.cases), 'case')} written: " + ", ".join(f"{n} {kind}" for kind, n in by_kind.items())
    ]
    lines += made.lacking[:MOST_TOLD]
    if more := made.lacking[MOST_TOLD:]:
        lines.append(f"and {len(more)} more")
    echo_lines(
        [*lines, "Next: gate them by keeps_to_context(), with the same prompt= as the suite: see docs/documents.md"]
    )
