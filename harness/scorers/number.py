"""The last number in the answer is the expected one."""

import re
from decimal import Decimal

from harness.errors import ScorerError
from harness.records.asked import Case, Response
from harness.records.scored import Score, Scorer
from harness.scorers.reading.expected import expected_value, refuse
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.readers import Reader, whole
from harness.scorers.reading.wording import Called, written
from harness.text.visible import for_terminal

_SEPARATORS = ",\u00a0\u2009\u202f"
_CURRENCY = "$€£¥₹₽₩"
# A hyphen between words or digits is not a sign ("3-5"), and digits in a name are not a number ("A4", "v1.2.3").
_NUMBER = re.compile(
    rf"""(?P<sign>(?<![\w)\]])[-\u2212][{_CURRENCY}]?)?+
    (?<![A-Za-z\d])(?<!\d\.)
    (?P<digits>(?:\d{{1,3}}(?:[{_SEPARATORS}]\d{{3}})++(?!\d)|\d++)(?:\.\d++)?|\.\d++)
    (?P<exponent>[eE][-+]?\d{{1,3}}(?!\w))?""",
    re.VERBOSE,
)


def number_equals(tolerance: float = 0, *, read: Reader = whole) -> Scorer:
    """Make a scorer: is the last number in the answer ``expected``, give or take ``tolerance``?

    Numbers are read in English notation: ``1,234.5``, ``-3``, ``1.5e3``. Signs of percent and currency are
    ignored, so ``50 %`` is 50 and ``-$5`` is -5. ``expected`` is a number, or a string that holds one.

    Raises:
        ScorerError: the tolerance is negative or not finite.
    """
    if not 0 <= tolerance < float("inf"):
        raise ScorerError(f"number_equals(tolerance={tolerance!r}): the tolerance must be 0 or a positive number")
    return NumberEquals(call=written("number_equals", read, tolerance=tolerance), tolerance=tolerance, read=read)


class NumberEquals(Called, kw_only=True, frozen=True):
    """See ``number_equals``."""

    tolerance: float
    read: Reader

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one answer."""
        expected = self._expected(case)
        found = last_number(self.read(response.text))
        if found is None:
            return wrong(f"no number in the answer, expected {expected}", "no number")
        if found == expected or self._near(found, expected):
            return right()
        return wrong(f"the last number is {for_terminal(str(found))}, expected {expected}", "wrong number")

    def _near(self, found: Decimal, expected: Decimal) -> bool:
        margin = Decimal(str(self.tolerance))  # without one, not even decimal's own rounding is allowed
        return bool(margin) and expected - margin <= found <= expected + margin

    def _expected(self, case: Case) -> Decimal:
        expected = expected_value(case, self)
        if isinstance(expected, int | float) and not isinstance(expected, bool):
            return Decimal(str(expected))
        numbers = list(_NUMBER.finditer(expected)) if isinstance(expected, str) else []
        if len(numbers) != 1:
            refuse(case, self, "`expected` to be a number, or a string that holds one number", expected)
        return _value(numbers[0])


def last_number(text: str) -> Decimal | None:
    """Return the last number in a text; None when there is none.

    >>> last_number("6 boxes at $1,250.50 each")
    Decimal('1250.50')
    """
    last = None
    for last in _NUMBER.finditer(text):  # noqa: B007 - only the last one counts
        pass
    return _value(last) if last else None


def _value(number: re.Match[str]) -> Decimal:
    digits = number["digits"].translate(dict.fromkeys(map(ord, _SEPARATORS)))
    return Decimal(f"{'-' if number['sign'] else ''}{digits}{number['exponent'] or ''}")
