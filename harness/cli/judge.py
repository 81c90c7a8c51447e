"""``harness judge``: whether a judge agrees with people."""

import typer

from harness.cli.judge_check import check_command
from harness.cli.judge_import import import_command
from harness.cli.judge_labels import labels_command

judge_app = typer.Typer(
    no_args_is_help=True,
    help="Check whether a judge agrees with people before it is believed. See docs/judge-check.md.",
)


@judge_app.callback()
def _about() -> None:
    """Check whether a judge agrees with people before it is believed. See docs/judge-check.md."""


judge_app.command("check")(check_command)
judge_app.command("import")(import_command)
judge_app.command("labels")(labels_command)
