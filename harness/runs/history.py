"""What each gate showed in earlier runs, for trends. Only what a trend needs is read: no rows, no answers."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import HarnessError, NoSuchModel, StoreError
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Outcome, Verdict
from harness.records.estimate import Estimate
from harness.records.record import UNREADABLE, Record
from harness.records.saved import Run
from harness.records.scored import FigureName
from harness.runs.folder import read_run
from harness.runs.names import folders_in, number_of
from harness.runs.record_file import without_rows
from harness.stats import count_clusters
from harness.text.regular import open_regular
from harness.text.visible import for_terminal
from harness.verdicts.compare import paired
from harness.verdicts.power import Seen
from harness.verdicts.rise_power import is_planned

T = TypeVar("T", bound=msgspec.Struct)
GateKey = tuple[str, str, str]
"""The name of a gate in all runs: test, scorer, tag."""


class Point(Record, frozen=True, kw_only=True):
    """One gate in one run. ``mean`` is the candidate's; None where no case was scored on both sides."""

    run: str
    number: int
    time: str
    candidate: str
    mean: float | None
    delta: float | None
    outcome: Outcome
    low: float | None = None
    high: float | None = None
    baseline_mean: float | None = None
    adapter_digest: str = ""
    commit: str = ""
    unit: str = ""
    figure: FigureName | None = None
    is_short: bool = False
    """Whether only a short suite was asked: the figures are estimates."""
    not_asked: int = 0
    """How many cases were not asked, since the gate was decided before."""


class PastShort(msgspec.Struct, frozen=True):
    """That a comparison is of a short suite; what it stands for is skipped."""


class PastComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a trend needs of a comparison; other fields, such as the rows, are skipped."""

    scorer: str
    baseline: ModelRef
    candidate: ModelRef
    baseline_mean: Estimate | None
    candidate_mean: Estimate | None
    delta: Estimate | None
    unit: str = ""
    figure: FigureName | None = None
    tag: str = ""
    short: PastShort | None = None
    not_asked: dict[str, int] = msgspec.field(default_factory=dict)


class PastVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a trend needs of a verdict."""

    test_id: str
    comparison: PastComparison
    outcome: Outcome

    @property
    def key(self) -> GateKey:
        """The gate that it belongs to."""
        return self.test_id, self.comparison.scorer, self.comparison.tag


class PastRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a trend needs of ``run.json``; ``id`` is the name of its folder."""

    id: str
    time: str
    verdicts: tuple[PastVerdict, ...]
    judge: str = ""
    judges: dict[str, str] = msgspec.field(default_factory=dict)
    number: int = 0
    commit: str = ""
    fingerprint: str = ""
    """Of the suites: every word of their cases."""


def read_history(runs: Path, skipped: Callable[[str], None] = lambda _reason: None) -> tuple[PastRun, ...]:
    """Return the runs in a folder, the oldest first: by the numbers in their names, since clocks can be wrong.

    Runs without a number are older than all others, and in the order of their times.
    A folder without a complete and readable run is skipped; ``skipped`` is called with its name and the reason.
    """
    return tuple(sorted(_readable(runs, skipped), key=lambda run: (number_of(run.id), run.time, run.id)))


def earlier_than(run: Run, history: Sequence[PastRun]) -> list[PastRun]:
    """Return the runs of a history that come before a run: by its place in it, or where it is not there by the time."""
    if any(one.id == run.id for one in history):
        return list(takewhile(lambda one: one.id != run.id, history))
    return [one for one in history if (one.time, one.number) <= (run.time, run.number)]


def gate_history(runs: Sequence[PastRun], test_id: str, scorer: str, tag: str = "") -> tuple[Point, ...]:
    """Return one point for each verdict of a gate, in the order of the runs.

    A test that gates the same scorer twice gives two points for each run.
    """
    key = (test_id, scorer, tag)
    return tuple(point_of(run, verdict) for run in runs for verdict in run.verdicts if verdict.key == key)


def point_of(run: PastRun | Run, verdict: PastVerdict | Verdict) -> Point:
    """Return one verdict of a run as a point of its gate's trend."""
    seen = verdict.comparison
    return Point(
        run=run.id,
        number=run.number,
        time=run.time,
        candidate=seen.candidate.name,
        mean=seen.candidate_mean.mean if seen.candidate_mean else None,
        delta=seen.delta.mean if seen.delta else None,
        outcome=verdict.outcome,
        low=seen.delta.low if seen.delta else None,
        high=seen.delta.high if seen.delta else None,
        baseline_mean=seen.baseline_mean.mean if seen.baseline_mean else None,
        adapter_digest=seen.candidate.known_digest,
        commit=run.commit,
        unit=seen.unit,
        figure=seen.figure,
        is_short=seen.short is not None,
        not_asked=seen.not_asked.get(seen.tag, 0),
    )


