"""What the answers of each side took, and what that costs."""

import time
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from harness.asking.responses import Responses, Took
from harness.asking.usage import Spent, price_of, usage_of
from harness.config.prices import Price, Prices
from harness.records.answered import Response
from harness.records.asked import ModelRef
from harness.records.parties import Reused, Usage
from harness.records.record import digest
from harness.text.spooled import IN_MEMORY

TINY = ModelRef(base="tiny", base_digest="b", template_digest="t")
MINE = ModelRef(base="tiny", base_digest="b", template_digest="t", adapter="mine", adapter_digest="a")
GPT = ModelRef(base="hosted", base_digest="hosted", template_digest="hosted", adapter="gpt-x", adapter_digest="gpt-x")
NO_PRICES = Prices()
FAILED = digest("failed")


def answers(n: int) -> tuple[Response, ...]:
    """Answers of 100 tokens in and 10 out, which took 1 second, 2 seconds, and so on."""
    return tuple(
        Response(request_key=digest(one), text="x", tokens_in=100, tokens_out=10, seconds=one + 1.0) for one in range(n)
    )


def took(
    responses: Sequence[Response], waited: Mapping[str, float], kept_at: Mapping[str, int] | None = None
) -> list[Took]:
    """What these responses took, of which those by the keys of ``waited`` were asked in this run."""
    known = Responses()
    for response in responses:
        known.add(response.request_key, response)
    for key, seconds in waited.items():
        known.note_waited(known.expect(key), seconds)
    return list(known.took([response.request_key for response in responses], kept_at or {}))


def used(responses: tuple[Response, ...], asked: int, prices: Prices = NO_PRICES, model: ModelRef = MINE) -> Usage:
    """The usage of responses, of which the first were asked in this run, half a second spent on each."""
    waited = {response.request_key: 0.5 for response in responses[:asked]}
    return usage_of(Spent(party="candidate", took=took(responses, waited)), model, prices)


def test_tokens_times_and_origins_are_counted():
    """Tokens per second count this run's answers alone; percentiles interpolate."""
    usage = used(answers(5), asked=4)

    assert usage == Usage(
        side="candidate",
        answers=5,
        stored=1,
        failed=0,
        tokens_in=500,
        tokens_out=50,
        p50_s=3.0,
        p95_s=4.8,
        tokens_per_s=20.0,
    )


def test_hosted_answers_from_the_store_are_told_with_their_age():
    """Of what was answered for this side; a failed call and another side's answers are none."""
    failed = Response(request_key=FAILED, error="HTTP 500")
    kept_at = {digest(1): 1_795_000_000, digest(2): 1_794_000_000, FAILED: 1, digest("another side's"): 2}

    usage = usage_of(
        Spent(party="candidate", took=took((*answers(3), failed), {digest(0): 0.5}, kept_at)), GPT, NO_PRICES
    )

    assert usage.stored == 2
    assert usage.reused == Reused(answers=2, oldest="2026-11-06T21:20:00+00:00", newest="2026-11-18T11:06:40+00:00")


def test_a_failed_call_took_nothing_that_counts():
    """Its error came after who knows what."""
    failed = Response(request_key=FAILED, error="HTTP 500", seconds=99.0)

    usage = used((*answers(2), failed), asked=2)

    assert (usage.answers, usage.failed, usage.p95_s) == (2, 1, pytest.approx(1.95))


@pytest.mark.parametrize("responses", [(), (Response(request_key=FAILED, error="HTTP 500"),)])
def test_without_answers_nothing_is_known(responses):
    """Neither a time nor a speed is made up; tokens cost nothing."""
    usage = used(responses, asked=0, prices=Prices(models={"mine": Price(input=1, output=1)}))

    assert (usage.p50_s, usage.p95_s, usage.tokens_per_s, usage.cost) == (None, None, None, 0.0)


def test_an_engine_that_reports_no_tokens_has_no_speed():
    """0 tokens a second would be a figure."""
    usage = used((Response(request_key=digest(0), text="x"),), asked=1)

    assert (usage.tokens_per_s, usage.p50_s) == (None, None)


