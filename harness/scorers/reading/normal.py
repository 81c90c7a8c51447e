"""What doesn't count when two texts are compared: how characters are encoded, letters' case, white space."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, get_args

from harness.errors import ScorerError

Normal = Literal["NFC", "NFKC", "case", "white space"]
"""``NFC``: a letter and its accent are one character, however written. ``NFKC``: full-width digits, ligatures and other
variants are plain, and so is ``²``. ``case``: Unicode's case folding, so ß is ss. ``white space``: any run of it is one
space, none is at the ends, and what has no width is left out."""
ORDER: tuple[Normal, ...] = get_args(Normal)

_NO_WIDTH = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphen, zero-width space, word joiner, byte-order mark. Joiners of letters and emoji mean something."""
_DOTTED_I = "i\u0307"
"""What case folding makes of a Turkish capital I with a dot; its small letter is i."""


def checked_normal(
    scorer: str, normalize: Normal | Sequence[Normal], *, ignore_case: bool = False
) -> tuple[Normal, ...]:
    """Return what a scorer normalizes, in one order; NFC is in it unless nothing is, or NFKC.

    Raises:
        ScorerError: a name is unknown.
    """
    names = (normalize,) if isinstance(normalize, str) else tuple(normalize)
    known = {name.lower(): name for name in ORDER}
    for name in names:
        if name not in ORDER:
            near = difflib.get_close_matches(str(name).lower(), known, n=1)
            hint = f"did you mean {known[near[0]]!r}?" if near else f"it takes {', '.join(map(repr, ORDER))}"
            raise ScorerError(f"{scorer}(normalize={normalize!r}): unknown {name!r}; {hint}")
    wanted = {*names, *(("case",) if ignore_case else ())}
    if names and "NFKC" not in wanted:
        wanted.add("NFC")
    return tuple(name for name in ORDER if name in wanted and not (name == "NFC" and "NFKC" in wanted))


def normalized(text: str, normal: Sequence[Normal]) -> str:
    """Return the form of a text that is compared.

    >>> normalized("Stra\u00dfe\u00a0\uff11", ("NFKC", "case", "white space"))
    'strasse 1'
    """
    form: Literal["NFC", "NFKC"] | None = "NFKC" if "NFKC" in normal else "NFC" if "NFC" in normal else None
    text = unicodedata.normalize(form, text) if form else text
    if "case" in normal:
        text = text.casefold().replace(_DOTTED_I, "i")
        text = unicodedata.normalize(form, text) if form else text
    return " ".join(_NO_WIDTH.sub("", text).split()) if "white space" in normal else text


def written_normal(normal: Sequence[Normal]) -> dict[str, object]:
    """Return the options of the call that makes a scorer, none for the default. Letters' case has its own option."""
    others = tuple(name for name in normal if name != "case")
    said = {} if others == ("NFC",) else {"normalize": others[0] if len(others) == 1 else others}
    return {"ignore_case": "case" in normal, **said}
