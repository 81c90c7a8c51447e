"""What judging can cost at most: a number of calls, or a sum of money."""

import math
import re

from harness.records.record import Record

_BUDGET = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<currency>[^\s\d.,+-]{0,12})")
LARGEST = 10**12
UNITS = ("", "call", "calls")
"""What stands behind a number of calls, where anything does."""
HOW = "write a number of calls, such as 500, or a sum with its currency, such as 2.50USD"


class Budget(Record, frozen=True, kw_only=True):
    """The most that judges can be asked. One of ``calls`` and ``money`` is set, the other is None."""

    calls: int | None = None
    money: float | None = None
    currency: str = ""

    @property
    def words(self) -> str:
        """The budget as people read it."""
        return f"{self.calls:,} calls" if self.calls is not None else money_in_words(self.money or 0.0, self.currency)


def read_budget(text: str) -> Budget:
    """Read a budget as people write it.

    Raises:
        ValueError: it is neither a whole number nor a sum with its currency.

    >>> read_budget("500").words, read_budget("2.5 USD").words
    ('500 calls', '2.50 USD')
    """
    said = _BUDGET.fullmatch(text.strip())
    if said is None or not said["number"].isascii() or float(said["number"]) > LARGEST:
        raise ValueError(f"{text!r} is no budget; {HOW}")
    if said["currency"] not in UNITS:
        return Budget(money=float(said["number"]), currency=said["currency"])
    if "." in said["number"]:
        raise ValueError(f"{text!r} is no number of calls, and as a sum it lacks its currency; {HOW}")
    return Budget(calls=int(said["number"]))


def money_in_words(amount: float, currency: str) -> str:
    """Return a sum: to the hundredth, and a smaller one to two figures.

    >>> money_in_words(12.3, "EUR"), money_in_words(0.00123, "USD"), money_in_words(0, "USD")
    ('12.30 EUR', '0.0012 USD', '0.00 USD')
    """
    digits = 2 if amount == 0 or amount >= 0.1 else 1 - math.floor(math.log10(amount))
    return f"{amount:,.{digits}f} {currency}"
