"""The results of two sides: a comparison, the gate that judges it, and the verdict."""

from collections.abc import Sequence
from typing import Literal, TypedDict

import msgspec

from harness.records.asked import ModelRef
from harness.records.estimate import Estimate
from harness.records.judged import JudgeFigures
from harness.records.record import Record
from harness.records.scored import FigureName
from harness.records.short import Short

Outcome = Literal["passed", "failed", "inconclusive"]
OUTCOMES: tuple[Outcome, ...] = ("failed", "inconclusive", "passed")
"""The worst first."""

Finding = tuple[Outcome, str]
"""What one threshold found, and the reason in words."""

RIGHT = 0.5
"""A score of at least this counts as right."""


class RowLabel(Record, frozen=True, kw_only=True):
    """What people said of a case's answers, on the scale of its scores; None of a side that nobody labelled.

    ``stratum`` is that of the draw which chose what to label; the labels within it are a random sample of its cases.
    ``settled`` is what is known without asking people, as that the same answer twice is a tie: it is no label.
    """

    baseline: float | None = None
    candidate: float | None = None
    stratum: str = ""
    settled: bool = False


class Row(Record, frozen=True, kw_only=True):
    """One case of a comparison, repeats averaged; None where a side is unscored, then ``unscored`` says why.

    ``counts`` is what the case adds to the baseline's and to the candidate's figure of all answers (``Counts``), with
    repeats added up, and nothing for a side without a score. It is None where the mean of the scores is compared.
    """

    case_id: str
    group: str | None = None
    tags: tuple[str, ...] = ()
    baseline: float | None
    candidate: float | None
    unscored: str = ""
    counts: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    label: RowLabel | None = None
    """What people said of the answers that a judge scored; None where no label is of this case."""


class DropBound(Record, frozen=True, kw_only=True):
    """How far a figure of all answers can have dropped.

    ``low`` is the one-sided lower bound at 95 % of candidate minus baseline, ``p_value`` how likely a drop as large as
    the one seen is by chance where the candidate is no worse.
    """

    low: float
    p_value: float


