"""What a training leaves: the adapter's folder, or a whole model's, and an adapter merged into its base model."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.data.leaks.signed import sign, written
from harness.engines.weights.beside import beside_weights, copy_into, set_template
from harness.models.adapter import CURVE, FILES, SIGNATURES, is_adapter
from harness.models.answering import digest_adapter, digest_weights
from harness.models.folders import CONFIG
from harness.models.installed import installed_versions
from harness.models.local import LocalModel, local_base
from harness.models.local_adapter import local_adapter
from harness.train.attention import Batches
from harness.train.job import Trained
from harness.train.manifest import Manifest, read_manifest, without_places, write_manifest
from harness.train.merged import BEHIND, Wanted, is_merge, merge, number_format, read_merge
from harness.train.plan import TrainingPlan
from harness.train.quantized import TrainingDevice
from harness.train.trainer import ADAPTER, EVENTS
from harness.train.workspace import free_name

CONFIG_OF_MODEL = "config.json"
SETS = ("target_modules", "exclude_modules")
"""Keys of an adapter's configuration whose values have no order."""


def digest_result(folder: Path) -> str:
    """Return the digest of what was trained: of an adapter, or of a whole model's configuration and weights."""
    return digest_adapter(folder) if is_adapter(folder) else digest_weights(folder)


def is_trained(output: Path, plan: TrainingPlan) -> bool:
    """Return whether a folder holds what the plan would train, unchanged."""
    manifest = read_manifest(output)
    if manifest is None or manifest.settings_digest != plan.key:
        return False
    is_whole = (output / CONFIG_OF_MODEL).is_file() if plan.config.method == "full" else is_adapter(output)
    return is_whole and digest_result(output) == manifest.adapter_digest


def finish(
    plan: TrainingPlan, trained: Trained, device: TrainingDevice, batches: Batches, paths: tuple[Path, str, Path]
) -> Path:
    """Gather what belongs in the result's folder and nothing else: no pickle, no path of this machine.

    ``paths`` are the base model's folder, the result's name, and the folder of the work.
    """
    base, name, work = paths
    finished = work / "finished"
    shutil.rmtree(finished, ignore_errors=True)
    if plan.config.method == "full":
        (work / ADAPTER).rename(finished)
        _complete(finished, plan, local_base(plan.origin.base, base))
    else:
        finished.mkdir()
        for file in FILES:
            (work / ADAPTER / file).rename(finished / file)
        name_base(finished / CONFIG, plan.origin.base)
    shutil.copytree(work / EVENTS, finished / EVENTS)
    shutil.copyfile(work / CURVE, finished / CURVE)
    manifest = Manifest(
        **msgspec.structs.asdict(plan.origin),
        **msgspec.structs.asdict(trained),
        name=name,
        settings=without_places(plan.config, plan.origin.base),
        rendering=plan.rows.rendering,
        settings_digest=plan.key,
        adapter_digest=digest_result(finished),
        base_commit=plan.base_commit,
        versions=installed_versions(),
        device=device.name,
        dtype=device.dtype,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        files=plan.rows.files,
        stopped_by=plan.stop.cases if plan.stop else (),
        batches=batches.told,
        spread=plan.spread,
    )
    (finished / SIGNATURES).write_bytes(written(sign(plan.rows.written)))
    write_manifest(finished, manifest)
    return finished


def merge_beside(output: Path, base: Path, say: Callable[[str], None]) -> Path:
    """Return the folder of the adapter merged into its base model, beside the adapter's; made now if it is missing.

    An earlier one of another adapter is kept under a new name.

    Raises:
        AdapterError: the adapter doesn't fit, or answers differently merged.
    """
    manifest = read_manifest(output)
    assert manifest is not None  # noqa: S101 - the training has just written it, or found it
    folder = output.with_name(f"{output.name}{BEHIND}")
    model = local_adapter(local_base(manifest.base, base), output)
    wanted = Wanted(dtype=number_format(base), rendering=manifest.rendering, manifest=manifest)
    if folder.exists() and not is_merge(read_merge(folder), model, wanted):
        kept = free_name(folder)
        folder.rename(kept)
        say(f"{folder.name}: the earlier model in its place is now called {kept.name}")
    merge(model, folder, wanted, say)
    return folder


def name_base(config_file: Path, name: str) -> None:
    """Write the base model's name into PEFT's configuration, where PEFT wrote a folder of this machine.

    Names of modules are sorted: PEFT writes sets, in another order in each process, and the adapter's digest with it.
    """
    config = msgspec.json.decode(config_file.read_bytes(), type=dict[str, object])
    named = {key: sorted(names) for key in SETS if isinstance(names := config.get(key), list)}
    config |= named | {"base_model_name_or_path": name}
    config_file.write_bytes(msgspec.json.format(msgspec.json.encode(config)))


def _complete(folder: Path, plan: TrainingPlan, base: LocalModel) -> None:
    """Give a whole model the tokenizer of its base model, and the chat template that it was trained with."""
    for name, path in beside_weights(base).items():
        if not (folder / name).exists():
            copy_into(folder, name, path)
    if plan.rows.rendering.template is not None:
        set_template(folder, plan.rows.rendering.template)
