"""What asking judges, or a teacher, costs: forecast before it starts, and held to a budget that is never exceeded.

Money is bounded before a call and counted after it: by the tokens that the server reports, by the bound where it
reports none or the call fails. Tokens are estimated from the bytes of the messages, and each reply makes that better.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from harness.asking.usage import MILLION, price_of
from harness.config.kinds import Parameter
from harness.config.prices import Price, Prices
from harness.errors import ConfigError
from harness.records.answered import Response
from harness.records.asked import ModelRef, Request
from harness.records.budget import Budget, money_in_words
from harness.records.record import Record
from harness.text.figures import count
from harness.text.visible import for_terminal

BYTES_PER_TOKEN = 4.0
"""What is taken for English until a server has counted the tokens of a prompt."""
MOST_PER_BYTE = 1.0
"""Tokens in a byte of text at most, whatever the tokenizer; a bound until a server has counted."""
MARGIN = 1.2
"""How much denser than the densest prompt so far a further one is taken to be."""
AROUND = 64
"""Tokens that a chat template puts around the messages, at most."""
NO_LIMIT = {"max_tokens", "max_completion_tokens"}


class Named(Record, frozen=True, kw_only=True):
    """Who is asked within a budget, as messages name it: whose budget, what asking is, and in which table it is set."""

    whose: str = "the judge's budget"
    doing: str = "judging"
    table: str = "[judge] "


JUDGES = Named()


class Spending:
    """What judges were asked in a run, and what it cost, against a budget; None sets no limit."""

    def __init__(
        self, budget: Budget | None, prices: Prices, left_out: Sequence[Parameter] = (), named: Named = JUDGES
    ) -> None:
        self.budget = budget
        self._prices = prices
        self._named = named
        self._has_limit = not set(left_out) >= NO_LIMIT
        self._calls = 0
        self._money = 0.0
        self._unknown = 0.0
        self._read: Counter[str] = Counter()
        """Bytes of the prompts whose tokens were counted, and those tokens, by the judge's name."""
        self._counted: Counter[str] = Counter()
        self._densest: dict[str, float] = {}
        """The most tokens in a byte of any prompt, by the judge's name."""

    def check(self, judge: ModelRef) -> None:
        """Refuse a budget that can't be held for this judge.

        Raises:
            ConfigError: a sum of money is given, and what a call costs at most is not known.
        """
        if self.budget is None or self.budget.money is None:
            return
        name, price = for_terminal(judge.name), price_of(judge, self._prices)
        whose = self._named.whose
        budget, instead = self.budget.words, f"or give {whose} in calls, such as 500"
        if self.budget.currency != self._prices.currency:
            given = for_terminal(self._prices.currency)
            raise ConfigError(f"{whose} is {budget}, but [prices] are in {given}; give it in {given}")
        if price is None or price.per_hour is not None:
            paid = "has no price" if price is None else "is paid by the hour, so no call has a price"
            raise ConfigError(
                f"{whose} is {budget}, but {name} {paid}; set `input` and `output` under "
                f'[prices."{name}"] in harness.toml, {instead}'
            )
        if not self._has_limit:
            raise ConfigError(
                f"{whose} is {budget}, but {self._named.table}`leave_out` sends no limit of a reply, so a call can "
                f"cost any sum; leave one of the two in, {instead}"
            )

    def admitted(self, requests: Sequence[Request]) -> int:
        """Return how many of the requests, from the first one on, can be asked at once within the budget.

        None is passed over for a cheaper one behind it: then short answers would be judged and long ones not.
        """
        if self.budget is None:
            return len(requests)
        if self.budget.calls is not None:
            return min(len(requests), max(self.budget.calls - self._calls, 0))
        left = (self.budget.money or 0.0) - self._money
        return sum(spent <= left for spent in accumulate(map(self.bound, requests)))

    def count(self, request: Request, response: Response) -> None:
        """Count what was asked now: a failed call costs what it can have cost at most."""
        read, tokens = _bytes(request), response.counted_in
        cost = self.cost_of(request, response)
        if cost is None:
            self.add_bound(self.bound(request))
        else:
            self._add(cost)
        if tokens and read and response.error is None:
            name = request.model.own_name
            self._read[name] += read
            self._counted[name] += tokens
            self._densest[name] = max(self._densest.get(name, 0.0), tokens / read)

    def add_bound(self, money: float) -> None:
        """Count a call by what it can have cost at most: it failed, or was of an earlier process that was killed."""
        self._unknown += money
        self._add(money)

    @property
    def money(self) -> float:
        """What was spent so far: a failed call counts as the most that it can have cost."""
        return self._money

    @property
    def unknown(self) -> float:
        """How much of that is the most that calls can have cost of which nobody knows what they did."""
        return self._unknown

    def cost_of(self, request: Request, response: Response) -> float | None:
        """Return what a call cost; None where it failed, or its price or its tokens are not known."""
        price, tokens, written = price_of(request.model, self._prices), response.counted_in, response.counted_out
        if price is None or price.per_hour is not None or response.error is not None:
            return None
        return None if tokens is None or written is None else _cost(price, tokens, written)

    def forecast(self, requests: Sequence[Request], most_calls: int | None = None) -> str:
        """Return in one line what asking will take: calls, tokens, and money where there is a price.

        ``most_calls`` is how many requests these stand for at most; None where they are all that will be asked.
        """
        names = list(dict.fromkeys(one.model.name for one in requests))
        times = 1.0 if most_calls is None else most_calls / max(len(requests), 1)
        tokens = sum(self._about(one) for one in requests) * times
        most = round(sum(one.sampling.max_tokens for one in requests) * times)
        calls = count(len(requests), "call") if most_calls is None else f"up to {count(most_calls, 'call')}"
        parts = [calls, f"about {_rounded(tokens):,.0f} tokens in"]
        parts += [f"at most {most:,} out"] if self._has_limit else []
        prices = [price_of(one.model, self._prices) for one in requests]
        if self._has_limit and all(price is not None and price.per_hour is None for price in prices):
            money = sum(
                _cost(price, self._about(one), one.sampling.max_tokens)
                for one, price in zip(requests, prices, strict=True)
                if price is not None
            )
            parts.append(f"about {money_in_words(_rounded(money * times), self._prices.currency)} at most")
        told = f"{self._named.doing} by {', '.join(map(for_terminal, names))}: {', '.join(parts)}"
        return told if self.budget is None else f"{told}; left of the budget: {self._left(self.budget)}"

    def prompts_cost(self, requests: Sequence[Request]) -> float:
        """Return what the prompts of these calls cost, about: the least that all of them can; 0 without prices."""
        prices = [price_of(one.model, self._prices) for one in requests]
        return sum(
            _cost(price, self._about(one), 0)
            for one, price in zip(requests, prices, strict=True)
            if price is not None and price.per_hour is None
        )

    def _add(self, money: float) -> None:
        self._calls += 1
        self._money += money

    def _left(self, budget: Budget) -> str:
        if budget.calls is not None:
            return count(max(budget.calls - self._calls, 0), "call")
        return money_in_words(max((budget.money or 0.0) - self._money, 0.0), budget.currency)

    def _about(self, request: Request) -> float:
        """Return how many tokens a prompt has, about."""
        name = request.model.own_name
        read = self._read[name]
        return _bytes(request) * (self._counted[name] / read if read else 1 / BYTES_PER_TOKEN)

    def bound(self, request: Request) -> float:
        """Return what a request can cost at most; 0 where no call has a price."""
        price = price_of(request.model, self._prices)
        if price is None or price.per_hour is not None:
            return 0.0
        densest = self._densest.get(request.model.own_name)
        per_byte = MOST_PER_BYTE if densest is None else densest * MARGIN
        return _cost(price, _bytes(request) * per_byte + AROUND, request.sampling.max_tokens)


def _bytes(request: Request) -> int:
    return sum(len(message.text.encode(errors="replace")) for message in request.messages)


def _cost(price: Price, tokens_in: float, tokens_out: float) -> float:
    return ((price.input or 0.0) * tokens_in + (price.output or 0.0) * tokens_out) / MILLION


def _rounded(estimate: float) -> float:
    """Return an estimate to two figures."""
    return float(f"{estimate:.2g}")
