"""Find the answers and the scores of a run by case, and count the categories that the scores name."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import get_args

from harness.records import CaseScore, Comparison, Record, Row, Side
from harness.report.shown import fact
from harness.report.words import signed_count
from harness.run_records import Answer, Judgement, Run

Scored = tuple[CaseScore | None, Answer | None]
"""A score and the answer it was given to; either may not be on record."""


class CategoryRow(Record, frozen=True, kw_only=True):
    """How often one failure category was given on each side."""

    name: str
    baseline: int
    candidate: int
    change: str


class Evidence:
    """The answers and scores of the cases that a report shows, each once, however many tests asked for it.

    Categories are counted over all cases; the rest of a large run stays on the disk.
    """

    def __init__(self, answers: Iterable[Answer], judgements: Iterable[Judgement], shown: Collection[str]) -> None:
        self._answers: defaultdict[tuple[Side, str], dict[str, Answer]] = defaultdict(dict)
        self._scores: defaultdict[tuple[str, str, Side, str], dict[str, CaseScore]] = defaultdict(dict)
        self._categories: defaultdict[tuple[str, str, Side], set[tuple[str, str]]] = defaultdict(set)
        for answer in answers:
            if answer.case.id not in shown:
                continue
            self._answers[answer.side, answer.case.id][answer.response.request_key] = answer
        for judgement in judgements:
            if judgement.item.score.category:
                found = self._categories[judgement.cases, judgement.scorer, judgement.side]
                found.add((judgement.item.request_key, judgement.item.score.category))
            if judgement.item.case_id not in shown:
                continue
            key = (judgement.cases, judgement.scorer, judgement.side, judgement.item.case_id)
            self._scores[key][judgement.item.request_key] = judgement.item

    def answers(self, side: Side, case_id: str) -> list[Answer]:
        """Return one side's answers to a case, one for each repeat."""
        return sorted(self._answers.get((side, case_id), {}).values(), key=lambda answer: answer.request.repeat)

    def categories(self, comparison: Comparison, side: Side) -> Counter[str]:
        """Return how often one side's answers were given each category."""
        found = self._categories.get((comparison.fingerprint["cases"], comparison.scorer, side), set())
        return Counter(category for _, category in found)

    def scored(self, comparison: Comparison, side: Side, row: Row) -> list[Scored]:
        """Return one side's scores of a case, in the order of repeats, each with the answer it belongs to."""
        answers = self._answers.get((side, row.case_id), {})
        scores = self._scores.get((comparison.fingerprint["cases"], comparison.scorer, side, row.case_id), {})
        if not scores:
            return [(None, answer) for answer in answers.values()]
        items = sorted(scores.values(), key=lambda item: item.repeat)
        return [(item, answers.get(item.request_key)) for item in items]


def categories_of(comparison: Comparison, evidence: Evidence) -> tuple[CategoryRow, ...]:
    """Count the failure categories of both sides, the candidate's most frequent first."""
    baseline, candidate = (evidence.categories(comparison, side) for side in get_args(Side))
    names = sorted(baseline | candidate, key=lambda name: (-candidate[name], -baseline[name], name))
    return tuple(
        CategoryRow(
            name=fact(name, 80),
            baseline=baseline[name],
            candidate=candidate[name],
            change=signed_count(candidate[name] - baseline[name]),
        )
        for name in names
    )


def shown_cases(run: Run, most: int) -> set[str]:
    """Return the ids of the cases that the report may show: the first ``most`` of each fate of each comparison."""
    comparisons = [verdict.comparison for verdict in run.verdicts] + [one.comparison for one in run.measures]
    found = {one.case_id for one in run.pinned if one.outcome != "passed"}
    for comparison in comparisons:
        for case_ids in (comparison.lost, comparison.won, comparison.unscored):
            found.update(case_ids[:most])
        flipped = {*comparison.lost, *comparison.won, *comparison.unscored}
        others = [row for row in comparison.rows if row.case_id not in flipped]
        for worth_reading in (is_lower, is_still_wrong):
            found.update([row.case_id for row in others if worth_reading(row)][:most])
    return found


def is_lower(row: Row) -> bool:
    """Tell whether the candidate's score is below the baseline's."""
    return row.baseline is not None and row.candidate is not None and row.candidate < row.baseline


def is_still_wrong(row: Row) -> bool:
    """Tell whether a case is wrong on both sides, and not worse than before."""
    return row.baseline is not None and row.candidate is not None and row.baseline <= row.candidate < 0.5
