"""What is known of a judge: how a check against people's labels came out, and what labels make of its figures."""

from typing import Literal

import msgspec

from harness.records.estimate import Estimate
from harness.records.record import Record

Trust = Literal["trusted", "untrusted", "too few labels"]
APART = 0.10
"""Raw and length-controlled win rates further apart than this are worth a warning."""


class TooFewLabels(Record, frozen=True, kw_only=True):
    """Why nothing can be corrected: independent labels there are and are needed, in all cases or in one stratum.

    ``stratum`` is None where it is all cases that have too few.
    """

    labels: int
    needed: int
    stratum: str | None = None


class Corrected(Record, frozen=True, kw_only=True):
    """A figure by the judge alone, by people alone, and by the judge corrected by people.

    ``lam`` is how far the judge is believed, in [0, 1]. ``correlation`` is that of the judge's and people's values on
    the labelled cases, None where one of them does not vary. ``effective_labels`` is how many labels of a plain random
    sample would give people alone an interval of the width of the corrected one; ``labels`` is how many there are.
    """

    raw: Estimate
    people: Estimate
    corrected: Estimate
    lam: float
    correlation: float | None
    labels: int
    effective_labels: float


class LengthControlled(Record, frozen=True, kw_only=True):
    """A candidate's win rate, ties counted half: as it is, and as it would be if answers were equally long.

    ``coefficient`` is how the log-odds of a win grow with ``tanh(length difference / its standard deviation)``; above 0
    the longer answer wins more often.
    """

    raw: Estimate
    controlled: Estimate
    coefficient: float

    @property
    def far_apart(self) -> bool:
        """Whether length alone moves the win rate by more than 10 points."""
        return abs(self.raw.mean - self.controlled.mean) > APART + 1e-12


class FixedVerdict(Record, frozen=True, kw_only=True):
    """What a judge said of one labelled answer, or pair, when it was checked; ``label`` is the digest of the label.

    ``value`` is the candidate's score of a pair, or the answer's; None where the verdict could not be read.
    """

    label: str
    value: float | None


class VoteAgreement(Record, frozen=True, kw_only=True):
    """How often single votes of people are agreed with: by the judge, and by one another; each with ties and without.

    Every pair of votes counts once, so what many voted on weighs more. None without such votes.
    """

    judge: Estimate | None = None
    judge_decided: Estimate | None = None
    people: Estimate | None = None
    people_decided: Estimate | None = None


class CriterionCheck(Record, frozen=True, kw_only=True):
    """What a check found of one of several criteria: its labels, their independent cases, and kappa on its own scale.

    Over all criteria together, a judge that only knows which of them is mostly met would have a kappa too.
    """

    labels: int
    independent: int
    kappa: Estimate | None = None


class JudgeCheck(Record, frozen=True, kw_only=True):
    """How a judge with one rubric agreed with people's labels, and whether it is trusted. Lines of ``*.checked.jsonl``.

    ``digest`` is that of the words of the rubric, ``judge`` the identity of the judge. ``kappa`` is Cohen's, weighted
    by the square of the distance where ``weighted``; ``people`` is Krippendorff's alpha among people. ``flips`` and
    ``first_place`` are of pairs, ``repeated`` is the share of answers that get the same verdict each time.
    ``beyond_people`` is how much more often than people the judge prefers the longer answer. A figure is None where
    nothing was measured. ``table[i][j]`` counts labels that are ``levels[i]`` by people and ``levels[j]`` by the judge.
    ``independent`` counts the groups of cases among the labels, by which it is decided whether there are enough.
    ``agreement_of_all`` counts what can't be read as disagreement, ``kappa_decided`` leaves out ties, ``by_level`` is
    the agreement on what people gave each of ``levels``. ``criteria`` has what was found of each criterion by its name;
    empty where the rubric has one scale.
    """

    rubric: str
    version: int
    digest: str
    judge: str
    labels: int
    independent: int = 0
    outcome: Trust
    reasons: tuple[str, ...] = ()
    agreement: Estimate | None = None
    agreement_of_all: Estimate | None = None
    by_level: tuple[Estimate | None, ...] = ()
    kappa_decided: Estimate | None = None
    votes: VoteAgreement | None = None
    kappa: Estimate | None = None
    weighted: bool = False
    criteria: dict[str, CriterionCheck] = msgspec.field(default_factory=dict)
    people: Estimate | None = None
    unreadable: Estimate | None = None
    flips: Estimate | None = None
    first_place: Estimate | None = None
    repeated: Estimate | None = None
    icc: Estimate | None = None
    longer_wins: Estimate | None = None
    beyond_people: Estimate | None = None
    levels: tuple[str, ...] = ()
    table: tuple[tuple[int, ...], ...] = ()
    fixed: tuple[FixedVerdict, ...] = ()
    """A few verdicts that are asked for again at each run, so that another model behind the same name is noticed."""
    checked: str = ""
    """When, as an ISO time in UTC."""


class JudgeFigures(Record, frozen=True, kw_only=True):
    """What is known of the judge of one comparison: the newest check, how it behaved here, and what labels correct.

    ``difference`` is candidate minus baseline, ``candidate`` the candidate's mean, both corrected by labels of these
    very answers; None without such labels, then ``missing`` says how many there are and are needed. ``judge`` is empty
    in a plan, which asks none.
    """

    rubric: str
    version: int
    judge: str
    check: JudgeCheck | None = None
    flips: Estimate | None = None
    lengths: LengthControlled | None = None
    longer_wins: Estimate | None = None
    difference: Corrected | None = None
    candidate: Corrected | None = None
    missing: TooFewLabels | None = None
    uncorrectable: str = ""
    """Why labels can't correct its scores, however many there are; empty where they can."""
    changed: str = ""
    """Why the judge doesn't count as the one that was checked; empty where it does, and in older runs."""
    unknown: str = ""
    """Why nobody could tell in this run whether it is; then its gates are inconclusive. Empty otherwise."""
    waived: str = ""
    """Why the judge is not trusted, where the rubric lets gates fail a run all the same; empty otherwise."""

    @property
    def is_trusted(self) -> bool:
        """Whether a check trusts the judge, and nothing says that it could be another one by now."""
        return self.check is not None and self.check.outcome == "trusted" and not self.changed and not self.unknown
