"""``harness data generate`` and ``review``: rows that a teacher makes, and what people say of them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.data_check import cases_of, used_cases
from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import UNDECIDED, ConfigError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.config.whole import HarnessConfig
    from harness.teacher.config import TeacherConfig
    from harness.teacher.generate import Report
    from harness.teacher.prepared import Prepared
    from harness.untuned.asking import BaseModel

FILE = "settings of the set; see docs/data-generate.md"
ROWS = "the file of rows that harness data generate wrote"


def generate(
    settings_of_set: Annotated[Path, typer.Argument(metavar="FILE.toml", help=FILE)],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the first request and what all would cost, and ask nothing")
    ] = False,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Make rows of seeds by a teacher, within a budget; the same command goes on after a kill. Then people review."""
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.teacher.asking import opened
    from harness.teacher.config import load_teacher_config
    from harness.teacher.generate import generate as make_rows
    from harness.teacher.seeds import told

    config = load_teacher_config(settings_of_set)
    path = settings_file(settings, Path())
    harness = load_config(path)
    prepared = _prepared(config, settings_of_set, harness)
    for line in told(prepared.seeds):
        typer.echo(line, err=True)
    with opened(config, harness, path.parent) as teacher:
        if dry_run:
            _tell_plan(prepared, teacher, harness, as_json=as_json)
            return
        report = make_rows(prepared, teacher, harness.price_table, lambda: dt.datetime.now(dt.UTC))
    _tell(prepared.output, report, as_json=as_json)
    if report.state.unanswered or report.state.ended == "budget used up":
        raise typer.Exit(UNDECIDED)


def review(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help=ROWS)],
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port of the page; 0 takes a free one")] = 0,
    status: Annotated[bool, typer.Option("--status", help="say how the review stands, and serve nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the most diverse tenth of generated rows on a page of this machine, to accept or reject each."""
    import msgspec

    from harness.teacher.settle import settle

    standing = settle(rows)
    if as_json:
        print_json(msgspec.to_builtins(standing))
    elif status or standing.verdict == "usable":
        typer.echo(for_terminal(f"{rows}: {standing.words}", None))
    else:
        from harness.teacher.serve import serve

        serve(rows, port, lambda line: typer.echo(line, err=True), lambda: dt.datetime.now(dt.UTC))
        standing = settle(rows)
    if standing.verdict != "usable":
        raise typer.Exit(1 if standing.verdict == "stopped" else UNDECIDED)


def _prepared(config: "TeacherConfig", place: Path, harness: "HarnessConfig") -> "Prepared":
    from harness.teacher.prepared import prepare

    folder = place.parent
    named = list(dict.fromkeys((*config.protected, *([config.checked_by] if config.checked_by else []))))
    for one in named:
        if not (folder / one).exists():
            raise ConfigError(
                f"{place}: {folder / one}: no such folder; `protected` names the suites whose cases must not be in "
                "rows, and is [] where there are none"
            )
    used = used_cases([str(folder / one) for one in named])
    return prepare(config, place, used, cases_of(used), harness.logs.mapping)


def _tell_plan(prepared: "Prepared", teacher: "BaseModel", harness: "HarnessConfig", *, as_json: bool) -> None:
    from harness.teacher.making import spending_of

    planned = prepared.plan(teacher.contender)
    spending = spending_of(prepared.config, harness.price_table)
    spending.check(teacher.contender.model)
    first = [one.request for one in planned[: prepared.config.rows]]
    forecast = spending.forecast(first)
    asked = first[0].messages[-1].text
    if as_json:
        print_json({"seeds": len(prepared.seeds.seeds), "requests": len(planned), "told": forecast, "first": asked})
        return
    seeds = count(len(prepared.seeds.seeds), "seed")
    typer.echo(f"{seeds}, {count(len(planned), 'request')} at most, for {count(prepared.config.rows, 'row')}")
    typer.echo(f"the first {count(len(first), 'request')}: {forecast}")
    typer.echo("the first request:")
    typer.echo(for_terminal(asked, None))


def _tell(output: Path, report: "Report", *, as_json: bool) -> None:
    import msgspec

    from harness.data.generated.files import rejected_of
    from harness.data.generated.standing import unusable

    why = unusable(output)
    if as_json:
        left_out = {"order", "settings"}
        told = {name: value for name, value in msgspec.to_builtins(report.state).items() if name not in left_out}
        print_json({"file": str(output), **told, "failed": report.failed, "unusable": why})
        return
    for line in (*_lines(output, report, rejected_of(output)), f"{output}: {why}" if why else f"{output}: reviewed"):
        typer.echo(for_terminal(line, None))


def _lines(output: Path, report: "Report", rejected: Path) -> Iterator[str]:
    from harness.records.budget import money_in_words

    state = report.state
    known = (state.cost or 0.0) - (state.cost_unknown or 0.0)
    cost = f", {money_in_words(known, state.currency)} in all" if state.cost is not None else ""
    yield f"{output}: {count(state.rows, 'row')} of {state.wanted:,} wanted, {state.ended}{cost}"
    if state.cost_unknown is not None:
        most = money_in_words(state.cost_unknown, state.currency)
        yield f"calls that failed or were broken off can have cost up to {most} more, which counts for the budget"
    if state.rejected:
        yield f"{rejected}: {count(sum(state.rejected.values()), 'answer')} rejected: {_by_check(state.rejected)}"
    if state.unanswered:
        yield f"{count(state.unanswered, 'request')} got no answer ({report.failed}); run again to ask them"
    for name, number in state.unused.items():
        yield f"{name} checked none of {count(number, 'answer')}: it needs an expected answer"


def _by_check(rejected: "dict[str, int]") -> str:
    most: Sequence[tuple[str, int]] = sorted(rejected.items(), key=lambda one: -one[1])
    return ", ".join(f"{number:,} by {name}" for name, number in most)
