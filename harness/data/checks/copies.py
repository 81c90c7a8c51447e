"""Rows that are there more than once, nearly so, or made from one template, and rows that contradict one another.

Copies and contradictions are two sides of one comparison: the inputs are the same or nearly the same, and so are the
outputs, or not. The rules and thresholds are in docs/data-checks.md.
"""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.clusters import Clusters
from harness.data.alike.likeness import figures_of, folded, worded
from harness.data.alike.minhash import candidates, gram_hashes, jaccard
from harness.data.alike.remembered import NOTHING, Remembered
from harness.data.alike.runs import SHORTEST, length_in_words
from harness.data.alike.templates import blanked
from harness.data.checks.problem import Kind, Problem, opening
from harness.data.row import DataRow
from harness.stats.combinations import combinations
from harness.text.figures import join, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR = 0.7
"""Jaccard similarity of character 5-grams from which on inputs are nearly the same."""
VERY_NEAR = 0.9
"""From which on two inputs ask the same, so that one output is wrong if they differ: as ``harness cases check``."""
FEWEST_OF_TEMPLATE = 3
"""Rows that differ in a number or a name alone, from which on they have a template: two can be a coincidence."""
SHOWN = 20
"""Rows of a cluster that are shown."""
EXCERPT = 200
"""Characters of each text that is shown."""
_MARKS = re.compile(r"[^\w\s]|_")
_BESIDE_WORDS = re.compile(r"[\W_]+")
KINDS = (
    Kind(name="duplicate", title="Rows that are there twice", remedy="keep one of them"),
    Kind(
        name="near-duplicate",
        title="Rows that are nearly the same",
        remedy="keep the best one, or word them more freely; where each is meant, turn this kind into a warning",
    ),
    Kind(
        name="template",
        title="Rows that differ in a number or a name alone",
        remedy="keep a few, and write the others in other words; the model learns the template, not the task",
    ),
    Kind(
        name="contradiction",
        title="Same input, different outputs",
        remedy="decide which output is right and correct the others; if all are, put into the input what tells them "
        "apart",
    ),
    Kind(
        name="near-contradiction",
        title="Nearly the same input, different outputs",
        remedy="compare both; correct the wrong output, or leave them if the difference between the inputs matters",
    ),
)


