"""``harness drift``: whether inputs, answers and adapter are still what they were at release. See docs/drift.md."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json, stop_where_pytest_did
from harness.cli.options import AsJson, RunDir, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.cases.passable import UsedSuite

LOGS = "production logs: files or folders, in any form that is known; see docs/drift.md"
SINCE = "requests since then: 30d, 12h, 4w before now, or a day such as 2026-11-18 (UTC)"
RELEASE = "a run with the answers at release, such as run:7; default: the run that the promotion names"
REFERENCE = "earlier logs that inputs should look like, in place of the suite and the training data; repeatable"
ROWS = "the rows that the adapter was trained on, where its manifest doesn't lead to them; repeatable"
RUBRIC = "ask the judge about answers by this rubric, which it must be trusted with; repeatable"
RERUN = "ask the suite again, and compare with the answers at release"
PROMETHEUS = "write the figures for Prometheus: for a pushgateway, or its collector of text files"
MEANING = "compare clusters of meaning too; needs the extra similarity"


def drift_command(  # noqa: PLR0913 - one parameter for each option
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS...", help=LOGS)],
    *,
    suite: Annotated[Path, typer.Option(metavar="FOLDER", help="the suite that decided the release")],
    since: Annotated[str, typer.Option(metavar="WHEN", help=SINCE)] = "",
    until: Annotated[str, typer.Option(metavar="WHEN", help="requests before then; as --since")] = "",
    model: Annotated[str, typer.Option(metavar="NAME", help="requests to this model alone, as the logs call it")] = "",
    release: Annotated[str, typer.Option(metavar="RUN", help=RELEASE)] = "",
    reference: Annotated[list[Path] | None, typer.Option(metavar="LOGS", help=REFERENCE)] = None,
    training_data: Annotated[list[Path] | None, typer.Option(metavar="FILE", help=ROWS)] = None,
    meaning: Annotated[bool, typer.Option("--meaning", help=MEANING)] = False,
    rubric: Annotated[list[str] | None, typer.Option(metavar="NAME", help=RUBRIC)] = None,
    judge_budget: Annotated[
        str | None,
        typer.Option(metavar="MOST", help="the most that the judge is asked: calls (500) or money (2.50USD)"),
    ] = None,
    rerun: Annotated[bool, typer.Option("--rerun", help=RERUN)] = False,
    candidate: Annotated[
        str, typer.Option(metavar="MODEL", help="what --rerun asks; default: the promoted adapter")
    ] = "",
    base_url: Annotated[str, typer.Option("--base-url", help="a running server that --rerun asks")] = "",
    prometheus: Annotated[Path | None, typer.Option(metavar="FILE", help=PROMETHEUS)] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the page; default: drift/SUITE.html beside the runs")
    ] = None,
    seed: Annotated[int, typer.Option(help="another one draws other requests")] = 0,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Compare production logs with what was released. Exit 0: steady, 1: drifted, 6: too little to tell."""
    import datetime as dt

    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.drift.drawn import window_of
    from harness.drift.prometheus import exposition
    from harness.drift.run import Wanted, places_of, run_drift, suite_in
    from harness.drift.told import lines_of
    from harness.gating.settings import Names, overrule
    from harness.logs.reading import read_logged
    from harness.text.atomic import write_atomically
    from harness.text.visible import for_terminal

    now = dt.datetime.now(dt.UTC)
    path = settings_file(settings, Path(), [suite] if suite.is_dir() else [])
    config, root = overrule(load_config(path), Names(runs=run_dir, judge_budget=judge_budget)), path.parent
    _refuse_useless({"--candidate": candidate, "--base-url": base_url}, "--rerun", rerun)
    _refuse_useless({"--judge-budget": judge_budget}, "--rubric", rubric)
    window = window_of(since, until, model, now.timestamp())
    wanted = Wanted(
        suite=suite_in(root, suite),
        window=window,
        release=release,
        rubrics=tuple(rubric or ()),
        meaning=meaning,
        rerun=rerun,
        candidate=candidate,
        base_url=base_url,
        seed=seed,
    )
    used = _used(suite)
    places = places_of(wanted, root / config.runs, html)
    drift = run_drift(
        wanted,
        read_logged(logs, config.logs.mapping),
        read_logged(reference, config.logs.mapping) if reference else None,
        used,
        config,
        root,
        places,
        tuple(training_data or ()),
        now,
    )
    if prometheus:
        write_atomically(prometheus, exposition(drift).encode())
    if as_json:
        import msgspec

        print_json({**msgspec.to_builtins(drift), "page": str(places.page), "history": str(places.history)})
    else:
        for line in lines_of(drift, str(places.page)):
            indent = "  " if line.startswith("  ") else ""
            typer.echo(f"{indent}{for_terminal(line, None)}")
    raise typer.Exit(drift.exit_code)


def _refuse_useless(given: "Mapping[str, str | None]", needed: str, there: object) -> None:
    """Refuse options that mean nothing without another one."""
    from harness.errors import InputError

    for option in [name for name, value in given.items() if value] if not there else []:
        raise InputError(f"{option} means nothing without {needed}; add {needed}, or leave {option} out")


def _used(suite: Path) -> "Sequence[UsedSuite]":
    """Return a suite as its tests use it; no model is asked."""
    from harness.gating.without_models.used import read_suites

    reading, session = read_suites([str(suite)])
    stop_where_pytest_did(session, [str(suite)])
    return reading.suites
