"""The first question: do inputs still look like the suite and the training data?

Both sides are masked by the same function, so that a mask is never what tells them apart.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from harness.drift.decided import Found, Limits, question_of
from harness.drift.found import Figure, Question
from harness.drift.masking import masked_text
from harness.drift.words import words_apart
from harness.records.messages import Message
from harness.records.record import Record
from harness.scorers.failures.language import language_of
from harness.stats.held_out import FEWEST, Fit, by_kind, by_size, told_apart

T = TypeVar("T")
NO_LANGUAGE = "too short to tell"


class Inputs(Record, frozen=True, kw_only=True):
    """What was asked, masked, of one source: "suite", "training data", "reference logs", "logs".

    ``labels`` are those of the answers, where the suite's answers are labels.
    """

    source: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()


def asked_in(messages: Sequence[Message]) -> str:
    """Return what the user said, turn by turn, with personal data masked."""
    return masked_text("\n".join(message.text for message in messages if message.role == "user"))


def compare_inputs(
    now: Inputs, references: Sequence[Inputs], limits: Limits, clusters: Mapping[str, Sequence[str]] | None = None
) -> Question:
    """Compare what was asked with each reference; ``clusters`` has the cluster of each text, by its source.

    A cluster is empty for a text that was not drawn to be read.
    """
    found: list[Found] = []
    for reference in references:
        found += _figures(now, reference, limits, clusters)
    return question_of("inputs", found, limits)


def _figures(
    now: Inputs, reference: Inputs, limits: Limits, clusters: Mapping[str, Sequence[str]] | None
) -> list[Found]:
    ours, theirs = now.texts, reference.texts

    def made(name: str, one: int, other: int) -> Figure:
        few = f"{one} requests and {other} of the {reference.source}: {FEWEST} of each are needed"
        reason = few if min(one, other) < FEWEST else ""
        return Figure(name=name, against=reference.source, unit="share", worse="higher", reason=reason)

    def figure(name: str, one: Sequence[T], other: Sequence[T], fit: Fit[T]) -> Found:
        return made(name, len(one), len(other)), told_apart(other, one, fit, limits.seed)

    found = [
        figure("length", [float(len(one)) for one in ours], [float(len(one)) for one in theirs], by_size),
        figure("language", languages_of(ours), languages_of(theirs), by_kind),
        (made("words", len(ours), len(theirs)), words_apart(theirs, ours, limits.seed, limits.alpha)),
    ]
    if reference.labels:
        found.append(figure("labels", now.labels, reference.labels, by_kind))
    if clusters:
        one, other = ([name for name in clusters[of.source] if name] for of in (now, reference))
        found.append(figure("meaning", one, other, by_kind))
    return found


def languages_of(texts: Sequence[str]) -> list[str]:
    """Return the code of each text's language; the same word for all that are too short."""
    return [language_of(text) or NO_LANGUAGE for text in texts]
