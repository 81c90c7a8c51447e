"""The training rows whose inputs are nearest to those of cases: by signatures, exactly by the rows, or by meaning."""

from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame, frame_of
from harness.data.alike.likeness import worded
from harness.data.alike.minhash import estimated, gram_hashes, jaccard, signatures
from harness.data.leaks.known import own_frame
from harness.data.leaks.signed import AT_ONCE, Signatures
from harness.data.leaks.units import Unit, units_of_case, units_of_row
from harness.data.meaning.model import Embed
from harness.data.meaning.pairs import NEAR
from harness.data.row import DataRow
from harness.records.asked import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST = 0.05
"""Estimated similarity below which two texts agree by chance."""
COMPARED = 10
"""Rows that are compared exactly with a case: those with the highest estimates."""


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose input is like a case's, as the Jaccard similarity of their 5-grams; an estimate without ``row``.

    ``meaning`` is the cosine of a row that asks the same in other words, else 0.
    """

    place: str
    similarity: float
    row: DataRow | None = None
    meaning: float = 0.0


Neighbours = tuple[Neighbour, ...]


def nearest_signed(
    signed: Signatures, cases: Sequence[Case], suite: Sequence[Case], count: int
) -> list[Neighbours | None]:
    """Return for each case its nearest rows, the nearest first; None for an input that is too short to compare.

    ``suite`` has all cases of the suite: what most of their inputs begin and end with is not compared.
    """
    import numpy as np

    inputs = np.flatnonzero(signed.column("near_outputs") == 0)
    of_rows, rows = signed.signed[inputs], signed.column("near_rows")[inputs]
    found: list[Neighbours | None] = []
    for asked in _signed(_asked(cases, (*signed.frames, own_frame(suite, signed.frames)))):
        if not len(asked):
            found.append(None)
            continue
        similar = _similar(of_rows, asked)
        best: dict[int, float] = {}
        for place in np.argsort(-similar, kind="stable"):
            if similar[place] < LEAST or len(best) == count:
                break
            best.setdefault(int(rows[place]), float(similar[place]))
        found.append(tuple(Neighbour(place=signed.place(row), similarity=value) for row, value in best.items()))
    return found


def nearest_rows(
    rows: Iterable[DataRow], cases: Sequence[Case], suite: Sequence[Case], count: int
) -> list[Neighbours | None]:
    """Return the same by the rows themselves, which are read once; each neighbour has its row."""
    rows = iter(rows)
    first = list(islice(rows, AT_ONCE))
    usual = frame_of([worded(row.input) for row in first])
    frames = (usual, own_frame(suite, (usual,)))
    asked = _asked(cases, frames)
    signed = _signed(asked)
    kept: list[list[tuple[float, int, DataRow, str]]] = [[] for _ in cases]
    rows, seen = chain(first, rows), 0
    while some := list(islice(rows, AT_ONCE)):
        units = [(row, unit.plain) for row in some for unit in units_of_row(row, frames) if _counts(unit)]
        of_rows = signatures([plain for _, plain in units])
        for place, each in enumerate(signed):
            if units and len(each):
                similar = _similar(of_rows, each)
                best = [int(one) for one in (-similar).argsort(kind="stable")[:COMPARED]]
                found = [(float(similar[one]), -seen - one, *units[one]) for one in best if similar[one] >= LEAST]
                kept[place] = nlargest(COMPARED, [*kept[place], *found], key=lambda one: one[:2])
        seen += len(units)
    return [_compared(units, each, count) if units else None for units, each in zip(asked, kept, strict=True)]


def nearest_meant(
    rows: Sequence[DataRow], cases: Sequence[Case], suite: Sequence[Case], embed: Embed, count: int
) -> list[Neighbours]:
    """Return for each case the rows that ask the same, maybe in other words, the nearest first."""
    import numpy as np

    usual = frame_of([worded(row.input) for row in rows[:AT_ONCE]])
    frames = (usual, own_frame(suite, (usual,)))
    asked = _asked(cases, frames)
    units = [(row, unit.plain) for row in rows for unit in units_of_row(row, frames) if _counts(unit)]
    if not units or not any(asked):
        return [() for _ in cases]
    of_rows = embed([plain for _, plain in units])
    found: list[Neighbours] = []
    for each in asked:
        cosines = np.max(embed([unit.plain for unit in each]) @ of_rows.T, axis=0) if each else np.zeros(len(units))
        best: dict[str, Neighbour] = {}
        for at in np.argsort(-cosines, kind="stable"):
            if cosines[at] < NEAR or len(best) == count:
                break
            row, plain = units[int(at)]
            alike = max(jaccard(gram_hashes(unit.plain), gram_hashes(plain)) for unit in each)
            meant = Neighbour(place=row.place, similarity=alike, row=row, meaning=float(cosines[at]))
            best.setdefault(row.place, meant)
        found.append(tuple(best.values()))
    return found


def _asked(cases: Sequence[Case], frames: Sequence[Frame]) -> list[list[Unit]]:
    """Return what each case asks: its whole input, and the last of several turns."""
    return [[unit for unit in units_of_case(case, frames) if _counts(unit)] for case in cases]


def _signed(asked: Sequence[Sequence[Unit]]) -> "list[NDArray[np.uint8]]":
    """Return the signatures of the texts of each case, all made at once."""
    made = signatures([unit.plain for units in asked for unit in units])
    ends = list(accumulate(map(len, asked)))
    return [made[end - len(units) : end] for end, units in zip(ends, asked, strict=True)]


def _counts(unit: Unit) -> bool:
    return unit.where == "input" and unit.has_words


def _similar(rows: "NDArray[np.uint8]", asked: "NDArray[np.uint8]") -> "NDArray[np.float64]":
    """Return how similar each row's text is to the one of some texts that it is most similar to, by estimate."""
    import numpy as np

    each: list[NDArray[np.float64]] = [estimated(rows, one) for one in asked]
    most: NDArray[np.float64] = np.max(each, axis=0)
    return most


def _compared(asked: Sequence[Unit], kept: Sequence[tuple[float, int, DataRow, str]], count: int) -> Neighbours:
    """Return rows by their exact similarity, each row once."""
    grams = [gram_hashes(unit.plain) for unit in asked]
    found: dict[str, Neighbour] = {}
    for _, _, row, plain in kept:
        similar = max(jaccard(each, gram_hashes(plain)) for each in grams)
        if row.place not in found or found[row.place].similarity < similar:
            found[row.place] = Neighbour(place=row.place, similarity=similar, row=row)
    ordered = sorted(found.values(), key=lambda one: -one.similarity)
    return tuple(one for one in ordered[:count] if one.similarity)
