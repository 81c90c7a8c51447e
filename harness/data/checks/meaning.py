"""Copies, contradictions and leaks by meaning: what ``copies`` and ``leaks`` find by characters, in other words.

Each row's input becomes one vector. Rules and thresholds are in docs/data-checks.md. Only asked for: it takes minutes.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.likeness import worded
from harness.data.alike.minhash import gram_hashes, jaccard
from harness.data.alike.remembered import Remembered
from harness.data.checks import copies, leaks
from harness.data.checks.problem import Kind, Problem, opening
from harness.data.leaks.known import own_frame
from harness.data.leaks.meaning import Asked, MeaningLeaks
from harness.data.leaks.units import units_of_row
from harness.data.meaning.model import Embed
from harness.data.meaning.pairs import NONE, Compared, Nearest, Vectors, nearest
from harness.data.row import DataRow
from harness.records.asked import Case

AT_ONCE = 1_000
"""Rows whose texts become vectors together. The first of these show the frame."""
KINDS = (
    Kind(
        name="meaning-leak",
        title="A suite's cases in the training rows, in other words",
        remedy="compare both: remove the row if it asks for the same, or the case; where the suite is meant to ask "
        "what was trained in other words, turn this kind into a warning",
    ),
    Kind(
        name="same-meaning",
        title="Rows that ask the same in other words",
        remedy="keep those that are worded as users do; where rows are paraphrases on purpose, turn this kind into a "
        "warning",
    ),
    Kind(
        name="meaning-contradiction",
        title="The same question in other words, different outputs",
        remedy="compare both; correct the wrong output, or leave them if what differs in the inputs matters",
    ),
)


class Meaning:
    """The check. ``embed`` is the model, ``masked`` returns a text with personal data masked."""

    def __init__(self, suites: Mapping[str, Sequence[Case]], embed: Embed, masked: Callable[[str], str]) -> None:
        self._suites = suites
        self._embed = embed
        self._masked = masked
        self._waiting: list[DataRow] = []
        self._frames: tuple[Frame, ...] = ()
        self._leaks: MeaningLeaks | None = None
        self._rows = Remembered()
        self._vectors = Vectors()
        self._figures, self._is_definite = array("Q"), array("B")

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Remember the row; only all rows together show anything."""
        self._waiting.append(row)
        if len(self._waiting) >= AT_ONCE:
            self._take()
        yield from ()

    def finish(self) -> Iterator[Problem]:
        """Yield the cases that are in rows, each cluster of rows that ask the same, and each contradiction."""
        self._take()
        self._rows.close()
        yield from map(self._leak, self._leaks.found() if self._leaks else ())
        if len(self._rows):
            found = nearest(self._vectors, self._compared())
            yield from self._same(found)
            yield from self._contradictions(found)

    def _take(self) -> None:
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        if self._leaks is None:
            of_suites = tuple(own_frame(cases) for cases in self._suites.values())
            self._frames = (frame_of([worded(row.input) for row in rows]), *of_suites)
            self._leaks = MeaningLeaks(self._suites, self._frames, self._embed)
        units = [(row, unit) for row in rows for unit in units_of_row(row, self._frames)]
        units = [(row, unit) for row, unit in units if unit.where == "input" and unit.has_words]
        if not units:
            return
        vectors = self._embed([unit.plain for _, unit in units])
        self._leaks.take([(row.place, unit) for row, unit in units], vectors)
        whole = [at for at, (row, _) in enumerate(units) if not at or row is not units[at - 1][0]]
        self._vectors.add(vectors[whole])
        for row, unit in (units[at] for at in whole):
            self._rows.add(row)
            self._figures.append(unit.figures)
            self._is_definite.append(not copies.is_free(row.output))

    def _compared(self) -> Compared:
        """Return what must be equal in two rows, and what must not: they are told as copies or templates then."""
        import numpy as np

        around, text, template = (self._rows.column(name) for name in ("around", "text", "template"))
        is_first = np.zeros(len(around), dtype=bool)
        is_first[copies.firsts(around, text)] = True
        return Compared(
            is_compared=is_first,
            alike=around ^ np.frombuffer(self._figures, dtype=np.uint64),
            apart=template,
            answer=self._rows.column("answer"),
            is_definite=np.frombuffer(self._is_definite, dtype=np.uint8).astype(bool),
        )

    def _same(self, found: Nearest) -> Iterator[Problem]:
        clusters: defaultdict[int, list[int]] = defaultdict(list)
        for row, first in enumerate(found.first.tolist()):
            if first != NONE and self._jaccard(first, row) < copies.NEAR:
                clusters[first].append(row)
        for first, others in sorted(clusters.items()):
            rows = [first, *others]
            answers = len({int(self._rows.column("answer")[row]) for row in rows})
            outputs = "the same output" if answers == 1 else f"{answers} different outputs"
            least = min(float(found.cosine[row]) for row in others)
            told = f"{len(rows)} rows ask the same in other words (cosine {least:.2f} or more), and have {outputs}"
            yield self._problem("same-meaning", rows, told)

    def _contradictions(self, found: Nearest) -> Iterator[Problem]:
        for row, other in enumerate(found.contradicted.tolist()):
            if other != NONE and self._jaccard(other, row) < copies.VERY_NEAR:
                told = f"the same question in other words (cosine {found.contradicting[row]:.2f}) has another output"
                yield self._problem("meaning-contradiction", (other, row), told)

    def _problem(self, kind: str, rows: Sequence[int], told: str) -> Problem:
        return copies.problem_of(kind, self._rows, rows, told, self._masked)

    def _leak(self, asked: Asked) -> Problem:
        rows = "1 row asks" if asked.count == 1 else f"{asked.count:,} rows ask"
        case = f"{asked.suite}:{asked.case}"
        others = [place for place in asked.places if place != asked.nearest]
        shown = [opening(self._masked(text), leaks.EXCERPT) for text in (asked.row_text, asked.case_text)]
        return Problem(
            kind="meaning-leak",
            places=(asked.nearest, case, *others),
            told=f"{rows} the same in other words as case {asked.case!r} of {asked.suite}, this one most nearly "
            f"(cosine {asked.similarity:.2f})",
            shown=tuple(shown),
        )

    def _jaccard(self, one: int, other: int) -> float:
        return jaccard(gram_hashes(self._rows.plain(one)), gram_hashes(self._rows.plain(other)))
