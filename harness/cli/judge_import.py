"""``harness judge import``: other people's labelled sets as labels of a rubric, and as stored verdicts of judges."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.judges.people import AmongPeople
    from harness.judges.sets.taken import Taken

Known = Literal["mt-bench", "pandalm", "jsonl"]
COLUMN = "of jsonl: the column that holds a field, as level=rating; repeatable. See docs/judge-check.md"
WORD = "of jsonl: what a word for a choice means, as A=baseline; repeatable"


def import_command(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="the set's files of labels and of verdicts")],
    from_: Annotated[Known, typer.Option("--from", help="which set they are")],
    rubric: Annotated[str, typer.Option(metavar="NAME", help="the rubric that the labels are of")],
    *,
    votes: Annotated[Literal["expert", "all"], typer.Option(help="of mt-bench: the people whose votes count")] = "all",
    turn: Annotated[int | None, typer.Option(min=1, max=2, help="of mt-bench: one turn only")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="FIELD=COLUMN", help=COLUMN)] = None,
    word: Annotated[list[str] | None, typer.Option(metavar="WORD=CHOICE", help=WORD)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Add labels that people gave elsewhere to judges/NAME.labels.jsonl, and keep judges' verdicts beside them."""
    from harness.config.located import own_judges, settings_file
    from harness.judges.labels import add_labels, labels_file
    from harness.judges.people import among_people
    from harness.judges.sets.read import Selection, read_set
    from harness.judges.sets.taken import verdicts_file, write_verdicts
    from harness.scorers.judges.rubric import named_rubric

    root = settings_file(settings, Path()).parent
    named = named_rubric(rubric, own_judges(root))
    wanted = Selection(votes=votes, turn=turn, columns=tuple(column or ()), words=tuple(word or ()))
    taken = read_set(from_, files, named, wanted)
    path = labels_file(root / "judges", named)
    new = add_labels(path, named, taken.labels)
    written = {judge: verdicts_file(root / "judges", named, judge) for judge in taken.verdicts}
    for judge, file in written.items():
        write_verdicts(file, taken.verdicts[judge])
    among = among_people(taken.labels)
    if as_json:
        told = {"new_labels": new, "taken": len(taken.labels), "people": among, "notes": taken.notes}
        print_json(told | {"verdicts": {judge: str(file) for judge, file in written.items()}, "labels": str(path)})
        return
    typer.echo(f"{path}: {count(new, 'new label')} of {count(len(taken.labels), 'label')}")
    typer.echo("\n".join(f"  {line}" for line in (*_in_words(among), *taken.notes)))
    for judge, file in written.items():
        typer.echo(f"{file}: {_verdicts_in_words(taken, judge)} of {for_terminal(judge)}")
    check = f"harness judge check {named.id}"
    typer.echo("next: " + " or ".join([f"{check} --verdicts {file}" for file in written.values()] or [check]))


def _in_words(among: "AmongPeople") -> list[str]:
    people = f" of {'one person' if among.people == 1 else f'{among.people:,} people'}" if among.people else ""
    alpha = "" if among.alpha is None else f"; Krippendorff's alpha among them {among.alpha:.4f}"
    return [
        f"{count(among.votes, 'vote')}{people}{alpha}",
        *(
            for_terminal(f"{pair.one} and {pair.other}: kappa {pair.kappa:.3f} in {count(pair.cases, 'case')}", None)
            for pair in among.pairs
            if pair.kappa is not None
        ),
    ]


def _verdicts_in_words(taken: "Taken", judge: str) -> str:
    verdicts = taken.verdicts[judge]
    flipped = sum(one.outcome == "flipped" for one in verdicts)
    return count(len(verdicts), "verdict") + (f", {flipped:,} of them flipped on swap," if flipped else "")
