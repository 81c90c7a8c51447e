"""The copy of the ledger in MLflow, made after each change of the ledger where MLFLOW_TRACKING_URI names a server."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.errors import HarnessError, InputError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.registry.mlflow.copy import Copied
    from harness.registry.promote import Registry

LOCK = "mlflow.lock"


def copy_after(registry: "Registry", runs: Path) -> None:
    """Copy the ledger to MLflow after it has changed, and say so on one line; nothing that goes wrong is an error."""
    from harness.registry.mlflow.access import is_server

    if not is_server(os.environ):
        return
    try:
        told = copy_now(registry, runs).told
    except (HarnessError, OSError) as problem:
        told = f"not copied to MLflow: {problem}; the ledger has it, and harness adapters mirror copies it"
    typer.echo(for_terminal(told, 1_000), err=True)


def copy_now(registry: "Registry", runs: Path) -> "Copied":
    """Copy the ledger to the MLflow server of the environment; one copy at a time.

    Raises:
        MirrorError: no server is named, it refuses, or it can't be reached.
        InputError: nothing was promoted so far.
    """
    from harness.registry.mlflow.access import access_from
    from harness.registry.mlflow.copy import Source, copy_ledger
    from harness.registry.mlflow.rest import asking
    from harness.registry.mlflow.server import Server
    from harness.text.atomic import locked

    access, entries = access_from(os.environ), registry.ledger.entries()
    if not entries:
        raise InputError("nothing was promoted so far, so there is nothing to copy")
    registry.adapters.mkdir(parents=True, exist_ok=True)
    with locked(registry.adapters / LOCK), asking(access) as rest:
        source = Source(entries=entries, adapters=registry.adapters, runs=runs, model=registry.mlflow_model)
        return copy_ledger(source, Server(rest))
