"""The most diverse of many texts: each next one is the least like all that were taken before.

Farthest-first traversal (Gonzalez 1985, Theoretical Computer Science 38:293): its greatest distance of any text to the
nearest one taken is at most twice the least that is possible. Likeness is estimated by MinHash signatures.
"""

import random
from collections.abc import Sequence

from harness.data.alike.likeness import folded
from harness.data.alike.minhash import estimated, signatures


def most_diverse(texts: Sequence[str], number: int, seed: int) -> tuple[int, ...]:
    """Return the places of ``number`` texts, or of all where there are fewer; ``seed`` draws the first one.

    More of them start with the same ones.

    >>> most_diverse(["Where is my card?", "Where is my cart?", "Please export the audit log"], 2, seed=0)
    (1, 2)
    """
    import numpy as np

    if not texts or number < 1:
        return ()
    signed = signatures([folded(text) for text in texts])
    taken = [random.Random(seed).randrange(len(texts))]  # noqa: S311 - must be repeatable
    nearest = estimated(signed, signed[taken[0]])
    nearest[taken[0]] = np.inf
    while len(taken) < min(number, len(texts)):
        farthest = int(np.argmin(nearest))
        taken.append(farthest)
        np.maximum(nearest, estimated(signed, signed[farthest]), out=nearest)
        nearest[farthest] = np.inf
    return tuple(taken)
