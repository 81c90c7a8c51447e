"""What messages quote of rows, without personal data and secrets: for the problems and errors of every command."""

import re

from harness.data.checks.personal.hits import DOTS
from harness.data.checks.personal.personal import masked

CUT_WORD = re.compile(r"[^\s'\"]{9,}(?=\.\.\.)")
"""What can be the start of a key: no pattern knows it without its end."""
_WORD = re.compile(r"[^\s'\"]{7,}|[\d(+][\d ()+./-]{5,}\d")
_DIGITS, _LONG = 4, 20


def discreet(told: str) -> str:
    """Return a sentence that quotes values of a file without what is personal or secret in them.

    Words that are cut off go whole. Without the packages of the extra ``data``, which know more exactly, so does every
    word that could be an address, a number of somebody's, or a key.

    >>> discreet("the role 'ada.byron@tidewell.io' is unknown")
    "the role 'ad…io' is unknown"
    """
    told = CUT_WORD.sub("", told)
    try:
        return masked(told)
    except ModuleNotFoundError:
        return _WORD.sub(lambda found: DOTS if _could_be_personal(found[0]) else found[0], told)


def _could_be_personal(word: str) -> bool:
    digits = sum(map(str.isdigit, word))
    return "@" in word or digits >= _DIGITS or (len(word) >= _LONG and digits > 0)
