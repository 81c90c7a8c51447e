"""What a training shows of itself, from its log alone: each finding with where, by which figures, and what to do.

All are pure functions of the log's history, so that they can be asked at any time, also of an earlier training. The
bounds are rules of thumb, chosen so that a training that goes well shows none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import Literal

from harness.records.record import Record

Kind = Literal[
    "overfitting",
    "not-learning",
    "not-a-number",
    "spike",
    "too-hot",
    "always-clipped",
    "near-zero",
    "padding",
    "seen-too-often",
    "gates-falling",
]
LEAST_RISE = 0.01
"""Share by which the validation loss must be above its best."""
LEAST_FALL = 0.02
"""Share by which the loss must have fallen after an epoch."""
FEWEST = 10
"""Steps without which nothing is said of a course."""
BEFORE = 20
"""Steps before a spike that it is compared with, and the fewest that are all clipped."""
TIMES, ABOVE = 2.0, 0.5
"""A spike is this many times the median before it, and this many nats above it."""
AFTER, HOT, HOT_NATS = 5, 1.2, 0.2
"""Steps whose median must be this many times, and this many nats, above the loss at the start."""
LEAST_CHANGE = 1e-6
"""Root mean square of what the adapter adds to the weights, which themselves have about 0.02."""
MOST_PADDING = 0.3
MOST_EPOCHS = 5.0
SURE = 6.0
"""By so many standard deviations of single losses a spike is above what is usual; batches of few rows differ much."""
SURE_OF_MEDIANS = 4.0
"""By so many standard errors the loss must have risen."""
COOLER = 3.0
"""By what a learning rate is divided that is too high."""

Entry = Mapping[str, float]


class Finding(Record, frozen=True, kw_only=True):
    """Something that is wrong with a training, and the remedy; ``step`` is 0 where it was known before the first."""

    kind: Kind
    step: int
    found: str
    remedy: str

    @property
    def told(self) -> str:
        """In one line."""
        return f"{f'step {self.step}: ' if self.step else ''}{self.found}; {self.remedy}"


class Course(Record, frozen=True, kw_only=True):
    """What a log is judged by. ``steps_per_epoch`` is in steps of the optimizer."""

    steps_per_epoch: float
    learning_rate: float
    max_grad_norm: float
    halves: bool = False
    """Whether gradients are in float16, whose scaler makes infinite ones now and then, and leaves these out."""


def in_history(history: Sequence[Entry], course: Course) -> tuple[Finding, ...]:
    """Return what the log of a training shows, at most one finding of each kind, the first of it."""
    losses = [(int(one["step"]), one["loss"]) for one in history if "loss" in one]
    finite = [(step, loss) for step, loss in losses if math.isfinite(loss)]
    validated = [(int(one["step"]), one["eval_loss"]) for one in history if "eval_loss" in one]
    norms = [(int(one["step"]), one["grad_norm"]) for one in history if "grad_norm" in one]
    found = (
        *_not_a_number(losses, norms, course),
        *_spike(finite, course),
        *_too_hot(finite, course),
        *_not_learning(finite, course),
        *_overfitting(finite, validated, course),
        *_always_clipped(norms, course),
    )
    return tuple(found)


def beforehand(padding: float | None, epochs: float) -> tuple[Finding, ...]:
    """Return what is known before the first step: the share of padding, and how often each row is seen."""
    found = []
    if padding is not None and padding > MOST_PADDING:
        found.append(
            Finding(
                kind="padding",
                step=0,
                found=f"{padding:.0%} of what is read is padding",
                remedy="set packing = true, or lower rows_per_batch and raise gradient_accumulation",
            )
        )
    if epochs > MOST_EPOCHS:
        found.append(
            Finding(
                kind="seen-too-often",
                step=0,
                found=f"each row is seen {epochs:.1f} times",
                remedy=f"lower epochs to {MOST_EPOCHS:.0f} at most, or add rows: what is seen more often is learned "
                "by heart",
            )
        )
    return tuple(found)


def near_zero(change: float, step: int) -> tuple[Finding, ...]:
    """Return whether an adapter has learned nothing; ``change`` is the root mean square of what it adds to weights."""
    if change >= LEAST_CHANGE:
        return ()
    return (
        Finding(
            kind="near-zero",
            step=step,
            found=f"the adapter changes the weights by {change:.0e} (root mean square), next to nothing",
            remedy="raise learning_rate, or train more steps: it would answer as its base model does",
        ),
    )


def _not_a_number(
    losses: Sequence[tuple[int, float]], norms: Sequence[tuple[int, float]], course: Course
) -> Iterator[Finding]:
    wrong = [(step, f"the loss is {loss}") for step, loss in losses if not math.isfinite(loss)]
    wrong += [
        (step, f"the gradient's norm is {norm}")
        for step, norm in norms
        if math.isnan(norm) or (math.isinf(norm) and not course.halves)
    ]
    if wrong:
        step, found = min(wrong)
        yield Finding(kind="not-a-number", step=step, found=found, remedy=f"{_cooler(course)}, and look at the rows")


def _noise(losses: Sequence[tuple[int, float]]) -> float:
    """Return the standard deviation of the logarithm of one step's loss, by its median change from step to step.

    Robust: neither a trend nor a few spikes move it. The median of a normal change is 0.6745 * sqrt(2) of it.
    """
    logs = [math.log(max(loss, LEAST_CHANGE)) for _, loss in losses]
    return median(abs(one - other) for one, other in pairwise(logs)) / (0.6745 * math.sqrt(2))


def _spike(losses: Sequence[tuple[int, float]], course: Course) -> Iterator[Finding]:
    if len(losses) <= FEWEST:
        return
    times = max(TIMES, math.exp(SURE * _noise(losses)))
    for place in range(FEWEST, len(losses)):
        step, loss = losses[place]
        usual = median(one for _, one in losses[max(0, place - BEFORE) : place])
        if loss > times * usual and loss > usual + ABOVE:
            yield Finding(
                kind="spike",
                step=step,
                found=f"the loss jumps to {loss:.2f}, from {usual:.2f} in the steps before",
                remedy="look for a row that is unlike the others (harness data check); else lower max_grad_norm, or "
                f"{_cooler(course)}",
            )
            return


def _too_hot(losses: Sequence[tuple[int, float]], course: Course) -> Iterator[Finding]:
    if len(losses) < FEWEST:
        return
    first = median(loss for _, loss in losses[:AFTER])
    error = 1.25 * math.sqrt(2 / AFTER) * _noise(losses)  # of the difference of two medians
    times = max(HOT, math.exp(SURE_OF_MEDIANS * error))
    for place in range(AFTER, len(losses) - AFTER + 1):
        now = median(loss for _, loss in losses[place : place + AFTER])
        step = losses[place + AFTER - 1][0]
        if now > times * first and now > first + HOT_NATS:
            yield Finding(
                kind="too-hot",
                step=step,
                found=f"the loss has risen to {now:.2f}, from {first:.2f} at the start: the learning rate is too high",
                remedy=_cooler(course),
            )
            return


def _not_learning(losses: Sequence[tuple[int, float]], course: Course) -> Iterator[Finding]:
    of_epoch = [one for one in losses if one[0] <= max(course.steps_per_epoch, FEWEST)]
    if len(of_epoch) < FEWEST or losses[-1][0] < course.steps_per_epoch:
        return
    size = max(3, len(of_epoch) // 5)
    first, last = (fmean(loss for _, loss in part) for part in (of_epoch[:size], of_epoch[-size:]))
    if last > (1 - LEAST_FALL) * first:
        yield Finding(
            kind="not-learning",
            step=of_epoch[-1][0],
            found=f"after an epoch the loss is {last:.2f}, and was {first:.2f} at the start",
            remedy=f"raise learning_rate to {_figure(COOLER * course.learning_rate)}, or look at the rows (harness "
            "data show): the base model may know their answers already, or nothing can be learned of them",
        )


def _overfitting(
    losses: Sequence[tuple[int, float]], validated: Sequence[tuple[int, float]], course: Course
) -> Iterator[Finding]:
    if len(validated) <= 1:
        return
    best_step, best = min(validated, key=lambda one: one[1])
    step, last = validated[-1]
    if step <= best_step or last < (1 + LEAST_RISE) * best:
        return
    before = [loss for at, loss in losses if 2 * best_step - step < at <= best_step]
    since = [loss for at, loss in losses if at > best_step]
    if before and since and fmean(since) < fmean(before):
        epochs = best_step / course.steps_per_epoch
        yield Finding(
            kind="overfitting",
            step=step,
            found=f"the validation loss rises to {last:.3f}, from {best:.3f} at step {best_step}, while the training "
            f"loss falls from {fmean(before):.3f} to {fmean(since):.3f}",
            remedy=f"set epochs to about {_figure(epochs)}, or add rows; the weights of step {best_step} are kept",
        )


def _always_clipped(norms: Sequence[tuple[int, float]], course: Course) -> Iterator[Finding]:
    if len(norms) < BEFORE or any(norm <= course.max_grad_norm for _, norm in norms):
        return
    usual = median(norm for _, norm in norms)
    yield Finding(
        kind="always-clipped",
        step=norms[-1][0],
        found=f"the gradient was cut to max_grad_norm = {_figure(course.max_grad_norm)} at every step; its norm is "
        f"{_figure(usual)} (median)",
        remedy=f"raise max_grad_norm to about {_figure(usual)}, or {_cooler(course)}",
    )


def _cooler(course: Course) -> str:
    return f"lower learning_rate to {_figure(course.learning_rate / COOLER)}"


def _figure(value: float) -> str:
    return f"{value:.2g}"
