"""``harness train --launch``, and a process that a launcher has started: train in several, and no more."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.errors import ConfigError
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    from harness.train.several.launch import Launch


def train_in_several(settings: Path, launch: str | None, *, dry_run: bool, is_more: bool, as_json: bool) -> None:
    """Train in several processes: start them, or be one of them."""
    from harness.cli.training import tell_training, train_here
    from harness.train.several.group import joined
    from harness.train.spread import member_of

    member = member_of()
    if launch is not None:
        _refuse_in_several(settings, is_more=is_more)
        wanted = _wanted(launch, member.spread.processes)
        if dry_run:
            tell_training(settings, wanted.spread, as_json=as_json)
            return
        from harness.train.several.launch import start

        raise typer.Exit(start(wanted, ["train", str(settings), *(["--json"] if as_json else [])]))
    with joined(member) as group:
        if not group.is_lead:
            from harness.train.recipe import take_part

            take_part(group)
            return
        _refuse_in_several(settings, is_more=is_more)
        if dry_run:
            tell_training(settings, group.spread, as_json=as_json)
        else:
            train_here(settings, group, as_json=as_json)


def _refuse_in_several(settings: Path, *, is_more: bool) -> None:
    from harness.train.config import load_train_config

    config = load_train_config(settings)
    if is_more or config.backend == "jobs":
        raise ConfigError(
            f"{settings}: several processes train, and no more: leave out --vary, --most, --no-gate, --gate, --cancel "
            f'and backend = "jobs", and gate the result by: pytest suites/ --candidate {for_terminal(config.output)}'
        )


def _wanted(launch: str, processes: int) -> "Launch":
    from harness.train.several.launch import read_launch

    if processes > 1:
        raise ConfigError("--launch starts processes, and this is one of several already; leave it out")
    return read_launch(launch)
