"""The frozen records that a run folder holds: the run itself, and each answer and score in it."""

import msgspec

from harness.records.answered import Response
from harness.records.asked import Case, ModelRef, Request, Side
from harness.records.compared import Comparison, Outcome, Probe, Verdict
from harness.records.in_part import AskedInPart
from harness.records.leaked import LeakedCase, NearRows, Regurgitation
from harness.records.made_of import Imported, SealedTest, SuiteFile
from harness.records.parties import Origin, Setup, Usage
from harness.records.record import Record
from harness.records.scored import CaseScore
from harness.records.short import ShortSuite
from harness.records.trained import RowsChecked, TrainedFile


class Measure(Record, frozen=True, kw_only=True):
    """A comparison that no gate judges: reported only."""

    test_id: str
    comparison: Comparison


class Pinned(Record, frozen=True, kw_only=True):
    """The outcome of a test that runs once for each case, on the candidate's answer alone.

    ``request_key`` names that answer; it is empty where the test never got one, and in runs of version 0.1.
    """

    test_id: str
    case_id: str
    outcome: Outcome
    reason: str = ""
    request_key: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """One case as it was asked of one side, and what came back. Lines of ``answers.jsonl`` in a run folder.

    ``cases`` is usually empty. Where another set of cases asks the same question under the same id and expects
    something else, it is the digest of the set that this case is from.
    """

    side: Side
    case: Case
    request: Request
    response: Response
    cases: str = ""


class Judgement(Record, frozen=True, kw_only=True):
    """The score of one answer by one scorer, as ``scores.jsonl`` keeps it.

    ``comparison`` is the key of the comparison that the score went into; ``scorer`` is for people.
    """

    comparison: str
    scorer: str
    side: Side
    item: CaseScore


class Run(Record, frozen=True, kw_only=True):
    """One saved execution: everything in ``runs/<id>/run.json``. Times are ISO 8601 in UTC, durations seconds."""

    id: str
    time: str
    command: tuple[str, ...]
    baseline: ModelRef
    candidate: ModelRef
    engine: str
    judge: str
    versions: dict[str, str]
    fingerprint: str
    verdicts: tuple[Verdict, ...]
    measures: tuple[Measure, ...]
    pinned: tuple[Pinned, ...]
    timings: dict[str, float]
    number: int = 0
    """Counts the runs of a checkout, from 1; 0 in older runs."""
    commit: str = ""
    """The commit of the checkout that holds the suites, with "+" when files had changed; empty without git."""
    usage: tuple[Usage, ...] = ()
    probes: tuple[Probe, ...] = ()
    origins: tuple[Origin, ...] = ()
    """One for each side, and for each judge; none in older runs."""
    judges: dict[str, str] = msgspec.field(default_factory=dict)
    """What the judges are called, by the names that tests asked for them by; "" is that of the settings."""
    broken: tuple[str, ...] = ()
    """Tests that broke by an error of their own; they fail the run."""
    leak_failure: str = ""
    """Why the cases in the training rows fail the run; empty where they don't. Older runs have it in ``broken``."""
    given_away_failure: str = ""
    """Why the training rows that the candidate gives away fail the run; empty where they don't."""
    unmeasured: tuple[str, ...] = ()
    """What could not be measured or was skipped; the run is then at best inconclusive."""
    outcome: Outcome | None = None
    """How the run ended, by ``runs/outcome.py``; None in older runs."""
    settings: str = ""
    """The file of settings, as seen from where pytest was called; empty where the defaults held, and in older runs."""
    notes: tuple[str, ...] = ()
    """Facts worth a line each: parameters that were left out, addresses that were asked."""
    beside: tuple[str, ...] = ()
    """The folders of all runs of one asking, one for each candidate in the order named; empty for one candidate."""
    setups: dict[Side, Setup] = msgspec.field(default_factory=dict)
    """How each side was asked; none in older runs, where ``engine`` holds for both sides."""
    imported: Imported | None = None
    """The tool and files whose answers these are; such a run has a candidate alone, whose name ``baseline`` repeats.

    The sampling of its requests is not theirs: what is known of that is in ``setups``."""

    suite_files: tuple[SuiteFile, ...] = ()
    """The files of the suites when the tests were collected: tests, cases, and what is beside them; none in older
    runs. Seals are not among them, since each run changes them."""
    sealed: tuple[SealedTest, ...] = ()
    """The sealed tests among the suites; none in older runs."""
    leaks_checked: str = ""
    """How cases were looked for in the candidate's training rows; empty where they could not be, and in older runs."""
    leaked: tuple[LeakedCase, ...] = ()
    """The cases that were found there, or in the rows of another candidate of the same asking."""
    regurgitation: Regurgitation | None = None
    """How much of its training rows the candidate gives away; None where that was not asked, and in older runs."""
    near_rows: tuple[NearRows, ...] = ()
    """The training rows near lost cases, where rows or their signatures are known; none in older runs."""
    own_text: tuple[SuiteFile, ...] | None = None
    """The tokenizer and chat template of the candidate's own folder when it was asked; None where its files are not
    here, and in older runs."""
    trained_on: tuple[TrainedFile, ...] = ()
    """The files of the candidate's training rows, where they are known; none in older runs."""
    rows_checked: RowsChecked | None = None
    """The check of these very files, where the page that the settings name is of one."""
    short: tuple[ShortSuite, ...] = ()
    """The suites of which only the short one was asked (``--anchors``): the run is an estimate."""
    data_page: str = ""
    """The address of that page as seen from the run's folder; empty where there is none, or it is outside."""
    until_decided: AskedInPart | None = None
    """What was asked with ``--until-decided``; None without it, and in older runs."""

    @property
    def not_asked(self) -> bool:
        """Whether answers or verdicts of a judge are missing, since every gate was decided before."""
        part = self.until_decided
        if part is None:
            return False
        early = any(verdict.comparison.not_asked for verdict in self.verdicts)  # by a judge that cost nothing so far
        return early or bool(part.spared) or part.asked < part.cases

    @property
    def left_out(self) -> int:
        """How many cases are left out of the verdicts, since a candidate was trained on them, or chosen by them."""
        return sum(one.is_left_out for one in self.leaked)

    def setup_of(self, side: Side) -> Setup:
        """Return how a side was asked."""
        return self.setups.get(side) or Setup(engine=self.engine)

    @property
    def is_of_one_model(self) -> bool:
        """Whether both sides are the same model, asked in the same way; an imported run has one side alone."""
        if self.imported is not None:
            return False
        first, second = self.setup_of("baseline"), self.setup_of("candidate")
        asked_alike = (first.engine, first.rendering) == (second.engine, second.rendering)
        differs = any(comparison.accepted for _, comparison in self.comparisons)
        return asked_alike and not differs and self.candidate.weights == self.baseline.weights

    @property
    def comparisons(self) -> tuple[tuple[str, Comparison], ...]:
        """Every comparison with its test's id, gated or not; the gated ones first."""
        made: tuple[Verdict | Measure, ...] = (*self.verdicts, *self.measures)
        return tuple((one.test_id, one.comparison) for one in made)
