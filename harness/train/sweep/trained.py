"""A sweep, trained: everything is checked before the first training, and one that fails doesn't end the others."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.errors import ConfigError, HarnessError
from harness.records.record import Json, Record
from harness.text.figures import count
from harness.text.progress import say
from harness.text.visible import error_in_words, for_terminal
from harness.train.config import TrainConfig
from harness.train.dry import DryRun
from harness.train.duration import span_of_time
from harness.train.manifest import Manifest, Swept, read_manifest, write_manifest
from harness.train.plan import ReadGates, plan
from harness.train.recipe import dry_run_of, train, trained_base
from harness.train.results import is_trained
from harness.train.sweep.combined import Combination
from harness.train.sweep.varied import VARY


class Checked(Record, frozen=True, kw_only=True):
    """A combination that can be trained, what that takes, and whether it is trained already."""

    combination: Combination
    dry: DryRun
    is_trained: bool

    @property
    def tokens(self) -> int:
        """About how many tokens its training reads."""
        return round(self.dry.tokens * self.dry.epochs)


class Cost(Record, frozen=True, kw_only=True):
    """What is still to be trained: trainings, steps, tokens, and about how many seconds, at best and at most."""

    trainings: int
    steps: int
    tokens: int
    seconds: float
    most: float

    @property
    def told(self) -> str:
        """The cost in words."""
        what = f"{count(self.trainings, 'training')}, {count(self.steps, 'step')}, {count(self.tokens, 'token')}"
        return f"{what}, about {span_of_time(self.seconds, self.most)} minutes"


class Tried(Record, frozen=True, kw_only=True):
    """What came of one training: its folder and manifest; or ``failure``, why there is none."""

    name: str
    values: dict[str, Json]
    folder: str = ""
    manifest: Manifest | None = None
    failure: str = ""

    @property
    def loss(self) -> float | None:
        """The last loss of the training, in nats for each trained token; None where it failed."""
        losses = self.manifest.train_losses if self.manifest else ()
        return losses[-1].loss if losses else None

    @property
    def validation_loss(self) -> float | None:
        """The validation loss of the step that was kept; None without validation, and where it failed."""
        if self.manifest is None:
            return None
        kept = [one.loss for one in self.manifest.validation_losses if one.step == self.manifest.step]
        return kept[-1] if kept else None


def check_sweep(
    found: Sequence[Combination], settings: Path, read_gates: ReadGates | None = None
) -> tuple[Checked, ...]:
    """Return what each combination takes; nothing is written, and nothing was trained when an error is raised.

    Raises:
        InputError: settings, data or a base model is wrong.
    """
    return tuple(_checked(one, settings, read_gates) for one in found)


def cost_of(checked: Sequence[Checked]) -> Cost:
    """Return what the trainings that are still to be done take together."""
    left = [one for one in checked if not one.is_trained]
    return Cost(
        trainings=len(left),
        steps=sum(one.dry.schedule.steps for one in left),
        tokens=sum(one.tokens for one in left),
        seconds=sum(one.dry.time.seconds for one in left),
        most=sum(one.dry.time.most for one in left),
    )


def train_sweep(found: Sequence[Combination], name: str, train_one: Callable[[TrainConfig], Path]) -> tuple[Tried, ...]:
    """Train one combination after the other, and return what came of each; one that fails is said, and noted.

    ``name`` is that of the sweep, which the manifest of each adapter keeps.
    """
    tried = []
    for place, one in enumerate(found, start=1):
        say(f"sweep {name}, {place} of {len(found)}: {for_terminal(one.told, 200)}")
        try:
            folder = train_one(one.config)
        except HarnessError as problem:
            tried.append(Tried(name=one.name, values=one.values, failure=error_in_words(problem) or str(problem)))
            say(f"{one.name}: failed, and the sweep goes on: {tried[-1].failure}")
        else:
            tried.append(_kept(one, folder, name))
        _free_memory()
    return tuple(tried)


def trainer_of(settings: Path, read_gates: ReadGates | None = None) -> Callable[[TrainConfig], Path]:
    """Return what trains a combination over the settings of a file, and returns the adapter's folder."""
    return lambda config: train(config, settings, trained_base(config, settings.parent), read_gates)


def refuse_gating(found: Sequence[Combination]) -> None:
    """Refuse combinations whose results can't be candidates of one run.

    Raises:
        ConfigError: whole models, which need a table in harness.toml, or adapters on different base models.
    """
    remedy = "train them with --no-gate, and gate each by a table [models.NAME] in harness.toml"
    if any(one.config.method == "full" for one in found):
        raise ConfigError(f'{VARY}: whole models (method = "full") can\'t be gated by their folders; {remedy}')
    if len({one.config.base_model for one in found}) > 1:
        raise ConfigError(f"{VARY} base_model: adapters on different base models can't be gated in one run; {remedy}")


def _checked(one: Combination, settings: Path, read_gates: ReadGates | None) -> Checked:
    dry = dry_run_of(one.config, settings, read_gates)
    output = (settings.parent / one.config.output).resolve()
    base = trained_base(one.config, settings.parent)
    done = output.exists() and is_trained(output, plan(one.config, settings.parent, base, settings, read_gates))
    return Checked(combination=one, dry=dry, is_trained=done)


def _kept(one: Combination, folder: Path, name: str) -> Tried:
    """Return what was trained; its manifest keeps which sweep it is of."""
    manifest, swept = read_manifest(folder), Swept(name=name, values=one.values)
    if manifest is not None and manifest.sweep != swept:
        manifest = msgspec.structs.replace(manifest, sweep=swept)
        write_manifest(folder, manifest)
    return Tried(name=one.name, values=one.values, folder=str(folder), manifest=manifest)


def _free_memory() -> None:
    """Give back what a training took, also on a GPU, before the next one or a gate needs it."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
