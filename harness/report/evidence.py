"""Find the answers and the scores of a run by case, and count the categories that the scores name."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import get_args

from harness.records import Answer, CaseScore, Comparison, Judgement, Record, Row, Side
from harness.report.shown import fact
from harness.report.words import signed_count

Scored = tuple[CaseScore | None, Answer | None]
"""A score and the answer it was given to; either may not be on record."""


class CategoryRow(Record, frozen=True, kw_only=True):
    """How often one failure category was given on each side."""

    name: str
    baseline: int
    candidate: int
    change: str


class Evidence:
    """All answers and scores of a run, found by case; each once, however many tests asked for it."""

    def __init__(self, answers: Sequence[Answer], judgements: Sequence[Judgement]) -> None:
        self._answers: defaultdict[tuple[Side, str], dict[str, Answer]] = defaultdict(dict)
        self._scores: defaultdict[tuple[str, str, Side, str], dict[str, CaseScore]] = defaultdict(dict)
        for answer in answers:
            self._answers[answer.side, answer.case.id][answer.response.request_key] = answer
        for judgement in judgements:
            key = (judgement.cases, judgement.scorer, judgement.side, judgement.item.case_id)
            self._scores[key][judgement.item.request_key] = judgement.item

    def answers(self, side: Side, case_id: str) -> list[Answer]:
        """Return one side's answers to a case, one for each repeat."""
        return sorted(self._answers.get((side, case_id), {}).values(), key=lambda answer: answer.request.repeat)

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
    baseline, candidate = (
        Counter(
            item.score.category
            for row in comparison.rows
            for item, _ in evidence.scored(comparison, side, row)
            if item and item.score.category
        )
        for side in get_args(Side)
    )
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
