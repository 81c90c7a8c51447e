"""What a scorer gives: the score of one answer, and all scores of one side."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.record import Record, digest

FigureName = Literal["macro F1", "BLEU"]
"""A figure that is computed for all answers together, not as a mean of their scores."""


class Counts(Record, frozen=True, kw_only=True):
    """What one answer adds to a figure of all answers, which is computed from the sums.

    For "macro F1" three numbers for each label: true positives, false positives, misses. For "BLEU" the n-grams of 1 to
    4 words that the reference has too, all those of the answer, and the words of the answer and of the reference.
    """

    figure: FigureName
    sums: tuple[int, ...]


class Score(Record, frozen=True, kw_only=True):
    """The value of one answer in [0, 1]; None means unscored, never wrong.

    ``category`` feeds the failure analysis. ``classes`` is (expected, predicted) where the scorer reads labels.
    ``counts`` is what the answer adds to a figure of all answers; None where the mean of the values is compared.
    """

    value: float | None
    reason: str = ""
    category: str = ""
    classes: tuple[str, str] | None = None
    counts: Counts | None = None


class CaseScore(Record, frozen=True, kw_only=True):
    """The score of one answer, with the key of the request that it answers."""

    case_id: str
    group: str | None
    tags: tuple[str, ...] = ()
    repeat: int
    request_key: str
    score: Score


class Scores(Record, frozen=True, kw_only=True):
    """All scores that one scorer gave one model. ``fingerprint`` names what must agree between two sides."""

    scorer: str
    model: ModelRef
    fingerprint: dict[str, str]
    items: Sequence[CaseScore]
    """In columns (``CaseScores``) where there can be very many."""


class TrustLimits(Record, frozen=True, kw_only=True):
    """[trust] of a rubric: what `harness judge check` must find before a gate on the rubric can fail a run."""

    min_labels: Annotated[int, msgspec.Meta(ge=1)] = 60
    """Labelled answers, of independent cases."""
    min_kappa: Annotated[float, msgspec.Meta(ge=-1, le=1)] = 0.6
    """Least agreement with people beyond chance: Cohen's kappa, on a scale weighted by the square of the distance."""
    min_kappa_low: Annotated[float, msgspec.Meta(ge=-1, le=1)] = 0.4
    """What the lower end of kappa's interval must reach. More labels bring it nearer to kappa."""
    max_unreadable: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    """Share of verdicts that can't be read."""
    max_flips: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.25
    """Of pairs: the share whose verdict changes when the answers change places."""
    max_first_place: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.15
    """Of pairs: how far the judge can prefer what it reads first, or second: 0 is a fair judge, 1 sees nothing else."""
    max_beyond_people: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.15
    """How much more often than people the judge can prefer the longer answer."""
    min_repeated: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.7
    """Share of answers that get the same verdict each time they are judged."""


class Criterion(Record, frozen=True, kw_only=True):
    """One of several criteria of a rubric: a question with a scale of its own."""

    question: str
    levels: dict[str, str]


class Rubric(Record, frozen=True, kw_only=True):
    """Written criteria for a judge: a scale with a text for each level, several of them, or a pairwise preference.

    A key that is not set is no part of the digest, so that a new key changes nothing in the rubrics without it.
    """

    id: str
    version: int
    kind: Literal["scale", "pairwise"]
    question: str
    prompt: str
    levels: dict[str, str] = msgspec.field(default_factory=dict)
    uses_expected: bool = False
    shows: tuple[Literal["reasoning"], ...] | msgspec.UnsetType = msgspec.UNSET
    """What the judge reads of an answer besides its text and calls."""
    criteria: dict[str, Criterion] | msgspec.UnsetType = msgspec.UNSET
    """By name, criteria that are each a score of its own, in place of ``levels``."""
    calls: Literal["one", "each"] | msgspec.UnsetType = msgspec.UNSET
    """Whether the judge is asked about all criteria in one call, as it is when unset, or in a call for each."""
    verdicts: Literal[3, 5] | msgspec.UnsetType = msgspec.UNSET
    """How many verdicts on a pair there are: a side is better or it is a tie, or a side can be better by far too."""
    uses_facts: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether the judge reads the facts in the ``meta`` of each case."""
    score: Literal["text", "expected", "samples"] | msgspec.UnsetType = msgspec.UNSET
    """How a score is made of what the judge says: the level said, as when unset, or a mean over levels."""
    samples: Annotated[int, msgspec.Meta(ge=2, le=100)] | msgspec.UnsetType = msgspec.UNSET
    """How often the judge is asked with ``score = "samples"``; 5 when unset."""
    trust: TrustLimits | msgspec.UnsetType = msgspec.UNSET
    """What a check of the judge must find; unset, the defaults."""
    require_trusted: bool | msgspec.UnsetType = msgspec.UNSET
    """False lets gates fail a run by a judge that is not trusted; reports say so."""

    @property
    def digest(self) -> str:
        """Digest of every word that the judge reads, and of nothing that only decides whether it is trusted."""
        return digest(msgspec.structs.replace(self, trust=msgspec.UNSET, require_trusted=msgspec.UNSET))


Scorer = Callable[[Case, Response], Score | float]
"""Scores one answer; a plain function is a scorer, and a number in [0, 1] or a truth value is a score."""
