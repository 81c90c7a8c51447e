"""``harness share``: runs and answers of a team, in a place that all its machines reach."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, RunDir, Settings
from harness.errors import InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.share.answers import SharedAnswers
    from harness.share.place import Place
    from harness.share.runs import SharedRuns

share_app = typer.Typer(
    no_args_is_help=True, help="Keep the runs and answers of a team in one place. See docs/share.md."
)

WHERE = "a folder, s3://BUCKET/FOLDER or gs://BUCKET/FOLDER; default: share.place in harness.toml"
WHICH = "only runs, or only answers"
PlaceName = Annotated[str | None, typer.Argument(metavar="PLACE", help=WHERE)]
Only = Annotated[str | None, typer.Option("--only", metavar="runs|answers", help=WHICH)]


@share_app.command()
def push(
    place: PlaceName = None,
    *,
    only: Only = None,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Copy runs and answers of this machine to the place, as far as it does not have them."""
    from harness.share.answers import push_answers
    from harness.share.runs import push_runs

    _share(("pushed", push_runs, push_answers), place, only, (run_dir, settings), as_json=as_json)


@share_app.command()
def pull(
    place: PlaceName = None,
    *,
    only: Only = None,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Copy runs and answers from the place to this machine, as far as it does not have them. Nothing here changes."""
    from harness.share.answers import pull_answers
    from harness.share.runs import pull_runs

    _share(("pulled", pull_runs, pull_answers), place, only, (run_dir, settings), as_json=as_json)


@share_app.command()
def status(
    place: PlaceName = None, *, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None
) -> None:
    """Show what push and pull would copy."""
    from harness.share.waiting import waiting

    there, runs = _place_and_runs(place, run_dir, settings)
    found = waiting(runs, there)
    if as_json:
        print_json({"place": there.shown, "waiting": found})
        return
    typer.echo(f"to {there.shown}: {count(len(found.runs_to_push), 'run')}, {count(found.answers_to_push, 'answer')}")
    typer.echo(
        f"from {there.shown}: {count(len(found.runs_to_pull), 'run')}, "
        f"{count(found.parts_to_pull, 'part')} of {found.most_per_part:,} answers at most"
    )


Way = tuple[str, Callable[[Path, "Place"], "SharedRuns"], Callable[[Path, "Place"], "SharedAnswers"]]
"""What is said of it; how runs are copied, and how answers."""


def _share(
    way: Way, named: str | None, only: str | None, here: tuple[str | None, Path | None], *, as_json: bool
) -> None:
    """Copy, and tell what was copied; exit code 1 where something of the place was left out."""
    said, of_runs, of_answers = way
    if only not in {None, "runs", "answers"}:
        raise InputError(f"--only {only}: expected runs or answers")
    place, folder = _place_and_runs(named, *here)
    runs = None if only == "answers" else of_runs(folder, place)
    answers = None if only == "runs" else of_answers(folder, place)
    refused = [*(runs.refused if runs else ()), *(answers.refused if answers else ())]
    if as_json:
        print_json({"place": place.shown, "runs": runs, "answers": answers})
    else:
        for line in [*_of_runs(said, runs), *_of_answers(said, answers)]:
            typer.echo(f"{place.shown}: {line}")
    for line in refused:
        typer.echo(f"{place.shown}: left out: {for_terminal(line, 500)}", err=True)
    if refused:
        raise typer.Exit(1)


def _of_runs(said: str, runs: "SharedRuns | None") -> list[str]:
    if runs is None:
        return []
    names = f": {', '.join(runs.copied)}" if 0 < len(runs.copied) <= 5 else ""
    return [f"{count(len(runs.copied), 'run')} {said}{names}; {runs.known:,} on both sides already"]


def _of_answers(said: str, answers: "SharedAnswers | None") -> list[str]:
    if answers is None:
        return []
    known = f"; {answers.known:,} were already here" if answers.known else ""
    told = [f"{count(answers.copied, 'answer')} {said}{known}"]
    if answers.held_back:
        told.append(f"{count(answers.held_back, 'answer')} not pushed: a key or password of this machine is in them")
    return told


def _place_and_runs(named: str | None, run_dir: str | None, settings: Path | None) -> "tuple[Place, Path]":
    """Return the place that is named, else that of harness.toml, and the folder of runs."""
    from harness.config.located import settings_file
    from harness.config.read import load_config, runs_folder
    from harness.share.place import Place

    file = settings_file(settings, Path())
    address = named or load_config(file).share.place
    if not address:
        raise InputError(
            'no place is named: add it to the command, or place = "s3://BUCKET/FOLDER" under [share] in harness.toml'
        )
    if named is None and "://" not in address:
        address = str(file.parent / address)
    return Place(address), runs_folder(run_dir, settings)
