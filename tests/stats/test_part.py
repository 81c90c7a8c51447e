"""A stratified part of a suite: the weighted mean, both its errors, and what so few cases can't have shown."""

import math
import random

import pytest
from scipy.special import stdtrit

from harness import stats
from harness.records.short import ShortStratum
from harness.stats.part import unseen
from harness.stats.strata import Unit


def part(values, strata, *, groups=None, of=None, largest=1):
    """A part whose strata are given as (cases of the suite, values asked)."""
    return stats.Part(
        values=tuple(value for _, asked in values for value in asked),
        groups=tuple(groups or (None,) * sum(len(asked) for _, asked in values)),
        names=tuple(name for name, (_, asked) in zip(strata, values, strict=True) for _ in asked),
        strata={name: ShortStratum(of=of, drawn=len(asked)) for name, (of, asked) in zip(strata, values, strict=True)},
        of=of or sum(cases for cases, _ in values),
        largest=largest,
    )


def test_a_mean_is_weighted_by_the_strata_and_its_variance_is_that_of_the_text_book():
    """Two strata of 80 and 20 cases, of which 4 each were asked."""
    seen = stats.part_spread(part([(80, [0.0, 0.0, 0.0, -1.0]), (20, [1.0, 0.0, 1.0, 0.0])], ("a", "b")))

    assert seen.mean == pytest.approx(0.8 * -0.25 + 0.2 * 0.5)
    of_a = 0.8**2 * (1 - 4 / 80) * 0.25 / 4
    of_b = 0.2**2 * (1 - 4 / 20) * (1 / 3) / 4
    assert seen.drawn == pytest.approx(of_a + of_b)


def test_what_would_be_lost_beyond_what_is_seen_varies_as_in_the_stratum_of_the_smallest_share():
    """5 of 80 lost that stand for 10 cases each, 3 of 40 won that stand for 5: a drop of 0.035, and 0.115 more."""
    drawn = [(800, [-1.0] * 5 + [0.0] * 75), (200, [1.0] * 3 + [0.0] * 37)]
    seen, spread = part(drawn, ("easy", "hard")), stats.part_spread(part(drawn, ("easy", "hard")))

    variance = spread.drawn + spread.suite + 0.115 * 10 / 1000
    few = (1.6449 / stdtrit(spread.freedom, 0.95)) ** 2
    n = (0.05 + 0.015 - 0.035**2 + 0.115) / variance * few
    expected = stats.score_p_value(0.05 * n, 0.015 * n, n, -0.15)
    assert stats.part_margin_p_value(seen, 0.15) == pytest.approx(expected, rel=1e-3)
    assert 0.0005 < expected < 0.05


def test_a_suite_that_was_asked_whole_has_the_error_of_the_suite_alone():
    """What the whole suite says is then known."""
    seen = part([(6, [0.0, -1.0, 1.0, 0.0, 0.0, 0.0])], ("all",))

    assert stats.of_suite(stats.part_spread(seen)) == 0
    assert stats.of_all(stats.part_spread(seen)) == pytest.approx((2 / 6) / 6 * 6 / 5)


def test_graded_scores_of_one_stratum_are_judged_as_those_of_a_whole_suite():
    """By Hall's t; pass or fail, and where few differ, by Wilson's."""
    chance = random.Random(6)  # noqa: S311 - a simulation
    graded = [max(chance.betavariate(30, 3) - 0.9 * (chance.random() < 0.2), 0.0) for _ in range(200)]
    plain = stats.mean_interval(graded, (None,) * 200)

    seen = stats.part_mean(part([(10**9, graded)], ("all",)))

    assert (seen.low, seen.high) == pytest.approx((plain.low, plain.high), rel=1e-6)
    assert seen.method == "200 of 1000000000 cases, Hall's t, 199 degrees of freedom"
    for values in ([1.0] * 150 + [0.0] * 50, [1.0] * 195 + [0.2] * 5):
        assert "Wilson" in stats.part_mean(part([(10**9, values)], ("all",))).method


