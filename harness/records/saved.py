"""The frozen records that a run folder holds: the run itself, and each answer and score in it."""

from typing import Literal

import msgspec

from harness.records.asked import Case, ModelRef, Rendering, Request, Response, Side
from harness.records.compared import Comparison, Outcome, Probe, Verdict
from harness.records.record import Record
from harness.records.scored import CaseScore
from harness.records.short import ShortSuite
from harness.records.trained import RowsChecked, TrainedFile

Party = Side | Literal["judge"]
KnownBy = Literal["weights", "proof", "unproved", "saved", "server", "name"]
TRUSTED: frozenset[KnownBy] = frozenset({"unproved", "server", "name"})
"""Nothing shows that the named weights gave the answers: they are taken on trust."""


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


class Reused(Record, frozen=True, kw_only=True):
    """A hosted model's answers that came from the store: their number, and when the first and the last was kept."""

    answers: int
    oldest: str
    newest: str


class Usage(Record, frozen=True, kw_only=True):
    """What one side's answers took, or the judge's verdicts. ``stored`` came from the store, timed when asked first.

    ``p50_s`` and ``p95_s`` are seconds an answer; ``tokens_per_s`` is output tokens over the time that this run spent
    on this side's answers. Each is None where nothing was measured. Tokens are None where the server did not count them
    for every answer, and ``cost`` where no price is known, or the tokens that it needs are not.
    """

    side: Party
    answers: int
    stored: int
    failed: int
    tokens_in: int | None
    tokens_out: int | None
    p50_s: float | None = None
    p95_s: float | None = None
    tokens_per_s: float | None = None
    cost: float | None = None
    currency: str = ""
    name: str = ""
    """Which judge, where there are several; empty for any other."""
    reused: Reused | None = None
    """What of ``stored`` a hosted model answered in an earlier run; None where there is nothing of the kind."""


class Origin(Record, frozen=True, kw_only=True):
    """Where one party's answers come from, and what shows that the named model gave them.

    ``address`` is that of a server which the harness did not start; empty for weights that it serves itself and for a
    saved run. ``known_by`` is "weights" for a base model read from files here, "proof" for an adapter that was shown to
    answer (``Run.probes``) and "unproved" for one that was not, "saved" for a saved run that knew it, "server" for a
    running server, whose weights can't be seen, and "name" for a hosted model and for one that only a running
    server has. ``commit`` is that of a base model which was fetched from a hub; empty for any other.
    """

    party: Party
    known_by: KnownBy
    address: str = ""
    commit: str = ""
    name: str = ""
    """Which judge, where there are several; empty for any other."""
    base_ends: str = ""
    """The day, as YYYY-MM-DD, on which the service at ``address`` retires the base model of what was tuned there;
    empty where none is known."""


class Setup(Record, frozen=True, kw_only=True):
    """How a side was asked: its engine's identity, how it was given messages, and in what it was declared to differ.

    ``sampling`` is what is known of how its answers were drawn where another tool asked; empty where the suite decided.
    """

    engine: str
    rendering: Rendering = Rendering()
    declared: tuple[str, ...] = ()
    sampling: str = ""


class ImportedFile(Record, frozen=True, kw_only=True):
    """A file of another tool: its name, without its folder, and the SHA-256 of its content."""

    name: str
    sha256: str


class Imported(Record, frozen=True, kw_only=True):
    """What a run was made of that has another tool's answers: the tool, with its version where known, and its files."""

    tool: str
    files: tuple[ImportedFile, ...]


