"""The scripts of languages that are not written in Latin letters."""

import functools
from collections.abc import Callable

LEAST_SHARE = 0.5
"""Of the letters of an answer, in the script of its language."""

_WRITTEN_IN = {
    "Arab": "ar fa ur ps sd ug ckb",
    "Armn": "hy",
    "Beng": "bn as",
    "Cyrl": "ru bg uk be mk ky",
    "Deva": "hi mr ne sa",
    "Ethi": "am ti",
    "Geor": "ka",
    "Grek": "el",
    "Gujr": "gu",
    "Guru Arab": "pa",
    "Hang": "ko",
    "Hani": "zh wuu yue",
    "Hani Hira Kana": "ja",
    "Hebr": "he yi",
    "Khmr": "km",
    "Knda": "kn",
    "Laoo": "lo",
    "Mlym": "ml",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thai": "th",
}
_SCRIPTS = {code: scripts for scripts, codes in _WRITTEN_IN.items() for code in codes.split()}


def is_in_another_script(text: str, code: str) -> bool:
    """Tell whether most letters of a text are not those of a language, where it has letters of its own."""
    if code not in _SCRIPTS:
        return False
    letters = sum(map(str.isalpha, text))
    return len(_finder(_SCRIPTS[code])(text)) < LEAST_SHARE * letters


@functools.cache
def _finder(scripts: str) -> Callable[[str], list[str]]:
    import regex

    kinds = "".join(rf"\p{{scx={script}}}" for script in scripts.split())
    find: Callable[[str], list[str]] = regex.compile(rf"[[{kinds}]&&\p{{L}}]", regex.V1).findall
    return find
