"""Find the answers and the scores of a run by case, as far as the page shows them, and count categories."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from harness.records.asked import Side
from harness.records.compared import RIGHT, Comparison, Row
from harness.records.in_columns import Rows
from harness.records.record import Record, digest
from harness.records.saved import Answer, Judgement, Pinned
from harness.records.scored import CaseScore
from harness.report.evidence.categories import Categories, together
from harness.report.evidence.taken import Taken, confidence_of
from harness.text.shown import Shown, fact, show
from harness.verdicts.conditions import Traits, traits_of

T = TypeVar("T")
Asked = tuple[str, str]
"""What distinguishes the answers to one case: the key of the request, and ``Answer.cases``."""
Scored = tuple[CaseScore | None, Answer | None]
"""A score and the answer it was given to; either can be missing."""


class Wanted(Record, frozen=True, kw_only=True):
    """The ids of the cases to keep: in full, and in short with ``short_bytes`` of the page for each text.

    Of those in ``searched`` the traits are kept: what the lost ones have in common is searched among them. Those in
    ``counted`` are told apart by what was asked.
    """

    full: frozenset[str]
    short: frozenset[str]
    short_bytes: int
    searched: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()


class Glimpse(Record, frozen=True, kw_only=True):
    """An answer in short, with what was asked last. ``problem`` says why there is no answer."""

    asked: Shown
    text: Shown
    problem: str
    repeat: int


class Evidence:
    """The answers and scores of the cases that a report shows, each once, even if several tests asked for it.

    Scores are found by the key of their comparison, and answers by the request that a score names: one case can
    have been asked in several ways. Categories are counted over all cases; the rest of a large run stays on the disk.
    """

    def __init__(self, answers: Iterable[Answer], judgements: Iterable[Judgement], wanted: Wanted) -> None:
        self._answers: defaultdict[tuple[Side, str], dict[Asked, Answer]] = defaultdict(dict)
        self._glimpses: defaultdict[tuple[Side, str], dict[Asked, Glimpse]] = defaultdict(dict)
        self._scores: defaultdict[tuple[str, Side, str], list[CaseScore]] = defaultdict(list)
        self._categories: defaultdict[tuple[str, Side], Categories] = defaultdict(Categories)
        self._traits: defaultdict[str, dict[Asked, Traits]] = defaultdict(dict)
        self._asked_by: dict[tuple[str, str], str] = {}
        self._contents: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.taken: dict[Side, Taken] = {"baseline": Taken(), "candidate": Taken()}
        self._judged: Counter[tuple[str, Side]] = Counter()
        self._confidences: dict[int, float] = {}
        """By the hash of the request's key."""
        self._sure: defaultdict[tuple[str, Side], list[tuple[float, bool]]] = defaultdict(list)
        known = wanted.searched | wanted.counted
        for answer in answers:
            if not answer.request.again:  # of those the score is with the comparison
                self._keep(answer, wanted)
        shown: Collection[str] = wanted.full | wanted.short
        for judgement in judgements:
            key, side, item = judgement.comparison, judgement.side, judgement.item
            self._judged[key, side] += 1
            if self._confidences and item.score.value is not None:
                confidence = self._confidences.get(hash(item.request_key))
                if confidence is not None:
                    self._sure[key, side].append((confidence, item.score.value >= RIGHT))
            if item.score.category:
                self._categories[key, side].add(item)
            if side == "candidate" and item.case_id in known:
                self._asked_by.setdefault((key, item.case_id), item.request_key)
            if item.case_id in shown:
                self._scores[key, side, item.case_id].append(item)

    def _keep(self, answer: Answer, wanted: Wanted) -> None:
        case_id, asked = answer.case.id, (answer.response.request_key, answer.cases)
        self.taken[answer.side].add(answer.response)
        if (confidence := confidence_of(answer.response)) is not None:
            self._confidences[hash(answer.response.request_key)] = confidence
        if case_id in wanted.searched and answer.side == "candidate":
            self._traits[case_id][asked] = traits_of(answer.case)
        if case_id in wanted.counted and answer.side == "candidate":
            self._contents[case_id][answer.response.request_key] = digest(answer.case.messages)[:16]
        if case_id in wanted.full:
            self._answers[answer.side, case_id][asked] = answer
        if case_id in wanted.short:
            self._glimpses[answer.side, case_id][asked] = _glimpse(answer, wanted.short_bytes)

    def pinned(self, one: Pinned) -> list[Answer]:
        """Return the candidate's answer that a test of one case was given."""
        answers = self._answers.get(("candidate", one.case_id), {})
        if not one.request_key:
            return _of_one_asking(answers.values(), lambda answer: answer.request.repeat)
        return [answer for (key, _), answer in answers.items() if key == one.request_key][:1]

    def judged(self, comparison: Comparison, side: Side) -> int:
        """Return how many of one side's answers have a score in a comparison, or are unscored in it."""
        return self._judged[comparison.key, side]

    def sure(self, comparison: Comparison, side: Side) -> list[tuple[float, bool]]:
        """Return how sure one side was of each answer that has a score and known probabilities, and whether right."""
        return self._sure.get((comparison.key, side), [])

    def categories(self, comparison: Comparison, side: Side) -> Counter[str]:
        """Return how often one side's answers were given each category; for a slice, only answers to its own cases."""
        found = self._categories.get((comparison.key, side))
        if found is None:
            return Counter()
        return found.counted(Rows.of(comparison.rows).case_ids if comparison.tag else None)

    def named(self, comparison: Comparison, side: Side) -> Sequence[str]:
        """Return the category that one side's answers to each case of a comparison were given; empty for none.

        Of repeats it is the most frequent.
        """
        case_ids = Rows.of(comparison.rows).case_ids
        found = self._categories.get((comparison.key, side))
        return found.of_cases(case_ids) if found else [""] * len(case_ids)

    def all_categories(self, side: Side) -> Counter[str]:
        """Return in how many of one side's answers any scorer saw each category."""
        return together(each for (_, of), each in self._categories.items() if of == side)

    def scored(self, comparison: Comparison, side: Side, row: Row) -> list[Scored]:
        """Return one side's scores of a case, in the order of repeats, each with the answer it belongs to."""
        answers = self._answers.get((side, row.case_id), {})
        items = self._items(comparison, side, row.case_id)
        if not items:
            return [(None, one) for one in _of_one_asking(answers.values(), lambda answer: answer.request.repeat)]
        return [(item, _asked_in(comparison, item.request_key, answers)) for item in items]

    def glimpse(self, comparison: Comparison, side: Side, case_id: str) -> tuple[str, Glimpse | None]:
        """Return the category that one side's first answer to a case was given, and that answer in short."""
        glimpses = self._glimpses.get((side, case_id), {})
        items = self._items(comparison, side, case_id)
        if not items:
            return "", next(iter(_of_one_asking(glimpses.values(), lambda glimpse: glimpse.repeat)), None)
        return items[0].score.category, _asked_in(comparison, items[0].request_key, glimpses)

    def identity(self, comparison: Comparison, case_id: str) -> tuple[str, str]:
        """Return what distinguishes a case from all others of the run, and is the same in each part of its suite.

        It is the digest of its messages, where they are known, else of the set, and its id.
        """
        contents = self._contents.get(case_id, {})
        asked = contents.get(self._asked_by.get((comparison.key, case_id), ""))
        alike = {asked} if asked else {*contents.values()}
        return (alike.pop() if len(alike) == 1 else comparison.fingerprint.get("cases", "")), case_id

    def traits(self, comparison: Comparison, rows: Iterable[Row]) -> dict[str, Traits] | None:
        """Return the traits of each of these cases; None when what was asked of one is not known for sure."""
        found: dict[str, Traits] = {}
        for row in rows:
            known = self._traits.get(row.case_id, {})
            asked = self._asked_by.get((comparison.key, row.case_id), "")
            scored = _asked_in(comparison, asked, known)
            alike = {scored} if scored else {*known.values()}
            if len(alike) != 1:
                return None
            found[row.case_id] = alike.pop()
        return found

    def _items(self, comparison: Comparison, side: Side, case_id: str) -> list[CaseScore]:
        return sorted(self._scores.get((comparison.key, side, case_id), ()), key=lambda item: item.repeat)


def _asked_in(comparison: Comparison, request_key: str, answers: Mapping[Asked, T]) -> T | None:
    """Return the answer to the request that was scored, with the case as this comparison's set has it."""
    own = answers.get((request_key, comparison.fingerprint.get("cases", "")))
    return own or answers.get((request_key, ""))


def _of_one_asking(answers: Iterable[T], repeat: Callable[[T], int]) -> list[T]:
    """Return answers that no score names in the order of repeats; nothing where the case was asked in several ways."""
    found = sorted(answers, key=repeat)
    return found if len({repeat(one) for one in found}) == len(found) else []


def _glimpse(answer: Answer, short_bytes: int) -> Glimpse:
    asked = answer.case.messages[-1].text if answer.case.messages else ""
    return Glimpse(
        asked=show(asked, page_bytes=short_bytes),
        text=show(answer.response.said if answer.response.error is None else "", page_bytes=short_bytes),
        problem=fact(answer.response.error, 200) if answer.response.error else "",
        repeat=answer.request.repeat,
    )
