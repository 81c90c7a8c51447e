"""Cases of suites in training rows, found by the rows' signatures: the same, nearly the same, or sharing a passage."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from harness.data.alike.minhash import near_known
from harness.data.alike.runs import RUN, SHORTEST, words_in
from harness.data.leaks.known import Known, KnownTexts
from harness.data.leaks.signed import Signatures
from harness.data.leaks.units import Where
from harness.records.asked import Case
from harness.records.record import Record

How = Literal["same", "near", "passage"]
NEAR = 0.7
"""Jaccard similarity of character 5-grams from which on a row is nearly a case, if it has the same numbers."""
MOST_ROWS = 10
"""Rows in which a passage or an answer is a leak: in more it is what everybody writes, as for GPT-3."""
MUCH = 0.5
"""Share of the shorter text from which on a passage is a leak in any number of rows."""
RUNS = RUN - SHORTEST + 1
"""Runs of 8 words in a passage of 13."""


class Leak(Record, frozen=True, kw_only=True):
    """A case that is in a training row.

    ``how`` is "same" (but for case, white space and punctuation), "near", or "passage" (13 words in a row, or the whole
    of a shorter text). ``similarity`` is the Jaccard similarity; of a passage its share of the shorter text. ``where``
    says which part of the case it is. Both texts are for showing side by side: that of the row is empty where only its
    signature is known. ``is_in_system`` says that it is in the row's system prompt; only the first row with the prompt
    is told.
    """

    suite: str
    case: str
    place: str
    how: How
    similarity: float
    where: Where
    case_text: str
    row_text: str = ""
    is_in_system: bool = False


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a case that is in a row, before it is known in how many others it is."""

    text: int
    row: int
    how: How
    similarity: float
    needed: float = 0
    """The similarity from which on it is a leak."""
    runs: tuple[int, ...] = ()
    """The hashed runs that a passage shares."""


def leaks_of(signed: Signatures, suites: Mapping[str, Sequence[Case]]) -> Iterator[Leak]:
    """Yield the cases of suites, by suite, that are in the rows whose signatures these are, each with each row.

    Similarities are estimates, within about .08; a passage of a long row is found by a sample of it.
    """
    known = KnownTexts(suites, signed.frames)
    sifted = Sifted(known)
    sure = (hit for hit in hits_in(signed, known) if hit.similarity >= hit.needed)
    for hit in strongest(known, sure):
        yield from sifted.take(hit, leak_of(known.texts[hit.text], hit, signed.place(hit.row), ""))
    yield from sifted.finish()


def hits_in(signed: Signatures, known: KnownTexts) -> Iterator[Hit]:
    """Yield what signatures show and what they let seem possible, the surest kind first."""
    yield from _same(signed, known)
    yield from _near(signed, known)
    yield from _passages(signed, known)


def strongest(known: KnownTexts, hits: Iterable[Hit]) -> list[Hit]:
    """Return one hit for each case and row, the first; by an input rather than by an answer."""
    best: dict[tuple[int, str, str], Hit] = {}
    for hit in sorted(hits, key=lambda hit: known.texts[hit.text].unit.where == "output"):
        text = known.texts[hit.text]
        best.setdefault((hit.row, text.suite, text.case.id), hit)
    return sorted(best.values(), key=lambda hit: (hit.row, hit.text))


def leak_of(text: Known, hit: Hit, place: str, row_text: str) -> Leak:
    """Return a hit as it is told."""
    return Leak(
        suite=text.suite,
        case=text.case.id,
        place=place,
        how=hit.how,
        similarity=hit.similarity,
        where=text.unit.where,
        case_text=text.unit.text,
        row_text=row_text,
    )


class Sifted:
    """Leaks without those that are everybody's words: an answer of several cases or many rows, a usual phrase.

    What may be one waits until all rows are counted, 10 of a kind at most.
    """

    def __init__(self, known: KnownTexts) -> None:
        self._known = known
        self._answers: Counter[int] = Counter()
        self._runs: Counter[int] = Counter()
        self._waiting: list[tuple[Hit, Leak]] = []

    def take(self, hit: Hit, leak: Leak) -> Iterator[Leak]:
        """Yield a leak, unless it has to wait or is none."""
        self._runs.update(hit.runs)
        is_answer = self._known.texts[hit.text].unit.where == "output"
        self._answers[hit.text] += is_answer
        if not is_answer and not _is_phrase(hit):
            yield leak
        elif not self._is_usual(hit):
            self._waiting.append((hit, leak))

    def finish(self) -> Iterator[Leak]:
        """Yield the leaks that waited, now that all rows are counted."""
        yield from (leak for hit, leak in self._waiting if not self._is_usual(hit))

    def _is_usual(self, hit: Hit) -> bool:
        if self._known.is_usual[hit.text] or self._answers[hit.text] > MOST_ROWS:
            return True
        return _is_phrase(hit) and all(self._runs[run] > MOST_ROWS for run in hit.runs)


def _is_phrase(hit: Hit) -> bool:
    return hit.how == "passage" and hit.similarity < MUCH


def _same(signed: Signatures, known: KnownTexts) -> Iterator[Hit]:
    for key, row in zip(signed.column("keys").tolist(), signed.column("key_rows").tolist(), strict=True):
        for text in known.by_key.get(key, ()):
            yield Hit(text=text, row=row, how="same", similarity=1)


def _near(signed: Signatures, known: KnownTexts) -> Iterator[Hit]:
    rows, figures = signed.column("near_rows"), signed.column("near_figures")
    outputs = signed.column("near_outputs")
    for place, there, similar in near_known(signed.signed, known.signed, NEAR):
        text = known.near[there]
        unit = known.texts[text].unit
        # Other numbers ask for something else: "5 times 7" is not the case "5 times 8".
        if figures[place] == unit.figures and (unit.where == "output") == outputs[place]:
            yield Hit(text=text, row=int(rows[place]), how="near", similarity=similar, needed=NEAR)


def _passages(signed: Signatures, known: KnownTexts) -> Iterator[Hit]:
    """Yield what shares runs: of 13 words one is enough, of 8 words six, or all of the shorter text."""
    import numpy as np

    is_short = signed.run_words == SHORTEST
    table = known.short if is_short else known.long
    runs, rows = signed.column("runs"), signed.column("run_rows")
    left = np.searchsorted(table.runs, runs, side="left")
    right = np.searchsorted(table.runs, runs, side="right")
    shared: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for place in np.flatnonzero(right > left):
        for text in table.texts[left[place] : right[place]].tolist():
            shared[int(rows[place]), text].append(int(runs[place]))
    sizes, known_sizes = np.bincount(rows, minlength=1), np.bincount(table.texts, minlength=1)
    for (row, text), some in shared.items():
        if is_short:
            share = len(some) / min(int(known_sizes[text]), int(sizes[row]))
            needed = min(1.0, share * RUNS / len(some))
        else:
            share = (len(some) * signed.scale + RUN - 1) / len(words_in(known.texts[text].unit.plain))
            needed = 0.0
        yield Hit(text=text, row=row, how="passage", similarity=min(1, share), needed=needed, runs=tuple(some))
