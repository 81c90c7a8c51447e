"""What judging costs: forecast, bounded before, counted after."""

import pytest

from harness.asking.spending import AROUND, Spending
from harness.config.prices import Price, Prices
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.budget import Budget, read_budget
from harness.records.messages import Message

JUDGE = ModelRef(base="reader", base_digest="hosted", template_digest="hosted")
PRICES = Prices(models={"reader": Price(input=1e6, output=1e6)})
"""One for each token."""


def request_of(text: str, most: int = 10) -> Request:
    """Ask the judge."""
    messages = (Message(role="user", content=text),)
    return Request(case_id="c", model=JUDGE, engine="e", messages=messages, sampling=Sampling(max_tokens=most))


def reply(tokens_in: int | None, tokens_out: int | None = 5, error: str | None = None) -> Response:
    """Return what a server counted."""
    return Response(request_key="k", text="x", tokens_in=tokens_in, tokens_out=tokens_out, error=error)


def test_without_a_budget_everything_is_let_out():
    """Whatever it costs."""
    assert Spending(None, PRICES).admitted([request_of("a")] * 9) == 9


def test_calls_are_counted_down_failed_ones_too():
    """To none."""
    spending = Spending(Budget(calls=3), Prices())
    many = [request_of("a")] * 9

    left = [spending.admitted(many)]
    for response in (reply(1), reply(None, error="lost"), reply(1), reply(1)):
        spending.count(many[0], response)
        left.append(spending.admitted(many))

    assert left == [3, 2, 1, 0, 0]


def test_a_sum_is_bounded_by_bytes_and_the_longest_reply():
    """A byte is a token at most; the template and the reply come on top."""
    one = request_of("ä" * 50)
    bound = 100 + AROUND + 10

    admitted = [
        Spending(Budget(money=most, currency="USD"), PRICES).admitted([one, one])
        for most in (bound - 1, bound, 2 * bound)
    ]

    assert admitted == [0, 1, 2]


def test_what_the_server_counts_takes_the_place_of_the_bound():
    """20 tokens for 100 bytes: the next prompt is taken to be a fifth denser at most."""
    one = request_of("a" * 100)
    spending = Spending(Budget(money=1000, currency="USD"), PRICES)

    spending.count(one, reply(20, 5))

    assert spending.forecast([one]).endswith(
        "about 20 tokens in, at most 10 out, about 30.00 USD at most; left of the budget: 975.00 USD"
    )
    assert spending.admitted([one] * 99) == 975 // (24 + AROUND + 10)


@pytest.mark.parametrize("response", [reply(None), reply(20, None), reply(None, None, error="timed out")])
def test_what_is_not_counted_costs_its_bound(response):
    """It could have cost that much."""
    one = request_of("a" * 100)
    spending = Spending(Budget(money=1000, currency="USD"), PRICES)

    spending.count(one, response)

    assert "left of the budget: 826.00 USD" in spending.forecast([one])


def test_no_cheap_call_overtakes_a_dear_one():
    """Short answers would be judged, and long ones not."""
    spending = Spending(read_budget("300USD"), PRICES)

    assert spending.admitted([request_of("a" * 300), request_of("a")]) == 0


def test_a_forecast_says_what_is_known():
    """No money without a price, and no longest reply where none is sent."""
    one = request_of("a" * 400)

    assert (
        Spending(None, Prices()).forecast([one, one])
        == "judging by reader: 2 calls, about 200 tokens in, at most 20 out"
    )
    assert Spending(None, PRICES, ("max_tokens", "max_completion_tokens")).forecast([one]) == (
        "judging by reader: 1 call, about 100 tokens in"
    )
    assert Spending(None, PRICES).forecast([one], 30) == (
        "judging by reader: up to 30 calls, about 3,000 tokens in, at most 300 out, about 3,300.00 USD at most"
    )
