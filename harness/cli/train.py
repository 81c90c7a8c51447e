"""``harness train``: an adapter of rows and settings, and its gate. See docs/training.md."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.machines import print_json
from harness.cli.options import AsJson
from harness.errors import ConfigError, InputError

if TYPE_CHECKING:
    from harness.gating.child import Gated
    from harness.train.several.group import Group
    from harness.train.several.launch import Launch
    from harness.train.spread import Spread

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
    from harness.train.config import load_train_config
    from harness.train.spread import ONE, member_of

    if launch is not None or member_of().spread != ONE:
        _in_several(settings, launch, dry_run=dry_run, is_more=bool(vary) or gate or cancel, as_json=as_json)
        return
    is_job = load_train_config(settings).backend == "jobs"
    if vary:
        _refuse_beside_vary(settings, is_used=is_job or cancel or gate)
        _sweep(settings, vary, most, (dry_run, no_gate), as_json=as_json)
        return
    if most is not None or no_gate:
        raise InputError("--most and --no-gate are about a sweep; give what is varied with --vary KEY=VALUE,VALUE")
    if gate:
        _refuse_gate(dry_run=dry_run, is_job=is_job)
        _train_and_gate(settings, as_json=as_json)
    elif cancel:
        _cancel(settings, is_job=is_job)
    elif dry_run and is_job:
        _tell_job(settings, as_json=as_json)
    elif dry_run:
        _tell_training(settings, as_json=as_json)
    else:
        _train(settings, as_json=as_json)


def _in_several(settings: Path, launch: str | None, *, dry_run: bool, is_more: bool, as_json: bool) -> None:
    """Train in several processes: start them, or be one of them."""
    from harness.train.several.group import joined
    from harness.train.spread import member_of

    member = member_of()
    if launch is not None:
        _refuse_in_several(settings, is_more=is_more)
        wanted = _wanted(launch, member.spread.processes)
        if dry_run:
            _tell_training(settings, wanted.spread, as_json=as_json)
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
            _tell_training(settings, group.spread, as_json=as_json)
        else:
            _train(settings, group, as_json=as_json)


def _refuse_in_several(settings: Path, *, is_more: bool) -> None:
    from harness.train.config import load_train_config

    if is_more or load_train_config(settings).backend == "jobs":
        raise ConfigError(
            f"{settings}: several processes train, and no more: leave out --vary, --gate, --cancel and "
            'backend = "jobs", and gate the result by: pytest suites/ --candidate'
        )


def _wanted(launch: str, processes: int) -> "Launch":
    from harness.train.several.launch import read_launch

    if processes > 1:
        raise ConfigError("--launch starts processes, and this is one of several already; leave it out")
    return read_launch(launch)


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


def _train(settings: Path, group: "Group | None" = None, *, as_json: bool) -> None:
    """Train, and print the folder of the result."""
    from harness.gating.stopping import read_gates
    from harness.train.recipe import train_from
    from harness.train.several.group import ALONE

    folder = train_from(settings, read_gates, group or ALONE)
    page = _page_of(folder)
    if as_json:
        print_json({"adapter": str(folder), "curve": str(page) if page else None})
    else:
        typer.echo(f"adapter: {folder}" + (f"\ncurve: {page}" if page else ""))


def _page_of(folder: Path) -> Path | None:
    """Return the page of a training's course, written now where a kill fell before it; None without a course."""
    from harness.models.adapter import CURVE_PAGE
    from harness.report.curve import write_curve_page
    from harness.train.curve import read_curve
    from harness.train.manifest import read_manifest

    page = folder / CURVE_PAGE
    if not page.is_file():
        if read_manifest(folder) is None and read_curve(folder) is None:  # of a service that told no course
            return None
        write_curve_page(folder, dt.datetime.now(dt.UTC))
    return page


def _tell_training(settings: Path, spread: "Spread | None" = None, *, as_json: bool) -> None:
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


def _cancel(settings: Path, *, is_job: bool) -> None:
    """End the jobs of an output at the service.

    Raises:
        ConfigError: there is no service.
    """
    from harness.train.config import load_train_config
    from harness.train.hosted.recipe import cancel_hosted

    if not is_job:
        raise ConfigError(f'{settings}: --cancel ends a job at a service, and this training has no backend = "jobs"')
    typer.echo("\n".join(cancel_hosted(load_train_config(settings), settings)))


def _tell_job(settings: Path, *, as_json: bool) -> None:
    """Print what would be ordered of a service."""
    from harness.train.config import load_train_config
    from harness.train.hosted.dry import job_lines
    from harness.train.hosted.recipe import try_job

    found = try_job(load_train_config(settings), settings)
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(job_lines(found)))


def _train_and_gate(settings: Path, *, as_json: bool) -> None:
    """Train, run the suites on the result in a process of their own, and exit with the gate's code.

    A training that is finished already is gated at once, so the same command goes on after a kill.
    """
    from harness.gating import child
    from harness.gating.stopping import read_gates
    from harness.train.config import load_train_config
    from harness.train.manifest import read_manifest
    from harness.train.recipe import train_from

    wanted = child.to_gate(load_train_config(settings), settings)  # a typo shows before hours of training
    folder = train_from(settings, read_gates)
    _page_of(folder)
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
