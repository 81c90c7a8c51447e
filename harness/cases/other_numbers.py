"""Other numbers in a text, in digits or in English words: a changed answer must be a number where it was one."""

import random
import re
from typing import NamedTuple

WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBER = re.compile(rf"\d+|(?<!\w)(?:{'|'.join(WORDS)})(?!\w)", re.IGNORECASE)


class Number(NamedTuple):
    """A number with as many digits as it is written with."""

    value: int
    digits: int


def numbers_in(text: str) -> tuple[Number, ...]:
    """Return the numbers in a text, in order.

    >>> numbers_in("Twelve of 007")
    (Number(value=12, digits=2), Number(value=7, digits=3))
    """
    return tuple(_read(match[0]) for match in _NUMBER.finditer(text))


def another_number(old: Number, chance: random.Random) -> Number:
    """Return another number of as many digits, from half to twice as much; with a word where the old one has one."""
    low = 10 ** (old.digits - 1) if old.digits > 1 and old.value >= 10 ** (old.digits - 1) else 0
    has_word = old.value < len(WORDS)
    high = min(10**old.digits, 2 * old.value + 3, len(WORDS) if has_word else 10**old.digits)
    low = min(max(low, old.value // 2, 1), high - 2)
    drawn = old.value
    while drawn == old.value:
        drawn = chance.randrange(low, high)
    return Number(drawn, old.digits)


def with_number(text: str, old: Number, new: Number) -> str:
    """Return a text with a number in the place of another, in digits or a word as that is written.

    >>> with_number("Six of 6 and 16", Number(6, 1), Number(9, 1))
    'Nine of 9 and 16'
    """

    def put(match: re.Match[str]) -> str:
        if _read(match[0]).value != old.value:
            return match[0]
        if match[0].isdigit() or new.value >= len(WORDS):
            return str(new.value).zfill(len(match[0]) if match[0].startswith("0") else 0)
        word = WORDS[new.value]
        return word.capitalize() if match[0][0].isupper() else word

    return _NUMBER.sub(put, text)


def _read(written: str) -> Number:
    if written.isdigit():
        return Number(int(written), len(written))
    value = WORDS.index(written.casefold())
    return Number(value, len(str(value)))