class Copies:
    """The check. ``masked`` returns a text with personal data and secrets masked, as it can be shown."""

    def __init__(self, masked: Callable[[str], str]) -> None:
        self._masked = masked
        self._rows = Remembered()

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Remember the row; only all rows together show anything."""
        self._rows.add(row)
        yield from ()

    def finish(self) -> Iterator[Problem]:
        """Yield each cluster of copies and each contradiction, by the row that comes first in each kind."""
        import numpy as np

        self._rows.close()
        if not len(self._rows):
            return
        around, text, answer = (self._rows.column(name) for name in ("around", "text", "answer"))
        yield from self._duplicates(_groups(around, text, answer))
        distinct = firsts(around, text, answer)
        asked = self._rows.column("asked")[distinct]
        has_input = distinct[asked != NOTHING]
        yield from self._contradictions(_groups(around, text, of=has_input))
        distinct = firsts(around, text)
        template = self._rows.column("template")
        yield from self._templates(_groups(around, template, of=distinct[template[distinct] != NOTHING]))
        yield from self._near(np.sort(distinct))

    def _probable(self, among: "NDArray[np.int64]") -> Iterator[tuple[int, int]]:
        """Yield the pairs of rows that are probably near, but for those of a template.

        Two rows make none: they are left out only where their outputs differ as their inputs do, as in sums.
        """
        import numpy as np

        around, template, answer = (self._rows.column(name) for name in ("around", "template", "answer"))
        several, counts = np.unique(template[among], return_counts=True)
        told = set(several[counts >= FEWEST_OF_TEMPLATE].tolist())
        for one, other in candidates(self._rows.signed, NEAR, among):
            is_template = template[one] == template[other] != NOTHING and (
                int(template[one]) in told or answer[one] != answer[other]
            )
            if around[one] == around[other] and not is_template:
                yield int(one), int(other)

    def _duplicates(self, groups: "Iterator[NDArray[np.int64]]") -> Iterator[Problem]:
        for rows in groups:
            texts = [self._rows.texts(int(row)) for row in rows[:SHOWN]]
            differing = _difference([f"{one.input}\n{one.output}" for one in texts])
            problem = self._problem("duplicate", rows, f"{len(rows)} rows are the same{differing}")
            is_exact = len(set(self._rows.column("whole")[rows].tolist())) == 1
            yield msgspec.structs.replace(problem, fixable=is_exact)

    def _contradictions(self, groups: "Iterator[NDArray[np.int64]]") -> Iterator[Problem]:
        for rows in groups:
            yield self._problem("contradiction", rows, f"the same input has {len(rows)} different outputs")

    def _templates(self, groups: "Iterator[NDArray[np.int64]]") -> Iterator[Problem]:
        for rows in groups:
            if len(rows) < FEWEST_OF_TEMPLATE:
                continue
            yield self._problem("template", rows, f"{len(rows)} rows differ in numbers or names alone")

    def _near(self, among: "NDArray[np.int64]") -> Iterator[Problem]:
        answer, clusters, apart = self._rows.column("answer"), Clusters(), []
        similar: dict[tuple[int, int], float] = {}
        grams = functools.lru_cache(maxsize=64)(lambda row: gram_hashes(self._rows.plain(row)))
        for one, other in self._probable(among):
            has_input = self._rows.column("asked")[one] != NOTHING
            differ = answer[one] != answer[other]
            may_contradict = has_input and differ
            if clusters.first(one) == clusters.first(other) and not may_contradict:
                continue
            if (alike := jaccard(grams(one), grams(other))) < NEAR:
                continue
            same_figures = not differ or self._same_figures(one, other)
            if may_contradict and alike >= VERY_NEAR and same_figures and not self._are_free(one, other):
                apart.append((one, other, alike))
            elif same_figures or self._differ_in_figures_alone(one, other):
                clusters.join(one, other)
                similar[one, other] = alike
        for rows in clusters.all():
            yield self._problem("near-duplicate", rows, self._told(rows, similar))
        for one, other, alike in apart:
            told = f"inputs that are {percent(alike)} alike have different outputs"
            yield self._problem("near-contradiction", (one, other), told)

    def _told(self, rows: Sequence[int], similar: dict[tuple[int, int], float]) -> str:
        alike = f"{percent(similar[rows[0], rows[1]])} alike" if len(rows) == 2 else f"{percent(NEAR)} alike or more"
        answers = len({int(self._rows.column("answer")[row]) for row in rows})
        outputs = "the same output" if answers == 1 else f"{answers} different outputs"
        return f"{len(rows)} rows have nearly the same input ({alike}), and {outputs}"

    def _same_figures(self, one: int, other: int) -> bool:
        return figures_of(self._rows.texts(one).input) == figures_of(self._rows.texts(other).input)

    def _differ_in_figures_alone(self, one: int, other: int) -> bool:
        """Tell whether rows with other numbers and outputs have all other words in common: else both are of use."""
        first, second = (blanked(self._rows.texts(row).input, "") for row in (one, other))
        return first is not None and first == second

    def _are_free(self, one: int, other: int) -> bool:
        return all(is_free(self._rows.texts(row).output) for row in (one, other))

    def _problem(self, kind: str, rows: "Sequence[int] | NDArray[np.int64]", told: str) -> Problem:
        return problem_of(kind, self._rows, [int(row) for row in rows], told, self._masked)


def problem_of(
    kind: str, remembered: Remembered, rows: Sequence[int], told: str, masked: Callable[[str], str]
) -> Problem:
    """Return a problem of several remembered rows, the first of which are shown side by side."""
    shown = tuple(_shown(remembered, row, masked) for row in rows[:SHOWN])
    return Problem(kind=kind, places=tuple(map(remembered.place, rows)), told=told, shown=shown)


def _shown(remembered: Remembered, row: int, masked: Callable[[str], str]) -> str:
    texts = remembered.texts(row)
    return f"{opening(masked(texts.input), EXCERPT)} → {opening(masked(texts.output), EXCERPT)}"


def is_free(output: str) -> bool:
    """Tell whether an output is one of many that can be right, as prose and programs are; labels and JSON are not.

    >>> is_free("lost_card"), is_free("You can order a new one in the app at any time.")
    (False, True)
    """
    return not output.lstrip().startswith(("{", "[")) and length_in_words(worded(output)) >= SHORTEST


def firsts(*columns: "NDArray[np.uint64]") -> "NDArray[np.int64]":
    """Return the first row of each combination of values, in order."""
    import numpy as np

    order, starts = combinations(*columns)
    return np.sort(order[starts])


def _groups(*columns: "NDArray[np.uint64]", of: "NDArray[np.int64] | None" = None) -> "Iterator[NDArray[np.int64]]":
    """Yield the rows of each combination of values that several rows have, by the first of them."""
    import numpy as np

    rows = np.arange(len(columns[0])) if of is None else np.sort(of)
    order, starts = combinations(*(column[rows] for column in columns))
    sizes = np.diff(np.append(starts, len(order)))
    several = np.flatnonzero(sizes > 1)
    for group in several[np.argsort(order[starts[several]])]:
        yield rows[order[starts[group] : starts[group] + sizes[group]]]


def _difference(texts: Sequence[str]) -> str:
    """Return all that texts differ in which are the same when they are told."""
    if len(set(texts)) == 1:
        return ""
    words = {_BESIDE_WORDS.sub("", text) for text in texts}
    spaced = {_MARKS.sub("", text).casefold() for text in texts}
    found = (
        ("case", len(words) > 1),
        ("white space", len(spaced) > len({" ".join(text.split()) for text in spaced})),
        ("punctuation", len({folded(text) for text in texts}) > 1),
    )
    differing = [name for name, differs in found if differs]
    return f", but for {join(differing)}" if differing else ", but for characters that can't be seen"
