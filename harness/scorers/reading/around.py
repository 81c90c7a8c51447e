r"""What is around a number and decides its value: a sign apart from it, a scale, a formula that it is a piece of.

Only so many characters on either side are read, so that a text of any length takes no longer.
"""

import re

from harness.text.later import pattern_later

WINDOW = 80
_NEAR = 30

_GAP = r"[^\S\n]?"
_ROOT = r"\\(?:sqrt|pi|[dtc]?frac|[dt]?binom)(?![A-Za-z])|[√π]|(?<![A-Za-z])pi(?![A-Za-z])"
_NO_PROSE = r"(?:[^\n=$,;:A-Za-z\\]|\\(?:[A-Za-z]++|[^A-Za-z\n])|(?<![A-Za-z])[A-Za-z](?![A-Za-z]))*"
_FUNCTION = r"(?:sqrt|cbrt|log|ln|lg|exp|sin|cos|tan|cot|arcsin|arccos|arctan)"
_TIMES = r"(?:[\u00d7·⋅÷]|\\(?:times|cdot|div)(?![A-Za-z])\s?)"
_BEFORE = pattern_later(
    rf"""(?:
      (?:[)}}\]π!]|\\pi|(?<![A-Za-z])(?:pi|[a-vx-z])){_GAP}/{_GAP}        # \sqrt{{3}}/2, x/2
      |\d{_GAP}/{_GAP}\(                                                 # 5/(2+x)
      |(?:{_ROOT}){_NO_PROSE}[-+*/·⋅\u00d7]{_GAP}                         # \sqrt{{3}} + 1
      |(?:[\d)}}π]|(?<![A-Za-z])[a-z]){_GAP}{_TIMES}{_GAP}|\d\*|\d[ ]\*[ ]
      |(?:\d|(?<![A-Za-z])[a-z])(?:\+|[ ]\+[ ])                          # 3 + 4, n+1
      |(?:±|\\pm(?![A-Za-z])|\+/?-){_GAP}                                # 18 ± 2
      |\d{_GAP}minus[ ]
      |\\(?:overline|bar|dot|choose|[bp]?mod){_GAP}\{{?|\d[.,]\d*\(      # 0.\overline{{3}}, 0.(3)
      |\\{_FUNCTION}(?:_\{{?\d+\}}?)?{_GAP}[({{]?|(?<![A-Za-z]){_FUNCTION}(?:_?\d+)?\(
      |(?:[Ss]quare|[Cc]ube)[ ]root[ ]of[ ]
    )$""",
    re.VERBOSE,
)
_POWER = pattern_later(r"\d\)?\*\*[-+(]?$")
_AFTER = pattern_later(
    rf"""\s?(?:[*/+-]|{_TIMES})?\s?(?:\\(?:sqrt|pi|theta)(?![A-Za-z])|[√π]|pi(?![A-Za-z])|{_FUNCTION}\(|\\{_FUNCTION}(?![A-Za-z]))
      |i(?!\w)                                                           # 3 + 4i
      |[\u0304\u0305\u0307]                                              # a line or dot over the digit
      |[^()\d\n]{{0,20}}\)\s?(?:\^|\*\*[-+(\d]|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])           # (-2)^2
      |\s?\\choose(?![A-Za-z])
      |\*\*[-+]?\(                                                       # 2**(1/3)
    """,
    re.VERBOSE,
)
_FACTORIAL = pattern_later(r"!\s?[-+*/=^\u00d7·⋅÷]\s?[\d(\\]|![}$\\]")
_APART = pattern_later(
    r"(?:(?:[=≈:]|\#{2,4}|\b(?:is|equals))[^\S\n]*-[^\S\n]+|[{($]-[^\S\n]+|(?<![\w-])(?:[Mm]inus|[Nn]egative)\s)$"
)
_SCALES = {"hundred": 2, "thousand": 3, "lakh": 5, "million": 6, "crore": 7}
_SCALES |= {
    **dict.fromkeys(("tausend", "mille", "tys", "тыс", "тысяча", "тысячи", "тысяч", "ألف", "nghìn", "ribu"), 3),
    **dict.fromkeys(("millionen", "millones", "milhões", "milioni", "miljoen", "mio", "mln", "juta", "triệu"), 6),
    **dict.fromkeys(("млн", "миллион", "миллиона", "миллионов", "milyon", "مليون"), 6),
    **dict.fromkeys(("milliard", "milliarde", "milliarden", "miliardi", "miljard", "mrd", "mld", "miliar"), 9),
    **dict.fromkeys(("млрд", "миллиард", "миллиарда", "миллиардов", "milyar", "مليار"), 9),
    **dict.fromkeys(("billionen", "triliun"), 12),
}
_POWERS = {
    ".": {**_SCALES, "billion": 9, "trillion": 12},
    ",": {**_SCALES, "mil": 3, "billion": 12},
}
"""Scales that mean the same everywhere, and by the decimal mark: a German Billion is a thousand English ones."""
_LETTERS = {"k": 3, "K": 3, "M": 6, "mn": 6, "bn": 9}
_SIGNS = {"百": 2, "千": 3, "천": 3, "万": 4, "萬": 4, "만": 4, "億": 8, "亿": 8, "억": 8, "兆": 12, "조": 12}
_SIGNS |= {"हज़ार": 3, "हजार": 3, "लाख": 5, "करोड़": 7, "अरब": 9}
"""Scales that are written without a space before what follows, or with marks that are no letters."""
_UNITS = {"百": "百(?=[万萬億亿])", "千": "千(?![克瓦米卡赫])", "兆": "兆(?![瓦赫字比欧])"}
"""Three of them also begin units (a kilogram is 千克), or are a scale only before another one."""
_SIGN = "|".join(_UNITS.get(sign, sign) for sign in _SIGNS)
_SCALE = pattern_later(
    rf"[^\S\n]?(?P<sign>{_SIGN})"
    r"|(?:[^\S\n]|[~-]|\\[ ,;]|\\text\{ ?)?(?P<word>[^\W\d_]{3,10})(?!\w)|(?P<letter>k|K|M|mn|bn)(?![\w^])"
)
_SCALED = pattern_later(rf"(?:{_SIGN})$")
_CITED = pattern_later(
    r"\d\s?(?:(?!(?:is|are|gives|makes|equals|to|by|and|or|of|in|as|was|so|then|thus|hence|answer|result|total|list|array|step)\b)[^\W\d]+)?[%.;)]?\s?(?:\[\d{1,3}\]\s?)*\[$"
)
_END_OF_CITATION = pattern_later(r"(?:[,\u2013-]\s?\d{1,3})*\]")
_START_OF_LINE = pattern_later(r"(?:^|\n)[ \t>]*$")
_AFTER_MARK = pattern_later(r"[.)][ \t]+[^\s\d]")


