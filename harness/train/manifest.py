"""manifest.json: the facts saved beside an adapter."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import msgspec

from harness.models.adapter import MANIFEST
from harness.records.asked import AS_IS, Rendering
from harness.records.record import UNREADABLE, Json, Record, digest
from harness.records.trained import StoppedBy, TrainedFile
from harness.text.atomic import write_durably
from harness.text.regular import read_regular
from harness.train.config import TrainConfig
from harness.train.findings import Finding
from harness.train.passed_on import OF_REPORTS, REPORT
from harness.train.spread import ONE, Spread

RENDERED = frozenset({"chat_template", "template_args"})
"""Settings that are in a ``Rendering``."""
NEW = frozenset(
    {
        *("method", "quantization", "targets", "merge", "loss_on", "rslora", "loraplus_ratio", "init", "neftune"),
        *("attention", "trainer", "lora", "backend", "jobs", "stop_by"),
    }
)
"""Settings that the first versions did not have."""


class Loss(Record, frozen=True, kw_only=True):
    """A loss, in nats for each trained token, after ``step`` steps."""

    step: int
    loss: float


class GateScores(Record, frozen=True, kw_only=True):
    """The score of each gate, from 0 to 1, after ``step`` steps, on the cases that choose the checkpoint."""

    step: int
    gates: dict[str, float]


class Origin(Record, frozen=True, kw_only=True):
    """What a training starts from; with the settings it decides the adapter.

    ``base_digest`` is that of the base model's configuration and weights (``models.local.digest_weights``).
    """

    base: str
    base_digest: str
    template_digest: str
    train_digest: str
    validation_digest: str | None


class Swept(Record, frozen=True, kw_only=True):
    """Which sweep an adapter is of, by the name that all its adapters start with, and the values that it was given."""

    name: str
    values: dict[str, Json]


class Manifest(Origin, frozen=True, kw_only=True):
    """Everything known about a finished adapter. ``time`` is ISO 8601 in UTC; ``tokens`` were read in training.

    ``step`` is the one whose weights were kept, of ``steps`` that were done.
    """

    name: str
    settings: TrainConfig
    rendering: Rendering = Rendering()
    """The chat template and values that are set beside the base model's own; to be served with the same."""
    settings_digest: str
    adapter_digest: str
    base_commit: str = ""
    """The commit of a base model that was fetched from a hub; empty for a folder, and in older manifests."""
    versions: dict[str, str]
    device: str
    dtype: str
    step: int
    steps: int
    tokens: int
    seconds: float
    train_losses: tuple[Loss, ...]
    validation_losses: tuple[Loss, ...]
    time: str
    files: tuple[TrainedFile, ...] = ()
    """The files of training rows, in their order, and what each was mixed of; none in older manifests."""
    batches: str = ""
    """How rows went through the model, such as "sdpa, padded, by length"; empty in older manifests."""
    padding: float | None = None
    """The share of padding in what was read; None without padding, and in older manifests."""
    gate_scores: tuple[GateScores, ...] = ()
    """What the gates of ``stop_by`` said at each validation, and before the first step; none without."""
    stopped_by: tuple[StoppedBy, ...] = ()
    """The cases that chose the checkpoint; gates leave them out."""
    findings: tuple[Finding, ...] = ()
    """What the training saw of itself, each with what to do."""
    sweep: Swept | None = None
    """None for an adapter that was trained by itself, and in older manifests."""
    spread: Spread = ONE
    """Over how many processes it was spread; one in older manifests."""

    @property
    def outcome(self) -> dict[str, float | int | None]:
        """The step that was kept, and what was measured there: training loss, validation loss, mean of the gates."""
        trained = [one.loss for one in self.train_losses if one.step <= self.step]
        validated = [one.loss for one in self.validation_losses if one.step == self.step]
        gates = [fmean(one.gates.values()) for one in self.gate_scores if one.step == self.step]
        return {
            "step": self.step,
            "loss": trained[-1] if trained else None,
            "validation_loss": validated[-1] if validated else None,
            "gates": gates[-1] if gates else None,
        }


def settings_digest(config: TrainConfig, origin: Origin, rendering: Rendering = AS_IS) -> str:
    """Digest what decides an adapter: the settings, and the contents (not the places) of all that they name."""
    placeless = msgspec.structs.replace(
        config,
        output="",
        train=(),
        validation=None,
        base_model="",
        stop_by=None,
        trainer=_without_reports(config.trainer),
    )
    # What is new and has its default is left out, so that adapters of earlier versions are known as trained.
    new = {field.name: field for field in msgspec.structs.fields(TrainConfig) if field.name in NEW}
    settings = {
        name: value
        for name, value in msgspec.structs.asdict(placeless).items()
        if name not in RENDERED and not (name in new and value == _default_of(new[name]))
    }
    return digest((settings, origin, *([] if rendering == AS_IS else [rendering])))


def _without_reports(trainer: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in trainer.items() if name not in (REPORT, *OF_REPORTS)}


def _default_of(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if callable(field.default_factory) else field.default


def other_settings(then: TrainConfig, now: TrainConfig) -> tuple[str, ...]:
    """Return what is set otherwise in two trainings, each as ``name = then, now now``.

    >>> old, new = (TrainConfig(output="a", train=("b",), epochs=epochs) for epochs in (1.0, 2.0))
    >>> other_settings(old, new)
    ('epochs = 1.0, now 2.0',)
    """
    pairs = zip(msgspec.structs.asdict(then).items(), msgspec.structs.asdict(now).values(), strict=True)
    return tuple(f"{name} = {old}, now {new}" for (name, old), new in pairs if old != new)


def without_places(config: TrainConfig, base: str) -> TrainConfig:
    """Return the settings with the names of files and folders alone, and the base model's: nothing about a machine."""
    return msgspec.structs.replace(
        config,
        output=Path(config.output).name,
        train=tuple(Path(file).name for file in config.train),
        validation=Path(config.validation).name if config.validation else None,
        base_model=base,
        chat_template=Path(config.chat_template).name if config.chat_template else None,
        stop_by=config.stopping and msgspec.structs.replace(config.stopping, suite=Path(config.stopping.suite).name),
    )


def read_manifest(adapter: Path) -> Manifest | None:
    """Return an adapter's manifest; None when it has none that this version wrote."""
    try:
        return msgspec.json.decode(read_regular(adapter / MANIFEST), type=Manifest)
    except (OSError, *UNREADABLE):
        return None


def write_manifest(adapter: Path, manifest: Manifest) -> None:
    """Write the manifest into the adapter's folder.

    Raises:
        StoreError: it can't be written.
    """
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    write_durably(adapter / MANIFEST, text + b"\n")
