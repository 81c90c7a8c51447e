"""How long asking continues while requests fail."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import chain

import pytest

from harness.engines.http.endpoint import Endpoint, Reply
from harness.engines.http.faults import Fault, Kind
from harness.engines.http.lane import Lane, Manner
from harness.engines.http.left_out import LeftOut
from harness.engines.http.outbox import Outbox
from harness.engines.http.patience import MANY, Patience, Questions
from harness.records.answered import Response
from harness.records.asked import Request
from tests.engines.clock import Instant
from tests.engines.fakes import make_requests

ANSWER = b'{"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}'
TIMEOUT_S = 300.0
PASSING: tuple[Kind, ...] = ("busy", "broken", "lost", "unreadable", "hang", "lost")

Answer = Callable[[bytes], Awaitable[Reply]]


def nowhere(_line: str) -> None:
    """Show a line to nobody."""


def ask_all(
    instant: Instant, post: Answer, requests: list[Request], say: Callable[[str], None] = nowhere, **limits: int
) -> list[Response]:
    """Ask by a clock that does not wait; return the responses in their order."""
    outbox = Outbox()
    endpoint = Endpoint(base_url="http://far.example/v1", timeout_s=TIMEOUT_S, **limits)
    chance = random.Random(0).random  # noqa: S311 - jitter is no secret
    lane = Lane(
        endpoint, iter(requests), len(requests), lambda _request: "tiny", outbox, Manner(chance, LeftOut(say), say)
    )

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            lane.start(post, group)
        outbox.end()

    instant.run(run())
    return list(chain.from_iterable(outbox.read()))


async def fail(kind: Kind) -> Reply:
    """Fail as a server does: a hang takes the whole timeout, all else a moment."""
    await asyncio.sleep(TIMEOUT_S if kind == "hang" else 0.05)
    raise Fault(kind, f"a fault: {kind}")


async def succeed() -> Reply:
    """Answer after half a second."""
    await asyncio.sleep(0.5)
    return Reply(200, {}, ANSWER)


def faulty(share: float, kinds: tuple[Kind, ...], seed: int) -> Answer:
    """Return a server that fails with each of these kinds at this rate, whatever it is asked."""
    chance = random.Random(seed)  # noqa: S311 - faults are no secret

    async def post(_body: bytes) -> Reply:
        drawn = int(chance.random() / share)
        return await (fail(kinds[drawn]) if drawn < len(kinds) else succeed())

    return post


@pytest.mark.parametrize("limits", [{}, {"in_flight": 1}, {"in_flight": 1, "max_in_flight": 1}], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_nearly_all_is_answered_at_one_in_twenty_of_each_fault(instant, limits, seed):
    """Also where the pace is 1 and a request that hangs holds up all others for five minutes."""
    responses = ask_all(instant, faulty(0.05, PASSING, seed), make_requests(900), **limits)

    answered = [one for one in responses if one.error is None]
    assert len(responses) == 900
    assert len(answered) >= 0.99 * 900


def test_a_server_that_fails_for_long_is_told_once(instant):
    """Nobody sits before a bar that does not move, without a word."""
    started_at, said = instant.now, []

    async def post(_body: bytes) -> Reply:
        return await (fail("broken") if 1 < instant.now - started_at < 100 else succeed())

    ask_all(instant, post, make_requests(200), say=said.append)

    [line] = said
    assert line.startswith(
        "no request to http://far.example/v1 gets through: a fault: broken; asking continues, and gives"
    )


def test_a_fault_now_and_then_is_not_told(instant):
    """It costs nothing."""
    said: list[str] = []

    ask_all(instant, faulty(0.05, PASSING, 0), make_requests(300), say=said.append)

    assert said == []


def test_a_request_that_hangs_at_the_lowest_pace_gives_up_nothing(instant):
    """It is unscored in its own words, and the others are answered before it is asked again."""
    asked: list[bytes] = []

    async def post(body: bytes) -> Reply:
        asked.append(body)
        return await (fail("hang") if b'"q0"' in body else succeed())

    responses = ask_all(instant, post, make_requests(20), in_flight=1, max_in_flight=1)

    assert Counter(one.error for one in responses) == {None: 19, "a fault: hang (asked 3 times)": 1}
    assert b'"q1"' in asked[1]


def test_an_outage_costs_no_answer(instant):
    """The server is gone for four minutes: what was tried then is asked again."""
    started_at = instant.now

    async def post(_body: bytes) -> Reply:
        return await (fail("lost") if 1 < instant.now - started_at < 240 else succeed())

    responses = ask_all(instant, post, make_requests(500))

    assert [one.error for one in responses] == [None] * 500


def test_asking_ends_when_everything_fails_for_the_timeout(instant):
    """Soon after it, with few tries in between, and every request gets the reason."""
    started_at, tries = instant.now, 0

    async def post(_body: bytes) -> Reply:
        nonlocal tries
        tries += 1
        return await fail("broken")

    responses = ask_all(instant, post, make_requests(800))

    [reason] = {one.error for one in responses}
    assert reason.startswith("gave up: no request to http://far.example/v1 got through for 300 s")
    assert len(responses) == 800
    assert TIMEOUT_S < instant.now - started_at < 1.1 * TIMEOUT_S
    assert tries < 200


@pytest.mark.parametrize("count", [1, 3])
def test_few_requests_that_are_always_told_to_wait_end_too(instant, count):
    """A server that is busy for ever does not use up their tries."""
    started_at = instant.now

    responses = ask_all(instant, lambda _body: fail("busy"), make_requests(count))

    assert [one.error.startswith("gave up: ") for one in responses] == [True] * count
    assert instant.now - started_at < 1.5 * TIMEOUT_S


def test_a_server_that_hangs_at_the_lowest_pace_is_given_up_after_many_requests(instant):
    """Not after each of hundreds has hung three times."""
    started_at = instant.now

    responses = ask_all(instant, lambda _body: fail("hang"), make_requests(400), in_flight=1, max_in_flight=1)

    assert {one.error.partition(":")[0] for one in responses} == {"gave up"}
    assert instant.now - started_at < (MANY + 1) * TIMEOUT_S


def test_the_tries_are_counted_for_each_kind_of_fault(instant):
    """A request that meets each kind a few times has bad luck; one that meets the same four times fails."""
    kinds: list[Kind] = ["broken", "lost", "unreadable"] * 2

    async def post(_body: bytes) -> Reply:
        return await (fail(kinds.pop()) if kinds else succeed())

    [response] = ask_all(instant, post, make_requests(1))

    assert (response.text, kinds) == ("fine", [])


def test_where_the_machine_allows_few_connections_fewer_requests_are_in_flight(instant):
    """It is not the server's fault, and costs no answer; the limit is named."""
    said: list[str] = []
    here = most = 0

    async def post(_body: bytes) -> Reply:
        nonlocal here, most
        if here == 20:
            raise Fault("crowded", "no connection could be made")
        here += 1
        most = max(most, here) if said else 0
        try:
            return await succeed()
        finally:
            here -= 1

    responses = ask_all(instant, post, make_requests(900), say=said.append, in_flight=64)

    assert [one.error for one in responses] == [None] * 900
    assert most <= 20
    assert 1 <= len(said) <= 3
    assert all("files and connections open at once (`ulimit -n`)" in line for line in said)
    assert said[-1].startswith("requests in flight to http://far.example/v1: 16 at most, since this process can have")


