"""All runs of a folder in short, for a page that lists them: saved, under way, stopped, and those not readable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import HarnessError, StoreError
from harness.records.asked import ModelRef
from harness.records.compared import Outcome
from harness.records.record import UNREADABLE, Record
from harness.records.scored import FigureName
from harness.runs.folder import read_run
from harness.runs.history import PastShort, decoded
from harness.runs.names import folders_in, number_of
from harness.runs.outcome import overall
from harness.runs.progress import Progress, is_under_way, read_progress
from harness.runs.record_file import without_rows
from harness.text.regular import open_regular
from harness.text.visible import for_terminal

NO_ROWS = msgspec.Raw(b"[]")


class ListedGate(Record, frozen=True, kw_only=True):
    """One gate in one run. ``mean`` is the candidate's; None where no case was scored on both sides.

    ``tags`` are those of its cases; a gate on a slice has that of the slice alone, which is also ``tag``.
    """

    test_id: str
    scorer: str
    tag: str
    outcome: Outcome
    advisory: bool
    mean: float | None
    baseline_mean: float | None
    unit: str
    figure: FigureName | None
    tags: tuple[str, ...]


class ListedPinned(Record, frozen=True, kw_only=True):
    """How a test of one case ended."""

    test_id: str
    outcome: Outcome


class ListedRun(Record, frozen=True, kw_only=True):
    """One saved run. ``id`` is the name of its folder, ``beside`` are the folders of all candidates asked together."""

    id: str
    time: str
    candidate: ModelRef
    baseline: ModelRef
    outcome: Outcome
    commit: str
    gates: tuple[ListedGate, ...]
    pinned: tuple[ListedPinned, ...]
    measured: tuple[str, ...]
    """The ids of tests that measured without a gate."""
    broken: int
    leaked: int
    """Cases that are left out since they are in the training rows, where these fail the run; else 0."""
    is_short: bool = False
    """Whether only short suites were asked of some suites: an estimate, which promotes nothing."""
    is_early: bool = False
    """Whether gates were judged before all of their cases were asked (``--until-decided``)."""
    gives_away: bool = False
    """Whether the training rows that the candidate gives away fail the run."""
    unmeasured: int
    beside: tuple[str, ...]
    has_report: bool


class Unfinished(Record, frozen=True, kw_only=True):
    """A run without a record: under way, or stopped; ``progress`` is None where nothing shows how far it is or was."""

    id: str
    state: Literal["under way", "stopped"]
    progress: Progress | None


class Listing(Record, frozen=True, kw_only=True):
    """The runs of a folder, the oldest first. ``left_out`` has the names of folders that can't be read, and why."""

    runs: tuple[ListedRun, ...]
    unfinished: tuple[Unfinished, ...]
    left_out: tuple[tuple[str, str], ...]


class _Mean(msgspec.Struct, frozen=True):
    mean: float


