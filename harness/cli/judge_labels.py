"""``harness judge labels``: levels that people wrote into a worksheet, read back as labels of a rubric."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson, Settings
from harness.text.figures import count

TABLES = "tables that people filled in, one for each person, named after who did"


def labels_command(
    tables: Annotated[list[Path], typer.Argument(metavar="FILE...", help=TABLES)],
    *,
    key: Annotated[Path | None, typer.Option(help="the key; default: next to the folder of the first table")] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Add the levels that people gave answers to the labels of the rubric that they were given by."""
    from harness.config.located import own_judges, settings_file
    from harness.judges.filled import labels_of_tables
    from harness.judges.labels import add_labels, labels_file
    from harness.judges.worksheet import rubric_of_key
    from harness.review.packets.folder import default_key
    from harness.scorers.judges.rubric import named_rubric

    root = settings_file(settings, Path()).parent
    key_file = key or default_key(tables[0].absolute().parent)
    rubric = named_rubric(rubric_of_key(key_file), own_judges(root))
    labels = labels_of_tables(tables, key_file, rubric)
    path = labels_file(root / "judges", rubric)
    new = add_labels(path, rubric, labels)
    if as_json:
        print_json({"labels": str(path), "new_labels": new, "given": len(labels)})
        return
    typer.echo(f"{path}: {count(new, 'new label')} of {count(len(labels), 'labelled answer')}")
    typer.echo(f"next: harness judge check {rubric.id}")