def decoded(folder: Path, decoder: msgspec.json.Decoder[T], each: Callable[[int, bytes], None] | None = None) -> T:
    """Return what a reader needs of a folder's ``run.json``, without its rows; see ``without_rows``, also for ``each``.

    The text of an error does not name the folder.

    Raises:
        NoSuchModel: the folder has no complete run.
        StoreError: its ``run.json`` can't be read.
    """
    try:
        with open_regular(folder / "run.json") as file:
            return decoder.decode(without_rows(file, each))
    except FileNotFoundError:
        raise NoSuchModel("no complete run") from None
    except OSError as problem:
        raise StoreError(f"run.json can't be read: {problem.strerror}") from problem
    except UNREADABLE as problem:
        raise StoreError(f"run.json is not readable: {for_terminal(str(problem))}") from problem


def read_seen(folder: Path, runs: Sequence[PastRun], wanted: Collection[GateKey]) -> Mapping[GateKey, Seen]:
    """Return for each gate what all earlier runs together show of how two different models spread in it.

    ``runs`` is the history of ``folder``. For each pair of models only the newest run counts, since asking them again
    shows nothing new about others. A gate is left out when no run has more than one cluster of cases for it.
    """
    found: dict[GateKey, list[tuple[str, Comparison]]] = {}
    known: set[tuple[GateKey, ModelRef, ModelRef]] = set()
    for past in reversed(runs):
        new = {_asked(one) for one in past.verdicts if _shows_spread(one) and _asked(one)[0] in wanted} - known
        if not new:
            continue
        try:
            run = read_run(folder / past.id)
        except HarnessError:
            continue
        for verdict in run.verdicts:
            asked = _asked(verdict)
            if asked in new - known and count_clusters(paired(verdict.comparison.rows).groups) > 1:
                known.add(asked)
                found.setdefault(asked[0], []).append((past.id, verdict.comparison))
    return {key: _together(compared) for key, compared in found.items()}


def _asked(verdict: PastVerdict | Verdict) -> tuple[GateKey, ModelRef, ModelRef]:
    """Return a verdict's gate, and the two models that it is about."""
    seen = verdict.comparison
    return (verdict.test_id, seen.scorer, seen.tag), seen.baseline, seen.candidate


def _together(compared: Sequence[tuple[str, Comparison]]) -> Seen:
    """Return what several runs show of one gate, the newest first; each case or group counts once."""
    scored = (
        row for _, seen in compared for row in seen.rows if row.baseline is not None and row.candidate is not None
    )
    clusters = {("case", row.case_id) if row.group is None else ("group", row.group) for row in scored}
    return Seen(
        runs=tuple(run for run, _ in compared),
        pairs=tuple(paired(seen.rows) for _, seen in compared),
        clusters=len(clusters),
    )


def _readable(runs: Path, skipped: Callable[[str], None]) -> Iterator[PastRun]:
    decoder = msgspec.json.Decoder(PastRun)
    for folder in filter(Path.is_dir, folders_in(runs)):
        try:
            run = decoded(folder, decoder)
        except (NoSuchModel, StoreError) as problem:
            skipped(f"{folder.name}: {problem}")
        else:
            yield msgspec.structs.replace(run, id=folder.name)


def _shows_spread(verdict: PastVerdict) -> bool:
    seen = verdict.comparison
    of_means = (not seen.unit or is_planned(seen.unit)) and seen.figure is None
    return seen.delta is not None and of_means and seen.baseline != seen.candidate and seen.short is None
