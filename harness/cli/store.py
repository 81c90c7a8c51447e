"""``harness store``: list, remove, export and import stored answers."""

import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, RunDir, Settings
from harness.errors import InputError
from harness.text.figures import count
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.asking.store.inventory import Holding, Inventory

store_app = typer.Typer(no_args_is_help=True, help="List, remove, export and import stored answers. See docs/store.md.")

DAY_S = 86_400
LONGEST = 36_500
LONGEST_ERROR = 200
OLDER = "only answers stored more than DAYS ago"
DAMAGED = "remove answers that changed on the disk"
MERGED = "remove merged models and copies of adapters not used for DAYS"


@store_app.command()
def info(*, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Show what the store holds, by model and engine."""
    from harness.asking.store.inventory import take_stock

    path = _store_path(run_dir, settings)
    stock = take_stock(path)
    if as_json:
        print_json({"store": str(path), "holds": stock})
    else:
        typer.echo(_described(path, stock))


@store_app.command()
def prune(  # noqa: PLR0913 - one parameter for each option
    *,
    older_than: Annotated[int | None, typer.Option(min=0, max=LONGEST, metavar="DAYS", help=OLDER)] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="only this model's answers")] = None,
    merged: Annotated[int | None, typer.Option(min=1, max=LONGEST, metavar="DAYS", help=MERGED)] = None,
    damaged: Annotated[bool, typer.Option("--damaged", help=DAMAGED)] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be removed")] = False,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Remove answers by age, by model or by both; damaged answers; or merged models. All come again when needed."""
    if older_than is None and model is None and merged is None and not damaged:
        raise InputError("nothing to remove: add --older-than DAYS, --model NAME, --damaged or --merged DAYS")
    from harness.asking.store.inventory import PruneChoice, count_damaged, count_prunable, prune_answers, prune_damaged
    from harness.config.home import home_folder
    from harness.models.merged import remove_merged, unused_copies, unused_merged

    verb, removed = "would remove" if dry_run else "removed", dict[str, object]()
    tell = _nothing if as_json else typer.echo
    if older_than is not None or model is not None:
        path = _store_path(run_dir, settings)
        before = None if older_than is None else dt.datetime.fromtimestamp(_days_ago(older_than), dt.UTC)
        pruned = (count_prunable if dry_run else prune_answers)(path, PruneChoice(before=before, model=model))
        removed |= {"answers": pruned.answers, "errors": pruned.errors}
        tell(f"{path}: {verb} {count(pruned.answers, 'answer')} and {count(pruned.errors, 'error')}")
    if damaged:
        path = _store_path(run_dir, settings)
        number = (count_damaged if dry_run else prune_damaged)(path)
        removed["damaged"] = number
        tell(f"{path}: {verb} {number:,} damaged answers")
    if merged is not None:
        home, unused_since = home_folder(), _days_ago(merged)
        for found, place, kind in (
            (unused_merged(home, unused_since), "merged", "merged models"),
            (unused_copies(home, unused_since), "plain", "plain copies of adapters"),
        ):
            gone = found if dry_run else remove_merged(found, unused_since)
            size_bytes = sum(one.size_bytes for one in gone)
            removed[place] = {"folders": len(gone), "size_bytes": size_bytes}
            tell(f"{home / place}: {verb} {len(gone):,} {kind}, {_megabytes(size_bytes)}")
    if as_json:
        print_json({"dry_run": dry_run, "removed": removed})


def _nothing(_line: str) -> None:
    """Leave a line out, where machines read."""


@store_app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="the file to write")],
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Write all answers to a file: one JSON object on each line."""
    from harness.asking.store.exchange import export_answers

    number = export_answers(_store_path(run_dir, settings), file)
    if as_json:
        print_json({"file": str(file), "answers": number})
    else:
        typer.echo(f"{file}: {count(number, 'answer')}")


@store_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="a file that harness store export wrote")],
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Add the answers of an exported file; answers that the store already has are kept unchanged."""
    from harness.asking.store.exchange import import_answers

    path = _store_path(run_dir, settings)
    imported = import_answers(path, file)
    if as_json:
        print_json({"store": str(path), "imported": imported.new, "already_there": imported.known})
    else:
        typer.echo(f"{path}: {count(imported.new, 'answer')} imported, {imported.known:,} were already there")


def _store_path(run_dir: str | None, settings: Path | None) -> Path:
    """Return where pytest stores answers with the same options."""
    from harness.asking.store import STORE_FILE
    from harness.config.read import runs_folder

    return runs_folder(run_dir, settings) / STORE_FILE


def _described(path: Path, stock: "Inventory") -> str:
    answers = sum(holding.answers for holding in stock.holdings)
    lines = [f"{path}: {count(answers, 'answer')}, {_megabytes(stock.size_bytes)}"]
    lines += [f"  {_holding(holding)}" for holding in stock.holdings]
    if stock.errors:
        lines.append(f"errors: {stock.errors:,}, of them {stock.unanswered:,} not answered since; the latest:")
        lines.append(f"  {for_terminal(stock.latest_error, LONGEST_ERROR)}")
    return "\n".join(lines)


def _holding(holding: "Holding") -> str:
    if not (holding.model or holding.engine):
        return f"{holding.answers:,} from an older version of the harness, which did not keep the model's name"
    adapter = f" ({holding.adapter_digest[:12]})" if holding.adapter_digest else ""
    days = " to ".join(dict.fromkeys(f"{time:%Y-%m-%d}" for time in (holding.first, holding.last)))
    return (
        f"{holding.answers:,} by {for_terminal(holding.model + adapter)} through {for_terminal(holding.engine)}, {days}"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


def _days_ago(days: int) -> float:
    return time.time() - days * DAY_S
