"""Clusters of meaning: groups of what is asked, as a small model finds them, and the group that each request is in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.data.meaning.model import Embed, is_installed, load_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EACH = 10
"""Texts for each cluster, about, of which there are at most ..."""
MOST = 12
ROUNDS = 25
TOO_LONG = "too long to be read"


def clusters_of(texts: Mapping[str, Sequence[str]], seed: int, embed: Embed | None = None) -> dict[str, list[str]]:
    """Return the cluster of each text, by its source; clusters are those of all sources together, by k-means.

    Every source counts as much as any other, however many texts it has. Nothing where the extra is not installed.
    Clusters are named by number: a text of theirs could be anybody's.
    """
    import numpy as np

    if embed is None:
        if not is_installed():
            return {}
        embed = load_model()
    vectors = {source: embed(list(some)) for source, some in texts.items() if some}
    known = {source: one[np.linalg.norm(one, axis=1) > 0] for source, one in vectors.items()}
    fewest = min((len(one) for one in known.values()), default=0)
    number = min(MOST, fewest // EACH)
    if number < 2:
        return {}
    drawn = np.random.default_rng(seed)
    some = np.concatenate([one[drawn.permutation(len(one))[:fewest]] for one in known.values()])
    centres = _centres(some, number, drawn)
    return {source: _nearest(vectors.get(source), centres, len(some_texts)) for source, some_texts in texts.items()}


def _centres(vectors: "NDArray[np.float32]", number: int, drawn: "np.random.Generator") -> "NDArray[np.float32]":
    """Return the centres of clusters of vectors of length 1 (spherical k-means, Dhillon and Modha 2001)."""
    import numpy as np

    centres = vectors[drawn.permutation(len(vectors))[:number]]
    for _ in range(ROUNDS):
        of = (vectors @ centres.T).argmax(axis=1)
        sums = np.stack([vectors[of == place].sum(axis=0) for place in range(number)])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centres)
    return centres


def _nearest(vectors: "NDArray[np.float32] | None", centres: "NDArray[np.float32]", count: int) -> list[str]:
    if vectors is None:
        return [TOO_LONG] * count
    nearest = (vectors @ centres.T).argmax(axis=1)
    return [
        f"cluster {place + 1}" if any(one) else TOO_LONG for one, place in zip(vectors, nearest.tolist(), strict=True)
    ]
