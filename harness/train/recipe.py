"""QLoRA, end to end: read the settings, check the data, train, and put the finished adapter in place in one step.

The training itself is in trainer.py, what it loads in quantized.py, and where it works in workspace.py.
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.config import home_folder
from harness.data.beside import mixture_of, read_mixed, rows_digest
from harness.data.leaks.signed import sign, written
from harness.data.row import DataRow
from harness.data.rows import files_of, load_rows, refuse_leaks
from harness.models.adapter import FILES, SIGNATURES, is_adapter
from harness.models.embedded import resolve_base
from harness.models.folders import CONFIG
from harness.models.hub_cache import hub_model
from harness.models.installed import installed_versions
from harness.models.local import digest_adapter, digest_files, digest_template, digest_weights
from harness.models.quantization import refuse_training
from harness.models.template_file import read_template, refuse_our_values, unknown_values
from harness.models.tokenizer import usual_template
from harness.records.asked import Rendering
from harness.records.record import Record
from harness.records.trained import TrainedFile
from harness.text.figures import count
from harness.text.progress import say, time_of
from harness.train.config import TrainConfig, load_train_config
from harness.train.manifest import (
    Manifest,
    Origin,
    read_manifest,
    settings_digest,
    without_places,
    write_manifest,
)
from harness.train.quantized import TrainingDevice, load_template, quieten, this_device
from harness.train.tokens import TokenRow, encode
from harness.train.trainer import ADAPTER, EVENTS, Job, Trained, run_trainer
from harness.train.workspace import publish, workspace


class TrainingPlan(Record, frozen=True, kw_only=True):
    """What will be trained: checked and counted, but not started. ``key`` is the digest of all that decides it.

    ``base_commit`` is that of a base model which was fetched from a hub; empty for any other.
    """

    config: TrainConfig
    origin: Origin
    rendering: Rendering
    key: str
    train: tuple[TokenRow, ...]
    validation: tuple[TokenRow, ...]
    base_commit: str = ""
    rows: tuple[DataRow, ...] = ()
    """The training rows, of which the adapter's folder keeps signatures."""
    files: tuple[TrainedFile, ...] = ()
    """The files that these are of."""


def train_from(settings: Path) -> Path:
    """Train the adapter that a TOML file describes; return its folder.

    Raises:
        InputError: the settings, the data or the base model is wrong.
        TrainingError: training can't start, or stopped early.
    """
    config = load_train_config(settings)
    return train(config, settings.parent, trained_base(config, settings.parent))


def trained_base(config: TrainConfig, folder: Path) -> Path:
    """Return the folder of the base model that settings in ``folder`` name.

    Raises:
        InputError: there is no such model.
    """
    beside = folder / config.base_model
    return beside if beside.is_dir() else resolve_base(config.base_model, home_folder(), say)


def train(config: TrainConfig, folder: Path, base: Path) -> Path:
    """Train an adapter on the model in ``base``; return its folder. Paths in ``config`` are relative to ``folder``.

    Continues from the last checkpoint of a killed training with the same settings, data and base model. A finished
    adapter of the same kind is left as it is; any other one at that place is kept under a new name.

    Raises:
        InputError: the data is wrong.
        TrainingError: training can't start, or stopped early.
    """
    quieten()
    output = (folder / config.output).resolve()
    plan = _plan(config, folder, base)
    if _is_trained(output, plan):
        say(f"{output.name}: already trained with these settings and data")
        return output
    with workspace(output, plan.key) as work:
        trained, device = _run(plan, base, output.name, work)
        finished = _finish(plan, trained, device, output.name, work)
        kept = publish(finished, output)
        shutil.rmtree(work)
    if kept:
        say(f"{output.name}: the earlier adapter in its place is now called {kept.name}")
    say(f"trained {output.name}: {trained.tokens:,} tokens in {time_of(trained.seconds)} minutes")
    return output


