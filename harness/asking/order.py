"""In which order a suite's cases are asked where not all of them may be: a random one, fixed by a seed beforehand."""

import hashlib
from collections.abc import Sequence


def order_of(case_ids: Sequence[str], seed: int) -> tuple[int, ...]:
    """Return the places of cases in the order of asking: by the SHA-256 of the seed and each id.

    The same seed gives the same order on every machine, and a case that is added or taken away moves no other one. An
    id can contain a lone surrogate.

    >>> order_of(["a", "b", "c"], seed=0) == order_of(["a", "b", "c"], seed=0)
    True
    """

    def drawn(place: int) -> bytes:
        return hashlib.sha256(f"{seed}\n{case_ids[place]}".encode("utf-8", "surrogatepass")).digest()

    return tuple(sorted(range(len(case_ids)), key=drawn))
