"""MinHash signatures of texts, and which of many texts are probably similar (Broder 1997; Leskovec, Rajaraman, Ullman).

A signature has 128 bytes: the lowest byte of the least hash of all character 5-grams, under 128 hash functions (b-bit
MinHash, Li and König 2010). The share of bytes in which two signatures agree estimates the Jaccard similarity, within
about .04. Signatures are saved: the same text has the same one in every version.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.data.alike.likeness import GRAM

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH = 128
BANDS = 25
"""Texts of which five bytes of one band agree are candidates: of pairs with a similarity of .7 these are 99 %."""
ROWS = 5
DOUBT = 0.12
"""Three standard errors of an estimate at .7: candidates estimated lower than the threshold by more are left out."""
CHARACTERS = 32_000
"""Computed at once: so many hashes fit into a processor's cache."""
CROWD = 64
"""Texts with one band in common, from which on each is compared with the next two of them alone."""
AT_ONCE = 1 << 16


def signatures(texts: Sequence[str]) -> "NDArray[np.uint8]":
    """Return the signatures of texts, which are folded already, one in each row of an array."""
    import numpy as np

    signed = np.empty((len(texts), LENGTH), dtype=np.uint8)
    for start, end in _portions(texts):
        hashes, starts = _hashed_grams(texts[start:end])
        values = np.empty_like(hashes)
        for place in range(LENGTH):
            np.multiply(hashes, np.uint64(_constant(2 * place) | 1), out=values)
            np.add(values, np.uint64(_constant(2 * place + 1)), out=values)
            np.right_shift(values, np.uint64(32), out=values)
            signed[start:end, place] = np.minimum.reduceat(values, starts) & np.uint64(0xFF)
    return signed


def estimated(ones: "NDArray[np.uint8]", others: "NDArray[np.uint8]") -> "NDArray[np.float64]":
    """Return the estimated similarity of signatures, row by row; one row is compared with all others."""
    agreeing = (ones == others).mean(axis=-1)
    similar: NDArray[np.float64] = (agreeing - 1 / 256) / (1 - 1 / 256)
    return similar.clip(0, 1)


def bands(signed: "NDArray[np.uint8]", band: int) -> "NDArray[np.uint64]":
    """Return one band of each signature as a number."""
    import numpy as np

    part = signed[:, band * ROWS : (band + 1) * ROWS]
    keys = np.zeros(len(part), dtype=np.uint64)
    for column in range(ROWS):
        keys <<= np.uint64(8)
        keys |= part[:, column]
    return keys


def candidates(
    signed: "NDArray[np.uint8]", threshold: float, among: "NDArray[np.int64] | None" = None
) -> "NDArray[np.int64]":
    """Return the pairs of places whose texts are probably similar by ``threshold``, the earlier place first.

    ``among`` are the places that are compared, in order; None is for all. Of more than 64 texts that share a band each
    is compared with the next two there, not with all: such texts are one cluster, and the pairs that are found
    connect it.
    """
    import numpy as np

    places = np.arange(len(signed)) if among is None else among
    count = max(len(signed), 1)
    found = np.empty(0, dtype=np.int64)
    for band in range(BANDS):
        for first, second in _sharing(bands(signed, band)[places]):
            for start in range(0, len(first), AT_ONCE):
                one, other = places[first[start : start + AT_ONCE]], places[second[start : start + AT_ONCE]]
                near = estimated(signed[one], signed[other]) >= threshold - DOUBT
                found = np.union1d(found, one[near] * count + other[near])
    return np.stack([found // count, found % count], axis=1)


def near_known(
    signed: "NDArray[np.uint8]", known: "NDArray[np.uint8]", threshold: float
) -> Iterator[tuple[int, int, float]]:
    """Yield places in both arrays whose texts are probably similar by ``threshold``, with the estimated similarity."""
    import numpy as np

    pairs: set[tuple[int, int]] = set()
    for band in range(BANDS):
        keys, wanted = bands(known, band), bands(signed, band)
        order = np.argsort(keys, kind="stable")
        left = np.searchsorted(keys[order], wanted, side="left")
        right = np.searchsorted(keys[order], wanted, side="right")
        for place in np.flatnonzero(right > left):
            some = order[left[place] : right[place]]
            near = estimated(known[some], signed[place]) >= threshold - DOUBT
            pairs.update((int(place), int(one)) for one in some[near].tolist())
    for one, other in sorted(pairs):
        yield one, other, float(estimated(signed[one], known[other]))


def gram_hashes(text: str) -> "NDArray[np.uint64]":
    """Return the hashes of the character 5-grams of a folded text, each once, in order."""
    import numpy as np

    return np.unique(_hashed_grams([text])[0])


def jaccard(one: "NDArray[np.uint64]", other: "NDArray[np.uint64]") -> float:
    """Return the Jaccard similarity of two sets of hashes: that of the texts, since 64 bits tell grams apart."""
    import numpy as np

    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def hashed(values: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Return numbers mixed so that all bits of each depend on all of its bits (the last step of MurmurHash3)."""
    import numpy as np

    mixed = values ^ (values >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def _portions(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start, characters = 0, 0
    for place, text in enumerate(texts):
        characters += len(text)
        if characters >= CHARACTERS:
            yield start, place + 1
            start, characters = place + 1, 0
    if start < len(texts):
        yield start, len(texts)


def _hashed_grams(texts: Sequence[str]) -> "tuple[NDArray[np.uint64], NDArray[np.int64]]":
    """Return the hashes of all grams, text after text, and where those of each text start."""
    import numpy as np

    padded = [text.ljust(GRAM, "\0") for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    windows = np.zeros(len(codes) - GRAM + 1, dtype=np.uint64)
    for offset in range(GRAM):
        windows *= np.uint64(0x100000001B3)
        windows += codes[offset : offset + len(windows)]
    lengths = np.array([len(text) for text in padded])
    counts = lengths - GRAM + 1
    starts = np.cumsum(counts) - counts
    places = np.arange(counts.sum()) + np.repeat(np.cumsum(lengths) - lengths - starts, counts)
    return hashed(windows[places]), starts


def _constant(place: int) -> int:
    """Return a number of 64 bits that looks drawn by chance (splitmix64), and is the same in every version."""
    mask = (1 << 64) - 1
    value = (place + 1) * 0x9E3779B97F4A7C15 & mask
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & mask
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & mask
    return value ^ (value >> 31)


def _sharing(keys: "NDArray[np.uint64]") -> "Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]":
    """Yield the places of pairs with the same key, the earlier places and the later ones."""
    import numpy as np

    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(keys) else np.empty(0, dtype=np.int64)
    sizes = np.diff(np.append(begins, len(keys)))
    is_crowd = np.repeat(sizes > CROWD, sizes)
    for shift in range(1, CROWD):
        same = ordered[shift:] == ordered[:-shift]
        if shift > 2:
            same &= ~is_crowd[shift:]
        at = np.flatnonzero(same)
        if not len(at):
            return
        yield order[at], order[at + shift]
