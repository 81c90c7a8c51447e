"""How figures are written: counts, scores, quantities with their unit, differences and intervals."""

import math
from collections.abc import Sequence

from harness.records.estimate import Estimate

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
LARGEST = 1e15
"""From here on figures are written with an exponent, and so are quantities below ``SMALLEST``."""
SMALLEST = 1e-9


def count_cases(count: int) -> str:
    """Write a number of cases."""
    return "1 case" if count == 1 else f"{count} cases"


def too_few_cases(count: int) -> str:
    """Say that this many cases are too few; the text continues with what for."""
    return f"{count_cases(count)} {'is' if count == 1 else 'are'} too few"


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
    >>> in_unit(1e308, "s"), in_unit(5e-324, "s"), in_unit(math.inf, "s")
    ('1e+308 s', '4.94e-324 s', 'inf s')
    """
    if not SMALLEST <= abs(value) < LARGEST and value != 0:
        return f"{value:.3g} {unit}"
    digits = 2 if value == 0 else max(2 - math.floor(math.log10(abs(value))), 0)
    return f"{value:z.{min(digits, 9)}f} {unit}"


def round_up(count: int) -> int:
    """Return the count rounded up to two leading digits.

    >>> [round_up(count) for count in (7, 52, 133, 1201)]
    [7, 52, 140, 1300]
    """
    step: int = 10 ** max(len(str(count)) - 2, 0)
    return math.ceil(count / step) * step


def percent(share: float, digits: int = 0) -> str:
    """Write a share, from 0 to 1, with this many digits after the point.

    >>> percent(0.287), percent(0.0534, 1), percent(1)
    ('29 %', '5.3 %', '100 %')
    """
    return f"{100 * share:.{digits}f} %"


def number(value: float | None) -> str:
    """Write a score or a mean."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return "not a number"
    return f"{value:.3{'f' if abs(value) < LARGEST else 'g'}}".replace("-", MINUS)


def measured(value: float | None, unit: str) -> str:
    """Write a score, or a quantity with its unit.

    >>> measured(0.25, ""), measured(1.5, "s"), measured(83.25, "tokens")
    ('0.250', '1.500 s', '83.2 tokens')
    >>> measured(1e308, "s"), measured(1.7e308, "tokens")
    ('1e+308 s', '1.7e+308 tokens')
    """
    return f"{_plain(value, unit)} {unit}".rstrip()


def changed(value: float | None, unit: str) -> str:
    """Write a difference of scores, or of quantities with their unit."""
    written = _plain(value, unit)
    if not written.strip(f"{MINUS}0."):
        written = written.removeprefix(MINUS)
    elif written[0].isdigit():
        written = f"+{written}"
    return f"{written} {unit}".rstrip()


def _plain(value: float | None, unit: str) -> str:
    if unit in {"", "s"} or value is None or not math.isfinite(value):
        return number(value)
    return f"{value:,.1f}".replace("-", MINUS) if abs(value) < LARGEST else number(value)


def signed(value: float | None) -> str:
    """Write a difference: always with its sign, and zero without one.

    >>> signed(0.035), signed(-0.0001)
    ('+0.035', '0.000')
    """
    return changed(value, "")


def interval(estimate: Estimate, unit: str = "") -> str:
    """Write the interval of a mean."""
    return f"{_plain(estimate.low, unit)} to {measured(estimate.high, unit)}"


def signed_interval(estimate: Estimate, unit: str = "") -> str:
    """Write the interval of a difference."""
    return f"{changed(estimate.low, unit).removesuffix(f' {unit}')} to {changed(estimate.high, unit)}"


def signed_count(n: int) -> str:
    """Write a change of a count."""
    return f"{n:+,}".replace("-", MINUS) if n else "0"


def count(n: int, noun: str) -> str:
    """Write a number of things.

    >>> count(1, "case"), count(1200, "case")
    ('1 case', '1,200 cases')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def of_all(part: int, whole: int) -> str:
    """Write a number of things, and of how many they are where they are a part.

    >>> of_all(111, 1000), of_all(1000, 1000)
    ('111 of 1,000', '1,000')
    """
    return f"{part:,} of {whole:,}" if part < whole else f"{part:,}"


def join(parts: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    return " and ".join([*[", ".join(parts[:-1])] * (len(parts) > 1), *parts[-1:]])
