"""Several candidates at once: do the intervals hold for whoever is chosen, and who can be the best?"""

import numpy as np
import pytest

from bench.ranking import Contest, coverage
from harness import stats
from harness.records.estimate import Estimate
from harness.stats.joint import ends_at

NOBODY = (None,) * 200


def alike(*shifts: float, seed: int = 7, cases: int = 200) -> list[list[float]]:
    """Return graded differences of candidates whose means are about ``shifts``."""
    noise = np.random.default_rng(seed).normal(0, 0.1, (len(shifts), cases))
    return [(row - row.mean() + shift).tolist() for row, shift in zip(noise, shifts, strict=True)]


def test_the_chosen_ones_interval_covers_where_its_own_does_not():
    """Twenty candidates that are alike: the full table is in docs/ranking.md, and bench/ranking.py prints it."""
    found = coverage(Contest("pass or fail", 20, 100), 80)

    assert found.naive < 0.92
    assert 0.925 <= found.corrected <= 0.99
    assert found.at_once > 0.88
    assert found.width < 1.5


def test_one_far_ahead_needs_no_correction():
    """The interval of a clear winner is its own, but for the tenth of the error rate."""
    differences = alike(0.3, 0.0, -0.1)
    own = stats.paired_mean_interval(differences[0], NOBODY)

    chosen = stats.winners_interval(stats.joint_of(differences, NOBODY))

    assert chosen.mean == pytest.approx(own.mean)
    assert (chosen.low, chosen.high) == pytest.approx((own.low, own.high), abs=0.002)


def test_a_narrow_winner_is_pulled_down():
    """Its interval reaches farther below what was seen than above."""
    differences = alike(0.0, 0.001, 0.002, 0.003)

    chosen = stats.winners_interval(stats.joint_of(differences, NOBODY))

    assert chosen.mean == pytest.approx(0.003)
    assert chosen.mean - chosen.low > 1.2 * (chosen.high - chosen.mean)


def test_simultaneous_intervals_hold_their_own_ones():
    """Each is a candidate's own interval at a higher level, and one of a group of copies is wider still."""
    differences = alike(0.0, 0.05)

    every = stats.simultaneous_intervals(stats.joint_of(differences, NOBODY))

    for one, values in zip(every, differences, strict=True):
        own = stats.paired_mean_interval(values, NOBODY)
        assert one.low < own.low < own.high < one.high


def test_candidates_that_move_together_need_less_correction():
    """From no correction for copies to that for independent ones, which is near Sidak's."""
    same = alike(0.0)[0]

    copies = stats.each_error_rate(stats.joint_of([same] * 5, NOBODY))
    apart = stats.each_error_rate(stats.joint_of(alike(*[0.0] * 5), NOBODY))

    assert copies == pytest.approx(0.05, abs=0.003)
    assert apart == pytest.approx(1 - 0.95**0.2, abs=0.003)


def test_whoever_can_be_the_best_is_tied_and_the_others_are_not():
    """The best one's own high end is above 0, and nobody is shown to be ahead of itself."""
    behind = stats.behind_best(stats.joint_of(alike(0.1, 0.095, -0.2), NOBODY))

    assert [one.high > 0 for one in behind] == [True, True, False]
    assert [round(one.mean, 3) for one in behind] == [0.005, -0.005, -0.3]
    assert all(one.low <= one.mean <= one.high for one in behind)


@pytest.mark.parametrize(
    ("differences", "groups"),
    [
        ([[0.0] * 30] * 3, (None,) * 30),
        ([[1.0, *[0.0] * 29], [-1.0, *[0.0] * 29]], (None,) * 30),
        ([[0.5], [0.25]], (None,)),
        ([[1.0, 0.0] * 10, [0.0, -1.0] * 10], ("a",) * 20),
        ([[2.0, -2.0] * 10 for _ in range(2)], (None,) * 20),
    ],
)
def test_what_shows_next_to_nothing_still_has_intervals(differences, groups):
    """No flips, single flips, one case, one group; preferences that differ by 2 are refused by the mean's own check."""
    if max(map(abs, differences[0])) > 1:
        with pytest.raises(ValueError, match=r"must be in \[-1, 1\]"):
            stats.joint_of(differences, groups)
        return
    joint = stats.joint_of(differences, groups)

    found: list[Estimate] = [
        stats.winners_interval(joint),
        *stats.simultaneous_intervals(joint),
        *stats.behind_best(joint),
    ]

    assert all(one.low <= one.mean <= one.high and one.low < one.high for one in found)


def test_one_candidate_is_none_to_rank():
    """Two are needed."""
    with pytest.raises(ValueError, match="at least two candidates, got 1"):
        stats.joint_of([[0.0, 1.0]], (None, None))


def test_no_reach_is_the_mean():
    """Where the corrected end is at the mean that was seen."""
    assert ends_at([0.0, 0.5], (None, None), 0.0) == (0.25, 0.25)
