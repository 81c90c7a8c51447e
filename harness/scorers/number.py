"""The last number in the answer is the expected one."""

import re
from fractions import Fraction

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.reading.answer import read_answer
from harness.scorers.reading.expected import expected_value, refuse
from harness.scorers.reading.numbers import DecimalMark, Number, last_number, read_numbers
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import for_terminal

_COMMA = "bg ca cs da de el es et fi fr hr hu id it lt lv nb nl pl pt ro ru sk sl sr sv tr uk vi"
DECIMAL_COMMA = tuple(_COMMA.split())
"""Languages that write a decimal comma, by CLDR; all others are read as English, with a decimal point."""


def number_equals(tolerance: float = 0, *, locale: str = "en", read: Reader = whole) -> Scorer:
    r"""Make a scorer: is the last number in the answer ``expected``, give or take ``tolerance``?

    A number can have groups (``1,234``, ``1,23,456``, ``1_000``, ``1{,}234``, ``1\,234``), a minus sign, a currency
    (``-$5``, ``USD18``, ``Rs 18``), a unit (``18 cm^2``), and can be a fraction (``3/4``, ``1 1/2``, ``\frac{3}{4}``)
    or a power (``1.5e3``, ``1.5 x 10^3``), and a scale (``3 million``, ``5k``). A piece of a formula is wrong,
    as in ``\sqrt{3}/2``. Numbers are compared exactly: 1/3 is near 0.333, not equal to it.
    Exponents of units, digits in names, dates and versions are no answers. With ``locale="de"``, or another language
    that writes a decimal comma, ``1.234,5`` is read; without it, that is wrong, and the reason says so.

    ``50 %`` is 50 or 0.5, whichever is expected; where ``expected`` has a sign of percent too, 50 alone. ``expected``
    is a number, or a string that holds one in the same notation.

    Raises:
        ScorerError: the tolerance is negative or not finite, or the locale is not known.
    """
    if not 0 <= tolerance < float("inf"):
        raise ScorerError(f"number_equals(tolerance={tolerance!r}): the tolerance must be 0 or a positive number")
    if locale != "en" and locale not in DECIMAL_COMMA:
        known, language = ", ".join(DECIMAL_COMMA), re.split("[-_]", locale.lower())[0]
        meant = f"; did you mean {language!r}?" if language in ("en", *DECIMAL_COMMA) else ""
        raise ScorerError(
            f"number_equals(locale={locale!r}): the locale must be 'en' (a decimal point) or a language with a decimal "
            f"comma: {known}{meant}"
        )
    return NumberEquals(
        call=written("number_equals", read, tolerance=tolerance, locale=None if locale == "en" else locale),
        tolerance=tolerance,
        decimal="." if locale == "en" else ",",
        read=read,
    )


class NumberEquals(Called, kw_only=True, frozen=True):
    """See ``number_equals``."""

    tolerance: float
    decimal: DecimalMark
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = self._expected(case)
        found = last_number(read_answer(self.read, case, response), self.decimal)
        if found is None:
            return wrong(f"no number in the answer, expected {expected.written}", "no number")
        if any(self._near(value, goal) for value, goal in _comparable(found, expected)):
            return right()
        what = f"the last number {found.problem}:" if found.problem else "the last number is"
        return wrong(f"{what} {for_terminal(found.written)}, expected {expected.written}", "wrong number")

    def _near(self, value: Fraction, goal: Fraction) -> bool:
        return abs(value - goal) <= Fraction(str(self.tolerance))

    def _expected(self, case: Case) -> Number:
        expected = expected_value(case, self)
        if isinstance(expected, int | float) and not isinstance(expected, bool):
            return Number(written=str(expected), value=Fraction(str(expected)))
        numbers = read_numbers(expected, self.decimal) if isinstance(expected, str) else ()
        if len(numbers) != 1 or numbers[0].value is None:
            refuse(case, self, "`expected` to be a number, or a string that holds one number", expected)
        return numbers[0]


def _comparable(found: Number, expected: Number) -> list[tuple[Fraction, Fraction]]:
    """Return the values to compare: as they are written, and where only one has a sign of percent, also its hundredth.

    A number without a value equals nothing.
    """
    if found.value is None or expected.value is None:
        return []
    as_written = (found.value, expected.value)
    if found.percent == expected.percent:
        return [as_written]
    return [as_written, (found.value / 100, expected.value) if found.percent else (found.value, expected.value / 100)]
