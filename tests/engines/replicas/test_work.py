"""Requests among replicas, in simulated time: all are answered, none in vain, and none waits for a slow replica."""

from collections.abc import Iterator
from itertools import islice

import pytest

from harness.engines.replicas.shards import AHEAD, SHARD, Shards
from harness.engines.replicas.work import POISON, Work
from harness.records.answered import Response
from harness.records.asked import Request
from tests.engines.replicas.simulated import Simulated, requests, simulate


def fleet_of(number, **facts: object):
    """Return some equal replicas."""
    return [Simulated(name=f"r{one}", **facts) for one in range(number)]


def test_all_requests_are_answered_once_by_all_replicas():
    """As fast as all of them together can."""
    done = simulate(requests(5_000), fleet_of(16), seed=1)

    assert (done.answered, done.errors) == (5_000, ())
    assert done.share > 0.9


def test_a_slow_replica_holds_nobody_up():
    """It gets what it can do, and what it still has at the end is asked of others too."""
    done = simulate(requests(4_000), [*fleet_of(8), Simulated(name="slow", mean_s=200.0)], seed=2)

    assert done.answered == 4_000
    assert done.seconds < 1.15 * 4_000 / 64


def test_single_answers_that_take_very_long_hold_nobody_up():
    """One in a thousand takes a hundred times as long; the first of two answers counts."""
    done = simulate(requests(4_000), fleet_of(8, straggles=0.001, longer=200.0), seed=3)

    assert done.answered == 4_000
    assert done.late <= 8  # what was answered twice
    assert done.seconds < 100


def test_what_a_lost_replica_had_is_all_that_is_asked_again():
    """And a replica that joins gets work at once."""
    asked = []

    def counted() -> Iterator[Request]:
        for one in requests(3_000):
            asked.append(one.key)
            yield one

    lost = Simulated(name="lost", dies_s=20.0)
    joins = Simulated(name="joins", joins_s=21.0)
    done = simulate(counted(), [*fleet_of(3), lost, joins], seed=4)

    assert done.answered == len(set(asked)) == 3_000
    assert done.errors == ()
    assert done.share > 0.9


def test_a_request_that_kills_replicas_ends_as_an_error_of_its_own():
    """After three of them, and no other request is lost with it."""
    poison = "1500"
    done = simulate(
        requests(2_000),
        [*fleet_of(6), Simulated(name="late", joins_s=500.0)],
        5,
        kills=lambda one: one.case_id == poison,
    )

    assert done.answered == 1_999
    assert done.errors == (POISON.format(3),)


def test_what_a_replica_was_lost_with_is_asked_after_everything_else():
    """So a request that kills both of two replicas costs nothing but what was in flight with it."""
    work = Work(requests(20), lambda: 0.0)
    out = {"a": list(islice(work.taken_by("a"), 3)), "b": list(islice(work.taken_by("b"), 2))}

    assert work.lost("a") == []
    for one in out["b"]:
        work.answered("b", [Response(request_key=one.key, text="yes")])
    fresh = []
    for one in islice(work.taken_by("b"), 15):
        fresh.append(one.key)
        work.answered("b", [Response(request_key=one.key, text="yes")])
    assert not {one.key for one in out["a"]} & set(fresh)
    assert work.given_up() == []  # one loss is not yet theirs
    assert {one.key for one in islice(work.taken_by("b"), 3)} == {one.key for one in out["a"]}
    assert work.lost("b") == []
    assert sorted(one.request_key for one in work.given_up()) == sorted(one.key for one in out["a"])
    assert work.is_done


def errors_of(answered):
    """Return an error to a request, or an answer."""
    return {"error": "timeout"} if not answered else {"text": "yes"}


@pytest.mark.parametrize("answered", [True, False])
def test_an_error_does_not_count_while_another_replica_can_still_answer(answered):
    """Of two that have the same request, the good answer counts; two errors are an error."""
    now = [0.0]
    work = Work(requests(1), lambda: now[0])
    (asked,) = work.taken_by("a")
    now[0] = 100.0
    assert list(work.taken_by("b")) == [asked]

    assert not work.answered("a", [Response(request_key=asked.key, error="timeout")])
    assert not work.is_done
    assert work.answered("b", [Response(request_key=asked.key, **errors_of(answered))])
    assert work.is_done


@pytest.mark.parametrize("answered", [True, False])
def test_an_error_is_asked_again_of_another_replica_once(answered):
    """The fault may be the first one's; what two can't answer is an error, and so is what one alone can't."""
    work = Work(requests(3), lambda: 0.0)
    asked = list(islice(work.taken_by("a"), 2))
    other = next(work.taken_by("b"))

    assert not work.answered("a", [Response(request_key=asked[0].key, error="500")])
    assert list(work.taken_by("a")) == []  # its own failure is not its again
    assert list(work.taken_by("b")) == [asked[0]]
    assert work.answered("b", [Response(request_key=asked[0].key, **errors_of(answered))])
    work.lost("b")
    assert list(work.taken_by("a")) == [other]
    assert work.answered("a", [Response(request_key=other.key, error="500")])
    assert work.answered("a", [Response(request_key=asked[1].key, text="yes")])
    assert work.is_done


def test_requests_of_one_prompt_go_to_one_replica_as_far_as_that_is_fair():
    """With as many prompts as replicas, each keeps to its own."""
    work = Work(requests(4 * SHARD * 5, prompts=4), lambda: 0.0)
    seen = {name: set() for name in "abcd"}
    taken = {name: work.taken_by(name) for name in seen}
    for _ in range(SHARD * 4):
        for name, of_it in taken.items():
            seen[name].add(next(of_it).messages[0].content)

    assert [len(prompts) for prompts in seen.values()] == [1, 1, 1, 1]
    assert len(set.union(*seen.values())) == 4


def test_a_stream_is_read_only_so_far_ahead():
    """However long it is."""
    read = []

    def endless() -> Iterator[Request]:
        for one in requests(1_000_000):
            read.append(1)
            yield one

    shards = Shards(endless())

    assert len(shards.next_one(None, ())[1]) == SHARD
    assert len(read) <= AHEAD


def test_nothing_is_taken_after_the_end():
    """Whatever is left."""
    work = Work(requests(10), lambda: 0.0)
    taken = work.taken_by("a")
    first = next(taken)
    work.end()

    assert list(taken) == []
    assert work.is_done
    assert work.answered("a", [Response(request_key=first.key, text="yes")])


@pytest.mark.parametrize("number", [0, 1])
def test_few_requests_are_done_too(number):
    """None at all, and one."""
    assert simulate(requests(number), fleet_of(3), seed=6).answered == number
