"""A training, end to end: read settings and data, train, and put what came of it in place in one step.

What will be trained is in plan.py, the training itself in trainer.py, where it works in workspace.py, and what is left
in results.py.
"""

import shutil
import tempfile
from pathlib import Path

import msgspec

from harness.config.home import home_folder
from harness.models.embedded import resolve_base
from harness.models.template_file import unknown_values
from harness.models.tokenizer import usual_template
from harness.text.figures import count
from harness.text.progress import say, time_of
from harness.train.answer_trainer import lengths_of
from harness.train.attention import padding_share
from harness.train.config import TrainConfig, load_train_config
from harness.train.dry import DryRun, dry_run
from harness.train.findings import Finding, beforehand
from harness.train.job import Job, epochs_of, plan_steps, rows_per_step
from harness.train.plan import ReadGates, Rows, TrainingPlan, changed_since, plan, read_rows, spread_over, stopping_part
from harness.train.quantized import quieten, this_device
from harness.train.results import finish, is_trained, merge_beside
from harness.train.resume import resumed
from harness.train.room import full_told
from harness.train.several.group import ALONE, Group
from harness.train.several.handed import read_job, write_job
from harness.train.several.refused import refuse_spread
from harness.train.several.told import told_rows, unused_gpus
from harness.train.sizes import batches_of, shape_of
from harness.train.spread import ONE, Spread
from harness.train.stopping.part import StopPart
from harness.train.trackers import refuse_trackers
from harness.train.trainer import follow_trainer, run_trainer
from harness.train.tried import tried_arguments
from harness.train.workspace import publish, refuse_foreign, workspace


def train_from(settings: Path, read_gates: ReadGates | None = None, group: Group = ALONE) -> Path:
    """Train what a TOML file describes; return its folder. ``read_gates`` reads the suite of ``stop_by``.

    The ``group`` is this process, and those that help it.

    Raises:
        InputError: the settings, the data or the base model is wrong.
        TrainingError: training can't start, or stopped early.
    """
    config = load_train_config(settings)
    if config.backend == "jobs":
        from harness.train.hosted.recipe import train_hosted

        return train_hosted(config, settings)
    return train(config, settings, trained_base(config, settings.parent), read_gates, group)


def take_part(group: Group) -> None:
    """Help the lead of a group to train whatever it trains, until it ends.

    Raises:
        TrainingError: training stopped early.
    """
    quieten()
    for file in group.jobs():
        follow_trainer(read_job(Path(file), this_device()))


def try_dry(settings: Path, read_gates: ReadGates | None = None, spread: Spread = ONE) -> DryRun:
    """Return what a TOML file would train, in about the time that reading its rows takes; nothing is written.

    Raises:
        InputError: as for ``train_from``.
    """
    return dry_run_of(load_train_config(settings), settings, read_gates, spread)


def dry_run_of(
    config: TrainConfig, settings: Path, read_gates: ReadGates | None = None, spread: Spread = ONE
) -> DryRun:
    """Return what settings over those of a file would train; as ``try_dry``."""
    quieten()
    refuse_spread(config, spread, settings)
    base = trained_base(config, settings.parent)
    rows = read_rows(config, settings.parent, base, settings)
    with tempfile.TemporaryDirectory() as work:
        stop = stopping_part(config, rows, settings, read_gates)
        job = msgspec.structs.replace(job_of(rows, settings, base, Path(work), stop), spread=spread)
    output = (settings.parent / config.output).resolve()
    refuse_foreign(output)
    return dry_run(rows, job, shape_of(base, rows.config, settings), known_before(job), output)


def trained_base(config: TrainConfig, folder: Path) -> Path:
    """Return the folder of the base model that settings in ``folder`` name.

    Raises:
        InputError: there is no such model.
    """
    beside = folder / config.base_model
    return beside if beside.is_dir() else resolve_base(config.base_model, home_folder(), say)


