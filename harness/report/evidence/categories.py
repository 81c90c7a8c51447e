"""What went wrong with one side's answers in one comparison, in a few bytes for each answer that has a category."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from harness.records.scored import CaseScore
from harness.stats.combinations import combinations

MANY = 10_000
"""Answers from which on numpy counts them, which takes less memory and a moment to load."""


class Categories:
    """The categories of one side's answers: by case, and by answer, each told apart by a hash of 64 bits."""

    def __init__(self) -> None:
        self._cases = array("q")
        self._answers = array("q")
        self._codes = array("I")
        self._names: dict[str, int] = {}

    def add(self, item: CaseScore) -> None:
        """Note the category of one answer."""
        self._cases.append(hash(item.case_id))
        self._answers.append(hash((item.case_id, item.request_key)))
        self._codes.append(self._names.setdefault(item.score.category, len(self._names)))

    def counted(self, case_ids: Iterable[str] | None = None) -> Counter[str]:
        """Return in how many answers each category was seen, of all cases or of some."""
        return together([self], case_ids)

    def of_cases(self, case_ids: Iterable[str]) -> list[str]:
        """Return the category of each of some cases, empty for none: of repeats the most frequent, then by name."""
        if len(self._answers) >= MANY:
            return self._of_many_cases(case_ids)
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        names = list(self._names)
        # Where answers were not told apart, each counts only once.
        for case, _, code in dict.fromkeys(zip(self._cases, self._answers, self._codes, strict=True)):
            found[case][names[code]] += 1
        most = {case: min(each, key=lambda name: (-each[name], name)) for case, each in found.items()}
        return [most.get(hash(case_id), "") for case_id in case_ids]

    def _of_many_cases(self, case_ids: Iterable[str]) -> list[str]:
        import numpy as np

        names = sorted(self._names)
        rank_of = {name: rank for rank, name in enumerate(names)}
        of_codes = np.array([rank_of[name] for name in self._names], dtype=np.uint32)
        cases, ranks = np.frombuffer(self._cases, dtype=np.int64), of_codes[np.frombuffer(self._codes, dtype=np.uint32)]
        order, starts = combinations(ranks, cases)
        each, counts = order[starts], np.diff(starts, append=len(order))
        each = each[np.lexsort((ranks[each], -counts))]  # the most frequent first
        cases, first = np.unique(cases[each], return_index=True)
        ranks = ranks[each[first]]
        wanted = np.fromiter(map(hash, case_ids), dtype=np.int64)
        at = np.minimum(np.searchsorted(cases, wanted), len(cases) - 1)
        named = [*names, ""]
        return [named[rank] for rank in np.where(cases[at] == wanted, ranks[at], len(names)).tolist()]

    def _within(self, case_ids: Iterable[str] | None) -> tuple["array[int]", "array[int]"]:
        if case_ids is None:
            return self._answers, self._codes
        wanted = frozenset(map(hash, case_ids))
        places = [place for place, case in enumerate(self._cases) if case in wanted]
        return array("q", (self._answers[at] for at in places)), array("I", (self._codes[at] for at in places))


def together(each: Iterable[Categories], case_ids: Iterable[str] | None = None) -> Counter[str]:
    """Return in how many answers any of several comparisons saw each category."""
    answers, codes, names = array("q"), array("I"), dict[str, int]()
    for one in each:
        code_of = [names.setdefault(name, len(names)) for name in one._names]  # noqa: SLF001 - of the same class
        some, its_codes = one._within(case_ids)  # noqa: SLF001 - the same
        answers.extend(some)
        codes.extend(map(code_of.__getitem__, its_codes))
    named = list(names)
    return Counter({named[code]: number for code, number in _distinct(answers, codes).items()})


def count_different(hashes: "array[int]") -> int:
    """Return how many different hashes of 64 bits there are."""
    if len(hashes) < MANY:
        return len(set(hashes))
    import numpy as np

    return len(np.unique(np.frombuffer(hashes, dtype=np.int64)))


def _distinct(answers: "array[int]", codes: "array[int]") -> Mapping[int, int]:
    """Return the number of different answers with each code."""
    if len(answers) < MANY:
        return Counter(code for _, code in set(zip(answers, codes, strict=True)))
    import numpy as np

    hashes, code = np.frombuffer(answers, dtype=np.int64), np.frombuffer(codes, dtype=np.uint32)
    order, starts = combinations(hashes, code)
    each, number = np.unique(code[order[starts]], return_counts=True)
    return dict(zip(each.tolist(), number.tolist(), strict=True))