def _plan(config: TrainConfig, folder: Path, base: Path) -> TrainingPlan:
    base_digest = digest_weights(base)
    refuse_training(base)
    rendering = trained_rendering(config, folder, base)
    template = load_template(base, rendering)
    files = [folder / name for name in config.train]
    trained = [load_rows(file, say) for file in files]
    held_out_file = folder / config.validation if config.validation else None
    held_out = load_rows(held_out_file, say) if held_out_file else ()
    for file, rows in zip(files, trained, strict=True):
        refuse_leaks(rows, held_out, (file, held_out_file or file))
    fetched = hub_model(base)
    origin = Origin(
        base=fetched.repo if fetched else Path(config.base_model).name,
        base_digest=base_digest,
        template_digest=digest_template(base),
        train_digest=digest_files([part for file in files for part in files_of(file)]),
        validation_digest=digest_files(list(files_of(held_out_file))) if held_out_file else None,
    )
    tokens = [encode(rows, template, config.max_length, file) for rows, file in zip(trained, files, strict=True)]
    return TrainingPlan(
        config=config,
        origin=origin,
        base_commit=fetched.commit if fetched else "",
        rendering=rendering,
        key=settings_digest(config, origin, rendering),
        train=tuple(row for rows in tokens for row in rows),
        rows=tuple(row for rows in trained for row in rows),
        files=tuple(map(_trained_file, files, tokens)),
        validation=encode(held_out, template, config.max_length, held_out_file) if held_out_file else (),
    )


def _trained_file(file: Path, rows: Sequence[TokenRow]) -> TrainedFile:
    """Return what the manifest tells of a file of training rows."""
    mixed = read_mixed(file)
    if mixed is None and mixture_of(file).exists():
        say(f"{mixture_of(file)}: not of this {file.name}, which was changed; the manifest doesn't tell its mixture")
    tokens = sum(len(row.input_ids) for row in rows)
    return TrainedFile(name=file.name, digest=rows_digest(file), rows=len(rows), tokens=tokens, mixed=mixed)


def trained_rendering(config: TrainConfig, folder: Path, base: Path) -> Rendering:
    """Return how rows become text: by the template that is set, else by the base model's own.

    Raises:
        ConfigError: the file is missing or isn't a template, or a value is one that every conversation has.
    """
    refuse_our_values(config.template_args, "template_args")
    file = config.chat_template
    text = None if file is None else read_template(folder / file, "chat_template")
    return Rendering(template=None if text == usual_template(base) else text, template_args=config.template_args)


def _is_trained(output: Path, plan: TrainingPlan) -> bool:
    manifest = read_manifest(output)
    if manifest is None or manifest.settings_digest != plan.key:
        return False
    return is_adapter(output) and digest_adapter(output) == manifest.adapter_digest


def _run(plan: TrainingPlan, base: Path, name: str, work: Path) -> tuple[Trained, TrainingDevice]:
    device = this_device()
    tokens = sum(len(row.input_ids) for row in plan.train)
    values = plan.config.template_args
    text = plan.rendering.template or usual_template(base) or ""
    for unknown in unknown_values(text, values):
        say(f"{name}: the chat template doesn't know {unknown} (template_args): setting it changes nothing")
    say(
        f"training {name} on {device.name}: {count(len(plan.train), 'row')}, {count(tokens, 'token')} per epoch, "
        f"4-bit weights, computing in {device.dtype}"
    )
    job = Job(
        config=plan.config,
        device=device,
        base=base,
        train=plan.train,
        validation=plan.validation,
        work=work,
    )
    return run_trainer(job), device


def _finish(plan: TrainingPlan, trained: Trained, device: TrainingDevice, name: str, work: Path) -> Path:
    """Gather what belongs in the adapter's folder and nothing else: no pickle, no path of this machine."""
    finished = work / "finished"
    shutil.rmtree(finished, ignore_errors=True)
    finished.mkdir()
    for file in FILES:
        (work / ADAPTER / file).rename(finished / file)
    name_base(finished / CONFIG, plan.origin.base)
    shutil.copytree(work / EVENTS, finished / EVENTS)
    manifest = Manifest(
        **msgspec.structs.asdict(plan.origin),
        **msgspec.structs.asdict(trained),
        name=name,
        settings=without_places(plan.config, plan.origin.base),
        rendering=plan.rendering,
        settings_digest=plan.key,
        adapter_digest=digest_adapter(finished),
        base_commit=plan.base_commit,
        versions=installed_versions(),
        device=device.name,
        dtype=device.dtype,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        files=plan.files,
    )
    (finished / SIGNATURES).write_bytes(written(sign(plan.rows)))
    write_manifest(finished, manifest)
    return finished


def name_base(config_file: Path, name: str) -> None:
    """Write the base model's name into PEFT's configuration, where PEFT wrote a folder of this machine."""
    config = msgspec.json.decode(config_file.read_bytes(), type=dict[str, object])
    config_file.write_bytes(msgspec.json.format(msgspec.json.encode(config | {"base_model_name_or_path": name})))
