"""Rows that differ in a number or a name alone: what of a text is left without them."""

import functools
import re
from typing import TYPE_CHECKING

from harness.data.alike.likeness import worded
from harness.data.alike.runs import length_in_words
from harness.text.later import pattern_later

if TYPE_CHECKING:
    import regex

NUMBER, NAME = "0", "0n"
"""What takes the place of each; both are no words."""
FEWEST_WORDS = 4
"""Beside what differs: "Hello Anna" and "Hello Ben" are no template."""
_MARKED = pattern_later(r"[\d@]")
_TOKENS = pattern_later(r"[A-Za-z0-9.,:/@#_+-]+")


def blanked(asked: str, answer: str) -> tuple[str, str] | None:
    """Return a row's input and output with each number and name blanked; None where the input has none, or no more.

    A number is all that is written together with a digit, such as a date or an order's code. A name is a word, or
    several in a row, with a capital letter in the middle of a sentence, and an e-mail address; such words of the
    input are blanked in the output wherever they are.

    >>> blanked("Where is order 4711 of Ben Klein?", "Dear Ben, it comes today.")
    ('where is order 0 of 0n', 'dear 0n it comes today')
    """
    plain = _TOKENS().sub(_blank, asked) if _MARKED().search(asked) else asked
    names = {word for found in _names().findall(plain) for word in found.split()}
    if plain == asked and not names:
        return None
    text = worded(_names().sub(NAME, plain))
    if length_in_words(" ".join(word for word in text.split() if word not in {NUMBER, NAME})) < FEWEST_WORDS:
        return None
    known = _words().sub(lambda found: NAME if found[0] in names else found[0], _TOKENS().sub(_blank, answer))
    return text, worded(_names().sub(NAME, known))


def _blank(found: "re.Match[str]") -> str:
    """Blank what is written together, but for the marks that end it."""
    text = found[0].rstrip(".,:/#_+-")
    if "@" in text.strip("@"):
        return NAME + found[0][len(text) :]
    return NUMBER + found[0][len(text) :] if any(one.isdigit() for one in text) else found[0]


@functools.cache
def _names() -> "regex.Pattern[str]":
    import regex

    word = r"\p{Lu}\p{Ll}[\p{L}'\u2019-]*+"
    return regex.compile(rf"(?<=[\p{{Ll}}\p{{N}},;] ){word}(?: {word})*+|(?<=^|[.!?] ){word}(?: {word})++")


@functools.cache
def _words() -> "regex.Pattern[str]":
    import regex

    return regex.compile(r"\p{Lu}\p{Ll}[\p{L}'\u2019-]*+")
