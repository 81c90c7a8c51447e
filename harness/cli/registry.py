"""``harness promote``, ``rollback``, ``adapters``: which adapter users get, and on what proof. See docs/registry.md."""

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.mirror import copy_after
from harness.cli.options import NAME, AsJson, RunDir, Settings, complete_run
from harness.errors import InputError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.registry.entry import Entry
    from harness.registry.facts import AdapterFacts
    from harness.registry.promote import Registry, Wish
    from harness.runs.listing import ListedRun

adapters_app = typer.Typer(
    no_args_is_help=True, help="List, show, compare, describe and remove adapters. See docs/registry.md."
)

ADAPTER = "an adapter: its name in the folder of adapters, or its folder"
OVERRIDE = "promote in spite of what is missing; the reason is kept and always shown"
FORCE = "remove one that was promoted too; the reason is kept in the ledger"
BY = "who promotes; default: the user of the CI job, else of git, else of this machine"
USERS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOR", "BUILD_USER_ID")
"""Variables with the user of a job: of GitHub, GitLab, Azure and Jenkins."""

OneAdapter = Annotated[str, typer.Argument(metavar="ADAPTER", help=ADAPTER)]
By = Annotated[str, typer.Option(metavar="WHO", help=BY)]


def promote_command(  # noqa: PLR0913 - one parameter for each option
    adapter: OneAdapter,
    *,
    run: Annotated[str, typer.Option(metavar="RUN", help=NAME, autocompletion=complete_run)],
    override: Annotated[str | None, typer.Option(metavar="REASON", help=OVERRIDE)] = None,
    by: By = "",
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Promote an adapter, on the evidence of a run that has passed: from then on it is what users get."""
    from harness.config.read import runs_folder
    from harness.registry.told import entry_lines
    from harness.runs.names import find_run

    registry, runs = registry_here(settings), runs_folder(run_dir, settings)
    wish = _wish(by, "--override", override)
    entry = registry.promote(registry.find(adapter), find_run(runs, run), wish)
    copy_after(registry, runs)
    if as_json:
        print_json(_entry_of(entry))
    else:
        say_lines([f"promoted: {entry.name}", *entry_lines(entry)])


def rollback_command(
    *,
    to: Annotated[int | None, typer.Option(metavar="ENTRY", help="the entry to go back to; default: the last")] = None,
    reason: Annotated[str, typer.Option(metavar="REASON", help="why, for the ledger")] = "",
    by: By = "",
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Promote again what was promoted before. No model is read."""
    from harness.config.read import runs_folder
    from harness.registry.promote import Wish
    from harness.registry.told import entry_lines

    registry = registry_here(settings)
    entry = registry.roll_back(to, Wish(by=by or _user(), reason=_one_line(reason)))
    copy_after(registry, runs_folder(None, settings))
    if as_json:
        print_json(_entry_of(entry))
    else:
        say_lines([f"rolled back: {entry.promotion.adapter.name} is promoted again", *entry_lines(entry)])


@adapters_app.command("list")
def list_(*, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Show all adapters, their runs, and which one is promoted."""
    from harness.cli.registry_tables import adapters_table, ledger_table
    from harness.cli.tables import print_table
    from harness.registry.facts import adapters_here

    registry = registry_here(settings)
    entries, runs = registry.ledger.entries(), _runs(run_dir, settings)
    found = adapters_here(registry.adapters, runs, entries)
    if as_json:
        print_json({"adapters": [_facts_of(one) for one in found], "entries": [_entry_of(one) for one in entries]})
        return
    if not found:
        raise InputError(f"{registry.adapters}: no adapter here; train one with `harness train`")
    print_table(adapters_table(found))
    if entries:
        typer.echo()
        print_table(ledger_table(entries))


@adapters_app.command()
def show(
    adapter: OneAdapter,
    *,
    statement: Annotated[bool, typer.Option("--statement", help="print its last promotion as a DSSE envelope")] = False,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Show what is known of an adapter: data, settings, base model, runs, and who promoted it when and why."""
    from harness.registry.dsse import envelope
    from harness.registry.told import adapter_lines

    facts = facts_named(registry_here(settings), adapter, run_dir, settings)
    if statement:
        if not facts.entries:
            raise InputError(f"{for_terminal(adapter)}: was never promoted, so there is no statement about it")
        last = facts.entries[-1]
        typer.echo(envelope(last.payload, last.signatures).decode())
    elif as_json:
        print_json(_facts_of(facts))
    else:
        say_lines(adapter_lines(facts))


@adapters_app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="FIRST", help=ADAPTER)],
    second: Annotated[str, typer.Argument(metavar="SECOND", help=ADAPTER)],
    *,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Show in what two adapters differ."""
    from harness.cli.registry_tables import differences_table
    from harness.cli.tables import print_table
    from harness.registry.facts import differences

    registry = registry_here(settings)
    one, other = (facts_named(registry, name, run_dir, settings) for name in (first, second))
    found = differences(one, other)
    if as_json:
        print_json([dict(zip(("fact", "first", "second"), pair, strict=True)) for pair in found])
    elif found:
        print_table(differences_table(one.name, other.name, found))
    else:
        typer.echo("no difference: they hold the same, and the same is known of both")


@adapters_app.command()
def curve(
    adapters: Annotated[list[str], typer.Argument(metavar="ADAPTER...", help=f"{ADAPTER}; several on one page")],
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="write it there; default: into its folder")] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Write the page of a training's course: loss, gates, learning rate, gradient norm, findings."""
    from harness.models.adapter import CURVE_PAGE
    from harness.report.curve import trainings_in, write_curves
    from harness.train.hosted_manifest import read_job
    from harness.train.manifest import read_manifest

    registry = registry_here(settings)
    places = [(Path(name), registry.adapters / name) for name in adapters]
    known = [next((one for one in pair if read_manifest(one) or read_job(one)), None) for pair in places]
    folders = [folder or registry.find(name) for folder, name in zip(known, adapters, strict=True)]
    if out is None and len(folders) > 1:
        raise InputError("several trainings go on one page: name it with --out FILE")
    page = out or folders[0] / CURVE_PAGE
    write_curves(page, trainings_in(folders), dt.datetime.now(dt.UTC))
    if as_json:
        print_json({"file": str(page)})
    else:
        say_lines([f"{page}: the course of {', '.join(folder.name for folder in folders)}"])


