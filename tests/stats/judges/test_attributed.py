"""Who moved, in small simulations with a seed: each kind of change is told as what it is, or not at all."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from harness.stats.judges.attributed import (
    THRESHOLD,
    Anchor,
    Mover,
    Seen,
    known_before,
    who_moved,
)
from harness.stats.judges.moved import Span

CHANGE = 6


class World(NamedTuple):
    """How often the judge passes what people find good, and the rest, and the share of answers that is good."""

    good: float = 0.9
    bad: float = 0.12
    share: float = 0.8


FIRST = World()


def verdicts(drawn: np.random.Generator, people: Sequence[float], world: World) -> list[float]:
    """Return the judge's verdicts."""
    passed = drawn.random(len(people)) < np.where(np.array(people) > 0.5, world.good, world.bad)
    return [float(each) for each in passed]


def answers(drawn: np.random.Generator, size: int, world: World) -> list[float]:
    """Return the verdicts on answers in production."""
    return verdicts(drawn, [float(each) for each in drawn.random(size) < world.share], world)


def told(later: World, seed: int, first: World = FIRST, anchors: int = 100, days: int = 14) -> list[Mover]:
    """Return what is told after each day, with a change before day ``CHANGE``."""
    drawn = np.random.default_rng(seed)
    people = [1.0] * 150 + [0.0] * 150
    checked = [Anchor(*pair) for pair in zip(people, verdicts(drawn, people, first), strict=True)]
    then, seen, found = known_before(checked, answers(drawn, 800, first), 0.02), [], []
    for day in range(days):
        world = first if day < CHANGE else later
        some = [people[place] for place in drawn.choice(300, anchors, replace=False)]
        drawn_now = [Anchor(*pair) for pair in zip(some, verdicts(drawn, some, world), strict=True)]
        seen.append(Seen(drawn_now, answers(drawn, 150, world)))
        found.append(who_moved(then, seen).mover)
    return found


@pytest.mark.parametrize(
    ("later", "mover"),
    [
        (World(), "too little"),
        (World(good=0.55), "judge"),
        (World(bad=0.5), "judge"),
        (World(good=1.0, bad=1.0), "judge"),
        (World(share=0.3), "adapter"),
        (World(share=0.7), "too little"),
        (World(good=0.97, bad=0.4, share=0.1), "both"),
    ],
)
def test_each_change_is_told_as_what_it_is(later, mover):
    """Nobody, a stricter and a laxer judge, a constant one, a worse adapter, too small a change, and both."""
    for seed in (1, 2):
        found = told(later, seed)

        assert found[:CHANGE] == ["too little"] * CHANGE
        assert found[-1] == mover
        assert set(found) <= {"too little", mover, *(["judge", "adapter"] if mover == "both" else [])}


def test_a_judge_that_got_better_has_moved():
    """It agrees nearly always now; the answers are the same."""
    assert told(World(good=1.0, bad=0.0), 3, World(good=0.8, bad=0.2))[-1] == "judge"


def test_errors_of_another_kind_are_noticed_though_agreement_is_the_same():
    """False failures become false passes: it agrees as often as before."""
    assert told(World(good=1.0, bad=0.4), 4, World(good=0.75, bad=0.15))[-1] == "judge"


def test_without_anchors_the_adapter_is_never_blamed():
    """The answers changed, and nobody knows why."""
    found = told(World(share=0.1), 5, anchors=0)

    assert set(found) == {"too little"}


def test_few_anchors_name_nobody_rather_than_the_adapter():
    """The judge moved, and two anchors a day don't show it yet."""
    assert set(told(World(good=0.55), 6, anchors=2)) == {"too little"}


def test_the_judge_alone_is_called_an_adapter_in_none_of_twenty():
    """Also while its change is not proven yet; here it moves so little that it mostly never is."""
    for seed in range(20):
        assert not {"adapter", "both"} & set(told(World(good=0.72), seed, anchors=30, days=9))


def test_nothing_seen_is_too_little():
    """No day, days without anything, a check without labels, a release without answers."""
    nothing = who_moved(known_before([], []), [])
    assert (nothing.mover, nothing.judge, nothing.answers) == ("too little", 1.0, 1.0)
    empty = who_moved(known_before([Anchor(1.0, 1.0)] * 50, [1.0] * 50), [Seen(), Seen()])
    assert (empty.mover, empty.judge_since, empty.answers_since) == ("too little", None, None)
    blind = who_moved(known_before([], []), [Seen([Anchor(1.0, 0.0)] * 50, [0.0] * 500)])
    assert blind.mover == "too little"
    assert blind.judge <= 1.0


def test_what_can_no_longer_be_read_is_a_judge_that_moved():
    """It agrees with nobody; its mean verdicts are unknown."""
    checked = [Anchor(1.0, 1.0)] * 50 + [Anchor(0.0, 0.0)] * 50
    moved = who_moved(known_before(checked, []), [Seen([Anchor(1.0, None)] * 20)])

    assert moved.mover == "judge"
    assert moved.judge > THRESHOLD
    assert moved.judge_since == 0


def test_on_a_scale_a_judge_that_errs_both_ways_has_moved():
    """The mean verdicts stay, but it no longer gives the level that people gave."""
    checked = [Anchor(1.0, 1.0), Anchor(0.75, 0.75), Anchor(0.25, 0.25), Anchor(0.0, 0.0)] * 40
    mixed = [Anchor(1.0, 0.75), Anchor(0.75, 1.0), Anchor(0.25, 0.0), Anchor(0.0, 0.25)] * 8

    assert who_moved(known_before(checked, []), [Seen(mixed)]).mover == "judge"
    assert who_moved(known_before(checked, []), [Seen(checked[:32])]).mover == "too little"


def test_a_margin_widens_what_the_rate_may_be():
    """By two points on both sides, within [0, 1]."""
    exact, wide = (
        known_before([], [1.0] * 90 + [0.0] * 10).answers,
        known_before([], [1.0] * 90 + [0.0] * 10, 0.02).answers,
    )

    assert wide == pytest.approx(Span(exact.low - 0.02, exact.high + 0.02))
    assert known_before([], [1.0] * 90, 0.5).answers.high == 1.0
