"""Characters in rows that nobody sees, or that not everybody sees as they were meant: in every turn and call."""

from collections.abc import Iterator

from harness.data.checks.needed import need
from harness.data.checks.noise.unseen import named, unprintable_in, unseen_in
from harness.data.checks.personal.personal import excerpt
from harness.data.checks.problem import Kind, Problem
from harness.data.checks.texts import Texts
from harness.data.row import DataRow
from harness.text.figures import count

KINDS = (
    Kind(
        name="invisible",
        title="Characters that can't be seen",
        remedy="take them out; a model learns to write them, and they can hide text or turn its direction",
    ),
    Kind(
        name="unprintable",
        title="Control codes, and characters that only one font has",
        remedy="write what was meant, or take them out: a model can't know what they looked like",
    ),
)
_FIND = {"invisible": unseen_in, "unprintable": unprintable_in}
_CALLED = {"invisible": "invisible character", "unprintable": "unprintable character"}


class Characters:
    """The check of both kinds."""

    def __init__(self) -> None:
        need("detect_secrets", "phonenumbers")
        self._texts = Texts()

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield a problem for each kind in each text: which characters they are, and the text around the first."""
        for where, text in self._texts.of(row):
            for kind, find in _FIND.items():
                if places := find(text):
                    told = f"{count(len(places), _CALLED[kind])} in {where}: {named(text, places)}"
                    shown = (_around(text, places),)
                    yield Problem(kind=kind, places=(row.place,), told=told, shown=shown, fixable=kind == "invisible")

    def finish(self) -> Iterator[Problem]:
        """Yield nothing: each row is judged by itself."""
        return iter(())


def _around(text: str, places: list[int]) -> str:
    """Return what is around the first of some characters, without them: between them, an address would not be known."""
    gone = set(places)
    shown = "".join(character for place, character in enumerate(text) if place not in gone)
    return excerpt(shown, places[0], places[0])
