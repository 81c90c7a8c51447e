"""Numbers in text: with groups, signs, currencies, units, fractions and powers, in plain text and in LaTeX.

What is not a number of its own is passed over: an exponent (``cm^2``), digits in a name (``A4``), a date, a version.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from harness.records.record import Record
from harness.scorers.reading.around import (
    has_sign_apart,
    is_citation,
    is_in_formula,
    is_in_several_parts,
    is_mark_of_a_list,
    scale_after,
)

DecimalMark = Literal[".", ","]

LONGEST = 1_000
"""Characters of a number, and digits of its power of ten: exact arithmetic with many more takes minutes."""

_CODES = """USD EUR GBP INR JPY CNY RMB AUD CAD NZD CHF HKD SGD SEK NOK DKK PLN CZK HUF RON BGN RUB UAH TRY BRL MXN
    ARS CLP COP ZAR NGN KES EGP AED SAR ILS PKR BDT LKR IDR MYR THB PHP VND KRW TWD"""
_SIGNS = "$€£¥₹₽₩₺₫₴₪₦฿"
_CURRENCY = (
    rf"(?<![A-Za-z])(?:[A-Z]{{0,3}}\\?[{_SIGNS}]"
    rf"|(?=[A-Za-z]{{2,3}}\.?\s?-?[\d.])(?i:{'|'.join(_CODES.split())}|Rs\.?)(?![A-Za-z]))"
)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_EXPONENT = rf"(?:\^\{{\s?[-+]?\d++\s?\}}|\^\([-+]?\d++\)|\^[-+]?\d++(?!\.\d)|⁻?[{_SUPERSCRIPTS}]++)"
_TIMES_TEN = r"\s?(?:[x\u00d7*·⋅]|\\times|\\cdot)\s?10"
_BRACES = r"\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}"  # a group, with groups in it
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_MARKS = (
    dict.fromkeys(map(ord, "\u2212\uff0d\ufe63"), "-")
    | dict.fromkeys(map(ord, "\u2044\u2215"), "/")
    | {ord(mark): f" {Fraction(unicodedata.numeric(mark)).limit_denominator(10)}" for mark in _VULGAR}
)
_RAISED = str.maketrans(dict(zip(_SUPERSCRIPTS, "0123456789", strict=True)) | {"⁻": "-"} | dict.fromkeys("^{}() "))


class Number(Record, kw_only=True, frozen=True):
    """A number as it is written, and its value; where there is none, ``problem`` says why."""

    written: str
    value: Fraction | None
    percent: bool = False
    problem: str = ""


def read_numbers(text: str, decimal: DecimalMark = ".") -> tuple[Number, ...]:
    r"""Return the numbers in a text.

    Digits are those of any script. Groups of three are joined by a comma (by a point where the comma is the decimal
    mark), an apostrophe, ``_``, a no-break or thin space, or a space of LaTeX. With a decimal point, ``{,}`` and Indian
    groups (``1,23,456``) are read too; with a decimal comma, groups joined by ordinary spaces. Digits with points and
    commas in another order have no value.

    >>> [str(number.value) for number in read_numbers(r"$-1,250.50 or 1 1/2 or 1.5 \times 10^{3} cm^2 or 12,50")]
    ['-2501/2', '3/2', '1500', 'None']
    """
    every = list(_find(text, decimal))
    return tuple(_number(found, decimal) for found, _ in [one for one in every if one[1]] or every)


def last_number(text: str, decimal: DecimalMark = ".") -> Number | None:
    """Return the last number in a text, also one without a value; None when there is none.

    >>> last_number("6 boxes at $1,250.50 each").written
    '$1,250.50'
    """
    last = mark = None
    for found, counts in _find(text, decimal):
        if counts:
            last = found
        else:
            mark = found
    chosen = last or mark
    return _number(chosen, decimal) if chosen else None


def _find(text: str, decimal: DecimalMark) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield what is a number, and whether it counts beside others: marks of sources and of lists don't."""
    plain = text.translate(_MARKS | {ord("\u066b"): decimal, ord("\u066c"): "," if decimal == "." else "."})
    kept, line = ("number", "mixed_up", "formula"), 0
    for found in _pattern(decimal).finditer(plain):
        if found.lastgroup not in kept:
            continue
        numbers_a_line = is_mark_of_a_list(plain, *found.span()) and found[0] in ("1", str(line + 1))
        line = int(found[0]) if numbers_a_line else line
        yield found, not numbers_a_line and not is_citation(plain, *found.span())


