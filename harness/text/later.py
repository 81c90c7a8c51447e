"""Patterns that are compiled when they are first used: a run uses few of them, and compiling all is slow."""

import functools
import re
from collections.abc import Callable


def pattern_later(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[], re.Pattern[str]]:
    """Return a function that compiles the pattern on its first call.

    >>> digits = pattern_later("[0-9]+")
    >>> digits().findall("7 of 42")
    ['7', '42']
    """
    return functools.cache(functools.partial(re.compile, pattern, flags))