class _Tagged(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str = ""
    tags: tuple[str, ...] = ()


class _Fingerprint(msgspec.Struct, frozen=True):
    cases: str = ""


class _Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of a comparison. Its rows are left as they are: most of them are never looked at."""

    scorer: str
    candidate_mean: _Mean | None
    baseline_mean: _Mean | None
    unit: str = ""
    figure: FigureName | None = None
    tag: str = ""
    fingerprint: _Fingerprint = _Fingerprint()
    not_asked: dict[str, int] = msgspec.field(default_factory=dict)
    rows: msgspec.Raw = NO_ROWS


class _Gate(msgspec.Struct, frozen=True):
    advisory: bool = False


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    test_id: str
    comparison: _Comparison
    outcome: Outcome
    gate: _Gate = _Gate()


class _Measure(msgspec.Struct, frozen=True, kw_only=True):
    test_id: str


class _Pinned(msgspec.Struct, frozen=True, kw_only=True):
    test_id: str
    outcome: Outcome


class _Leaked(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to know whether a case counts."""

    sure: bool = True
    allowed: bool = False
    of_another: bool = False
    how: str = ""

    @property
    def counts(self) -> bool:
        return self.sure and not self.allowed and not self.of_another and self.how != "stopping"


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of ``run.json``; other fields are skipped."""

    time: str
    candidate: ModelRef
    baseline: ModelRef
    verdicts: tuple[_Verdict, ...]
    measures: tuple[_Measure, ...] = ()
    pinned: tuple[_Pinned, ...] = ()
    broken: tuple[str, ...] = ()
    leak_failure: str = ""
    given_away_failure: str = ""
    leaked: tuple[_Leaked, ...] = ()
    short: tuple[PastShort, ...] = ()
    unmeasured: tuple[str, ...] = ()
    outcome: Outcome | None = None
    commit: str = ""
    beside: tuple[str, ...] = ()


def read_listing(runs: Path) -> Listing:
    """Return what is in a folder of runs; one that can't be read is named with its reason, and stops nothing."""
    reader = _Reader()
    saved: list[ListedRun] = []
    unfinished: list[Unfinished] = []
    left_out: list[tuple[str, str]] = []
    for folder in _folders(runs):
        try:
            if (waiting := _unfinished(folder)) is not None:
                unfinished.append(waiting)
            else:
                saved.append(reader.read(folder))
        except HarnessError as problem:
            left_out.append((folder.name, str(problem)))
    return Listing(
        runs=tuple(sorted(saved, key=lambda run: (number_of(run.id), run.time, run.id))),
        unfinished=tuple(unfinished),
        left_out=tuple(left_out),
    )


def read_unfinished(runs: Path) -> tuple[Unfinished, ...]:
    """Return the runs without a record: those under way, and those that were stopped."""
    return tuple(waiting for folder in _folders(runs) if (waiting := _unfinished(folder)) is not None)


def _folders(runs: Path) -> Iterator[Path]:
    return (path for path in folders_in(runs) if not path.name.startswith(".") and path.is_dir())


def _unfinished(folder: Path) -> Unfinished | None:
    """Return a run without a record; None where there is one."""
    record = folder / "run.json"
    if record.exists() or record.is_symlink():
        return None
    is_held = is_under_way(folder)
    if not is_held and record.exists():
        return None  # it ended between the two looks
    return Unfinished(id=folder.name, state="under way" if is_held else "stopped", progress=read_progress(folder))


class _Reader:
    """Reads runs in short. Which tags a set of cases has is looked up once: its digest covers every word of it."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Run)
        self._rows = msgspec.json.Decoder(tuple[_Tagged, ...])
        self._tags: dict[str, tuple[str, ...]] = {}

    def read(self, folder: Path) -> ListedRun:
        """Return a saved run.

        Raises:
            HarnessError: it can't be read; the text does not name the folder.
        """
        run = decoded(folder, self._decoder)
        try:
            gates = tuple(self._gate(folder, verdict) for verdict in run.verdicts)
        except UNREADABLE as problem:
            raise StoreError(f"run.json is not readable: {for_terminal(str(problem))}") from problem
        return ListedRun(
            id=folder.name,
            time=run.time,
            candidate=run.candidate,
            baseline=run.baseline,
            outcome=run.outcome or overall(read_run(folder)),
            commit=run.commit,
            gates=gates,
            pinned=tuple(ListedPinned(test_id=one.test_id, outcome=one.outcome) for one in run.pinned),
            measured=tuple(one.test_id for one in run.measures),
            broken=len(run.broken),
            leaked=sum(one.counts for one in run.leaked) if run.leak_failure else 0,
            is_short=bool(run.short),
            is_early=any(one.comparison.not_asked for one in run.verdicts),
            gives_away=bool(run.given_away_failure),
            unmeasured=len(run.unmeasured),
            beside=run.beside,
            has_report=(folder / "report.html").is_file(),
        )

    def _gate(self, folder: Path, verdict: _Verdict) -> ListedGate:
        seen = verdict.comparison
        return ListedGate(
            test_id=verdict.test_id,
            scorer=seen.scorer,
            tag=seen.tag,
            outcome=verdict.outcome,
            advisory=verdict.gate.advisory,
            mean=seen.candidate_mean.mean if seen.candidate_mean else None,
            baseline_mean=seen.baseline_mean.mean if seen.baseline_mean else None,
            unit=seen.unit,
            figure=seen.figure,
            tags=(seen.tag,) if seen.tag else self._tags_of(folder, seen),
        )

    def _tags_of(self, folder: Path, seen: _Comparison) -> tuple[str, ...]:
        cases = seen.fingerprint.cases
        if cases and cases in self._tags:
            return self._tags[cases]
        tags = dict.fromkeys(tag for row in self._rows.decode(seen.rows) for tag in row.tags)
        if places := [row.case_id for row in self._rows.decode(seen.rows)]:
            tags |= self._tags_in(folder, places[0])
        if cases:
            self._tags[cases] = tuple(tags)
        return tuple(tags)

    def _tags_in(self, folder: Path, number: str) -> dict[str, None]:
        """Return the tags of a comparison, by the number that it has where rows are left out."""
        found: dict[str, None] = {}

        def note(place: int, rows: bytes) -> None:
            if f"{place}" == number:
                found.update(dict.fromkeys(tag for row in self._rows.decode(rows) for tag in row.tags))

        with open_regular(folder / "run.json") as file:
            without_rows(file, note)
        return found