@pytest.mark.parametrize("unknown", [{"tokens_in": None}, {"tokens_out": None}, {"tokens_in": 0}, {"tokens_out": 0}])
def test_tokens_that_one_answer_does_not_tell_leave_sum_and_cost_unknown(unknown):
    """The rest would be too little, and 0 is what version 0.1 kept for unknown."""
    known, untold = answers(2)
    mixed = (known, msgspec.structs.replace(untold, **unknown))

    usage = used(mixed, asked=2, prices=Prices(models={"mine": Price(input=1, output=1)}))

    tokens = (usage.tokens_in, usage.tokens_out)
    assert tokens == ((None, 20) if "tokens_in" in unknown else (200, None))
    assert (usage.cost, usage.currency) == (None, "")
    assert (usage.tokens_per_s is None) == ("tokens_out" in unknown)


def test_a_server_paid_by_time_needs_no_tokens():
    """Its cost is known though it counts none."""
    untold = tuple(msgspec.structs.replace(one, tokens_in=None, tokens_out=None) for one in answers(2))

    assert used(untold, asked=2, prices=Prices(models={"tiny": Price(per_hour=3.6)})).cost == pytest.approx(0.001)


def test_an_empty_answer_takes_no_tokens():
    """0 is right for it, and known."""
    empty = Response(request_key=digest(0), tokens_in=7, tokens_out=0)

    assert used((empty,), asked=1).tokens_out == 0


def test_tokens_cost_by_the_million_wherever_the_answers_came_from():
    """What the store saved is what it would have cost."""
    prices = Prices(currency="EUR", models={"openai:gpt-x": Price(input=0.25, output=2.0)})

    usage = used(answers(1000), asked=10, prices=prices, model=GPT)

    assert usage.cost == pytest.approx(100_000 / 1e6 * 0.25 + 10_000 / 1e6 * 2.0)
    assert usage.currency == "EUR"


def test_a_server_paid_by_time_costs_the_time_spent_on_the_side():
    """Unknown where some answers came from the store: their time was paid in another run."""
    prices = Prices(models={"tiny": Price(per_hour=3.6)})

    assert used(answers(4), asked=4, prices=prices).cost == pytest.approx(0.002)
    assert used(answers(4), asked=3, prices=prices).cost is None
    assert used(answers(4), asked=3, prices=prices).currency == ""


def test_what_a_response_took_is_what_the_response_says():
    """Also of those that are in no memory any more, that failed, or of which nobody or somebody absurd counted."""
    responses = [
        Response(
            request_key=digest(number),
            text="x" * (number % 2),
            tokens_in=(None, 0, 7, number, 2**70 + number)[number % 5],
            tokens_out=(None, 0, number)[number % 3],
            seconds=number / 8,
            error="HTTP 500" if number % 7 == 0 else None,
        )
        for number in range(IN_MEMORY + 100)
    ]
    waited = {digest(number): number / 4 for number in range(0, len(responses), 11)}
    kept_at = {digest(number): number for number in range(0, len(responses), 13)}

    assert took(responses, waited, kept_at) == [
        Took(
            has_failed=one.error is not None,
            tokens_in=one.counted_in,
            tokens_out=one.counted_out,
            seconds=one.seconds,
            waited=waited.get(one.request_key),
            kept_at=kept_at.get(one.request_key),
        )
        for one in responses
    ]


def test_what_was_asked_twice_or_has_no_response_yet_is_told_once_or_not_at_all():
    """The first response to a request stays."""
    known, (one, two) = Responses(), answers(2)
    known.add(one.request_key, one)
    known.add(one.request_key, msgspec.structs.replace(two, request_key=one.request_key))
    known.expect(two.request_key)

    told = list(known.took([one.request_key, two.request_key, digest("never asked"), one.request_key], {}))

    assert [each.seconds for each in told] == [1.0]


def test_a_price_is_found_by_the_models_name_then_by_its_base():
    """An adapter costs what its base costs, unless it has a price of its own."""
    base, own, hosted = Price(per_hour=1.0), Price(per_hour=2.0), Price(input=1.0, output=1.0)

    assert price_of(MINE, Prices(models={"tiny": base})) == base
    assert price_of(MINE, Prices(models={"tiny": base, "mine": own})) == own
    assert price_of(GPT, Prices(models={"gpt-x": hosted})) == hosted
    assert price_of(TINY, Prices(models={"mine": own})) is None


def test_a_hundred_thousand_answers_take_a_moment():
    """Usage is measured on every run."""
    responses = answers(100_000)
    started = time.process_time()

    used(responses, asked=50_000)

    assert time.process_time() - started < 10
