"""Cases of suites in training rows whose texts are here: found by signatures, then compared exactly."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.likeness import worded
from harness.data.alike.minhash import gram_hashes, jaccard
from harness.data.alike.remembered import CHARACTERS, short_digest
from harness.data.alike.runs import RUN, SHORTEST, runs_of, words_in
from harness.data.leaks.known import Known, KnownTexts, own_frame
from harness.data.leaks.leak import NEAR, Hit, Leak, Sifted, hits_in, leak_of, strongest
from harness.data.leaks.signed import AT_ONCE, signed_with
from harness.data.leaks.units import Unit, units_of_row
from harness.data.row import DataRow
from harness.records.asked import Case
from harness.records.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EVERY_RUN = 1 << 40
"""Bytes of runs for each row: none is left out."""


class LeakFinder:
    """Looks for the cases of suites, by suite, in rows that it sees one after the other."""

    def __init__(self, suites: Mapping[str, Sequence[Case]]) -> None:
        self._suites = suites
        self._frames = tuple(own_frame(cases) for cases in suites.values())
        self._known: KnownTexts | None = None
        self._sifted: Sifted | None = None
        self._rows: list[DataRow] = []
        self._prompts: dict[int, DataRow] = {}
        self._seen: set[int] = set()
        self._characters = 0

    def see(self, row: DataRow) -> Iterator[Leak]:
        """Take the next row, and now and then yield the leaks in the last ones."""
        self._rows.append(row)
        self._characters += len(row.input) + len(row.output)
        if row.system and (key := short_digest(row.system)) not in self._seen:
            self._seen.add(key)
            self._prompts[key] = _asking(row)
            self._characters += len(row.system)
        if len(self._rows) >= AT_ONCE or self._characters >= CHARACTERS:
            yield from self._compare()

    def finish(self) -> Iterator[Leak]:
        """Yield the other leaks: in the last rows, and those that depend on all rows."""
        yield from self._compare()
        if self._sifted is not None:
            yield from self._sifted.finish()

    def _compare(self) -> Iterator[Leak]:
        rows, self._rows, self._characters = self._rows, [], 0
        if self._known is None or self._sifted is None:
            self._frames = (frame_of([worded(row.input) for row in rows]), *self._frames)
            self._known = KnownTexts(self._suites, self._frames)
            self._sifted = Sifted(self._known)
        for hit, leak in _leaks(rows, self._known, self._frames):
            yield from self._sifted.take(hit, leak)
        prompts = list(self._prompts.values())
        self._prompts.clear()
        for hit, leak in _leaks(prompts, self._known, self._frames):
            # What a prompt tells the model to answer is a rule, not a case.
            if leak.where == "input":
                yield from self._sifted.take(hit, msgspec.structs.replace(leak, is_in_system=True))


class CaseGuard:
    """Tells of single rows which case is in them, whatever other rows hold: stricter than ``LeakFinder``.

    What many rows have counts too; only an answer that several cases expect, such as a label, is no case's own.
    """

    def __init__(self, suites: Mapping[str, Sequence[Case]]) -> None:
        self.frames = tuple(own_frame(cases) for cases in suites.values())
        self._known = KnownTexts(suites, self.frames)

    def leak(self, row: DataRow) -> Leak | None:
        """Return the first case that is in a row; None where none is."""
        found = _leaks([row], self._known, self.frames)
        return next((leak for hit, leak in found if not self._known.is_usual[hit.text]), None)


def _asking(row: DataRow) -> DataRow:
    """Return a row that asks what another one's system prompt says, and answers nothing."""
    turns = (Message(role="user", content=row.system), Message(role="assistant", content=""))
    return DataRow(file=row.file, line=row.line, messages=turns)


def _leaks(rows: Sequence[DataRow], known: KnownTexts, frames: Sequence[Frame]) -> Iterator[tuple[Hit, Leak]]:
    """Yield what of the cases is in rows, as the texts show it."""
    signed = signed_with(rows, frames, EVERY_RUN)
    verified = (_verified(hit, known, rows[hit.row], frames) for hit in hits_in(signed, known))
    for hit in strongest(known, (hit for hit in verified if hit is not None)):
        row, text = rows[hit.row], known.texts[hit.text]
        row_text = row.output if text.unit.where == "output" else row.input
        yield hit, leak_of(text, hit, row.place, row_text)


def _verified(hit: Hit, known: KnownTexts, row: DataRow, frames: Sequence[Frame]) -> Hit | None:
    """Return a hit as the texts show it; None where they don't."""
    if hit.how == "same":
        return hit
    units = list(units_of_row(row, frames))
    if hit.how == "near":
        similar = max((alike(known.texts[hit.text].unit, unit) for unit in units), default=0.0)
    else:
        similar = max((passage(known.short.of(hit.text), known.texts[hit.text], unit) for unit in units), default=0.0)
    return msgspec.structs.replace(hit, similarity=similar) if similar else None


def alike(known: Unit, unit: Unit) -> float:
    """Return how similar two texts are; 0 where that is too little."""
    if known.where != unit.where or known.figures != unit.figures or not unit.has_words:
        return 0
    similar = jaccard(gram_hashes(known.plain), gram_hashes(unit.plain))
    return similar if similar >= NEAR else 0


def passage(runs: "NDArray[np.uint64]", known: Known, unit: Unit) -> float:
    """Return the share of the shorter text that is in passages of both; 0 where none is long enough."""
    import numpy as np

    words = words_in(unit.plain)
    shared = np.isin(runs_of(words, SHORTEST), runs)
    if not len(shared):
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shared, [False]])))
    lengths = edges[1::2] - edges[::2] + SHORTEST - 1
    shorter = min(len(words), len(words_in(known.unit.plain)))
    long_enough = lengths[lengths >= min(RUN, shorter)]
    return min(1.0, float(long_enough.sum()) / shorter)
