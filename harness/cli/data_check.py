"""``harness data check``: what is wrong with training rows, in a table, on a page, or as JSON."""

import datetime as dt
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from harness.cli.cases import used_suites
from harness.cli.data_base import (
    Asking,
    Base,
    BaseRows,
    Examples,
    Named,
    Seed,
    Train,
    Url,
    base_check,
    costs_of,
)
from harness.cli.data_models import Training, base_of, measured_by, measured_for, training_of
from harness.cli.machines import print_pieces
from harness.cli.options import AsJson, Settings
from harness.errors import UNDECIDED, InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.cases.passable import UsedSuite
    from harness.config.rows import DataConfig
    from harness.data.check import Checked
    from harness.data.checks.consistency.prompts import Asked
    from harness.data.checks.problem import Check
    from harness.data.checks.shape.shape import Shape, Shapes
    from harness.data.checks.shape.untuned import ByModels
    from harness.records.asked import Case

FILES = "training rows: JSON Lines, JSON, CSV, Parquet, a folder of datasets; also .gz and .zst"
SUITES = "tests, as for pytest, or case files, whose cases must not be in the rows; repeatable"
MODEL = "a base model whose tokenizer counts tokens: a name or a folder, or base: that of harness.toml"
CANARIES = "file that harness data canary wrote: the canaries in it are planted, and no problem"
PAGE = "write a page with every problem, and the rows side by side"
NAMES = "look for names of people and places too, with the extra pii; English"
MEANING = "look for copies, contradictions and leaks in other words too, with the extra similarity; English; minutes"
PROBLEMS, CLEAN, WRONG_USE = 1, 0, 2
TIMED_ROWS = 300
"""Rows drawn to time steps of a training with."""
INDENT = "  "
"""Of JSON, as elsewhere."""


def check(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    suites: Annotated[list[str] | None, typer.Option(metavar="SUITES", help=SUITES)] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help=MODEL)] = "",
    max_length: Annotated[int, typer.Option(min=1, metavar="TOKENS", help="longest row; with --model")] = 1024,
    batch: Annotated[int, typer.Option(min=1, metavar="ROWS", help="rows of a batch; with --model")] = 8,
    names: Annotated[bool, typer.Option("--names", help=NAMES)] = False,
    canaries: Annotated[Path | None, typer.Option(metavar="FILE", help=CANARIES)] = None,
    base: Base = False,
    base_rows: BaseRows = 300,
    examples: Examples = 4,
    scorer: Named = "",
    seed: Seed = 0,
    base_url: Url = None,
    train: Train = None,
    meaning: Annotated[bool, typer.Option("--meaning", help=MEANING)] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE.html", help=PAGE)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Check training rows before they are trained on. Exit code 0: clean, 1: problems, 6: not all could be checked."""
    from harness.cli.case_tables import print_lines
    from harness.cli.data_tables import checked_lines
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.data.checks.every import every_check
    from harness.data.checks.shape.untuned import ByModels
    from harness.data.drawn import Drawing
    from harness.report.data import write_data_page
    from harness.report.view.data import outcome_of

    if not base:
        _refuse_idle(context, ("base_rows", "examples", "scorer", "base_url"), "--base")
    if not (base or model or train):
        _refuse_idle(context, ("max_length", "batch"), "--model")
    if not (base or train):
        _refuse_idle(context, ("seed",), "--base or --train")
    path = settings_file(settings, Path())
    config = load_config(path)
    used = used_cases(suites or ())
    training = training_of(train) if train is not None else None
    if training is not None:
        max_length, batch = training.config.max_length, training.config.rows_per_batch
    asking = Asking(rows=base_rows, examples=examples, seed=seed, scorer=scorer, url=base_url, model=model)
    counted = model or ("base" if base and base_url is None else "")
    shapes, measuring = _measured(training or counted, settings, max_length, batch)
    cases = cases_of(used)
    checks = (*every_check(_asked(used), cases, names=names), *(_by_meaning(cases) if meaning else ()), *measuring)
    with ExitStack() as stack:
        asked = (
            stack.enter_context(base_check(config, path.parent, used, asking, lambda: bool(shapes.labels)))
            if base
            else None
        )
        drawing = Drawing(TIMED_ROWS, seed) if training is not None else None
        by_models = [one for one in (drawing, asked) if one is not None]
        checked = _read(files, (*checks, *by_models), config.data, canaries)
    costs, untimed = costs_of(config.data.prices, training, drawing.rows if drawing else (), shapes.lengths)
    untold = (*(asked.untold if asked else ()), *filter(None, [untimed]))
    checked = msgspec.structs.replace(checked, untold=(*checked.untold, *untold))
    models = ByModels(untuned=asked.found if asked else None, costs=costs)
    shape = shapes.shape()
    if html is not None:
        write_data_page(html, checked, (shape, models), list(cases), dt.datetime.now(dt.UTC))
        _keep(html, files, checked, _counted_by(training or counted, settings))
    if as_json:
        print_pieces(_json_pieces(checked, shape, models))
    else:
        print_lines(checked_lines(checked, shape, models, html))
    ended = {"failed": PROBLEMS, "inconclusive": UNDECIDED, "passed": CLEAN}[outcome_of(checked)]
    if ended:
        raise typer.Exit(ended)


def _refuse_idle(context: typer.Context, options: Sequence[str], without: str) -> None:
    """Refuse options that were given and do nothing.

    Raises:
        InputError: there is one.
    """
    for name in options:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise InputError(f"--{name.replace('_', '-')} does nothing without {without}; give both, or neither")


