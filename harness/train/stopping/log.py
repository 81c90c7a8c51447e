"""The scores of gates in a trainer's log: how they are written and read, which checkpoint is best, when to stop.

The log is in each checkpoint, so all of this survives a kill.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, TypeVar

from harness.train.findings import Finding

if TYPE_CHECKING:
    from transformers import TrainerCallback

GATE = "eval_gate/"
"""Begins the key of each gate's score, its name behind it."""
BEST_BY = "eval_gates"
"""Key of the number by which the best checkpoint is found; the higher the better."""
DECIMALS = 6
"""Of the mean of the gates' scores; what differs less is a tie."""
LEAST_FALL = 0.05
"""How far below its best the mean must be to be told, a rule of thumb: with 32 cases, two of them."""

Entry = Mapping[str, float]
Value = TypeVar("Value")


def entry_of(scores: Mapping[str, float], loss: float | None) -> dict[str, float]:
    """Return what is logged of a validation: each gate's score, and the number that the best has most of.

    That is the mean of the gates' scores, to six decimals. Behind them the validation loss decides ties, as a part
    that the seventh decimal can't reach: 1 / (1 + loss) is at most 1.

    >>> better, worse = entry_of({"a": 0.5}, 1.25)[BEST_BY], entry_of({"a": 0.5}, 1.26)[BEST_BY]
    >>> worse < better < entry_of({"a": 0.50001}, 9.0)[BEST_BY], entry_of({"a": 0.5}, None)[BEST_BY]
    (True, 0.5)
    """
    mean = round(fmean(scores.values()), DECIMALS)
    tie = 0.0 if loss is None else 0.5 * 10.0**-DECIMALS / (1 + loss)
    return {**{f"{GATE}{name}": score for name, score in scores.items()}, BEST_BY: mean + tie}


def gates_in(entry: Mapping[str, Value]) -> dict[str, Value]:
    """Return the scores of gates in an entry of the log, by what each gate is called."""
    return {name.removeprefix(GATE): score for name, score in entry.items() if name.startswith(GATE)}


def told(entry: Entry) -> str:
    """Return the scores of an entry in words.

    >>> told(entry_of({"queue": 0.5, "schema": 1.0}, None))
    'gates 0.750 (queue 0.500, schema 1.000)'
    """
    scores = gates_in(entry)
    each = ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
    return f"gates {fmean(scores.values()):.3f}{f' ({each})' if len(scores) > 1 else ''}"


def without_gain(history: Sequence[Entry], key: str, *, rises: bool) -> int:
    """Return how many validations have passed since the best one; of equal ones the first is best.

    >>> [without_gain([{"step": 1, "loss": 1}, {"step": 2, "loss": two}], "loss", rises=False) for two in (0.5, 1)]
    [0, 1]
    """
    values = [entry[key] for entry in history if key in entry and entry["step"] > 0]
    if not values:
        return 0
    best = max(values) if rises else min(values)
    return len(values) - 1 - values.index(best)


def stop_without_gain(patience: int, key: str, *, rises: bool) -> "TrainerCallback":
    """Return a callback of the trainer that stops it after so many validations without a better one.

    That of transformers counts anew after a resumption.
    """
    from transformers import TrainerCallback

    class StopWithoutGain(TrainerCallback):  # type: ignore[misc]  # transformers is not read by mypy
        def on_evaluate(self, _args: object, state: object, control: object, **_: object) -> None:
            if without_gain(state.log_history, key, rises=rises) >= patience:  # type: ignore[attr-defined]
                control.should_training_stop = True  # type: ignore[attr-defined]

    return StopWithoutGain()


def falling(history: Sequence[Entry]) -> tuple[Finding, ...]:
    """Return whether what users see gets worse while the loss still falls: at most one finding, of the last validation.

    The loss is that of the validation rows, where there are some, else the mean of the training losses in between.
    """
    validated = [entry for entry in history if BEST_BY in entry and entry["step"] > 0]
    if len(validated) <= 1:
        return ()
    means = [fmean(gates_in(entry).values()) for entry in validated]
    place = means.index(max(means))
    best, last = validated[place], validated[-1]
    losses = _loss_at(history, best), _loss_at(history, last)
    if means[-1] > means[place] - LEAST_FALL or losses[0] is None or losses[1] is None or losses[1] >= losses[0]:
        return ()
    step = int(best["step"])
    return (
        Finding(
            kind="gates-falling",
            step=int(last["step"]),
            found=f"the gates' score falls to {means[-1]:.3f}, from {means[place]:.3f} at step {step}, while the loss "
            f"falls from {losses[0]:.3f} to {losses[1]:.3f}",
            remedy=f"compare the rows with what the suite asks, or lower epochs; the weights of step {step} are kept",
        ),
    )


def _loss_at(history: Sequence[Entry], validation: Entry) -> float | None:
    if "eval_loss" in validation:
        return validation["eval_loss"]
    steps = [int(entry["step"]) for entry in history if BEST_BY in entry and entry["step"] <= validation["step"]]
    since = steps[-2] if len(steps) > 1 else 0
    losses = [entry["loss"] for entry in history if "loss" in entry and since < entry["step"] <= steps[-1]]
    return fmean(losses) if losses else None
