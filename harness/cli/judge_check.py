"""``harness judge check``: whether a judge agrees with people."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings

if TYPE_CHECKING:
    from harness.config import HarnessConfig
    from harness.gating.juries import Jury
    from harness.judges.figures import Asked
    from harness.judges.labels import Label
    from harness.records.judged import JudgeCheck
    from harness.records.scored import Rubric
    from harness.scorers.judges.jury import Combine


def check_command(  # noqa: PLR0913 - one parameter for each option
    rubric: Annotated[
        str, typer.Argument(metavar="RUBRIC", help="the id of a rubric: the name of its file in judges/")
    ],
    *,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="people's labels; default: judges/RUBRIC.labels.jsonl")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="the judge, in place of harness.toml's: base or openai:MODEL; several: a jury"
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

    from harness.config import load_config, settings_file
    from harness.gating.juries import Jury
    from harness.gating.settings import Names, overrule
    from harness.judges.check import checked, found_labels, labels_to_check
    from harness.judges.checked import checks_file, keep_check
    from harness.judges.decision import EXIT_CODES
    from harness.judges.page import write_check_page
    from harness.scorers.judges.rubric import named_rubric

    path = settings_file(settings, Path())
    several = tuple(judge or ()) if judge and len(judge) > 1 else ()
    names = Names(judge=judge[0] if judge and not several else None, judge_budget=judge_budget)
    config, root = overrule(load_config(path), names), path.parent
    jury = Jury(several, cast("Combine", combine))
    judges = root / "judges"
    found = named_rubric(rubric, judges)
    known = labels_to_check(labels or found_labels(judges, found), found)
    page, kept = html or root / config.runs / f"judge_{found.id}.html", None
    by = nullcontext(_stored(found, known, verdicts)) if verdicts else _asked(config, root, jury, found, known)
    with by as asked:
        result = checked(found, asked, dt.datetime.now(dt.UTC))
        if verdicts is None and not asked.failed:
            kept = checks_file(judges, found)
            keep_check(kept, result)
        write_check_page(page, result, found, asked.readings)
    places = {"page": os.path.relpath(page), "kept": kept and os.path.relpath(kept)}
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(result) | places)
    else:
        _show(result, found)
        for name, place in places.items():
            if place:
                typer.echo(f"{name}: {place}")
    raise typer.Exit(EXIT_CODES[result.outcome])


def _stored(rubric: "Rubric", labels: "Sequence[Label]", verdicts: Path) -> "Asked":
    """Return what a file of verdicts says of the labels."""
    from harness.errors import DataError
    from harness.judges.figures import Asked
    from harness.judges.readings import stored_readings
    from harness.judges.verdicts import read_verdicts, verdicts_by_label

    readings = stored_readings(rubric, labels, verdicts_by_label(labels, read_verdicts(verdicts)))
    if not readings:
        raise DataError(f"{verdicts}: no verdict in it is on one of the labels; `label` names what a verdict is on")
    return Asked(judge=f"verdicts of {verdicts.name}", readings=readings)


@contextmanager
def _asked(
    config: "HarnessConfig", root: Path, jury: "Jury", rubric: "Rubric", labels: "Sequence[Label]"
) -> "Iterator[Asked]":
    """Ask the judge about the labels, and say before it starts who is asked, where, and what that will cost.

    All counts as answered once the block has ended: where what was found can't be written, nothing is asked twice.
    """
    from harness.errors import DataError
    from harness.gating.alone import opened_judge
    from harness.gating.judge_check import ask_for_check, requests_of
    from harness.text.figures import count
    from harness.text.progress import say
    from harness.text.visible import for_terminal

    if not any(label.messages for label in labels):
        raise DataError(
            f"the labels of {rubric.id!r} came without the texts of the answers, so no judge can be asked about them; "
            "verdicts that were given elsewhere can be checked: --verdicts FILE"
        )
    with opened_judge(config, root, jury) as opened:
        scorer = opened.reading(rubric)
        who = "judges" if jury.models else "judge"
        say(for_terminal(f"asking the {who} {opened.told} about {count(len(labels), 'label')}", None))
        opened.tell(requests_of(scorer, labels))
        asked = ask_for_check(scorer, labels, opened.ask)
        if left := len(labels) - len(asked.readings):
            say(f"{count(left, 'label')} left out: without texts, an empty answer, or the same answer twice")
        yield asked
        if not asked.failed:
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
