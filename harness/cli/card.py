"""``harness adapters card``: the model card of an adapter, and its way to a hub. See docs/registry.md."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import NAME, AsJson, RunDir, Settings
from harness.cli.registry import OneAdapter, facts_named, registry_here, say_lines
from harness.errors import AdapterError, InputError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.records.saved import Run
    from harness.registry.facts import AdapterFacts
    from harness.registry.hub_push import Push, Pushed

LICENSE = "its license, by its identifier on the hub, such as apache-2.0"
PUSH = "push the adapter with its card to a repository on a hub, org/name, in one commit"
PUBLIC = "let everybody read the repository; default: a private one"
SIGNATURES = "push the signatures of the training rows too, by which others find leaked cases"


def card_command(  # noqa: PLR0913 - one parameter for each option
    adapter: OneAdapter,
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="write it there; default: print it")] = None,
    run: Annotated[str, typer.Option(metavar="RUN", help=f"whose figures; default: the newest. {NAME}")] = "",
    license_id: Annotated[str, typer.Option("--license", metavar="ID", help=LICENSE)] = "",
    push: Annotated[str, typer.Option(metavar="REPO", help=PUSH)] = "",
    public: Annotated[bool, typer.Option("--public", help=PUBLIC)] = False,
    signatures: Annotated[bool, typer.Option("--signatures", help=SIGNATURES)] = False,
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Write the model card of an adapter, in Hugging Face's format: base, data, figures with intervals, limits."""
    from harness.registry.card import card_of
    from harness.registry.hub_push import Push
    from harness.text.atomic import write_durably

    if not push and (public or signatures):
        raise InputError(f"{'--public' if public else '--signatures'} says how to push; name where: --push org/name")
    registry = registry_here(settings)
    facts = facts_named(registry, adapter, run_dir, settings)
    text = card_of(facts, _figures(facts, run, run_dir, settings), license_id)
    if out is not None:
        write_durably(out, text.encode())
    wanted = Push(repo=push, public=public, signatures=signatures)
    pushed = _pushed(facts, registry.adapters, text, wanted) if push else None
    if as_json:
        print_json({"file": str(out) if out else None, "card": text, "pushed": pushed})
    elif out is None and pushed is None:
        typer.echo(text, nl=False)
    else:
        say_lines([f"{out}: the card of {facts.name}"] if out else [])
        say_lines(_told(pushed) if pushed else [])


def _figures(facts: "AdapterFacts", run: str, run_dir: str | None, settings: Path | None) -> "Run | None":
    """Return the run whose figures the card has; None where no run has judged the adapter."""
    from harness.config.read import runs_folder
    from harness.registry.facts import runs_of
    from harness.runs.folder import read_run
    from harness.runs.names import find_run

    folder = runs_folder(run_dir, settings)
    chosen = read_run(find_run(folder, run)) if run else next(runs_of(facts, folder), None)
    if chosen is not None and chosen.candidate.known_digest != facts.digest:
        raise InputError(f"run {chosen.id} has judged {for_terminal(chosen.candidate.name)}, not {facts.name}")
    return chosen


def _pushed(facts: "AdapterFacts", adapters: Path, card: str, push: "Push") -> "Pushed":
    from harness.registry.hub_push import notes_on, push_adapter
    from harness.text.progress import say

    if facts.wrong:
        raise AdapterError(f"{facts.name}: can't be pushed: {facts.wrong}")
    folder = adapters / facts.folder
    for note in notes_on(folder):
        say(f"{facts.name}: {note}")
    return push_adapter(folder, facts.digest, card, push)


def _told(pushed: "Pushed") -> list[str]:
    readers = "only who is allowed can read it" if pushed.private else "everybody can read it"
    return [f"pushed: {pushed.address} ({readers})", *(f"  {name}" for name in pushed.files)]
