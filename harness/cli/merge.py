"""``harness merge``: an adapter merged into its base model, as a folder that any tool reads. See docs/merging.md."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, RunDir, Settings
from harness.engines.weights.hardware import NumberFormat

ADAPTER = (
    "an adapter: its folder, its name in the folder of adapters, registry:NAME, or the name of a table [models.NAME]"
)
INTO = "folder of the merged model; default: beside the adapter's, with -merged behind its name"
BASE = "its base model; default: as for the gate, or what the adapter names where there is no harness.toml"
DTYPE = "number format of the weights; default: the base model's"
LICENSE = "its license for the card, by its identifier on the hub, such as apache-2.0"


def merge_command(  # noqa: PLR0913 - one parameter for each option
    adapter: Annotated[str, typer.Argument(metavar="ADAPTER", help=ADAPTER)],
    *,
    into: Annotated[str, typer.Option(metavar="FOLDER", help=INTO)] = "",
    base: Annotated[str, typer.Option(metavar="MODEL", help=BASE)] = "",
    dtype: Annotated[NumberFormat | None, typer.Option(help=DTYPE)] = None,
    license_id: Annotated[str, typer.Option("--license", metavar="ID", help=LICENSE)] = "",
    as_json: AsJson = False,
    run_dir: RunDir = None,
    settings: Settings = None,
) -> None:
    """Merge an adapter into its base model: a whole model for vLLM, transformers and llama.cpp's converter."""
    from harness.config.located import settings_file
    from harness.config.read import load_config, runs_folder
    from harness.gating.checkpoint import Checkpoint, Project, make_checkpoint
    from harness.runs.listing import read_listing
    from harness.text.progress import say
    from harness.text.visible import for_terminal
    from harness.train.merged import merge_lines
    from harness.train.quantized import quieten

    quieten()
    file = settings_file(settings, Path())
    runs = runs_folder(run_dir, settings)
    project = Project(
        config=load_config(file),
        root=file.parent,
        has_settings=file.is_file(),
        runs=runs,
        listed=read_listing(runs).runs,
    )
    asked = Checkpoint(adapter=adapter, base=base, into=into, dtype=dtype, license=license_id)
    folder, record = make_checkpoint(asked, project, say)
    if as_json:
        print_json({"folder": str(folder), "record": record})
        return
    typer.echo(f"merged model: {for_terminal(str(folder), None)}")
    for line in merge_lines(record):
        typer.echo(f"  {for_terminal(line, None)}")
