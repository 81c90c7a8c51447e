"""``harness train``: an adapter of rows and settings, and its gate. See docs/training.md."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import AsJson
from harness.errors import ConfigError, InputError

VARIED = (
    "train every combination of values, and gate all in one run: --vary learning_rate=1e-4,2e-4 --vary lora_rank=8,16"
)
MOST = "with --vary: take so many combinations; default: 16"
NO_GATE = "with --vary: train only"
LAUNCH = (
    "train in several processes: how many, or a configuration that TRL ships (multi_gpu, fsdp2, ...), or a file of "
    "accelerate config"
)


def train_command(  # noqa: PLR0913 - one parameter for each option
    settings: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="settings of the training; see docs/training.md")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be trained, and train nothing")] = False,
    vary: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE,VALUE", help=VARIED)] = None,
    most: Annotated[int | None, typer.Option(metavar="NUMBER", min=1, help=MOST)] = None,
    no_gate: Annotated[bool, typer.Option("--no-gate", help=NO_GATE)] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help='end the job of backend = "jobs" that is under way, and train nothing')
    ] = False,
    gate: Annotated[
        bool, typer.Option("--gate", help="run pytest suites/ on the result; the exit code is then the gate's")
    ] = False,
    launch: Annotated[str | None, typer.Option(metavar="N|NAME|FILE", help=LAUNCH)] = None,
    as_json: AsJson = False,
) -> None:
    """Train an adapter, or all weights. A training that was interrupted continues from its last checkpoint."""
    from harness.cli.train_job import cancel_job, tell_job
    from harness.cli.train_several import train_in_several
    from harness.cli.training import tell_training, train_and_gate, train_here
    from harness.train.config import load_train_config
    from harness.train.spread import ONE, member_of

    if launch is not None or member_of().spread != ONE:
        is_more = bool(vary) or gate or cancel or most is not None or no_gate
        train_in_several(settings, launch, dry_run=dry_run, is_more=is_more, as_json=as_json)
        return
    is_job = load_train_config(settings).backend == "jobs"
    if vary:
        _refuse_beside_vary(settings, is_used=is_job or cancel or gate)
        _sweep(settings, vary, most, (dry_run, no_gate), as_json=as_json)
        return
    if most is not None or no_gate:
        raise InputError("--most and --no-gate are about a sweep; give what is varied with --vary KEY=VALUE,VALUE")
    if cancel and (gate or dry_run):
        raise InputError("--cancel ends a job, and does no more; leave out --gate and --dry-run")
    if gate:
        _refuse_gate(dry_run=dry_run, is_job=is_job)
        train_and_gate(settings, as_json=as_json)
    elif cancel:
        cancel_job(settings, is_job=is_job)
    elif dry_run and is_job:
        tell_job(settings, as_json=as_json)
    elif dry_run:
        tell_training(settings, as_json=as_json)
    else:
        train_here(settings, as_json=as_json)


def _refuse_beside_vary(settings: Path, *, is_used: bool) -> None:
    if is_used:
        raise InputError(
            f"{settings}: --vary trains on this machine, and gates by itself; leave out --gate, --cancel and "
            'backend = "jobs"'
        )


def _refuse_gate(*, dry_run: bool, is_job: bool) -> None:
    if dry_run:
        raise ConfigError("--gate: a dry run leaves nothing to gate; leave --gate or --dry-run out")
    if is_job:
        raise ConfigError("--gate: a job runs at a service, for hours; gate its result by: pytest suites/ --candidate")


def _sweep(settings: Path, vary: list[str], most: int | None, how: tuple[bool, bool], *, as_json: bool) -> None:
    """Train every combination, or say what it takes; ``how`` is whether only to say it, and whether not to gate."""
    from harness.cli.sweep import dry_sweep, train_and_gate, train_only

    is_dry, is_ungated = how
    sweep = dry_sweep if is_dry else train_only if is_ungated else train_and_gate
    sweep(settings, vary, most, as_json=as_json)
