"""What each side's answers cost: tokens, seconds, and money by the price table in harness.toml."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from harness.config import Price, Prices
from harness.records.asked import ModelRef, Response
from harness.records.record import Record
from harness.records.saved import Party, Reused, Usage

HOSTED = "openai:"
"""What comes before the name of a hosted model on the command line."""
MILLION = 1_000_000
HOUR_S = 3600


class Spent(Record, frozen=True, kw_only=True):
    """The responses to one party.

    ``waited`` holds the keys that were asked in this run, with the seconds spent; ``kept_at`` those of hosted models
    that came from the store, with the time when they were kept, in seconds since 1970.
    """

    party: Party
    responses: tuple[Response, ...]
    waited: Mapping[str, float]
    kept_at: Mapping[str, int] = msgspec.field(default_factory=dict)


def usage_of(spent: Spent, model: ModelRef, prices: Prices) -> Usage:
    """Return what the answers cost; a failed call counts only as a failed call."""
    answers = [response for response in spent.responses if response.error is None]
    asked = [response for response in answers if response.request_key in spent.waited]
    tokens_in, tokens_out = _sum(one.counted_in for one in answers), _sum(one.counted_out for one in answers)
    spent_s = sum(spent.waited[one.request_key] for one in asked)
    written = _sum(one.counted_out for one in asked)
    seconds = sorted(response.seconds for response in answers if response.seconds > 0)
    price, all_asked = price_of(model, prices), len(asked) == len(answers)
    cost = _cost(price, tokens_in, tokens_out, spent_s if all_asked else None) if price else None
    return Usage(
        side=spent.party,
        answers=len(answers),
        stored=len(answers) - len(asked),
        failed=len(spent.responses) - len(answers),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        p50_s=_percentile(seconds, 0.50),
        p95_s=_percentile(seconds, 0.95),
        tokens_per_s=written / spent_s if written and spent_s > 0 else None,
        cost=cost,
        currency=prices.currency if cost is not None else "",
        reused=_reused([spent.kept_at[one.request_key] for one in answers if one.request_key in spent.kept_at]),
    )


def price_of(model: ModelRef, prices: Prices) -> Price | None:
    """Return a model's price: by its own name, with or without ``openai:``, else by its base model's."""
    for name in (f"{HOSTED}{model.own_name}", model.name, model.own_name, model.base):
        if name in prices.models:
            return prices.models[name]
    return None


def _reused(times: Sequence[int]) -> Reused | None:
    if not times:
        return None
    oldest, newest = (dt.datetime.fromtimestamp(time, dt.UTC).isoformat() for time in (min(times), max(times)))
    return Reused(answers=len(times), oldest=oldest, newest=newest)


def _sum(counts: Iterable[int | None]) -> int | None:
    """Return a sum; None when one of its parts is not known, because the sum of the others would be too small."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def _cost(price: Price, tokens_in: int | None, tokens_out: int | None, spent_s: float | None) -> float | None:
    """Return the cost of answers.

    None for a server paid by time when some came from the store, and for one paid by tokens that are not known.
    """
    if price.per_hour is not None:
        return None if spent_s is None else price.per_hour * spent_s / HOUR_S
    if tokens_in is None or tokens_out is None:
        return None
    return ((price.input or 0.0) * tokens_in + (price.output or 0.0) * tokens_out) / MILLION


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return a percentile, interpolated linearly, of sorted values; None if there are none."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = ordered[int(place)]
    return low + (place - int(place)) * (ordered[min(int(place) + 1, len(ordered) - 1)] - low)