def test_a_few_large_losses_beside_good_grades_are_not_missed():
    """A lower mean than the true one is ruled out as often as is promised; Wilson's interval did so too often."""
    chance = random.Random(8)  # noqa: S311 - a simulation
    truth, passed, tries = 0.82067, 0, 400
    for _ in range(tries):
        drawn = [max(chance.betavariate(30, 3) - 0.9 * (chance.random() < 0.1), 0.0) for _ in range(60)]
        passed += stats.part_mean(part([(2000, drawn)], ("all",)), stats.of_all, 0.9).low >= truth

    assert passed <= 0.05 * tries


def test_cases_of_a_group_vary_together():
    """Copies of one case are one case."""
    values = [(8, [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0])]
    alone, together = (
        stats.part_spread(part(values, ("all",), groups=groups)).suite
        for groups in (None, ("a", "a", "b", "b", "c", "c", "d", "d"))
    )

    assert together == pytest.approx(2 * alone)


def test_losses_that_few_cases_can_miss_are_not_ruled_out():
    """Ten of a hundred cases of one stratum were asked: a tenth of its cases can be lost unseen, one time in three."""
    seen = part([(100, [0.0] * 10), (100, [0.0] * 90)], ("few", "many"))

    assert unseen(seen, 0.05) == pytest.approx((1 - 0.05 * 0.1) ** 200)
    assert stats.part_margin_p_value(seen, 0.05) > 0.05
    assert stats.part_margin_p_value(seen, 0.2) <= 0.05
    assert unseen(seen, stats.smallest_drop(seen)) == pytest.approx(0.05)


def test_a_drop_that_is_there_is_not_chance():
    """And a gain is no drop."""
    lost = part([(100, [-1.0] * 8 + [0.0] * 12)], ("all",))
    won = part([(100, [1.0] * 8 + [0.0] * 12)], ("all",))

    assert stats.part_drop_p_value(lost) < 0.01
    assert stats.part_drop_p_value(won) == 1
    assert stats.part_margin_p_value(lost, 0.1) > 0.5


def test_strata_that_are_alike_still_leave_something_open():
    """What was drawn of them does not show that all others are alike."""
    seen = stats.part_difference(part([(500, [0.0] * 50), (500, [0.0] * 50)], ("a", "b")))

    assert seen.low < -0.02 < 0.02 < seen.high
    assert "100 of 1000 cases" in seen.method


@pytest.mark.parametrize("values", [[], [(3, [-2.0])]])
def test_nothing_and_values_out_of_range_are_refused(values):
    """As everywhere in the statistics."""
    with pytest.raises(ValueError, match=r"at least one|must be in"):
        stats.part_difference(part(values, ("all",)[: len(values)]))


def drawn(chance, margin, seed):
    """What a short suite of 60 shows of 300 cases on which a candidate is ``margin`` worse, and what all show."""
    easy = [chance.random() for _ in range(300)]
    before = [float(chance.random() < level) for level in easy]
    lost = [float(value and chance.random() < margin / 0.5) for value in before]
    difference = [-one for one in lost]
    draw = stats.draw_units(
        [Unit(reference=value, level=level) for value, level in zip(before, easy, strict=True)], 60, seed
    )
    asked = [(difference[place], draw.names[place]) for place in draw.places]
    values, names = zip(*asked, strict=True)
    return stats.Part(values=values, groups=(None,) * len(values), names=names, strata=draw.strata, of=300), difference


def test_intervals_hold_what_the_whole_suite_says_and_the_truth():
    """150 times, seeded; bench/anchors.py has the full size on published answers."""
    chance = random.Random(5)  # noqa: S311 - a simulation
    of_suite, of_all, passed, errors = [], [], [], []
    for seed in range(150):
        seen, whole = drawn(chance, 0.1, seed)
        mean = math.fsum(whole) / len(whole)
        inside, outside = stats.part_difference(seen, stats.of_suite), stats.part_difference(seen)
        errors.append(inside.mean - mean)
        of_suite.append(inside.low <= mean <= inside.high)
        of_all.append(outside.low <= -0.1 <= outside.high)
        passed.append(stats.part_margin_p_value(seen, 0.1) <= 0.05)

    assert abs(math.fsum(errors) / 150) < 0.007
    assert sum(of_suite) >= 0.93 * 150
    assert sum(of_all) >= 0.93 * 150
    assert sum(passed) <= 0.05 * 150
