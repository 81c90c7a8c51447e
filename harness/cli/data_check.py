"""``harness data check``: what is wrong with training rows, in a table, on a page, or as JSON."""

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.cases import used_suites
from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import UNDECIDED, InputError

if TYPE_CHECKING:
    from harness.asking.cases import Suite
    from harness.cases.passable import UsedSuite
    from harness.data.check import Checked
    from harness.data.checks.problem import Check, Kind
    from harness.data.checks.shape import Shape, Shapes
    from harness.train.quantized import ChatTemplate

FILES = "training rows: JSON Lines, JSON, CSV, Parquet, a folder of datasets; also .gz and .zst"
SUITES = "tests, as for pytest, or case files, whose cases must not be in the rows; repeatable"
MODEL = "a base model whose tokenizer counts tokens: a name or a folder, or base: that of harness.toml"
PAGE = "write a page with every problem, and the rows side by side"
NAMES = "look for names of people and places too, with the extra pii; English"
PROBLEMS, CLEAN = 1, 0


def check(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    suites: Annotated[list[str] | None, typer.Option(metavar="SUITES", help=SUITES)] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help=MODEL)] = "",
    max_length: Annotated[int, typer.Option(min=1, metavar="TOKENS", help="longest row; with --model")] = 1024,
    batch: Annotated[int, typer.Option(min=1, metavar="ROWS", help="rows of a batch; with --model")] = 8,
    names: Annotated[bool, typer.Option("--names", help=NAMES)] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE.html", help=PAGE)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Check training rows before they are trained on. Exit code 0: clean, 1: problems, 6: not all could be checked."""
    from harness.cli.case_tables import print_lines
    from harness.cli.data_tables import checked_lines
    from harness.config import load_config, settings_file
    from harness.report.data import write_data_page
    from harness.report.view.data import outcome_of

    config = load_config(settings_file(settings, Path()))
    used = _used(suites or ())
    template = _template(model, settings) if model else None
    shapes = _shapes(template, max_length, batch)
    checks, kinds = _checks(used, names)
    checked = _read(files, (*checks, shapes), kinds, config.data)
    shape = shapes.shape()
    if html is not None:
        write_data_page(html, checked, shape, [one.suite.name for one in used], dt.datetime.now(dt.UTC))
    if as_json:
        print_json(_as_json(checked, shape))
    else:
        print_lines(checked_lines(checked, shape, html))
    ended = {"failed": PROBLEMS, "inconclusive": UNDECIDED, "passed": CLEAN}[outcome_of(checked)]
    if ended:
        raise typer.Exit(ended)
