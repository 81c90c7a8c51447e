"""Budgets as people write them."""

import pytest

from harness.records.budget import Budget, money_in_words, read_budget


@pytest.mark.parametrize(
    ("text", "budget", "words"),
    [
        ("500", Budget(calls=500), "500 calls"),
        (" 12000 calls ", Budget(calls=12_000), "12,000 calls"),
        ("0", Budget(calls=0), "0 calls"),
        ("2.50USD", Budget(money=2.5, currency="USD"), "2.50 USD"),
        ("3 €", Budget(money=3.0, currency="€"), "3.00 €"),
        ("0.004 EUR", Budget(money=0.004, currency="EUR"), "0.0040 EUR"),
    ],
)
def test_a_budget_is_calls_or_a_sum(text, budget, words):
    """A number alone is calls."""
    assert read_budget(text) == budget
    assert budget.words == words


@pytest.mark.parametrize(
    "text", ["", "many", "-5", "+5", "1e5", "2.5", "2,50EUR", "nan", "inf USD", "\u0665", "USD 2", "9" * 20]
)
def test_what_is_neither_is_refused_with_how_to_write_it(text):
    """Never read as something near it."""
    with pytest.raises(ValueError, match=r"write a number of calls, such as 500, or a sum with its currency"):
        read_budget(text)


@pytest.mark.parametrize(
    ("amount", "words"), [(0.0, "0.00 X"), (0.0999, "0.100 X"), (1234.5, "1,234.50 X"), (3e-7, "0.00000030 X")]
)
def test_small_sums_keep_two_figures(amount, words):
    """And larger ones the hundredth."""
    assert money_in_words(amount, "X") == words