def train(
    config: TrainConfig,
    settings: Path,
    base: Path,
    read_gates: ReadGates | None = None,
    group: Group = ALONE,
) -> Path:
    """Train on the model in ``base``; return the result's folder. Paths are relative to the file of the settings.

    Continues from the last checkpoint of a killed training with the same settings, data and base model. A finished
    result of the same kind is left as it is; any other one at that place is kept under a new name.

    Raises:
        InputError: the data is wrong.
        TrainingError: training can't start, or stopped early.
    """
    quieten()
    folder = settings.parent
    output = (folder / config.output).resolve()
    refuse_spread(config, group.spread, settings)
    planned = spread_over(plan(config, folder, base, settings, read_gates), group.spread)
    if is_trained(output, planned):
        say(f"{output.name}: already trained with these settings and data")
    else:
        _train(planned, settings, base, output, group)
    if config.merge:
        say(f"merged model: {merge_beside(output, base, say).name}")
    return output


def _train(planned: TrainingPlan, settings: Path, base: Path, output: Path, group: Group) -> None:
    shape_of(base, planned.config, settings)  # targets that the model doesn't have are refused before it is loaded
    with workspace(output, planned.key, planned.config, planned.spread) as work:
        job = job_of(planned.rows, settings, base, work, planned.stop)
        job = msgspec.structs.replace(job, spread=planned.spread, start=resumed(work, planned.spread))
        _tell(planned, job, output.name)
        if group.spread.processes > 1:
            group.hand_over(write_job(job))
        trained = run_trainer(job)
        if changed_since(planned.rows, settings.parent):
            say(
                f"{output.name}: a file of rows was changed during the training; it was trained on the rows as they "
                "were at the start, and its manifest has their digests"
            )
        with full_told(job, lambda: None):
            finished = finish(planned, trained, job.device, job.batches, (base, output.name, work))
            kept = publish(finished, output)
        shutil.rmtree(work)
    if kept:
        say(f"{output.name}: the earlier adapter in its place is now called {kept.name}")
    say(f"trained {output.name}: {trained.tokens:,} tokens in {time_of(trained.seconds)} minutes")


def job_of(rows: Rows, settings: Path, base: Path, work: Path, stop: StopPart | None = None) -> Job:
    """Return the job of a training in the folder ``work``; an optimizer that is not installed is refused.

    Raises:
        ConfigError: PEFT or TRL refuses the settings.
    """
    device = this_device()
    config = rows.config
    job = Job(
        config=config,
        device=device,
        batches=batches_of(config, device, base),
        place=settings,
        base=base,
        train=rows.train,
        validation=rows.validation,
        work=work,
        rendering=rows.rendering,
        stop=stop,
    )
    arguments = tried_arguments(job, plan_steps(config, [len(row.input_ids) for row in rows.train]))
    refuse_trackers(arguments, settings)
    return job


def _tell(planned: TrainingPlan, job: Job, name: str) -> None:
    rows, config, base = planned.rows, planned.config, job.base
    text = rows.rendering.template or usual_template(base) or ""
    for unknown in unknown_values(text, config.template_args):
        say(f"{name}: the chat template doesn't know {unknown} (template_args): setting it changes nothing")
    lengths = [len(row.input_ids) for row in rows.train]
    say(
        f"training {name} on {job.device.name}: {count(len(lengths), 'row')}, {count(sum(lengths), 'token')} per "
        f"epoch, {config.method}, computing in {job.device.dtype}; batches: {job.batches.told}"
        f"{'' if job.spread == ONE else f'; {told_rows(config, job.spread)}'}"
    )
    if (unused := unused_gpus(job)) is not None:
        say(unused)
    if planned.stop is not None:
        say(planned.stop.told)
    for finding in known_before(job):
        say(finding.told)


def known_before(job: Job) -> tuple[Finding, ...]:
    """Return the findings that are known before the first step."""
    lengths = lengths_of(job.train, job.config)
    padded, by_length = job.batches.padded, job.batches.by_length
    processes = job.spread.processes
    together = rows_per_step(job.config, processes)
    rows = job.config.rows_per_batch
    padding = padding_share(lengths, rows, by_length=by_length, rows_per_step=together) if padded else None
    steps = plan_steps(job.config, lengths, processes).steps
    return beforehand(padding, epochs_of(job.config, steps, len(lengths), processes))
