"""How far a judge agrees with people, where the run let one choose between the same answers."""

from collections.abc import Iterator, Sequence

from harness.records.compared import Row
from harness.records.record import Record
from harness.records.saved import Run
from harness.review.count.tally import by_case, majority
from harness.review.count.unblind import CastVote, Preferred
from harness.runs.test_ids import suite_of

CHOICES: tuple[Preferred, ...] = ("baseline", "tie", "candidate")


class JudgeAgreement(Record, frozen=True, kw_only=True):
    """A judge against the majority of people, case by case. ``table[i][j]``: people chose i, the judge j, as CHOICES.

    ``kappa`` is Cohen's; None where one of them chose the same on every case.
    """

    judge: str
    cases: int
    agreed: int
    kappa: float | None
    table: tuple[tuple[int, ...], ...]


def judges_against_people(run: Run, suite: str, votes: Sequence[CastVote]) -> tuple[JudgeAgreement, ...]:
    """Compare each pairwise judge of a run with the votes, on the cases that both chose on."""
    people = {case_id: majority(cast) for case_id, cast in by_case(votes).items()}
    return tuple(
        _agreement(
            comparison.scorer, [(people[row.case_id], choice) for row, choice in _choices(comparison.rows, people)]
        )
        for test_id, comparison in run.comparisons
        if comparison.scorer.startswith("prefer(") and suite_of(test_id) == suite
    )


def cohen_kappa(pairs: Sequence[tuple[Preferred, Preferred]]) -> float | None:
    """Return Cohen's kappa of two readers' choices; None where it is undefined."""
    if not pairs or min(len(set(reader)) for reader in zip(*pairs, strict=True)) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    one, other = zip(*pairs, strict=True)
    return float(cohen_kappa_score(one, other))


def _choices(rows: Sequence[Row], wanted: dict[str, Preferred]) -> Iterator[tuple[Row, Preferred]]:
    for row in rows:
        if row.case_id in wanted and row.baseline is not None and row.candidate is not None:
            difference = row.candidate - row.baseline
            yield row, "candidate" if difference > 0 else "baseline" if difference < 0 else "tie"


def _agreement(judge: str, pairs: Sequence[tuple[Preferred, Preferred]]) -> JudgeAgreement:
    return JudgeAgreement(
        judge=judge,
        cases=len(pairs),
        agreed=sum(people == judged for people, judged in pairs),
        kappa=cohen_kappa(pairs),
        table=tuple(tuple(pairs.count((people, judged)) for judged in CHOICES) for people in CHOICES),
    )
