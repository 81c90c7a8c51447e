"""Where a training is reported meanwhile: ``report_to`` of [trainer], handed to the trainer's own callbacks.

One that isn't installed, or refuses to start, is an error before the first step; one that fails later is told once, and
the training goes on without it. No path of this machine is reported.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError, TrainingError
from harness.models.foreign import reason_of
from harness.text.secrets import hide_login
from harness.text.visible import for_terminal, hide_paths

if TYPE_CHECKING:
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

WRITTEN = "tensorboard"
"""Its events are written by the harness, whatever is set."""
START = "on_train_begin"


def trackers_of(given: object) -> list[str]:
    """Return what ``report_to`` names, but for what is written anyway.

    >>> trackers_of("wandb"), trackers_of(["tensorboard", "mlflow"]), trackers_of(None), trackers_of("none")
    (['wandb'], ['mlflow'], [], [])
    """
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return [str(name) for name in names if name not in (WRITTEN, "none")]


def refuse_trackers(arguments: "SFTConfig", place: Path) -> None:
    """Refuse to report to what is unknown or not installed, before any weights are loaded.

    Raises:
        ConfigError: it is; the text has the package.
    """
    for name in arguments.report_to:
        _callback(name, place)


def guard_trackers(trainer: "SFTTrainer", name: str, place: Path, say: Callable[[str], None]) -> None:
    """Put each tracker of a trainer behind a guard; ``name`` is the result's, for what has no name of its own."""
    guarded = [_Guarded(_callback(one, place), one, place, (name, say)) for one in trainer.args.report_to]
    for one in guarded:
        trainer.remove_callback(type(one.callback))
        trainer.add_callback(one)


class _Guarded:
    """A tracker whose failures end no training, and which sees no path of this machine."""

    def __init__(
        self, callback: "TrainerCallback", tracker: str, place: Path, told: tuple[str, Callable[[str], None]]
    ) -> None:
        self.callback, self._tracker, self._place = callback, tracker, place
        self._name, self._say = told
        self._failed = False

    def __getattr__(self, event: str) -> Callable[..., object]:
        if not event.startswith("on_"):
            raise AttributeError(event)
        return lambda *arguments, **given: self._hear(event, arguments, given)

    def _hear(self, event: str, arguments: tuple[object, ...], given: dict[str, object]) -> None:
        if self._failed:
            return
        hear = getattr(self.callback, event)
        try:
            if event == START:
                with _folder_hidden(given.get("model")):
                    hear(placeless(arguments[0], self._name), *arguments[1:], **given)
            else:
                hear(*arguments, **given)
        except Exception as problem:  # whatever a tracker's library has
            told = for_terminal(hide_paths(hide_login(reason_of(problem))), 300)
            if event == START:
                raise TrainingError(
                    f"{self._place}: [trainer]: report_to: {self._tracker} can't be used: {told}; set it up, or leave "
                    "it out"
                ) from problem
            self._failed = True
            self._say(f"{self._tracker} can't be reached any more: {told}; the training goes on without it")


def placeless(arguments: object, name: str) -> object:
    """Return a trainer's settings for others to see: a folder by its last part, a run by the result's name."""
    shown = copy.copy(arguments)
    shown.output_dir = Path(shown.output_dir).name  # type: ignore[attr-defined]  # TRL's, which mypy does not read
    if shown.run_name is None:  # type: ignore[attr-defined]
        shown.run_name = name  # type: ignore[attr-defined]
    return shown


@contextmanager
def _folder_hidden(model: object) -> Iterator[None]:
    """Name a model's base without its folder while a tracker reads its settings; PEFT needs the folder to save."""
    found = [(getattr(part, "config", None), "_name_or_path") for part in (model, getattr(model, "base_model", None))]
    found += [(one, "base_model_name_or_path") for one in getattr(model, "peft_config", {}).values()]
    named = {(id(one), key): (one, key, getattr(one, key)) for one, key in found if getattr(one, key, None)}
    for one, key, folder in named.values():
        setattr(one, key, Path(folder).name)
    try:
        yield
    finally:
        for one, key, folder in named.values():
            setattr(one, key, folder)


def _callback(name: str, place: Path) -> "TrainerCallback":
    from transformers.integrations import get_reporting_integration_callbacks

    shown = for_terminal(name, 60)
    try:
        (kind,) = get_reporting_integration_callbacks([name])
    except ValueError as problem:
        raise ConfigError(f"{place}: [trainer]: report_to: {reason_of(problem)}") from problem
    kind._auto_end_run = False  # noqa: SLF001 - MLflow's is read at its end, also where it could not begin
    try:
        return kind()
    except (ImportError, RuntimeError) as problem:
        raise ConfigError(
            f'{place}: [trainer]: report_to = "{shown}" is not installed here: {reason_of(problem)}'
        ) from problem
