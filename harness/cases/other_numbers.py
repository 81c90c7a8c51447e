"""Other numbers in a text, in digits or in English words: a changed answer must be a number where it was one."""

import random
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = (*_SMALL, *(f"{ten}-{one}" if one else ten for ten in _TENS for one in ("", *_SMALL[1:10])))
"""From zero to ninety-nine."""
_WORD = rf"(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL)}"
_NUMBER = re.compile(rf"[1-9]\d{{0,2}}(?:[.,'\u2019\u202f]\d{{3}})+(?!\d)|\d+|(?<!\w)(?:{_WORD})(?!\w)", re.IGNORECASE)
_ALONE = re.compile(rf"(?<!\S)(?:\d+|{_WORD})(?!\S)", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\b")
_SCALED = re.compile(r"\b(?:hundred|thousand|million|billion|dozen|half|quarter)s?\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"\d ?[ap]\.?m\b|o['\u2019]clock|in the (?:morning|afternoon|evening)", re.IGNORECASE)
_TIME = re.compile(r"\b\d{1,2}:\d\d\b")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|(?:nov|dec)(?:ember)?)\b\.?"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}"
    rf"|\b{_MONTH} (?:the )?\d{{1,2}}(?!\d)",
    re.IGNORECASE,
)
YEARS = range(1_000, 2_030)
"""Numbers of four digits that can be years, and then stay years."""
DRAWS = 200


class Number(NamedTuple):
    """A number with as many digits as it is written with."""

    value: int
    digits: int


def numbers_in(text: str) -> tuple[Number, ...]:
    """Return the numbers in a text, in order; digits in groups of three are one.

    >>> numbers_in("Twelve of 007, twenty-one of 1,250")[1:]
    (Number(value=7, digits=3), Number(value=21, digits=2), Number(value=1250, digits=4))
    """
    return tuple(_read(match[0]) for match in _NUMBER.finditer(text))


def is_scaled(text: str) -> bool:
    """Tell whether a number is in words that are not read here: "two hundred", "half a dozen"."""
    return _SCALED.search(text) is not None


def in_digits(text: str) -> str:
    """Return a text with its numbers in digits, but for "one", which is no number in most sentences.

    >>> in_digits("One of twenty-one days")
    'One of 21 days'
    """

    def put(match: re.Match[str]) -> str:
        return match[0] if match[0].casefold() == "one" else str(_read(match[0]).value)

    return _NUMBER.sub(put, text)


def another_number(old: Number, texts: Sequence[str], taken: Collection[int], chance: random.Random) -> Number | None:
    """Return another number of as many digits, from half to twice as much; None where nearly all are ``taken``.

    Where ``texts``, in which it is, are times of day, dates or years, the new one can be one too.
    """
    low = 10 ** (old.digits - 1) if old.digits > 1 and old.value >= 10 ** (old.digits - 1) else 0
    high = min(10**old.digits, 2 * old.value + 3, _most(texts) + 1)
    low = max(low, old.value // 2, 2)
    if old.digits == len("2030") and old.value in YEARS:
        low, high = max(YEARS.start, old.value - 100), min(YEARS.stop, old.value + 100)
    low = min(low, high - 2)
    drawn = (chance.randrange(low, high) for _ in range(DRAWS))
    new = next((one for one in drawn if one != old.value and one not in taken), None)
    return None if new is None else Number(new, old.digits)


def with_number(text: str, old: Number, new: Number) -> str:
    """Return a text with a number in the place of another, in digits or a word as that is written.

    >>> with_number("Six of 6 and 16, the 6th", Number(6, 1), Number(3, 1))
    'Three of 3 and 16, the 3rd'
    """

    def put(match: re.Match[str]) -> str:
        return _written(new.value, match[0]) if _read(match[0]).value == old.value else match[0]

    return _ORDINAL.sub(lambda match: match[1] + _ending(int(match[1])), _NUMBER.sub(put, text))


def in_other_form(text: str) -> str:
    """Return a text with digits that stand alone as words, and words as digits.

    >>> in_other_form("6 days"), in_other_form("sixty-four"), in_other_form("10:00")
    ('six days', '64', '10:00')
    """

    def put(match: re.Match[str]) -> str:
        value = _read(match[0]).value
        if not match[0].isdigit():
            return str(value)
        return WORDS[value] if value < len(WORDS) and match[0] == str(value) else match[0]

    return _ALONE.sub(put, text)


def _most(texts: Sequence[str]) -> int:
    """Return how large a number of some texts can be."""
    for most, pattern in ((11, _HALF_DAY), (23, _TIME), (28, _DATE)):
        if any(pattern.search(text) for text in texts):
            return most
    return 10**30


def _read(written: str) -> Number:
    if written[0].isdigit():
        digits = re.sub(r"\D", "", written)
        return Number(int(digits), len(digits))
    value = WORDS.index(written.casefold().replace(" ", "-"))
    return Number(value, len(str(value)))


def _written(value: int, like: str) -> str:
    if like.isdigit():
        return str(value).zfill(len(like) if like.startswith("0") else 0)
    if like[0].isdigit():
        return f"{value:,}".replace(",", next(mark for mark in like if not mark.isdigit()))
    word = WORDS[value] if value < len(WORDS) else str(value)
    return word.capitalize() if like[0].isupper() else word


def _ending(value: int) -> str:
    last = value % 10 if value % 100 not in {11, 12, 13} else 0
    return {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