def is_in_formula(text: str, start: int, end: int) -> bool:
    r"""Tell whether the number at this place is a piece of a formula, such as the 2 of ``\sqrt{3}/2``.

    >>> is_in_formula(r"2\pi", 0, 1)
    True
    """
    before, after = text[max(0, start - WINDOW) : start], text[end : end + WINDOW]
    if text[start] == "-" and _BEFORE().search(f"{before}-"):
        return True
    if _BEFORE().search(before) or _AFTER().match(after) or _FACTORIAL().match(after):
        return True
    line = before.rpartition("\n")[2]
    if after.startswith("!") and not re.search(r"[^\W\d_]", line):  # of a sentence it is the end
        return True
    return bool(_POWER().search(line)) and line.count("**") == 1  # in the second one bold print ends


def has_sign_apart(text: str, start: int) -> bool:
    """Tell whether a minus belongs to the number though a space is between them: ``x = - 5``, ``minus 5``.

    >>> has_sign_apart("10 - 5", 5)
    False
    """
    return bool(_APART().search(text[max(0, start - WINDOW) : start]))


def scale_after(text: str, end: int, decimal: str) -> tuple[int, int]:
    """Return the power of ten by which the words after a number multiply it, and where they end.

    >>> scale_after("3 million", 1, ".")
    (6, 9)
    """
    powers, power = _POWERS[decimal], 0
    while found := _SCALE().match(text, end):
        word = (found["word"] or "").lower()
        more = powers.get(word) or powers.get(word.removesuffix("s")) or _LETTERS.get(found["letter"])
        more = more or _SIGNS.get(found["sign"])
        if more is None:
            break
        power, end = power + more, found.end()
    return power, end


def is_in_several_parts(text: str, start: int, end: int) -> bool:
    """Tell whether the number that ends here, its scale included, is one part of several, as of ``1億2000万``.

    >>> is_in_several_parts("1億2000万", 2, 7)
    True
    """
    if _SCALED().search(text[max(0, start - WINDOW) : start]):
        return True
    return bool(_SCALED().search(text[start:end]) and re.match(r"\d", text[end : end + 1]))


def is_citation(text: str, start: int, end: int) -> bool:
    """Tell whether the number at this place is the mark of a source that follows another number: ``15 [1]``.

    >>> is_citation("the list is [1]", 13, 14)
    False
    """
    if text[start - 1 : start] not in ("[", ",", " ", "-", "\u2013") or "]" not in text[end : end + _NEAR]:
        return False
    before = text[max(0, start - _NEAR) : start]
    opened = before.rpartition("[")
    return bool(
        re.fullmatch(r"(?:\d{1,3}[,\u2013-]\s?)*", opened[2])
        and _CITED().search(opened[0] + opened[1])
        and _END_OF_CITATION().match(text, end)
    )


def is_mark_of_a_list(text: str, start: int, end: int) -> bool:
    """Tell whether the digits at this place begin a line and only number it: ``1. Take the boxes``."""
    return (
        text[end : end + 1] in {".", ")"}
        and bool(_AFTER_MARK().match(text, end))
        and bool(_START_OF_LINE().search(text[max(0, start - _NEAR) : start]))
    )
