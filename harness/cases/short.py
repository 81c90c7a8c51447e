"""A short suite: the file beside the cases that says which of them are asked, and what these stand for."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.errors import CaseFileError
from harness.records.asked import Case, digest_of_cases
from harness.records.record import Record
from harness.records.short import Short, ShortStratum
from harness.runs.suite_files import SHORT
from harness.text.record_files import read_beside_cases, write_record


class ChosenStratum(Record, frozen=True, kw_only=True):
    """One stratum in the file: ``of`` cases in the suite, ``drawn`` of them, what each stands for, and their ids."""

    of: int
    drawn: int
    weight: float
    cases: tuple[str, ...]


class Trial(Record, frozen=True, kw_only=True):
    """What came of choosing without a model, and estimating its difference to the baseline: means over all draws.

    ``error`` and ``by_chance`` are mean absolute errors, of this choice and of as many cases drawn from all alike.
    ``covered`` is the share of intervals that held what the whole suite said.
    """

    models: int
    draws: int
    error: float
    by_chance: float
    covered: float


class Chosen(Record, frozen=True, kw_only=True):
    """A short suite as its file has it: which cases, of which suite, and by what they were chosen.

    ``digest`` is that of all ``of`` cases; ``smallest_drop`` is the smallest that so few cases can rule out.
    """

    digest: str
    of: int
    seed: int
    baseline: str
    models: tuple[str, ...]
    runs: tuple[str, ...]
    scorers: tuple[str, ...]
    smallest_drop: float
    trial: Trial
    strata: dict[str, ChosenStratum]

    @property
    def stratum_of(self) -> dict[str, str]:
        """The stratum of each chosen case, by its id."""
        return {case: name for name, one in self.strata.items() for case in one.cases}


def write_chosen(path: Path, chosen: Chosen) -> None:
    """Write a short suite as JSON that a person can read, whole or not at all."""
    write_record(path, chosen)


def read_chosen(path: Path) -> Chosen | None:
    """Return the short suite of a case file; None where none was chosen.

    Raises:
        CaseFileError: the file beside it can't be read.
    """
    return read_beside_cases(
        path.with_suffix(SHORT),
        Chosen,
        "a short suite",
        "restore the file, or choose again with harness cases anchors",
    )


def refuse_other_cases(path: Path, cases: Sequence[Case], chosen: Chosen) -> None:
    """Refuse a short suite of other cases than there are now.

    Raises:
        CaseFileError: it is one.
    """
    if chosen.digest != digest_of_cases(cases):
        raise CaseFileError(
            f"{path.with_suffix(SHORT)}: {path.name} has changed since it was chosen; run pytest suites/ whole with a "
            "few adapters, then choose again with harness cases anchors"
        )


def stands_for(chosen: Chosen, asked: Sequence[Case]) -> Short:
    """Return what the chosen of ``asked``, the whole suite or what a test takes of it, stand for."""
    tags = Counter(tag for case in asked for tag in dict.fromkeys(case.tags))
    ids = {case.id for case in asked}
    return Short(
        of=len(asked),
        strata={name: ShortStratum(of=one.of, drawn=one.drawn) for name, one in chosen.strata.items()},
        stratum_of={case: name for case, name in chosen.stratum_of.items() if case in ids},
        tags=dict(tags),
        largest=largest_group(asked),
    )


def largest_group(cases: Sequence[Case]) -> int:
    """Return how many cases the largest group has; 1 where there are no groups."""
    groups = Counter(case.group for case in cases if case.group is not None)
    return max(groups.values(), default=1)
