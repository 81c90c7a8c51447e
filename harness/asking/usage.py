"""What each side's answers cost: tokens, seconds, and money by the price table in harness.toml."""

import datetime as dt
from array import array
from collections.abc import Iterable, Sequence

from harness.asking.responses import Took
from harness.config.prices import Price, Prices
from harness.records.asked import ModelRef
from harness.records.parties import Party, Reused, Usage
from harness.records.record import Record

HOSTED = "openai:"
"""What comes before the name of a hosted model on the command line."""
MILLION = 1_000_000
HOUR_S = 3600


class Spent(Record, frozen=True, kw_only=True):
    """What the responses to one party took, which is read once."""

    party: Party
    took: Iterable[Took]


def usage_of(spent: Spent, model: ModelRef, prices: Prices) -> Usage:
    """Return what the answers cost; a failed call counts only as a failed call."""
    answers = failed = asked = 0
    read, written, written_now = _Sum(), _Sum(), _Sum()
    spent_s, seconds, kept_at = 0.0, array("d"), array("q")
    for one in spent.took:
        if one.has_failed:
            failed += 1
            continue
        answers += 1
        read.add(one.tokens_in)
        written.add(one.tokens_out)
        if one.seconds > 0:
            seconds.append(one.seconds)
        if one.waited is not None:
            asked += 1
            spent_s += one.waited
            written_now.add(one.tokens_out)
        if one.kept_at is not None:
            kept_at.append(one.kept_at)
    ordered, price = array("d", sorted(seconds)), price_of(model, prices)
    cost = _cost(price, read.total, written.total, spent_s if asked == answers else None) if price else None
    return Usage(
        side=spent.party,
        answers=answers,
        stored=answers - asked,
        failed=failed,
        tokens_in=read.total,
        tokens_out=written.total,
        p50_s=_percentile(ordered, 0.50),
        p95_s=_percentile(ordered, 0.95),
        tokens_per_s=written_now.total / spent_s if written_now.total and spent_s > 0 else None,
        cost=cost,
        currency=prices.currency if cost is not None else "",
        reused=_reused(kept_at),
    )


class _Sum:
    """A sum; None when one of its parts is not known, because the sum of the others would be too small."""

    def __init__(self) -> None:
        self.total: int | None = 0

    def add(self, count: int | None) -> None:
        self.total = None if count is None or self.total is None else self.total + count


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
