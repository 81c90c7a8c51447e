"""What a run of ``harness drift`` found: figures with their intervals, three questions with a verdict each."""

from typing import Literal

import msgspec

from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.stats.judges.attributed import THRESHOLD, Mover
from harness.stats.summed import Averaged, Counted, Summary
from harness.stats.two_sample import Verdict, Worse

Asked = Literal["inputs", "answers", "adapter"]
TITLES: dict[Asked, str] = {
    "inputs": "Do inputs still look like the suite and the training data?",
    "answers": "Do answers still hold what needs no expected answer?",
    "adapter": "Does the adapter still pass its suite against the answers it gave at release?",
}
RANK: dict[Verdict, int] = {"drifted": 0, "too little to tell": 1, "steady": 2}
EXIT_CODES: dict[Verdict, int] = {"drifted": 1, "too little to tell": 6, "steady": 0}


class Figure(Record, frozen=True, kw_only=True):
    """One figure of what was logged, and how far it is from a reference.

    ``now`` is the figure of the logs. ``change`` is what it differs by from ``against``, with its interval at 95 %;
    ``p_value`` is that of the claim that it differs by ``margin`` at most, corrected for the figures of its question.
    ``verdict`` is None for a figure that is only drawn over time, such as the latency.
    """

    name: str
    against: str = ""
    """What it is compared with: "suite", "training data", "reference logs", "release", "earlier runs"."""
    unit: str = ""
    worse: Worse = "either"
    now: Estimate | None = None
    reference: Estimate | None = None
    change: Estimate | None = None
    margin: float | None = None
    p_value: float | None = None
    verdict: Verdict | None = None
    reason: str = ""
    is_adapter: bool | None = None
    """Whether labels say that it is the adapter that moved, of what a judge says: only then it can be a drift.

    None where no labels are asked, of any other figure, and where the adapter moved the better way or hardly.
    """


class Question(Record, frozen=True, kw_only=True):
    """One of the three questions. One that was not asked has no verdict."""

    name: Asked
    verdict: Verdict | None
    figures: tuple[Figure, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why it has its verdict, a line each."""
    run: str = ""
    """The folder's name of the run that answered it; empty where none did."""


class Slice(Record, frozen=True, kw_only=True):
    """Requests with a tag, a language, a model or a meaning, whose answers got worse since release.

    ``change`` is how far ``now`` is from ``reference``; ``p_value`` is corrected for all slices that were looked at.
    ``of_all`` says that the reference is all answers at release, since too few are of this slice.
    """

    figure: str
    of: str
    """"tag", "language", "model" or "meaning"."""
    name: str
    now: Estimate
    reference: Estimate
    change: Estimate
    p_value: float
    of_all: bool = False


class Who(Record, frozen=True, kw_only=True):
    """Who drifted, by one rubric, as of the last day of the history.

    ``judge_e`` is the e-value that the judge is not the one any more that was checked, ``answers_e`` that its rate in
    production is not that at release; each is enough once it reached ``enough``. ``agreement`` is how often the judge
    agrees with people on anchors now, with its interval at 95 %, of all days or of those since it moved;
    ``agreement_then`` when it was checked. ``anchors`` and ``answers`` are how many were counted, of all days.
    """

    rubric: str
    outcome: Mover
    sentence: str
    judge_e: float = 1.0
    answers_e: float = 1.0
    enough: float = THRESHOLD
    agreement: Estimate | None = None
    agreement_then: Estimate | None = None
    anchors: int = 0
    answers: int = 0
    judge_since: str = ""
    """The time of the day on which its e-value was enough, ISO 8601; empty where it never was."""
    answers_since: str = ""
    moved_by: float = 0.0
    """How far the rate in production has fallen (below 0) or risen, at least."""


class Charted(Record, frozen=True, kw_only=True):
    """A figure over the runs, one of each for a run: its values, their scores, and the moving average of the scores.

    A score says how many standard deviations a run is from all runs before it. The average is in control within
    +-``limit``. The first ``learned`` runs have no score: they are what later ones are compared with; ``limit`` is None
    as long as there are no others. ``alarms`` are the places of runs that were beyond it, ``alarm`` says that the last
    one is. None stands for a run that did not measure the figure.
    """

    figure: str
    unit: str
    times: tuple[str, ...]
    values: tuple[float | None, ...]
    scores: tuple[float | None, ...]
    average: tuple[float | None, ...]
    limit: float | None
    expected: float | None
    learned: int
    alarm: bool
    alarms: tuple[int, ...] = ()


class Drift(Record, frozen=True, kw_only=True):
    """One run of ``harness drift``. Times are ISO 8601 in UTC.

    ``since`` and ``until`` are what was asked for; ``first`` and ``last`` when the first and the last request was
    made, empty where the logs don't say. Figures are of ``drawn`` requests of all ``requests``.
    """

    suite: str
    time: str
    since: str = ""
    until: str = ""
    first: str = ""
    last: str = ""
    requests: int
    unreadable: int
    drawn: int
    adapter: str = ""
    """The promoted adapter, as NAME@ENTRY; empty where none is."""
    release: str = ""
    """The run with the answers that it gave at release; empty where it is not here."""
    verdict: Verdict
    questions: tuple[Question, ...]
    slices: tuple[Slice, ...] = ()
    judges: tuple[Who, ...] = ()
    """One for each rubric whose judge could be watched."""
    charts: tuple[Charted, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return EXIT_CODES[self.verdict]


class Kept(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A figure of one run as the history keeps it: a share by its counts, or a mean with its spread."""

    n: int
    k: int | None = None
    """How many had what was looked for; None of a mean."""
    mean: float = 0.0
    sd: float = 0.0
    skewness: float = 0.0

    @property
    def summary(self) -> Summary:
        """The figure as charts take it."""
        if self.k is not None:
            return Counted(k=self.k, n=self.n)
        return Averaged(mean=self.mean, sd=self.sd, n=self.n, skewness=self.skewness)


def kept(figure: Summary) -> Kept:
    """Return a figure as the history keeps it."""
    if isinstance(figure, Counted):
        return Kept(n=figure.n, k=figure.k)
    return Kept(n=figure.n, mean=figure.mean, sd=figure.sd, skewness=figure.skewness)


class Point(Record, frozen=True, kw_only=True):
    """A line of the history: figures alone, and no word of any request.

    ``since`` and ``until`` are the window that was asked for, or else when the first and the last request was made.
    ``against`` has the digest of what inputs were compared with, by its source such as "suite".
    """

    time: str
    since: str = ""
    until: str = ""
    model: str = ""
    """The one whose requests alone were read; empty where all were."""
    against: dict[str, str] = msgspec.field(default_factory=dict)
    adapter: str = ""
    requests: int
    verdict: Verdict
    verdicts: dict[Asked, Verdict] = msgspec.field(default_factory=dict)
    figures: dict[str, Kept] = msgspec.field(default_factory=dict)


def worst(verdicts: "list[Verdict] | tuple[Verdict, ...]") -> Verdict:
    """Return the worst of some verdicts: drifted, else too little to tell, which is also that of none.

    >>> worst(["steady", "drifted"]), worst([])
    ('drifted', 'too little to tell')
    """
    return min(verdicts, key=RANK.__getitem__, default="too little to tell")
