"""Words in a row that two texts share: 13 of them are no chance (Brown et al. 2020, appendix C, for GPT-3)."""

import functools
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.data.alike.minhash import hashed

if TYPE_CHECKING:
    import numpy as np
    import regex
    from numpy.typing import NDArray

RUN = 13
"""Words."""
SHORTEST = 8
"""Words of a text that is looked for inside of longer ones: the least that GPT-3's authors took, too."""
_PRIME = 0x100000001B3


def words_in(plain: str) -> list[str]:
    """Return the words of a folded text; of scripts that don't part words, each character is one.

    >>> words_in("top up 我的卡")
    ['top', 'up', '我', '的', '卡']
    """
    return plain.split() if plain.isascii() else _unspaced().sub(r" \g<0> ", plain).split()


def length_in_words(plain: str) -> int:
    """Return how many words a folded text has, where two characters of a script that doesn't part words are one."""
    if plain.isascii():
        return len(plain.split())
    characters = len(_unspaced().findall(plain))
    return len(words_in(plain)) - characters + (characters + 1) // 2


def runs_of(words: Sequence[str], length: int) -> "NDArray[np.uint64]":
    """Return a hash of each run of ``length`` words, in order; they are the same in every version."""
    import numpy as np

    codes = hashed(np.array([_code(word) for word in words], dtype=np.uint64))
    count = max(len(codes) - length + 1, 0)
    runs = np.full(count, length, dtype=np.uint64)
    for offset in range(length if count else 0):
        runs *= np.uint64(_PRIME)
        runs += codes[offset : offset + count]
    return hashed(runs)


@functools.lru_cache(maxsize=100_000)
def _code(word: str) -> int:
    data = word.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data)


@functools.cache
def _unspaced() -> "regex.Pattern[str]":
    import regex

    return regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*+")
