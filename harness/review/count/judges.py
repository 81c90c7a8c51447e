"""How far a judge agrees with people, where a judge of the run chose between the same answers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from harness.records.asked import Side
from harness.records.compared import Comparison
from harness.records.record import Record
from harness.records.saved import Judgement, Run
from harness.review.count.tally import by_case, majority
from harness.review.count.unblind import CastVote, Preferred
from harness.review.packets.records import KeyCase
from harness.runs.test_ids import suite_of
from harness.stats import cohen_kappa

CHOICES: tuple[Preferred, ...] = ("baseline", "tie", "candidate")
Requests = Mapping[str, set[tuple[Side, str]]]
"""The sides and keys of the requests whose answers were scored, by case."""


class JudgeAgreement(Record, frozen=True, kw_only=True):
    """A judge against the majority of people, case by case. ``table[i][j]``: people chose i, the judge j, as CHOICES.

    ``kappa`` is Cohen's; None where one of them chose the same on every case.
    """

    judge: str
    cases: int
    agreed: int
    kappa: float | None
    table: tuple[tuple[int, ...], ...]


def judges_against_people(
    run: Run, judgements: Iterable[Judgement], suite: str, votes: Sequence[CastVote]
) -> tuple[JudgeAgreement, ...]:
    """Compare each pairwise judge of a run with the votes, on the cases in which both chose between the same answers.

    ``judgements`` are the scores of the run.
    """
    people = {case_id: majority(cast) for case_id, cast in by_case(votes).items()}
    cases = {vote.case.case_id: vote.case for vote in votes}
    made = [comparison for test_id, comparison in run.comparisons if suite_of(test_id) == suite]
    requests = _requests_of(judgements, {comparison.key for comparison in made}, cases)
    alike = {case_id for case_id, case in cases.items() if case.requests or _asked_once(case_id, requests)}
    return tuple(
        _agreement(
            comparison.scorer,
            [
                (people[case_id], choice)
                for case_id, choice in _choices(comparison)
                if case_id in alike and requests[comparison.key][case_id] >= {*cases[case_id].requests.items()}
            ],
        )
        for comparison in made
        if comparison.scorer.startswith("prefer(")
    )


def _requests_of(
    judgements: Iterable[Judgement], keys: Collection[str], cases: Mapping[str, KeyCase]
) -> Mapping[str, Requests]:
    """Return what each comparison scored of some cases, by the comparison's key."""
    found: dict[str, defaultdict[str, set[tuple[Side, str]]]] = {key: defaultdict(set) for key in keys}
    for one in judgements:
        if one.comparison in keys and one.item.case_id in cases:
            found[one.comparison][one.item.case_id].add((one.side, one.item.request_key))
    return found


def _asked_once(case_id: str, requests: Mapping[str, Requests]) -> bool:
    """Tell whether all comparisons that have a case scored the same answers to it, so that people saw those answers."""
    return len({frozenset(of[case_id]) for of in requests.values() if case_id in of}) <= 1


def _choices(comparison: Comparison) -> Iterator[tuple[str, Preferred]]:
    for row in comparison.rows:
        if row.baseline is not None and row.candidate is not None:
            difference = row.candidate - row.baseline
            yield row.case_id, "candidate" if difference > 0 else "baseline" if difference < 0 else "tie"


def _agreement(judge: str, pairs: Sequence[tuple[Preferred, Preferred]]) -> JudgeAgreement:
    return JudgeAgreement(
        judge=judge,
        cases=len(pairs),
        agreed=sum(people == judged for people, judged in pairs),
        kappa=cohen_kappa(pairs),
        table=tuple(tuple(pairs.count((people, judged)) for judged in CHOICES) for people in CHOICES),
    )
