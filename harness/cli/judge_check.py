"""``harness judge check``: whether a judge agrees with people."""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings

if TYPE_CHECKING:
    from harness.config.whole import HarnessConfig
    from harness.gating.juries import Jury
    from harness.judges.figures import Asked
    from harness.judges.labels import Label
    from harness.records.judged import JudgeCheck
    from harness.records.scored import Rubric
    from harness.scorers.judges.jury import Combine


def check_command(  # noqa: PLR0913 - one parameter for each option
    rubrics: Annotated[
        list[str], typer.Argument(metavar="RUBRIC...", help="ids of rubrics: the names of their files in judges/")
    ],
    *,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="people's labels; default: judges/RUBRIC.labels.jsonl")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="the judge, in place of harness.toml's: base, openai:MODEL, or a table's NAME; several: a jury",
        ),
    ] = None,
    combine: Annotated[
        str, typer.Option(metavar="HOW", help="how a jury's scores are combined: mean or majority")
    ] = "mean",
    judge_budget: Annotated[
        str | None,
        typer.Option(
            metavar="MOST", help="the most that is asked: calls (500) or money (2.50USD); what is left decides nothing"
        ),
    ] = None,
    verdicts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="verdicts that were given elsewhere: no judge is asked")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the page; default: judge_RUBRIC.html beside the runs")
    ] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Ask a judge about answers that people labelled, and compare. Exit 0: trusted, 1: not, 6: too few labels."""
    import datetime as dt
    import os

    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.gating.juries import Jury
    from harness.gating.settings import Names, overrule
    from harness.judges.check import checked, found_labels, labels_to_check
    from harness.judges.checked import checks_file, keep_check
    from harness.judges.decision import exit_code_of
    from harness.judges.page import write_check_page
    from harness.scorers.judges.rubric import named_rubric

    if len(rubrics) > 1 and (labels or verdicts or html):
        raise typer.BadParameter("--labels, --verdicts and --html are of one rubric, and several are named")
    path = settings_file(settings, Path())
    several = tuple(judge or ()) if judge and len(judge) > 1 else ()
    names = Names(judge=judge[0] if judge and not several else None, judge_budget=judge_budget)
    config, root = overrule(load_config(path), names), path.parent
    jury = Jury(several, cast("Combine", combine))
    judges = root / "judges"
    found = [named_rubric(one, judges) for one in dict.fromkeys(rubrics)]
    known = [Checking(one, labels_to_check(labels or found_labels(judges, one), one)) for one in found]
    outcomes, told = [], []
    with closing(_stored(known[0], verdicts) if verdicts else _asked(config, root, jury, known)) as heard:
        for rubric, asked in heard:
            result = checked(rubric, asked, dt.datetime.now(dt.UTC))
            page = html or root / config.runs / f"judge_{rubric.id}.html"
            kept = None
            if verdicts is None and not asked.failed:
                kept = checks_file(judges, rubric)
                keep_check(kept, result)
            write_check_page(page, result, rubric, asked.readings)
            places = {"page": os.path.relpath(page), "kept": kept and os.path.relpath(kept)}
            outcomes.append(result.outcome)
            if as_json:
                import msgspec

                told.append(msgspec.to_builtins(result) | places)
                continue
            _show(result, rubric)
            for name, place in places.items():
                if place:
                    typer.echo(f"{name}: {place}")
    if as_json:
        print_json(told if len(rubrics) > 1 else told[0])
    raise typer.Exit(exit_code_of(outcomes))


class Checking(NamedTuple):
    """A rubric and the labels that its judge is checked against."""

    rubric: "Rubric"
    labels: "Sequence[Label]"


def _stored(known: Checking, verdicts: Path) -> "Generator[tuple[Rubric, Asked]]":
    """Yield what a file of verdicts says of the labels."""
    from harness.errors import DataError
    from harness.judges.figures import Asked
    from harness.judges.readings import stored_readings
    from harness.judges.verdicts import read_verdicts, verdicts_by_label

    rubric, labels = known
    readings = stored_readings(rubric, labels, verdicts_by_label(labels, read_verdicts(verdicts)))
    if not readings:
        raise DataError(f"{verdicts}: no verdict in it is on one of the labels; `label` names what a verdict is on")
    yield rubric, Asked(judge=f"verdicts of {verdicts.name}", readings=readings)


def _asked(
    config: "HarnessConfig", root: Path, jury: "Jury", known: "Sequence[Checking]"
) -> "Generator[tuple[Rubric, Asked]]":
    """Ask the judge by one rubric after the other, and say before who is asked, where, and what that will cost.

    All counts as answered once the last was taken: where what was found can't be written, nothing is asked twice.
    """
    from harness.errors import DataError
    from harness.gating.alone import opened_judge
    from harness.gating.judge_check import ask_for_check, requests_of
    from harness.text.figures import count
    from harness.text.progress import say
    from harness.text.visible import for_terminal

    for rubric, labels in known:
        if not any(label.messages for label in labels):
            raise DataError(
                f"the labels of {rubric.id!r} came without the texts of the answers, so no judge can be asked about "
                "them; verdicts that were given elsewhere can be checked: --verdicts FILE"
            )
    failed = False
    with opened_judge(config, root, jury) as opened:
        who = "judges" if jury.models else "judge"
        for rubric, labels in known:
            scorer = opened.reading(rubric)
            say(
                for_terminal(f"asking the {who} {opened.told} about {count(len(labels), 'label')} of {rubric.id}", None)
            )
            opened.tell(requests_of(scorer, labels))
            asked = ask_for_check(scorer, labels, opened.ask)
            if left := len(labels) - len(asked.readings):
                say(f"{count(left, 'label')} left out: without texts, an empty answer, or the same answer twice")
            failed = failed or bool(asked.failed)
            yield rubric, asked
        if not failed:
            opened.finish()


def _show(result: "JudgeCheck", rubric: "Rubric") -> None:
    """Print a row for each figure, and the verdict."""
    from harness.cli.tables import plain_table, print_table
    from harness.judges.check import limits_of
    from harness.judges.told import figure_rows, verdict_line
    from harness.text.visible import for_terminal

    table = plain_table("figure", "value", "interval (95 %)", "of", "asked for")
    for row in figure_rows(result, limits_of(rubric)):
        table.add_row(row.name, row.value, row.interval, row.n, row.limit)
    typer.echo(for_terminal(f"{result.judge} on {result.rubric}, version {result.version}"))
    print_table(table)
    typer.echo(for_terminal(verdict_line(result), None))
