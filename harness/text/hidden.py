"""Characters that leave no mark, or mislead a reader: which these are, and their names."""

import re
import unicodedata

IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point: what leaves no mark on the page."""
EMOJI_MARKS = "\u203c\u2049\u2139\u3030"
"""Emoji that are not symbols by their category."""
NAMES = {
    "\x00": "NUL",
    "\x07": "BEL",
    "\x08": "BS",
    "\r": "CR",
    "\x1b": "ESC",
    "\x7f": "DEL",
    "\u200b": "ZWSP",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}


def named(character: str) -> str:
    """Return the name of a character that can't be seen, between angle brackets."""
    return f"⟨{NAMES.get(character, f'U+{ord(character):04X}')}⟩"


def is_visible(text: str) -> bool:
    """Tell whether every character of a text can be seen; the end of a line counts as hidden."""
    return text.isprintable() and not IGNORABLE.search(text)


def is_hidden(character: str, before: str, after: str) -> bool:
    """Tell whether a character can't be seen between its two neighbours, which are empty at the ends of a text."""
    if character in "\n\t" or " " <= character <= "~":
        return False
    if character in "\u200c\u200d" and before > "\x7f":
        return False  # joiners belong to emoji and to several scripts
    if character in "\ufe0e\ufe0f" and _is_emoji(before, after):
        return False
    return bool(IGNORABLE.match(character)) or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_emoji(character: str, second_after: str) -> bool:
    """Tell whether a character can be told to look like text or in colour: a symbol, or what a keycap is put around."""
    if character <= "\x7f":
        return character != "" and character in "0123456789#*" and second_after == "\u20e3"
    return character in EMOJI_MARKS or unicodedata.category(character) in {"So", "Sm", "Sk"}