@adapters_app.command()
def remove(
    adapter: OneAdapter,
    *,
    force: Annotated[str | None, typer.Option(metavar="REASON", help=FORCE)] = None,
    by: By = "",
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Remove an adapter's folder for good, unless users have it or a rollback can lead to it."""
    from harness.config.read import runs_folder

    registry = registry_here(settings)
    folder = registry.find(adapter)
    entry = registry.remove(folder, _wish(by, "--force", force))
    if entry:
        copy_after(registry, runs_folder(None, settings))
    if as_json:
        print_json({"removed": str(folder), "entry": entry.number if entry else None})
    else:
        say_lines([f"removed: {folder}", *([f"entry {entry.number} says why"] if entry else [])])


def registry_here(settings: Path | None) -> "Registry":
    """Return the registry of the checkout that settings are for."""
    from harness.config.located import settings_file
    from harness.config.read import load_config
    from harness.registry.promote import Registry

    path = settings_file(settings, Path())
    return Registry(load_config(path), path.parent, lambda: dt.datetime.now(dt.UTC))


def _runs(run_dir: str | None, settings: Path | None) -> "tuple[ListedRun, ...]":
    from harness.config.read import runs_folder
    from harness.runs.listing import read_listing

    listing = read_listing(runs_folder(run_dir, settings))
    for name, why in listing.left_out:
        typer.echo(for_terminal(f"left out: {name}: {why}"), err=True)
    return listing.runs


def facts_named(registry: "Registry", adapter: str, run_dir: str | None, settings: Path | None) -> "AdapterFacts":
    """Return what is known of an adapter that is here or, by its name, of one that was promoted and is gone."""
    from harness.errors import PromotionRefused
    from harness.registry.facts import adapters_here, facts_of

    entries, runs = registry.ledger.entries(), _runs(run_dir, settings)
    try:
        return facts_of(registry.find(adapter), registry.adapters, runs, entries)
    except PromotionRefused:
        gone = [one for one in adapters_here(registry.adapters, runs, entries) if one.name == adapter]
        if not gone:
            raise
        return gone[-1]


def _wish(by: str, option: str, reason: str | None) -> "Wish":
    from harness.registry.promote import Wish

    if reason is not None and not reason.strip():
        raise InputError(f'{option} needs the reason, as in {option} "the old one answers in the wrong language"')
    return Wish(by=by or _user(), reason=_one_line(reason or ""), override=reason is not None)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _user() -> str:
    """Return who gives this command."""
    import getpass

    from harness.runs.provenance import user_of

    of_job = next((os.environ[name] for name in USERS if os.environ.get(name)), "")
    try:
        return of_job or user_of(Path()) or getpass.getuser()
    except (OSError, KeyError):  # as in a container whose user has no entry in /etc/passwd
        return f"user {os.getuid()}"


def _entry_of(entry: "Entry") -> dict[str, object]:
    return {"number": entry.number, "digest": entry.digest, "signed_by": entry.signed_by, "says": entry.promotion}


def _facts_of(facts: "AdapterFacts") -> dict[str, object]:
    import msgspec

    told = msgspec.structs.asdict(facts) | {"entries": [_entry_of(one) for one in facts.entries]}
    return told | {"runs": [{"id": one.id, "time": one.time, "outcome": one.outcome} for one in facts.runs]}


def say_lines(lines: Iterable[str]) -> None:
    """Print lines that can hold what others wrote; those of a list are set in."""
    for line in lines:
        typer.echo(for_terminal(line, 1_000) if not line.startswith(" ") else f"  {for_terminal(line, 1_000)}")
