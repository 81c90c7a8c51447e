"""Turns: never more at once than the pace says, none during a pause, and everybody in the end."""

import asyncio

from harness.engines.http.pace import Pace
from harness.engines.http.turns import Turns


async def use(turns: Turns, pace: Pace, seen: list[tuple[int, int]], here: list[int]) -> None:
    """Take a turn for a moment; note how many have one, and how many may."""
    await turns.take()
    here[0] += 1
    seen.append((here[0], pace.limit))
    await asyncio.sleep(0)
    here[0] -= 1
    turns.give_back()


def test_no_more_go_on_at_once_than_the_pace_says():
    """Everybody gets a turn, also after the limit fell."""
    pace = Pace(8, 8, 1.0)
    seen: list[tuple[int, int]] = []

    async def run() -> None:
        turns, here = Turns(pace), [0]
        users = [asyncio.ensure_future(use(turns, pace, seen, here)) for _ in range(40)]
        await asyncio.sleep(0)
        pace.stay_below(0.0)
        await asyncio.wait_for(asyncio.gather(*users), 5)

    asyncio.run(run())

    assert len(seen) == 40
    assert max(here for here, _ in seen) == 8
    assert max(here for here, _ in seen[16:]) <= 4


def test_nobody_goes_on_during_a_pause():
    """And everybody after it, without being woken by anybody."""
    pace = Pace(4, 4, 1.0)

    async def run() -> float:
        loop = asyncio.get_running_loop()
        turns = Turns(pace)
        pace.pause(loop.time(), 0.05)
        started = loop.time()
        await asyncio.wait_for(turns.take(), 5)
        return loop.time() - started

    assert asyncio.run(run()) >= 0.05


def test_a_turn_must_end_when_there_is_a_reason():
    """Others wait, the limit fell, or there is a pause."""

    async def run() -> list[bool]:
        pace = Pace(2, 2, 1.0)
        turns = Turns(pace)
        await turns.take()
        await turns.take()
        told = [turns.must_end(0.0)]
        third = asyncio.ensure_future(turns.take())
        await asyncio.sleep(0)
        told.append(turns.must_end(0.0))
        turns.give_back()
        await third
        told.append(turns.must_end(0.0))
        pace.stay_below(0.0)
        pace.pause(0.0, 1.0)
        told += [turns.must_end(0.5), turns.must_end(2.0)]
        turns.give_back()
        return [*told, turns.must_end(0.5), turns.must_end(2.0)]

    assert asyncio.run(run()) == [False, True, False, True, True, True, False]


def test_who_was_cancelled_takes_no_turn():
    """A turn that nobody uses would be lost for ever."""

    async def run() -> None:
        turns = Turns(Pace(1, 1, 1.0))
        await turns.take()
        gone, stays = asyncio.ensure_future(turns.take()), asyncio.ensure_future(turns.take())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        turns.give_back()
        await asyncio.wait_for(stays, 5)

    asyncio.run(run())
