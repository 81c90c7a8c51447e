"""``harness adapters mirror``: copies of promotions elsewhere. See docs/registry.md."""

from harness.cli.machines import print_json
from harness.cli.mirror import copy_now
from harness.cli.options import AsJson, RunDir, Settings
from harness.cli.registry import registry_here, say_lines


def mirror(*, as_json: AsJson = False, run_dir: RunDir = None, settings: Settings = None) -> None:
    """Copy the ledger to the MLflow server that MLFLOW_TRACKING_URI names: what is there already stays as it is."""
    from harness.config import runs_folder

    copied = copy_now(registry_here(settings), runs_folder(run_dir, settings))
    if as_json:
        print_json(copied)
    else:
        say_lines([copied.told])
