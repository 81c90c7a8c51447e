"""What a model of meanings is: it reads one text, and gives a vector for each token, or one for all of the text."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.floating]"]
"""Texts to vectors, one in each row of the array, of any length but 0."""
Pooling = Literal["mean", "cls", "max"]

MOST_CHARACTERS = 20_000
"""Of a text, that are cut into tokens: many times what a model reads."""


class Read(NamedTuple):
    """A text as a model read it: ``states`` has a row for each token, ``is_part`` is False for tokens such as [CLS].

    ``is_whole`` is False where the text is longer than the model reads, and only its start was read.
    """

    states: "NDArray[np.float32]"
    is_part: "NDArray[np.bool_]"
    is_whole: bool


class Embedder(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its tokenizer. Called with texts it is an ``Embed``, with vectors of length 1."""

    read: Callable[[str], Read]
    pooling: Pooling = "mean"

    def __call__(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return the vectors of at least one text; each is read alone, by its start where it is too long."""
        import numpy as np

        return np.stack([pooled(self.read(text), self.pooling) for text in texts])


def pooled(read: Read, pooling: Pooling) -> "NDArray[np.float32]":
    """Return one vector of length 1 for all tokens: their mean, their maximum, or the first one."""
    import numpy as np

    states = read.states.astype(np.float32)
    vector = states[0] if pooling == "cls" else states.max(axis=0) if pooling == "max" else states.mean(axis=0)
    unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit


class Greedy(NamedTuple):
    """How well two texts' tokens match, each in [-1, 1]; in practice above 0."""

    precision: float
    recall: float
    f1: float


def match_tokens(answer: Read, reference: Read) -> Greedy:
    """Return BERTScore: each token matched with the nearest of the other text (Zhang et al. 2020, ICLR, section 3).

    Precision is the mean over the answer's tokens of their highest cosine with one of the reference's, recall the same
    the other way round. All tokens weigh the same (no idf), and figures are not rescaled by a baseline. Tokens that
    stand for no part of a text are left out. A text without any token matches nothing: all three are 0.
    """
    import numpy as np

    one, other = (_of_length_1(read.states[read.is_part]) for read in (answer, reference))
    if not len(one) or not len(other):
        return Greedy(0.0, 0.0, 0.0)
    cosines = one @ other.T
    precision, recall = float(cosines.max(axis=1).mean()), float(cosines.max(axis=0).mean())
    total = precision + recall
    return Greedy(precision, recall, 2 * precision * recall / total if total > 0 and np.isfinite(total) else 0.0)


def _of_length_1(vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np

    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return unit


@functools.lru_cache(maxsize=4096)
def vector_of(embedder: Embedder, text: str) -> "tuple[NDArray[np.float32], bool]":
    """Return the vector of a text, and whether the model read all of it; the last 4,096 are kept."""
    read = embedder.read(text)
    return pooled(read, embedder.pooling), read.is_whole


@functools.lru_cache(maxsize=64)
def tokens_of(embedder: Embedder, text: str) -> Read:
    """Return a text as the model reads it; the last 64 are kept."""
    return embedder.read(text)
