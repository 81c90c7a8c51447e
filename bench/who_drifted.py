"""How often the right one is named when a judge, an adapter or both move: each rate against its bar.

python bench/who_drifted.py [--streams N]; the tables in docs/who-drifted.md are of this, with the default. The bars of
the first two changes are what Li (2026), arXiv:2606.15474, reports in its abstract of two real changes of judges: 60 of
60 and 110 of 120. Its data and the sizes of its changes were not to be had, so these judges are invented, and so are
the sizes: what holds here need not hold there.

A stream is 40 days of 200 judged answers, with a change before the 16th; 300 labels, half of them good, 1,000 answers
at release, and 20 anchors a day: all labels on days when the answers have changed and nobody knows why. A judge says
the same of a label each time but for one of ten times.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.stats.judges.attributed import Anchor, Before, Mover, Seen, known_before, who_moved

STREAMS = 30
SEED = 20_261_127
LABELS = 300
RELEASED = 1000
ANSWERS = 200
ANCHORS = 20
DAYS = 40
CHANGE = 15
STEADY = 0.9
MARGIN = 0.02
WINDOW = 100
Z = 1.96
Numbers = np.ndarray


class World(NamedTuple):
    """How often the judge passes what people find good, and the rest, and the share of answers that is good."""

    good: float = 0.88
    bad: float = 0.15
    share: float = 0.8


FIRST = World()


class Stream(NamedTuple):
    """What was told of one stream: after the last day, ever, and on which day it was told rightly at first."""

    last: Mover
    ever: frozenset[Mover]
    day: int | None


class Scenario(NamedTuple):
    """A change, what it is rightly called, and the least share that has to be; 0 where none is promised."""

    name: str
    later: World
    right: Mover
    least: float
    times: int = 1
    first: World = FIRST
    anchors: int = ANCHORS


SCENARIOS = (
    Scenario("another version of the judge", World(good=0.62), "judge", 60 / 60, 2),
    Scenario("a stricter prompt", World(good=0.72, bad=0.08), "judge", 110 / 120, 4),
    Scenario("a laxer judge", World(good=0.95, bad=0.45), "judge", 0.9),
    Scenario("a better judge", World(good=0.99, bad=0.02), "judge", 0.9),
    Scenario("as many errors, of the other kind", World(good=0.98, bad=0.40), "judge", 0.9, first=World(0.78, 0.20)),
    Scenario("a judge that always passes", World(good=1.0, bad=1.0), "judge", 1.0),
    Scenario("a much worse adapter", World(share=0.45), "adapter", 0.9),
    Scenario("a better adapter", World(share=0.98, good=0.88), "adapter", 0.0),
    Scenario("a laxer judge and a worse adapter", World(good=0.95, bad=0.45, share=0.2), "both", 0.8),
    Scenario("a stricter judge, two anchors a day", World(good=0.72, bad=0.08), "judge", 0.0, anchors=2),
)
MOST_WRONG = 0.05


def main() -> int:
    """Print each rate against its bar, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=STREAMS, help="streams of each scenario")
    streams = parser.parse_args().streams
    holds = quiet(streams * 10)
    for scenario in SCENARIOS:
        holds &= measured(scenario, streams * scenario.times)
    return 0 if holds else 1


def quiet(streams: int) -> bool:
    """Measure false alarms on streams without a change: of these tests, and of a rolling z-test."""
    alarms, rolling = 0, 0
    for seed in range(streams):
        drawn = np.random.default_rng((SEED, 99, seed))
        judge = Judge(drawn)
        then, released = judge.known(FIRST)
        days = [judge.day(FIRST, ANCHORS) for _ in range(DAYS)]
        alarms += who_moved(then, days).mover != "too little"
        rolling += z_test(released, days)
    ok = told("no change: anybody named", alarms, streams, MOST_WRONG, np.less_equal)
    what = "no change: alarms of a rolling z-test, looked at daily"
    print(f"{what:60} {rolling / streams:6.1%}  ({rolling}/{streams})", flush=True)
    return ok


