"""``harness train`` on this machine: train, say what would be trained, or train and gate."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.machines import print_json
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.gating.child import Gated
    from harness.train.several.group import Group
    from harness.train.spread import Spread


def train_here(settings: Path, group: "Group | None" = None, *, as_json: bool) -> None:
    """Train, and print the folder of the result."""
    from harness.gating.stopping import read_gates
    from harness.report.curve import page_of
    from harness.train.recipe import train_from
    from harness.train.several.group import ALONE

    folder = train_from(settings, read_gates, group or ALONE)
    page = page_of(folder, dt.datetime.now(dt.UTC))
    if as_json:
        print_json({"adapter": str(folder), "curve": str(page) if page else None})
    else:
        typer.echo(f"adapter: {folder}" + (f"\ncurve: {page}" if page else ""))


def tell_training(settings: Path, spread: "Spread | None" = None, *, as_json: bool) -> None:
    """Print what would be trained."""
    from harness.gating.stopping import read_gates
    from harness.train.dry import as_json as in_json
    from harness.train.dry import lines_of
    from harness.train.recipe import try_dry
    from harness.train.spread import ONE

    found = try_dry(settings, read_gates, spread or ONE)
    if as_json:
        print_json(in_json(found))
    else:
        typer.echo("\n".join(lines_of(found)))


def train_and_gate(settings: Path, *, as_json: bool) -> None:
    """Train, run the suites on the result in a process of their own, and exit with the gate's code.

    A training that is finished already is gated at once, so the same command goes on after a kill.
    """
    from harness.gating import child
    from harness.gating.stopping import read_gates
    from harness.report.curve import page_of
    from harness.train.config import load_train_config
    from harness.train.manifest import read_manifest
    from harness.train.recipe import train_from

    wanted = child.to_gate(load_train_config(settings), settings)  # a typo shows before hours of training
    folder = train_from(settings, read_gates)
    page_of(folder, dt.datetime.now(dt.UTC))
    manifest = read_manifest(folder)
    if manifest is None:
        raise ConfigError(f"{folder}: its manifest.json is gone; train again")
    gated = child.gate(wanted, manifest.adapter_digest, child.STDERR if as_json else None)
    if as_json:
        outcome = {"outcome": gated.ended.outcome, "exit_code": gated.ended.exit_code}
        run = str(gated.run) if gated.run is not None else None
        print_json({"adapter": str(folder), **manifest.outcome, "gate": {**outcome, "run": run}})
    else:
        typer.echo(_both_told(folder, manifest.outcome, gated))
    raise typer.Exit(gated.ended.exit_code)


def _both_told(folder: Path, trained: "dict[str, float | int | None]", gated: "Gated") -> str:
    """Return how training and gate ended, in one line."""
    import os

    parts = {"loss": trained["loss"], "validation loss": trained["validation_loss"], "gates": trained["gates"]}
    told = ", ".join(f"{name} {value:.3f}" for name, value in parts.items() if value is not None)
    where = os.path.relpath(gated.run) if gated.run is not None else gated.ended.remark
    return f"trained {os.path.relpath(folder)}: {told} at step {trained['step']}; gate {gated.ended.outcome}: {where}"
