"""How verdicts write counts, figures, and names that came from outside."""

import math

LONGEST = 120
"""Most characters of a name or a reason that came from outside."""


def count_cases(count: int) -> str:
    """Write a number of cases."""
    return "1 case" if count == 1 else f"{count} cases"


def tell_apart(one: float, other: float) -> tuple[str, str]:
    """Return two figures with three digits after the point, or as many as it takes to tell them apart."""
    for digits in range(3, 10):
        texts = f"{one:z.{digits}f}", f"{other:z.{digits}f}"
        if texts[0] != texts[1]:
            return texts
    return f"{one:z.3f}", f"{other:z.3f}"


def in_unit(value: float, unit: str) -> str:
    """Write a quantity with three leading digits at least, and its unit.

    >>> in_unit(0.0123, "s"), in_unit(12.345, "s"), in_unit(1234.5, "tokens")
    ('0.0123 s', '12.3 s', '1234 tokens')
    """
    digits = 2 if value == 0 else max(2 - math.floor(math.log10(abs(value))), 0)
    return f"{value:z.{min(digits, 9)}f} {unit}"


def round_up(count: int) -> int:
    """Return the count rounded up to two leading digits.

    >>> [round_up(count) for count in (7, 52, 133, 1201)]
    [7, 52, 140, 1300]
    """
    step: int = 10 ** max(len(str(count)) - 2, 0)
    return math.ceil(count / step) * step


def cut(text: str) -> str:
    """Return the start of a text that came from outside, with three dots where it goes on."""
    shown = plain(text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}..."


def plain(text: str) -> str:
    """Show what a terminal could obey, or a reader be misled by, as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