def measured(scenario: Scenario, streams: int) -> bool:
    """Measure one scenario."""
    wrong: frozenset[Mover] = frozenset({"judge", "adapter", "both"}) - {scenario.right}
    if scenario.right == "both":
        wrong = frozenset()
    found = [stream(scenario, seed) for seed in range(streams)]
    right = sum(scenario.right in one.ever and one.last == scenario.right for one in found)
    ok = True
    if scenario.least:
        ok = told(f"{scenario.name}: named rightly", right, streams, scenario.least, np.greater_equal)
    ok &= told(
        f"{scenario.name}: ever named wrongly",
        sum(bool(one.ever & wrong) for one in found),
        streams,
        MOST_WRONG,
        np.less_equal,
    )
    days = [one.day - CHANGE + 1 for one in found if one.day is not None]
    ends = ", ".join(f"{name} {times}" for name, times in Counter(one.last for one in found).most_common())
    print(f"    at the end: {ends}; days until then, median: {np.median(days) if days else '-'}", flush=True)
    return ok


def stream(scenario: Scenario, seed: int) -> Stream:
    """Simulate one stream, day by day."""
    judge = Judge(np.random.default_rng((SEED, SCENARIOS.index(scenario), seed)))
    then, _ = judge.known(scenario.first)
    days = [judge.day(scenario.first, scenario.anchors) for _ in range(CHANGE)]
    moved = who_moved(then, days)
    ever, at = {moved.mover}, None
    for day in range(CHANGE, DAYS):
        unknown = moved.mover == "too little" and moved.answers_since is not None
        burst = unknown and scenario.anchors == ANCHORS
        days.append(judge.day(scenario.later, LABELS if burst else scenario.anchors))
        moved = who_moved(then, days)
        ever.add(moved.mover)
        if at is None and moved.mover == scenario.right:
            at = day
    return Stream(moved.mover, frozenset(ever), at)


class Judge:
    """An invented judge: it passes a label whose place is below its rate, and one of ten times another one's."""

    def __init__(self, drawn: np.random.Generator) -> None:
        self._drawn = drawn
        self._people = np.repeat([1.0, 0.0], LABELS // 2)
        # Places are even within each half, so that a rate is what it says on these very labels.
        self._places = np.concatenate([drawn.permutation((np.arange(LABELS // 2) + 0.5) / (LABELS // 2))] * 2)

    def known(self, world: World) -> tuple[Before, list[float]]:
        """Return what a check and a release show, and the values at release."""
        released = self._answers(world, RELEASED)
        return known_before(self._anchors(world, LABELS), released, MARGIN), released

    def day(self, world: World, anchors: int) -> Seen:
        """Return a day."""
        return Seen(self._anchors(world, anchors), self._answers(world, ANSWERS))

    def _anchors(self, world: World, count: int) -> list[Anchor]:
        some = self._drawn.choice(LABELS, count, replace=False)
        anew = self._drawn.random(count) > STEADY
        places = np.where(anew, self._drawn.random(count), self._places[some])
        rates = np.where(self._people[some] > 0, world.good, world.bad)
        return [Anchor(float(people), float(ok)) for people, ok in zip(self._people[some], places < rates, strict=True)]

    def _answers(self, world: World, count: int) -> list[float]:
        good = self._drawn.random(count) < world.share
        passed = self._drawn.random(count) < np.where(good, world.good, world.bad)
        return passed.astype(float).tolist()


def z_test(released: list[float], days: list[Seen]) -> bool:
    """Tell whether the mean of the newest hundred values is beyond 1.96 standard errors after any day."""
    mean = float(np.mean(released))
    means = np.array([np.mean(day.answers[-WINDOW:]) for day in days])
    return bool((np.abs(means - mean) > Z * np.sqrt(mean * (1 - mean) / WINDOW)).any())


def told(what: str, times: int, of: int, bar: float, holds: Callable[[float, float], bool]) -> bool:
    """Print a rate against its bar."""
    ok = bool(holds(times / of, bar))
    sign = ">=" if holds is np.greater_equal else "<="
    print(
        f"{what:60} {times / of:6.1%}  ({times}/{of})  bar {sign} {bar:.1%}  {'holds' if ok else 'FAILS'}", flush=True
    )
    return ok


if __name__ == "__main__":
    sys.exit(main())
