"""Leaks by meaning: a case's question in other words. The model that tells meanings is given, as a function."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import Frame
from harness.data.leaks.compared import alike, passage
from harness.data.leaks.known import Known, KnownTexts
from harness.data.leaks.units import Unit
from harness.data.meaning.model import Embed
from harness.data.meaning.pairs import NEAR
from harness.records.asked import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMED = 20
"""Rows that are named for each case, the first ones and the nearest one."""


class Asked(msgspec.Struct, kw_only=True):
    """A case whose input is in rows in other words: in how many, where the first are, and the nearest of all."""

    suite: str
    case: str
    case_text: str
    count: int = 0
    places: list[str] = msgspec.field(default_factory=list)
    nearest: str = ""
    similarity: float = 0
    row_text: str = ""


class MeaningLeaks:
    """Looks for the inputs of cases, by suite, among those of rows; pairs with other numbers are left out.

    What is found by its characters already is not told again. ``frames`` are what the rows' texts are without.
    """

    def __init__(self, suites: Mapping[str, Sequence[Case]], frames: Sequence[Frame], embed: Embed) -> None:
        self._known = KnownTexts(suites, frames)
        texts = self._known.texts
        self._asked = [place for place in self._known.near if texts[place].unit.where == "input"]
        self._wanted = embed([texts[place].unit.plain for place in self._asked]) if self._asked else None
        self._found: dict[tuple[str, str], Asked] = {}

    def take(self, units: "Sequence[tuple[str, Unit]]", vectors: "NDArray[np.float32]") -> None:
        """Compare inputs, each with the place of its row; ``vectors`` are theirs, one in each row."""
        import numpy as np

        if self._wanted is None:
            return
        cosines = vectors @ self._wanted.T
        for at, there in np.argwhere(cosines >= NEAR).tolist():
            (place, unit), text = units[at], self._known.texts[self._asked[there]]
            if unit.figures == text.unit.figures and not self._is_told(self._asked[there], text, unit):
                self._note(text, place, unit, float(cosines[at, there]))

    def found(self) -> Iterator[Asked]:
        """Yield the cases that are in rows, in the order in which they were found."""
        yield from self._found.values()

    def _is_told(self, place: int, text: Known, unit: Unit) -> bool:
        if unit.key is not None and unit.key == text.unit.key:
            return True
        return bool(alike(text.unit, unit) or passage(self._known.short.of(place), text, unit))

    def _note(self, text: Known, place: str, unit: Unit, similarity: float) -> None:
        key = (text.suite, text.case.id)
        if (found := self._found.get(key)) is None:
            found = self._found[key] = Asked(suite=text.suite, case=text.case.id, case_text=text.unit.text)
        if place not in found.places[-1:]:  # a row's input and one of its turns count once
            found.count += 1
            if len(found.places) < NAMED:
                found.places.append(place)
        if similarity > found.similarity:
            found.nearest, found.similarity, found.row_text = place, similarity, unit.text
