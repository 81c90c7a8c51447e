"""What the base model made of rows, and what training on them takes, in sentences for the page and the terminal."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from harness.data.checks.shape.advice import Cost, TrainingTime
from harness.data.checks.shape.untuned import ByModels, Costs, FewShot, Share, Untuned, Weighed
from harness.records.record import Record
from harness.text.figures import MINUS, count, percent
from harness.text.shown import fact


class AskedPage(Record, frozen=True, kw_only=True):
    """What the page shows of models: sentences, and the address of the run's page; empty where there is none."""

    untuned: tuple[str, ...]
    report: str
    costs: tuple[str, ...]


def asked_page(models: ByModels, folder: Path) -> AskedPage:
    """Return what a page in ``folder`` shows of models."""
    found = models.untuned
    report = quote(os.path.relpath(found.report, folder)) if found and found.report else ""
    lines = untuned_lines(msgspec.structs.replace(found, report="") if found else None)
    return AskedPage(untuned=tuple(lines), report=report, costs=tuple(cost_lines(models.costs)))


def untuned_lines(found: Untuned | None) -> Iterator[str]:
    """Yield what is known of the base model's answers, the most important first; nothing where it was not asked."""
    if found is None:
        return
    drawn = f"{count(found.drawn, 'row')}, drawn at random of {found.of:,}"
    yield f"The base model, {fact(found.model, 120)}, was asked about {drawn}."
    if found.right is not None:
        yield f"It answers {share_line(found.right)} right already, by {fact(found.scorer, 300)}."
    if found.few_shot is not None:
        yield from _few_shot_lines(found.few_shot)
    if found.weighed is not None:
        yield _weighed_line(found.weighed)
    yield from (f"{fact(note[:1].upper() + note[1:], 400)}." for note in found.notes)
    if found.report:
        yield f"Every question with both answers: {found.report}"


def cost_lines(costs: Costs | None) -> Iterator[str]:
    """Yield what training takes: tokens, time, money; nothing where no tokens were counted."""
    if costs is None:
        return
    epochs = "1 epoch" if costs.epochs == 1 else f"{costs.epochs:g} epochs at most"
    yield f"Training reads {costs.tokens:,} tokens, in {epochs}."
    if costs.time is not None:
        yield _time_line(costs.time)
    yield from map(_hosted_line, costs.hosted)


def share_line(share: Share) -> str:
    """Write a share: what was counted, and the interval.

    >>> share_line(Share(right=3, rows=12, low=0.089, high=0.532))
    '3 of 12 rows (25 %, between 9 % and 53 %)'
    """
    within = f"between {percent(share.low)} and {percent(share.high)}"
    return f"{share.right:,} of {count(share.rows, 'row')} ({percent(share.right / share.rows)}, {within})"


def _few_shot_lines(found: FewShot) -> Iterator[str]:
    delta = found.difference
    examples = "another row" if found.examples == 1 else f"{found.examples} other rows"
    yield (
        f"With {examples} as examples in the prompt: {share_line(found.shown)}; without, of the same rows, "
        f"{percent(found.plain.right / found.plain.rows)}."
    )
    mean, low, high = (f"{100 * one:+.0f}".replace("-", MINUS) for one in (delta.mean, delta.low, delta.high))
    change = f"{mean} points, between {low} and {high}"
    if delta.low > 0:
        yield f"Examples help: {change}. Compare an adapter with this prompt, and not with the base model alone."
    elif delta.high < 0:
        yield f"Examples do harm: {change}."
    else:
        yield f"Whether examples help is not clear: {change}."


def _weighed_line(found: Weighed) -> str:
    median = f"{found.median:.2f} nats per token in the median"
    if found.threshold is None:
        return f"Its own loss on their answers: {median}; too few are alike to find any that astonish it."
    beside = "the same answer elsewhere" if found.labels else "that"
    limit = f"more than {found.threshold:.2f} above {beside}, of {count(found.rows, 'row')} that could be compared"
    return f"Its own loss on their answers: {median}; an answer astonishes it with {limit}."


def _time_line(time: TrainingTime) -> str:
    return (
        f"Training here ({fact(time.device, 80)}) takes about {in_words(time.seconds)}: between "
        f"{in_words(time.least)} and {in_words(time.most)} by {count(time.measured, 'step')} of {time.steps:,} that "
        "were timed, without loading and validation."
    )


def _hosted_line(cost: Cost) -> str:
    day = f"as of {fact(cost.as_of, 40)}" if cost.as_of else "a price without a day"
    return f"Hosted, {fact(cost.name, 80)}: about {cost.amount:,.2f} {fact(cost.currency, 12)} by your price ({day})."


def in_words(seconds: float) -> str:
    """Write how long something takes, in the unit that people would use.

    >>> in_words(42), in_words(400), in_words(9000)
    ('42 seconds', '7 minutes', '2.5 hours')
    """
    if seconds < 100:
        return count(max(round(seconds), 1), "second")
    return count(round(seconds / 60), "minute") if seconds < 5400 else f"{seconds / 3600:.1f} hours"
