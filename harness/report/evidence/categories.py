"""What went wrong with one side's answers in one comparison, in a few bytes for each answer that has a category."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

from harness.records.scored import CaseScore

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

    def of_cases(self) -> Mapping[int, str]:
        """Return the category of each case, by the hash of its id: of repeats the most frequent, then by name."""
        names = list(self._names)
        found: dict[int, str] = {}
        several: dict[int, Counter[str]] = {}
        for case, code in self._of_answers():
            if found.setdefault(case, names[code]) != names[code]:
                several[case] = Counter()
        if not several:
            return found
        for case, code in self._of_answers():
            if case in several:
                several[case][names[code]] += 1
        return found | {case: min(each, key=lambda name: (-each[name], name)) for case, each in several.items()}

    def _of_answers(self) -> Iterable[tuple[int, int]]:
        """Return case and category of each answer; where answers were not told apart, each only once."""
        if len(self._answers) < MANY:
            seen = dict.fromkeys(zip(self._cases, self._answers, self._codes, strict=True))
            return ((case, code) for case, _, code in seen)
        return zip(self._cases, self._codes, strict=True)

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


def _distinct(answers: "array[int]", codes: "array[int]") -> Mapping[int, int]:
    """Return the number of different answers with each code."""
    if len(answers) < MANY:
        return Counter(code for _, code in set(zip(answers, codes, strict=True)))
    import numpy as np

    hashes, code = np.frombuffer(answers, dtype=np.int64), np.frombuffer(codes, dtype=np.uint32)
    found = {}
    for one in np.unique(code).tolist():
        found[one] = len(np.unique(hashes[code == one]))
    return found