def test_where_the_machine_allows_no_connection_at_all_asking_ends(instant):
    """In the words of the limit, not of the server."""
    responses = ask_all(instant, lambda _body: fail("crowded"), make_requests(50))

    [reason] = {one.error for one in responses}
    assert reason.startswith("gave up: ")
    assert reason.endswith("the last failure: a fault: crowded")


def test_a_server_that_works_needs_no_pause():
    """Seven requests may fail in a row by themselves."""
    patience = Patience(TIMEOUT_S, 0.5, now=0.0)
    for number in range(MANY - 1):
        patience.failed(f"request {number}")
        patience.failed(f"request {number}")

    assert patience.pause_s(100.0) == 0.0


@pytest.mark.parametrize(("now", "pause_s"), [(0.5, 0.5), (10.0, 2.5), (100.0, 8.0)])
def test_the_pause_grows_while_the_server_fails(now, pause_s):
    """Between the shortest and sixteen times that."""
    patience = Patience(TIMEOUT_S, 0.5, now=0.0)
    for number in range(MANY):
        patience.failed(f"request {number}")

    assert patience.pause_s(now) == pause_s


def test_an_answer_ends_the_spell():
    """What failed before it says nothing about the server."""
    patience = Patience(TIMEOUT_S, 0.5, now=0.0)
    for number in range(3 * MANY):
        patience.failed(f"request {number}")
    was_over = patience.is_over(TIMEOUT_S + 1, unanswered=100)
    patience.got_through(TIMEOUT_S + 1)
    patience.failed("request 0")

    assert was_over
    assert not patience.is_over(3 * TIMEOUT_S, unanswered=100)
    assert patience.pause_s(3 * TIMEOUT_S) == 0.0


@pytest.mark.parametrize(
    ("failed", "unanswered", "now", "is_over"),
    [
        (["a"] * 8, 1, 301.0, True),
        (["a"] * 8, 1, 299.0, False),
        (["a"] * 7, 1, 301.0, False),
        (["a"] * 99, 2, 301.0, False),
        (["a", "b"] * 4, 2, 301.0, True),
        (list("abcdefg") * 9, 8, 301.0, False),
        (list("abcdefgh"), 900, 301.0, True),
    ],
)
def test_giving_up_needs_time_and_many_tries_of_many_requests(failed, unanswered, now, is_over):
    """Every request of a while, or all that are left."""
    patience = Patience(TIMEOUT_S, 0.5, now=0.0)
    for key in failed:
        patience.failed(key)

    assert patience.is_over(now, unanswered) == is_over


def test_what_failed_is_asked_again_when_due_but_after_others_while_nothing_gets_through():
    """One bad request must not stop the others; and it must not wait until the end."""
    questions = Questions(iter(make_requests(3)))
    first = questions.next_one(0.0, others_first=False)
    first.due = 5.0
    questions.put_back(first)

    second = questions.next_one(1.0, others_first=False)
    third = questions.next_one(6.0, others_first=True)
    again = questions.next_one(6.0, others_first=True)

    assert [one.request.case_id for one in (first, second, third)] == ["case-0", "case-1", "case-2"]
    assert again is first
    assert questions.next_one(9.0, others_first=False) is None


def test_a_question_that_is_due_goes_before_one_never_asked():
    """So that few are under way for long."""
    questions = Questions(iter(make_requests(2)))
    first = questions.next_one(0.0, others_first=False)
    first.due = 5.0
    questions.put_back(first)

    assert questions.next_one(5.0, others_first=False) is first
    assert [one.case_id for one in questions.rest()] == ["case-1"]
