"""``harness adapters mirror``, ``push`` and ``pull``: copies of promotions elsewhere. See docs/registry.md."""

from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.mirror import copy_now
from harness.cli.options import AsJson, RunDir, Settings
from harness.cli.registry import registry_here, say_lines
from harness.errors import InputError

SHOWN = "oci://HOST[:PORT]/REPOSITORY[:TAG]"
WHICH = "an adapter that was promoted, or NAME@ENTRY; default: the promoted one"
BASE = "the tag or digest of the base model's own artifact in this repository; default: a manifest that stands for it"


def mirror(*, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Copy the ledger to the MLflow server that MLFLOW_TRACKING_URI names: what is there already stays as it is."""
    from harness.config.read import runs_folder

    copied = copy_now(registry_here(settings), runs_folder(run_dir, settings))
    if as_json:
        print_json(copied)
    else:
        say_lines([copied.told])


def push(
    target: Annotated[str, typer.Argument(metavar=SHOWN, help="where to; without a tag it is latest")],
    *,
    adapter: Annotated[str | None, typer.Option(metavar="NAME", help=WHICH)] = None,
    base: Annotated[str | None, typer.Option(metavar="TAG", help=BASE)] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Push a promoted adapter to an OCI registry, with its base model as subject and its promotion as a referrer."""
    from harness.registry.oci.push import push as push_to
    from harness.registry.oci.reference import reference_of
    from harness.registry.oci.remote import Remote
    from harness.registry.promoted import folder_of, named_entry, origin_of, promoted_now

    reference, registry = reference_of(target), registry_here(settings)
    if reference.name.startswith("sha256:"):
        raise InputError(f"{reference.shown}: a digest is found, and a tag is given: push to {SHOWN}")
    entries = registry.ledger.entries()
    chosen = named_entry(entries, adapter) if adapter else promoted_now(entries)
    if chosen is None:
        raise InputError(
            "nothing was promoted so far, and only what was promoted is pushed: harness promote ADAPTER --run RUN"
        )
    entry = origin_of(entries, chosen)
    pushed = push_to(entry, folder_of(entry, registry.adapters), Remote(reference), base)
    if as_json:
        print_json(pushed)
    else:
        say_lines(pushed.told)


def pull(
    source: Annotated[str, typer.Argument(metavar=SHOWN, help="where from: a tag, or @sha256:DIGEST")],
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="the folder it gets; default: its own name")] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Pull an adapter from an OCI registry into the folder of adapters, checking every digest and its signature."""
    from harness.registry.oci.pull import pull as pull_from
    from harness.registry.oci.reference import reference_of
    from harness.registry.oci.remote import Remote

    registry = registry_here(settings)
    pulled = pull_from(Remote(reference_of(source)), registry.adapters, name, registry.ledger.trusted_keys())
    if as_json:
        print_json(pulled)
    else:
        say_lines(pulled.told)