class ClassTable(Record, frozen=True, kw_only=True):
    """Per-class figures of one side: ``confusion[i][j]`` counts answers of class i that were given label j."""

    labels: tuple[str, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


class Noise(Record, frozen=True, kw_only=True):
    """What changed when the baseline was asked the same requests again: chance of the engine, not of the model.

    ``spread`` is the mean squared change of a score, in [0, 1]: of pass-or-fail scores the share that flipped.
    """

    asked: int
    answers_changed: int
    scored: int
    scores_changed: int
    spread: float


class AskedAgain(Record, frozen=True, kw_only=True):
    """How a lost case was scored when both sides were asked again: a score for each further asking, repeats averaged.

    None where a side has no score.
    """

    case_id: str
    baseline: tuple[float | None, ...]
    candidate: tuple[float | None, ...]


class Probe(Record, frozen=True, kw_only=True):
    """How an adapter's first-token log-probabilities differ from its base model's on the same prompts.

    ``largest`` is the largest difference, in nats; ``noise`` is that of the base model asked twice.
    """

    adapter: str
    prompts: int
    changed: int
    largest: float
    noise: float


class Difference(Record, frozen=True, kw_only=True):
    """One entry of the fingerprint in which the two sides differ."""

    name: str
    baseline: str
    candidate: str


class Comparison(Record, frozen=True, kw_only=True):
    """The paired result of one scorer on two models.

    ``lost``, ``won`` and ``unscored`` hold case ids, worst first. A score of at least 0.5 counts as right.
    Estimates are None when no case is scored on both sides. ``detectable`` is the minimum detectable effect.
    ``accepted`` names the differences that a person accepted.

    ``unit`` is empty for scores in [0, 1]. Otherwise a quantity of which less is better was measured, such as "s" or
    "tokens": means and rows then hold that unit, nothing is lost or won, and ``ratio`` is candidate over baseline, with
    ``ratio_least`` and ``ratio_bound`` as its one-sided bounds at 95 %.

    ``figure`` is None where means are compared. Otherwise it is the figure of all answers that ``baseline_mean``,
    ``candidate_mean`` and ``delta`` hold, with the bounds of its drop in ``drop``; rows, lost and won are still of the
    single cases.
    ``tag`` names the slice when these are only the cases with one tag.

    ``key`` is the digest of the scorer's name and of both sides' fingerprints. Each score of a run names the key of
    its comparison, and slices keep the key of the whole. Two scorers of one name in one run have two keys.
    """

    scorer: str
    baseline: ModelRef
    candidate: ModelRef
    baseline_mean: Estimate | None
    candidate_mean: Estimate | None
    delta: Estimate | None
    rows: Sequence[Row]
    """In columns (``Rows``), so that a million take little memory; equal to any sequence of the same rows."""
    lost: tuple[str, ...]
    won: tuple[str, ...]
    unscored: tuple[str, ...]
    detectable: float | None
    fingerprint: dict[str, str]
    baseline_classes: ClassTable | None = None
    candidate_classes: ClassTable | None = None
    noise: Noise | None = None
    accepted: tuple[Difference, ...] = ()
    unit: str = ""
    ratio: Estimate | None = None
    ratio_bound: float | None = None
    ratio_least: float | None = None
    figure: FigureName | None = None
    drop: DropBound | None = None
    tag: str = ""
    key: str = ""
    untrusted: str = ""
    """Why a gate on it is advisory, whatever the test says; empty where it is as the test says."""
    again: tuple[AskedAgain, ...] | None = None
    """The lost cases that were asked again; None where asking again was not needed, or not possible."""
    judged: JudgeFigures | None = None
    """What is known of the judge that gave the scores; None where none did."""
    short: Short | None = None
    """What the cases stand for where only a short suite was asked: means and differences are estimates of the whole
    suite's, weighted by the strata. None where the suite was asked as it is."""
    not_asked: dict[str, int] = msgspec.field(default_factory=dict)
    """How many cases were not asked, since gates were decided before: in all, under "", and of each tag. Such cases are
    in no row and no figure. Empty where all were asked, as always without ``--until-decided``."""
    groups_left: bool = False
    """Whether any of the cases that were not asked is in a group: then all cases are judged as groups."""

    @property
    def in_all(self) -> int:
        """How many cases there are, asked or not; of a slice, those with its tag."""
        if self.short is not None:
            return self.short.tags.get(self.tag, len(self.rows)) if self.tag else self.short.of
        return len(self.rows) + self.not_asked.get(self.tag, 0)

    @property
    def best_difference(self) -> Estimate | None:
        """The paired difference as far as it is known: corrected where labels are enough for that, else ``delta``."""
        if self.judged is not None and self.judged.difference is not None:
            return self.judged.difference.corrected
        return self.delta

    @property
    def best_candidate(self) -> Estimate | None:
        """The candidate's mean, likewise."""
        if self.judged is not None and self.judged.candidate is not None:
            return self.judged.candidate.corrected
        return self.candidate_mean

    def by_tag(self, name: str) -> "Slices":
        """Return this comparison cut by the tags ``name-value``: one slice for each value, to be gated together."""
        return Slices(comparison=self, name=name)


class Slices(Record, frozen=True, kw_only=True):
    """A comparison to be judged slice by slice; see ``Comparison.by_tag``."""

    comparison: Comparison
    name: str


class Gate(Record, frozen=True, kw_only=True):
    """The thresholds of one gate; None switches one off. ``advisory`` reports and never fails.

    ``guarantee`` takes the tests that never pass more than 5 % of candidates that are worse, and need more cases.
    ``floor``, ``lower_bound``, ``max_drop`` and ``max_flips`` judge scores. ``ceiling`` (in the quantity's unit) and
    ``max_rise`` (0.2: a fifth more than the baseline) judge quantities of which less is better.
    """

    floor: float | None = None
    lower_bound: float | None = None
    max_drop: float | None = None
    max_flips: int | None = None
    ceiling: float | None = None
    max_rise: float | None = None
    max_unscored: int = 0
    advisory: bool = False
    guarantee: bool = False


class Thresholds(TypedDict, total=False):
    """The fields of ``Gate`` as the fixture ``gate`` takes them, so that editors complete them."""

    floor: float | None
    lower_bound: float | None
    max_drop: float | None
    max_flips: int | None
    ceiling: float | None
    max_rise: float | None
    max_unscored: int
    advisory: bool
    guarantee: bool


class Verdict(Record, frozen=True, kw_only=True):
    """The outcome of one gate on one comparison, with the reasons in words.

    ``line`` is that of the call of ``gate`` in its test's file; 0 where it is not known, as in older runs.
    """

    test_id: str
    comparison: Comparison
    gate: Gate
    outcome: Outcome
    reasons: tuple[str, ...]
    line: int = 0
