"""Find the answers and the scores of a run by case, as far as the page shows them, and count categories."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from harness.records.asked import Side
from harness.records.compared import Comparison, Row
from harness.records.record import Record
from harness.records.saved import Answer, Judgement
from harness.records.scored import CaseScore
from harness.text.visible import Shown, fact, show

Scored = tuple[CaseScore | None, Answer | None]
"""A score and the answer it was given to; either may not be on record."""


class Wanted(Record, frozen=True, kw_only=True):
    """The ids of the cases to keep: in full, and in short with so many bytes of the page for each text."""

    full: frozenset[str]
    short: frozenset[str]
    short_bytes: int


class Glimpse(Record, frozen=True, kw_only=True):
    """An answer in short, with what was asked last. ``problem`` says why there is no answer."""

    asked: Shown
    text: Shown
    problem: str


class Evidence:
    """The answers and scores of the cases that a report shows, each once, however many tests asked for it.

    Categories are counted over all cases; the rest of a large run stays on the disk.
    """

    def __init__(self, answers: Iterable[Answer], judgements: Iterable[Judgement], wanted: Wanted) -> None:
        self._answers: defaultdict[tuple[str, str], dict[str, Answer]] = defaultdict(dict)
        self._glimpses: defaultdict[tuple[str, str], dict[str, Glimpse]] = defaultdict(dict)
        self._scores: defaultdict[tuple[str, str, str, str], dict[str, CaseScore]] = defaultdict(dict)
        self._categories: defaultdict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
        for answer in answers:
            case_id, key = answer.case.id, answer.response.request_key
            if case_id in wanted.full:
                self._answers[answer.side, case_id][key] = answer
            if case_id in wanted.short:
                self._glimpses[answer.side, case_id][key] = _glimpse(answer, wanted.short_bytes)
        shown: Collection[str] = wanted.full | wanted.short
        for judgement in judgements:
            item = judgement.item
            if item.score.category:
                found = self._categories[judgement.cases, judgement.scorer, judgement.side]
                found.add((item.request_key, item.score.category))
            if item.case_id in shown:
                key_of_scores = (judgement.cases, judgement.scorer, judgement.side, item.case_id)
                self._scores[key_of_scores][item.request_key] = item

    def answers(self, side: Side, case_id: str) -> list[Answer]:
        """Return one side's answers to a case, one for each repeat."""
        return sorted(self._answers.get((side, case_id), {}).values(), key=lambda answer: answer.request.repeat)

    def categories(self, comparison: Comparison, side: Side) -> Counter[str]:
        """Return how often one side's answers were given each category."""
        found = self._categories.get((comparison.fingerprint.get("cases", ""), comparison.scorer, side), set())
        return Counter(category for _, category in found)

    def all_categories(self, side: Side) -> Counter[str]:
        """Return in how many of one side's answers any scorer saw each category."""
        found = {pair for (_, _, of), pairs in self._categories.items() if of == side for pair in pairs}
        return Counter(category for _, category in found)

    def scored(self, comparison: Comparison, side: Side, row: Row) -> list[Scored]:
        """Return one side's scores of a case, in the order of repeats, each with the answer it belongs to."""
        answers = self._answers.get((side, row.case_id), {})
        items = self._items(comparison, side, row.case_id)
        if not items:
            return [(None, answer) for answer in answers.values()]
        return [(item, answers.get(item.request_key)) for item in items]

    def glimpse(self, comparison: Comparison, side: Side, case_id: str) -> tuple[str, Glimpse | None]:
        """Return the category that one side's first answer to a case was given, and that answer in short."""
        glimpses = self._glimpses.get((side, case_id), {})
        items = self._items(comparison, side, case_id)
        if not items:
            return "", next(iter(glimpses.values()), None)
        return items[0].score.category, glimpses.get(items[0].request_key)

    def _items(self, comparison: Comparison, side: Side, case_id: str) -> list[CaseScore]:
        key = (comparison.fingerprint.get("cases", ""), comparison.scorer, side, case_id)
        return sorted(self._scores.get(key, {}).values(), key=lambda item: item.repeat)


def _glimpse(answer: Answer, short_bytes: int) -> Glimpse:
    asked = answer.case.messages[-1].content if answer.case.messages else ""
    return Glimpse(
        asked=show(asked, page_bytes=short_bytes),
        text=show(answer.response.text if answer.response.error is None else "", page_bytes=short_bytes),
        problem=fact(answer.response.error, 200) if answer.response.error else "",
    )
