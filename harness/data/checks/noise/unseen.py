"""Characters that leave no mark where they are, and those that mean something to one font or one terminal alone.

Many scripts need some of them: joiners in Persian and Hindi, marks of direction in Hebrew, selectors and joiners in
emoji. What is needed where it is, by the rules below, is left alone. What is looked for is Unicode's
Default_Ignorable_Code_Point and the anchors of annotations; the rules for joiners follow RFC 5892, appendix A, but that
any letter of a script that joins counts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from harness.text.hidden import EMOJI_MARKS, IGNORABLE

_ANCHORS = re.compile("[\ufff9-\ufffb]")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKS = frozenset("\u061c\u200e\u200f")
_CLOSED_BY = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
_OVERRIDES = frozenset("\u202d\u202e")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The flag of a region, such as Scotland's: the only emoji that are written with tags."""
_JOINING = frozenset(
    (
        *("ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "PHAGS-PA", "MANICHAEAN", "PSALTER", "SOGDIAN", "ADLAM"),
        *("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM"),
        *("SINHALA", "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE", "SUNDANESE", "LIMBU", "LEPCHA", "CHAKMA"),
        *("GRANTHA", "NEWA", "TIRHUTA", "MODI", "SHARADA", "BRAHMI", "KAITHI", "HANIFI", "CHORASMIAN"),
    )
)
"""Scripts, by the first word of their letters' names, in which a joiner can change a letter's form."""
_UNSPACED = frozenset(("THAI", "LAO", "KHMER", "MYANMAR", "TAI", "NEW", "JAVANESE", "BALINESE", "TIBETAN"))
"""Scripts in which a space without width can part two words."""


def unseen_in(text: str) -> list[int]:
    """Return where characters are that can't be seen and that nothing in the text needs, in order."""
    if text.isascii():
        return []
    places = sorted(found.start() for pattern in (IGNORABLE, _ANCHORS) for found in pattern.finditer(text))
    if not places:
        return []
    needed = _turning(text) | _in_flags(text)
    return [place for place in places if place not in needed and not _is_needed(text, place)]


def without_unseen(text: str) -> str:
    r"""Return a text without the characters that ``unseen_in`` finds, also those that only these have made needless.

    >>> without_unseen("an in\u00advoice\u200b"), without_unseen("\U0001f469\u200d\U0001f52c")
    ('an invoice', '👩\u200d🔬')
    """
    while places := unseen_in(text):
        left = set(places)
        text = "".join(character for place, character in enumerate(text) if place not in left)
    return text


def unprintable_in(text: str) -> list[int]:
    """Return where control codes are, other than tabs and ends of lines, and characters of a private use."""
    return [found.start() for found in _UNPRINTABLE.finditer(text)]


def named(text: str, places: Sequence[int]) -> str:
    r"""Return which characters are at these places, the most frequent three.

    >>> named("a\u200bb\u200b\x1b", [1, 3, 4])
    'U+200B zero width space (2), U+001B'
    """
    counted = Counter(text[place] for place in places)
    shown = [
        f"{f'U+{ord(one):04X} {unicodedata.name(one, str()).lower()}'.rstrip()}{f' ({number})' if number > 1 else ''}"
        for one, number in counted.most_common(3)
    ]
    return ", ".join(shown) + ", ..." * (len(counted) > len(shown))


def _turning(text: str) -> set[int]:
    """Return where marks of direction do their work: in lines with letters from right to left, opened and closed."""
    needed: set[int] = set()
    if _DIRECTIONS.isdisjoint(text):
        return needed
    start = 0
    for line in text.splitlines(keepends=True):
        if _RIGHT_TO_LEFT.search(line):
            opened: list[int] = []
            for place, character in enumerate(line, start):
                if character in _MARKS:
                    needed.add(place)
                elif character in _CLOSED_BY:
                    opened.append(place)
                elif character in _DIRECTIONS and opened and _CLOSED_BY[text[opened[-1]]] == character:
                    first = opened.pop()
                    if text[first] not in _OVERRIDES:
                        needed |= {first, place}
        start += len(line)
    return needed


def _in_flags(text: str) -> set[int]:
    return {place for found in _FLAG.finditer(text) for place in range(*found.span())}


def _is_needed(text: str, place: int) -> bool:
    """Tell whether what is beside a character needs it; directions and flags apart."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    rule = next((rule for which, rule in _RULES if ord(text[place]) in which), None)
    return rule is not None and rule(before, after)


def _for_letters(before: str, after: str) -> bool:
    return not _JOINING.isdisjoint({_script(before), _script(after)})


def _for_words(before: str, after: str) -> bool:
    return not _UNSPACED.isdisjoint({_script(before), _script(after)})


def _for_letters_or_emoji(before: str, after: str) -> bool:
    return _for_letters(before, after) or (_is_emoji(before) and _is_emoji(after))


def _for_looks(before: str, after: str) -> bool:
    return _has_looks(before) or (before != "" and before in "0123456789#*" and after == "\u20e3")


def _for_variants(before: str, _after: str) -> bool:
    return before != "" and unicodedata.category(before) in {"Sm", "So", "Lo"}


def _for_ideographs(before: str, _after: str) -> bool:
    return _script(before) == "CJK"


def _for_mongolian(before: str, after: str) -> bool:
    return "MONGOLIAN" in {_script(before), _script(after)}


def _for_marks(before: str, after: str) -> bool:
    return any(one and unicodedata.category(one) == "Mn" and not IGNORABLE.match(one) for one in (before, after))


def _for_jamo(before: str, after: str) -> bool:
    return any("\u1100" <= one <= "\u11ff" for one in (before, after))


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character else ""


def _has_looks(character: str) -> bool:
    """Tell whether a character can be told to look like text or in colour."""
    return character != "" and (character in EMOJI_MARKS or unicodedata.category(character) in {"So", "Sm", "Sk"})


def _is_emoji(character: str) -> bool:
    return _has_looks(character) or character == "\ufe0f"


_RULES: tuple[tuple[range, Callable[[str, str], bool]], ...] = (
    (range(0x200B, 0x200C), _for_words),
    (range(0x200C, 0x200D), _for_letters),
    (range(0x200D, 0x200E), _for_letters_or_emoji),
    (range(0xFE0E, 0xFE10), _for_looks),
    (range(0xFE00, 0xFE0E), _for_variants),
    (range(0xE0100, 0xE01F0), _for_ideographs),
    (range(0x180B, 0x1810), _for_mongolian),
    (range(0x034F, 0x0350), _for_marks),
    (range(0x115F, 0x1161), _for_jamo),
)
"""Which characters what is before and after them can need."""
