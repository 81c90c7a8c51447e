"""Leaks by meaning: a row's question in other words. The model that tells meanings is given, as a function."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from harness.data.leaks.known import KnownTexts
from harness.data.leaks.leak import Hit, Leak, leak_of
from harness.data.leaks.signed import AT_ONCE
from harness.data.leaks.units import units_of_row
from harness.data.row import DataRow
from harness.records.asked import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.floating]"]
"""Texts to vectors, one in each row of the array, of any length but 0."""


def leaks_by_meaning(
    rows: Iterable[DataRow], suites: Mapping[str, Sequence[Case]], embed: Embed, threshold: float
) -> Iterator[Leak]:
    """Yield the inputs of cases, by suite, whose cosine with a row's input is at least ``threshold``.

    Inputs of fewer than 3 words are left out, and pairs with other numbers: models take these for the same.
    """
    import numpy as np

    known = KnownTexts(suites, ())
    asked = [place for place in known.near if known.texts[place].unit.where == "input"]
    if not asked:
        return
    wanted = _of_length_1(embed([known.texts[place].unit.text for place in asked]))
    rows = iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        units = [(row, unit) for row in some for unit in units_of_row(row, ()) if unit.where == "input"]
        units = [(row, unit) for row, unit in units if unit.has_words]
        if not units:
            continue
        cosines = _of_length_1(embed([unit.text for _, unit in units])) @ wanted.T
        for place, there in np.argwhere(cosines >= threshold).tolist():
            (row, unit), text = units[place], known.texts[asked[there]]
            if unit.figures == text.unit.figures:
                hit = Hit(text=asked[there], row=place, how="meaning", similarity=float(cosines[place, there]))
                yield leak_of(text, hit, row.place, unit.text)


def _of_length_1(vectors: "NDArray[np.floating]") -> "NDArray[np.floating]":
    import numpy as np

    values = np.asarray(vectors, dtype=np.float64)
    unit: NDArray[np.floating] = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return unit
