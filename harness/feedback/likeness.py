"""How like questions are, by words or by meaning: which known text is the nearest, and which are a group."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from harness.data.alike.frame import frame_of
from harness.data.alike.likeness import worded
from harness.data.alike.minhash import estimated, signatures
from harness.data.meaning.model import Embed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Nearest = tuple[float, int]
"""How like the nearest known text is, and its place; (0, -1) where there is none."""


class ByWords(msgspec.Struct, frozen=True):
    """By the Jaccard similarity of character 5-grams, as MinHash estimates it; without what all texts begin with."""

    far: float = 0.2
    """A text that is less like each case than this is far from the suite."""
    close: float = 0.5
    """From which on a text is close to a case that was lost."""
    joined: float = 0.35
    """From which on a text is in the group of another one."""

    def nearest(self, texts: Sequence[str], known: Sequence[str]) -> list[Nearest]:
        """Return the nearest known text of each text."""
        if not texts or not known:
            return [(0.0, -1)] * len(texts)
        signed = signatures(without_frame((*texts, *known)))
        of, by = signed[: len(texts)], signed[len(texts) :]
        return _best(len(of), len(by), lambda number: estimated(of, by[number]))

    def groups(self, texts: Sequence[str]) -> list[int]:
        """Return the group of each text, by the place of the first text in it (leader clustering, Hartigan 1975)."""
        signed = signatures(without_frame(texts))
        return _led(len(signed), self.joined, lambda free, place: estimated(signed[free], signed[place]))


class ByMeaning(msgspec.Struct, frozen=True):
    """By the cosine of vectors of a small model on this machine."""

    embed: Embed
    far: float = 0.65
    close: float = 0.75
    joined: float = 0.55

    def nearest(self, texts: Sequence[str], known: Sequence[str]) -> list[Nearest]:
        """Return the nearest known text of each text."""
        if not texts or not known:
            return [(0.0, -1)] * len(texts)
        vectors = self.embed(without_frame((*texts, *known))).astype(float)
        of, by = vectors[: len(texts)], vectors[len(texts) :]
        return _best(len(of), len(by), lambda number: of @ by[number])

    def groups(self, texts: Sequence[str]) -> list[int]:
        """Return the group of each text, as by words."""
        vectors = self.embed(without_frame(texts)).astype(float)
        return _led(len(vectors), self.joined, lambda free, place: vectors[free] @ vectors[place])


Likeness = ByWords | ByMeaning
"""Both have the same bounds, which docs/feedback.md explains, and the same functions."""


def _best(texts: int, known: int, similar: "Callable[[int], NDArray[np.float64]]") -> list[Nearest]:
    """Return the nearest known text of each text; ``similar`` says how like one of the known all texts are."""
    import numpy as np

    best, place = np.zeros(texts), np.full(texts, -1)
    for number in range(known):
        values = similar(number)
        is_nearer = values > best
        best[is_nearer], place[is_nearer] = values[is_nearer], number
    return list(zip(best.tolist(), place.tolist(), strict=True))


def _led(texts: int, joined: float, similar: "Callable[[NDArray[np.int64], int], NDArray[np.float64]]") -> list[int]:
    """Return each text's leader: the first one before it that leads and that it is like, else itself."""
    import numpy as np

    leader = np.full(texts, -1)
    for place in range(texts):
        if leader[place] < 0:
            free = np.flatnonzero(leader < 0)
            leader[free[similar(free, place) >= joined]] = place
            leader[place] = place
    return [int(one) for one in leader]


def without_frame(texts: Sequence[str]) -> list[str]:
    """Return texts in small letters and without punctuation, and without what most of them begin and end with."""
    plain = [worded(text) for text in texts]
    frame = frame_of(plain)
    return [frame.without(text) for text in plain]