@functools.cache
def _pattern(decimal: DecimalMark) -> re.Pattern[str]:
    """Return the pattern of a number, of what has no value, and of what is passed over.

    One of them matches at each digit, so no text is read twice.
    """
    digits = _DIGITS[decimal]
    part = rf"(?:\{{\s?-?{digits}\s?\}}|\d)"
    mark = decimal.replace(".", "")
    return re.compile(
        rf"""
        (?P<other>[^\d\-.{mark}\\^<√A-Za-z_{_SIGNS}]++)
        |(?P<date>\d{{4}}-\d\d-\d\d(?![\d-])|\d++/\d++(?:/\d++)++)
        |(?P<number>(?P<minus>(?<![\w)\]%])-)?+(?:{_CURRENCY}\s?)?+(?P<inner_minus>(?<![\w)\]%])-)?+(?=[\d.{mark}\\])
          (?:(?P<whole>\d{{1,3}})[ \u00a0](?P<above>\d{{1,3}})/(?P<below>\d{{1,3}})(?![\d/]|[.,]\d)
          |(?:(?P<tex_whole>\d{{1,3}})\s?)?\\[dtc]?frac\s?(?P<tex_above>{part})\s?(?P<tex_below>{part})
          |(?P<plain>{digits}(?:[eE][-+]?\d++(?!\w))?+)
           (?:{_TIMES_TEN}(?P<ten>{_EXPONENT})|(?P<power>{_EXPONENT})
           |(?P<odd_power>\^(?:\{{(?=[^{{}}]*\d)[^{{}}]*+\}}|\((?=[^()]*\d)[^()]*+\)|[-+]?\d[\d.]*+))
           |\s?/\s?(?P<divisor>{digits}))?+)
          (?P<percent>\s?\\?[%\u066a\uff05]|\s(?:percent|per\ cent)\b)?+)
        |(?P<word>[A-Za-z]++(?:_?\{{?\d++(?:[.,]\d++)*+)?+)
        |(?P<passed>(?!\d{{1,3}}(?:\.\d{{3}})++(?!\.?\d))\d++(?:\.\d++){{2,}}+(?!,\d)
          |\^(?:\{{[^{{}}]*+\}}|\([-+]?\d[^()]*+\)|[-+]?\d[\d.,]*+)|<su[bp]>\s?[-+]?\d++
          |(?:(?<=[^\W_])|(?<=[)}}\]]))_\{{?\d++)
        |(?P<mixed_up>(?:(?<![\w.,])[.{mark}])?+\d++(?:[.,_]\d++)*+(?:[eE][-+]?\d++|{_TIMES_TEN}{_EXPONENT})?+)
        |(?P<formula>\\(?:[dtc]?frac|[dt]?binom)\s?{_BRACES}\s?{_BRACES}|\\sqrt(?:\[[^\[\]]*+\])?+\s?(?:{_BRACES}|\d)|√\s?\(?[\d.]++)
        |(?P<command>\\[A-Za-z]++)
        """,
        re.VERBOSE,
    )


def _digits(group: str, mark: str, others: str) -> str:
    """Return the pattern of digits in groups or without, and a decimal part; nothing like one follows."""
    groups = rf"(?!0)\d{{1,3}}(?:(?:{group}|['\u2019_\u00a0\u2009\u202f]|\\[,;:!\ ])\d{{3}}(?!\d))++"
    return rf"(?:(?:{groups}|{others}\d++)(?:{mark}\d++)?+|(?<![\w.,]){mark}\d++)(?!(?:[.,_]|\{{,\}})\d)"


_INDIAN = r"(?!0)\d{1,2}(?:(?:,|\{,\})\d\d(?!\d))++(?:,|\{,\})\d{3}(?!\d)|"
_DIGITS = {".": _digits(r"\{,\}|,\\!|,", r"\.", _INDIAN), ",": _digits(r"[.\ ]", r"(?:,|\{,\})", "")}


def _number(found: re.Match[str], decimal: DecimalMark) -> Number:
    text, (start, end) = found.string, found.span()
    written = found[0].strip()
    value, problem = None, ""
    if found["mixed_up"]:
        problem = "is not written with a decimal " + ("point" if decimal == "." else "comma")
    elif found["formula"] or found["odd_power"]:
        problem = "is a formula"
    elif is_in_formula(text, start, end):
        problem = "is a piece of a formula"
    else:
        power, end = scale_after(text, end, decimal)
        sign = "-" * has_sign_apart(text, start)
        written = sign + text[start:end].strip()
        if is_in_several_parts(text, start, end):
            return Number(written=written[:LONGEST], value=None, problem="is a part of a number with several scales")
        try:
            value = _value(found, decimal) * _ten_to(power) * (-1 if sign else 1)
        except OverflowError:
            problem = "has too many digits"
        except ZeroDivisionError:
            problem = "divides by zero"
    return Number(written=written[:LONGEST], value=value, percent=bool(found["percent"]), problem=problem)


def _value(found: re.Match[str], decimal: DecimalMark) -> Fraction:
    if len(found[0]) > LONGEST:
        raise OverflowError
    if found["plain"]:
        value = _amount(found["plain"], decimal)
        if found["ten"]:
            value *= _ten_to(_exponent(found["ten"]))
        elif found["power"]:
            value = _raised(value, _exponent(found["power"]))
        elif found["divisor"]:
            value /= _amount(found["divisor"], decimal)
    elif found["tex_above"]:
        value = _amount(found["tex_above"], decimal) / _amount(found["tex_below"], decimal)
        value = _mixed(found["tex_whole"], value)
    else:
        value = _mixed(found["whole"], Fraction(int(found["above"]), int(found["below"])))
    return -value if found["minus"] or found["inner_minus"] else value


def _mixed(whole: str | None, part: Fraction) -> Fraction:
    """Return 1 1/2 as one number; of 2 3/2, where two numbers meet, the last one."""
    return int(whole) + part if whole and 0 <= part < 1 else part


def _amount(digits: str, decimal: DecimalMark) -> Fraction:
    bare = re.sub(rf"[^\d{decimal}eE+-]", "", re.sub(r"\\.", "", digits))
    amount, _, exponent = bare.replace(decimal, ".").lower().partition("e")
    return Fraction(amount) * _ten_to(int(exponent or 0))


def _exponent(written: str) -> int:
    return int(written.translate(_RAISED))


def _ten_to(exponent: int) -> Fraction:
    if abs(exponent) > LONGEST:
        raise OverflowError
    return Fraction(10) ** exponent


def _raised(base: Fraction, exponent: int) -> Fraction:
    bits = base.numerator.bit_length() + base.denominator.bit_length()
    if bits * abs(exponent) > 4 * LONGEST:
        raise OverflowError
    return base**exponent