def used_cases(suites: Sequence[str]) -> "tuple[UsedSuite, ...]":
    """Return the suites of tests and of case files, each once; where pytest can't run the tests, exit with 2."""
    from harness.asking.cases import load_suite
    from harness.cases.passable import UsedSuite
    from harness.records.asked import Sampling

    bare = [Path(one).absolute() for one in suites if one.endswith(".jsonl")]
    named = [one for one in suites if not one.endswith(".jsonl")]
    try:
        tested = used_suites(named)
    except typer.Exit:
        for file in sorted(path for one in named for path in Path(one).glob("**/cases.jsonl")):
            typer.echo(for_terminal(f"a case file without tests is named itself: --suites {file}", None), err=True)
        raise typer.Exit(WRONG_USE) from None
    return (*tested, *(UsedSuite(path=path, suite=load_suite(path, Sampling()), scorers=()) for path in bare))


def cases_of(used: "Sequence[UsedSuite]") -> "dict[str, tuple[Case, ...]]":
    """Return the cases of suites by name, or by case file where several share the name.

    Of several tests that use one file, such as by tags, all of them, each once.
    """
    found: dict[Path, dict[str, Case]] = {}
    for one in used:
        found.setdefault(one.path, {}).update((case.id, case) for case in one.suite.cases)
    names = {one.path: one.suite.name for one in used}
    taken = list(names.values())
    return {
        names[path] if taken.count(names[path]) == 1 else str(path): tuple(cases.values())
        for path, cases in found.items()
    }


def _asked(used: "Sequence[UsedSuite]") -> "list[Asked]":
    """Return how suites ask, each with the scorers by which answers follow a schema."""
    from harness.data.checks.consistency.prompts import asked_by
    from harness.scorers.schema import MatchesSchema

    found = []
    for one in used:
        schemas = [scorer for scorer in one.scorers if isinstance(scorer, MatchesSchema)]
        found += [asked_by(one.suite, scorer) for scorer in schemas or (None,)]
    with_schema = {one.name for one in found if one.answers is not None}
    return [one for one in found if one.answers is not None or one.name not in with_schema]


def _measured(
    model: "Training | str", settings: Path | None, max_length: int, batch: int
) -> "tuple[Shapes, tuple[Check, ...]]":
    """Return the check of the shape, and what has to see a row before it: with a model, what counts its tokens."""
    from harness.data.checks.shape.shape import Shapes

    if not model:
        shapes = Shapes()
        return shapes, (shapes,)
    measured = measured_by(model, settings) if isinstance(model, str) else measured_for(model)
    shapes = Shapes(measured.tokens, measured.trained, max_length, batch)
    return shapes, (measured, shapes)


def _by_meaning(cases: "Mapping[str, Sequence[Case]]") -> "tuple[Check, ...]":
    from harness.data.checks.meaning import Meaning
    from harness.data.checks.personal.personal import masked
    from harness.data.meaning.model import load_model

    return (Meaning(cases, load_model(), masked),)


def _read(files: Sequence[Path], checks: "Sequence[Check]", settings: "DataConfig", canaries: Path | None) -> "Checked":
    """Check files, without the canaries that are listed.

    How many rows were read is said on standard error now and then.
    """
    from harness.data.check import check_files, nothing_planted
    from harness.data.checks.every import KINDS
    from harness.data.regurgitation.canaries import read
    from harness.text.progress import LINE_EVERY_S, say

    said = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal said
        if time.monotonic() - said > LINE_EVERY_S:
            said = time.monotonic()
            say(f"checked {count(rows, 'row')}")

    planted = read(canaries).has if canaries is not None else nothing_planted
    return check_files(files, checks, KINDS, settings, tell, planted)


def _counted_by(model: "Training | str", settings: Path | None) -> str:
    """Return the digest of the tokenizer and the chat template that counted tokens; empty where none did."""
    from harness.models.answering import digest_template

    if not model:
        return ""
    return digest_template(base_of(model, settings) if isinstance(model, str) else model.base)


def _keep(page: Path, files: Sequence[Path], checked: "Checked", template_digest: str) -> None:
    """Keep beside a page of which rows it is, so that a report links it where an adapter was trained on these."""
    from harness.data.beside import page_digest, rows_digest, write_checked
    from harness.records.trained import CheckedFile, RowsChecked

    read = zip(files, checked.files, strict=True)
    record = RowsChecked(
        files=tuple(CheckedFile(name=path.name, digest=rows_digest(path), rows=one.rows) for path, one in read),
        problems=len(checked.problems),
        warnings=len(checked.warnings),
        untold=len(checked.untold),
        page=page_digest(page),
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        template_digest=template_digest,
    )
    write_checked(page, record)


def _json_pieces(checked: "Checked", shape: "Shape", models: "ByModels") -> Iterator[str]:
    """Yield the JSON of a check, problem by problem, since there can be hundreds of thousands."""
    import msgspec

    def written(value: object) -> str:
        return msgspec.json.format(msgspec.json.encode(value)).decode()

    start = "{"
    for name in (*checked.__struct_fields__, "rows"):
        value = getattr(checked, name)
        yield f'{start}\n{INDENT}"{name}": '
        if name not in {"problems", "warnings"}:
            yield textwrap.indent(written(value), INDENT).lstrip()
        elif not value:
            yield "[]"
        else:
            before = "["
            for problem in value:
                yield f"{before}\n{textwrap.indent(written(problem), INDENT * 2)}"
                before = ","
            yield f"\n{INDENT}]"
        start = ","
    for name, value in {"shape": shape, **msgspec.to_builtins(models)}.items():
        yield f',\n{INDENT}"{name}": {textwrap.indent(written(value), INDENT).lstrip()}'
    yield "\n}\n"
