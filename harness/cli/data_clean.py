"""``harness data clean``: takes away what has one right answer; each change is told, and a patch undoes it."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.data_check import FILES, cases_of, used_cases
from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.errors import InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from rich.text import Text

    from harness.config.rows import DataConfig
    from harness.data.clean.change import Change
    from harness.data.clean.cleaning import Cleaned

TO = "the file to write, such as clean.jsonl; a patch that undoes it goes beside it. Without it, nothing is written"
ONLY = "kinds to take away, with commas, such as mojibake,html; also those that harness.toml switches off"
MASK = "put [E-MAIL] and the like in the place of personal data and secrets"
LEAKS = "remove rows that are cases of --suites"
SUITES = "tests, as for pytest, or case files; repeatable"
GROUP = "column that rows keep, such as a customer, for harness data split --group"
UNDO = "write FILE as it was before it was cleaned to --to, by its patch"


def clean(  # noqa: PLR0913 - one parameter for each option
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    *,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help=TO)] = None,
    only: Annotated[str, typer.Option(metavar="KIND,...", help=ONLY)] = "",
    mask: Annotated[bool, typer.Option("--mask", help=MASK)] = False,
    leaks: Annotated[bool, typer.Option("--leaks", help=LEAKS)] = False,
    suites: Annotated[list[str] | None, typer.Option(metavar="SUITES", help=SUITES)] = None,
    group: Annotated[str, typer.Option(metavar="COLUMN", help=GROUP)] = "",
    undo: Annotated[Path | None, typer.Option(metavar="PATCH", help=UNDO)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Take away what has one right answer. Exit code 0: nothing to do, or done, 1: changes or broken rows."""
    import msgspec

    from harness.cli.case_tables import print_lines
    from harness.cli.data_tables import MOST
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.data.clean.cleaning import Cleaner, clean_files, leaking

    if undo is not None:
        _undo(undo, files, to, as_json=as_json)
        return
    if leaks != bool(suites):
        raise InputError("--leaks and --suites are given together: rows are removed that are cases of these suites")
    config = load_config(settings_file(settings, Path())).data
    kinds = _kinds(only, mask=mask, leaks=leaks, settings=config)
    found = leaking(files, cases_of(used_cases(suites or ()))) if leaks and "leak" in kinds else None
    changes: dict[str, list[Change]] = {}

    def tell(change: "Change") -> None:
        """Keep it, of a kind as many as are shown."""
        kept = changes.setdefault(change.kind, [])
        if as_json or len(kept) < MOST:
            kept.append(change)

    done = clean_files(files, Cleaner(kinds, found), to, group, tell)
    if as_json:
        every = [change for kept in changes.values() for change in kept]
        told = {"to": str(to) if done.patch else None, "changes": every, "left_alone": _left_alone(only, config)}
        print_json(msgspec.to_builtins(done) | {"rows": done.rows} | msgspec.to_builtins(told))
    else:
        print_lines(_lines(done, changes, to, _left_alone(only, config)))
    if done.problems or (to is None and done.counts):
        raise typer.Exit(1)


def _kinds(only: str, *, mask: bool, leaks: bool, settings: "DataConfig") -> frozenset[str]:
    """Return the kinds that are taken away.

    Raises:
        InputError: one that was named is none, or needs another option.
    """
    from harness.data.clean.fixes import PERSONAL, ROWS, TEXT

    usual = (*TEXT, *ROWS)
    asked = (*usual, *(PERSONAL if mask else ()), *(("leak",) if leaks else ()))
    if not only:
        return frozenset(kind for kind in asked if kind not in usual or kind not in settings.off | settings.warn)
    named = [name.strip() for name in only.split(",") if name.strip()]
    for name in named:
        if name in asked:
            continue
        if name in PERSONAL or name == "leak":
            raise InputError(f"--only {name}: needs {'--leaks' if name == 'leak' else '--mask'} too")
        near = get_close_matches(name, asked, 1)
        hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(asked)}"
        raise InputError(f"--only {for_terminal(name)}: not a kind that can be taken away; {hint}")
    return frozenset(named)


def _left_alone(only: str, settings: "DataConfig") -> dict[str, str]:
    """Return the kinds that harness.toml says are meant to be so, with the reasons."""
    from harness.data.clean.fixes import ROWS, TEXT

    meant = settings.off | settings.warn
    return {} if only else {kind: meant[kind] for kind in (*TEXT, *ROWS) if kind in meant}


def _undo(patch: Path, files: Sequence[Path], to: Path | None, *, as_json: bool) -> None:
    from harness.data.clean.patch import undo

    if len(files) != 1 or to is None:
        raise InputError("--undo PATCH needs the one FILE that was cleaned, and --to FILE.jsonl for the rows before it")
    rows = undo(patch, files[0], to)
    if as_json:
        print_json({"to": str(to), "rows": rows})
    else:
        typer.echo(for_terminal(f"{to}: {count(rows, 'row')} written, as before {files[0]} was cleaned", None))


def _lines(
    done: "Cleaned", changes: "dict[str, list[Change]]", to: Path | None, left_alone: dict[str, str]
) -> "Iterator[Text]":
    from rich.text import Text

    from harness.cli.data_tables import changed_lines, in_the_way, problem_lines
    from harness.data.checks.structure import KINDS

    for one in done.files:
        yield Text(for_terminal(f"{one.file}: {one.told}: {count(one.rows, 'row')}", None), style="dim")
    yield from problem_lines(done.problems, KINDS)
    yield from changed_lines(changes, done.counts)
    for kind, reason in left_alone.items():
        yield Text(for_terminal(f"left alone, as harness.toml says: {kind}: {reason}", None))
    changed = f"{count(done.changed, 'row')} changed, {done.removed:,} removed, of {done.rows:,}"
    yield Text(f"{count(sum(done.counts.values()), 'change')}: {changed}", style="bold")
    if done.problems:
        yield in_the_way(len(done.problems))
    elif to is None:
        yield Text("Nothing is written; --to FILE.jsonl writes the rows, and a patch" if done.counts else "Clean")
    else:
        yield Text(for_terminal(f"{to}: {count(done.rows - done.removed, 'row')} written", None))
        yield Text(for_terminal(f"{done.patch}: undoes it; it holds the rows as they were, personal data too", None))
        yield Text(for_terminal(f"Next: harness data check {to}", None))