class SuiteFile(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A file that a suite is made of, seen from the folder of harness.toml, and the SHA-256 of its content.

    ``tests`` counts the tests in it that were asked: 0 for what is only beside them. ``deselected`` counts those that
    pytest left out: by its command line, by its settings, or by a plugin.
    """

    path: str
    sha256: str
    tests: int = 0
    deselected: int = 0


class SealedTest(Record, frozen=True, kw_only=True):
    """A test set whose cases nobody shall read: what its seal says once the run has ended.

    ``judged`` counts the candidates that it has judged, this one included. ``unsealed`` has the reason and the day of
    each look at its cases. ``problem`` says why this run could not be noted in the seal; empty where it was.
    """

    suite: str
    judged: int
    unsealed: tuple[tuple[str, str], ...] = ()
    problem: str = ""


class LeakedCase(Record, frozen=True, kw_only=True):
    """A case of a suite that is in the candidate's training rows: it is left out of all verdicts, unless ``allowed``.

    Candidates of one asking are judged by the same cases: ``of_another`` says that another one was trained on it.

    ``place`` is the row, as ``file:line``. ``how`` is "same" (but for case, white space and punctuation), "near",
    "passage" (words in a row) or "meaning". "stopping" is a case in no row, by which a side's training chose its
    checkpoint (``stop_by``); ``place`` then says whose. ``where`` says which part of the case it is. ``sure`` is False
    where an estimate alone says so: such a case stays in.
    """

    suite: str
    case: str
    place: str
    how: Literal["same", "near", "passage", "meaning", "stopping"]
    where: Literal["input", "output"]
    similarity: float
    sure: bool = True
    allowed: bool = False
    of_another: bool = False

    @property
    def is_left_out(self) -> bool:
        """Whether the case is left out of all verdicts."""
        return self.sure and not self.allowed

    @property
    def counts(self) -> bool:
        """Whether the case is left out, and counts against the candidate."""
        return self.is_left_out and not self.of_another and self.how != "stopping"


class GivenAway(Record, frozen=True, kw_only=True):
    """How many texts of one kind came out of the candidate and of its base model, asked to go on from the same prompts.

    ``of`` is "rows", drawn from all; "personal", rows with personal data; or "canaries", planted so many times.
    ``asked`` counts those that both answered, ``unanswered`` the others. ``low`` and ``high`` are the 95 % interval of
    the share that comes out of the candidate beyond its base model. ``exposure`` is in bits, the mean over canaries of
    log2 of how many secrets were compared over the rank of the planted one; None where likelihoods are not known.
    """

    of: Literal["rows", "personal", "canaries"]
    repeats: int = 0
    asked: int
    unanswered: int = 0
    candidate: int
    base: int
    low: float
    high: float
    exposure: float | None = None
    base_exposure: float | None = None


class Regurgitated(Record, frozen=True, kw_only=True):
    """One training row that the candidate repeats: ``what`` of it, and how that reads with personal data hidden.

    ``what`` is "words", or what the personal data is called. ``by_base`` says whether its base model repeats it too.
    """

    place: str
    what: str
    shown: str
    by_base: bool


class Regurgitation(Record, frozen=True, kw_only=True):
    """How much of its training rows a candidate gives away, and of which rows ``source`` that is.

    ``problem`` says why something was not measured; empty where all was.
    """

    source: str
    given: tuple[GivenAway, ...] = ()
    rows: tuple[Regurgitated, ...] = ()
    problem: str = ""

    @property
    def beyond_base(self) -> int:
        """How many rows the candidate repeats and its base model doesn't."""
        return len({one.place for one in self.rows if not one.by_base})


class NearRow(Record, frozen=True, kw_only=True):
    """A training row whose input is near a lost case's. ``similarity`` is the Jaccard similarity of character 5-grams.

    ``meaning`` is the cosine by which the row asks the same in other words; 0 where it doesn't, or where that was not
    looked for.
    ``asked`` and ``answer`` are the beginnings of its input and output, with personal data masked; both are empty where
    only the row's signature is known, or where nothing can mask them. ``is_right`` says whether the comparison's scorer
    takes the row's answer as right for the case; None where that is not known. ``is_repeated`` says that the candidate
    answered as the row does.
    """

    place: str
    similarity: float
    meaning: float = 0.0
    asked: str = ""
    answer: str = ""
    is_right: bool | None = None
    is_repeated: bool = False


class NearCase(Record, frozen=True, kw_only=True):
    """A lost case with its nearest training rows, the nearest first; none where no row shares anything with it."""

    case: str
    rows: tuple[NearRow, ...]


class NearRows(Record, frozen=True, kw_only=True):
    """The training rows near the lost cases of the comparison with this key.

    ``similar`` has the similarity of the nearest row for each case that a side had right, by id; it is empty where
    these were too many to look for. A case that is too short to be compared is in neither.
    """

    comparison: str
    lost: tuple[NearCase, ...]
    similar: dict[str, float] = msgspec.field(default_factory=dict)


class AskedPart(Record, frozen=True, kw_only=True):
    """How many cases of a suite both sides were asked."""

    suite: str
    cases: int
    asked: int


class Spared(Record, frozen=True, kw_only=True):
    """About what one party was not asked, and what that would have cost; None where no price is known."""

    side: Party
    name: str = ""
    requests: int
    cost: float | None = None
    currency: str = ""


class AskedInPart(Record, frozen=True, kw_only=True):
    """What a run with ``--until-decided`` asked: cases in the order that ``seed`` gives, until each gate was decided.

    ``spared`` has a judge's calls too, estimated from those that it was sent for each case.
    """

    seed: int
    suites: tuple[AskedPart, ...]
    spared: tuple[Spared, ...] = ()

    @property
    def cases(self) -> int:
        """How many cases all suites have."""
        return sum(one.cases for one in self.suites)

    @property
    def asked(self) -> int:
        """How many of them were asked."""
        return sum(one.asked for one in self.suites)


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
