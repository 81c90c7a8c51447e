"""Sealed tests among the suites of a run: checked before anything is asked, and told whom they have judged."""

from collections.abc import Iterable
from pathlib import Path

from harness.data.seal import Seal, Use, note_use, read_seal
from harness.errors import CaseFileError, StoreError
from harness.records.asked import ModelRef
from harness.records.made_of import SealedTest
from harness.records.record import digest


def sealed_among(case_files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the case files that are sealed, in their order.

    Raises:
        CaseFileError: the cases of one are not those that were sealed, or its seal can't be read.
    """
    return tuple(path for path in dict.fromkeys(case_files) if read_seal(path) is not None)


def note_uses(sealed: Iterable[Path], candidate: ModelRef, run: str, time: str) -> tuple[SealedTest, ...]:
    """Note in each seal that its test has judged a candidate, and return what the seals say now.

    A seal that can't be written holds up no verdict: the problem is told in its place.
    """
    use = Use(candidate=candidate.name, known_by=digest(candidate.weights), run=run, time=time)
    return tuple(_noted(path, use) for path in sealed)


def _noted(path: Path, use: Use) -> SealedTest:
    try:
        return _told(path, note_use(path, use))
    except (StoreError, CaseFileError) as problem:
        return _not_noted(path, use, problem)


def _not_noted(path: Path, use: Use, problem: Exception) -> SealedTest:
    try:
        seal = read_seal(path)
    except CaseFileError:
        seal = None
    if seal is None:
        return SealedTest(suite=path.parent.name, judged=1, problem=str(problem))
    told = _told(path, seal)
    new = use.known_by not in {one.known_by for one in seal.uses}
    return SealedTest(suite=told.suite, judged=told.judged + new, unsealed=told.unsealed, problem=str(problem))


def _told(path: Path, seal: Seal) -> SealedTest:
    looks = tuple((one.reason, one.time[:10]) for one in seal.unsealed)
    return SealedTest(suite=path.parent.name, judged=len(seal.uses), unsealed=looks)
