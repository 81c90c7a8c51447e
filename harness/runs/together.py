"""What came of adapters that were gated together by a pytest that was started from here."""

from collections.abc import Collection
from pathlib import Path

from harness.errors import UNDECIDED, NoSuchModel
from harness.records.compared import Outcome
from harness.records.record import Record
from harness.records.saved import Run
from harness.runs.folder import read_run
from harness.runs.names import folders_in
from harness.runs.outcome import EXIT_CODES, overall
from harness.runs.ranking import Ranking, read_ranking


class Judged(Record, frozen=True, kw_only=True):
    """How one adapter ended: in its own run, and with the choice among all taken into account."""

    run: str
    outcome: Outcome
    if_chosen: Outcome


class Together(Record, frozen=True, kw_only=True):
    """All of them: ``judged`` by the adapters' digests; ``pytest`` is its exit code.

    ``missing`` are those whose run was not saved. ``ranking`` is None for one adapter alone, and where one is missing.
    """

    pytest: int
    judged: dict[str, Judged]
    missing: int
    ranking: Ranking | None

    @property
    def exit_code(self) -> int:
        """That of ``harness rank``, for one adapter of its run; pytest's own where it could not gate."""
        if self.pytest not in EXIT_CODES.values():
            return self.pytest
        if self.ranking is not None:
            return self.ranking.exit_code
        if self.missing or len(self.judged) != 1:
            return self.pytest or UNDECIDED
        return next(EXIT_CODES[one.if_chosen] for one in self.judged.values())


def names_in(runs: Path) -> frozenset[str]:
    """Return the names of the folders of all runs that are there."""
    return frozenset(path.name for path in folders_in(runs))


def gated_together(runs: Path, before: Collection[str], digests: Collection[str], pytest: int) -> Together:
    """Return what came of the adapters with these digests in the newest asking of a folder of runs.

    ``before`` are the names of what was there before it, and ``pytest`` is the exit code that it ended with.

    Raises:
        StoreError: a run can't be read.
    """
    new = [path for path in folders_in(runs) if path.name not in before and (path / "run.json").is_file()]
    found = [run for run in map(read_run, new) if run.candidate.known_digest in digests]
    found = [run for run in found if run.id == found[-1].id or run.id in found[-1].beside]
    missing = len({*digests} - {run.candidate.known_digest for run in found})
    ranking = _ranking(runs, found[-1]) if found and not missing else None
    chosen = {one.run: one.if_chosen for one in ranking.candidates} if ranking else {}
    return Together(
        pytest=pytest,
        judged={run.candidate.known_digest: _judged(run, chosen.get(run.id)) for run in found},
        missing=missing,
        ranking=ranking,
    )


def _judged(run: Run, if_chosen: Outcome | None) -> Judged:
    """Return how one ended; where the choice among several is not known, it never passes as the one chosen."""
    outcome = overall(run)
    unknown: Outcome = "inconclusive" if run.beside and outcome == "passed" else outcome
    return Judged(run=run.id, outcome=outcome, if_chosen=if_chosen or unknown)


def _ranking(runs: Path, run: Run) -> Ranking | None:
    try:
        return read_ranking(runs, run)
    except NoSuchModel:
        return None
