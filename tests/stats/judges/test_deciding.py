"""What gates ask of corrected figures: a p value that agrees with the interval, and how many labels would decide."""

import numpy as np
import pytest

from harness.stats.judges import Judged, corrected_mean, corrected_p_value, labels_needed
from harness.stats.judges.deciding import share_wrong


def judged(cases: int, labels: int, right: float = 0.9, seed: int = 1) -> list[Judged]:
    """Return pass-or-fail cases; the judge is right in a share of them, and people label the first."""
    drawn = np.random.default_rng(seed)
    people = (drawn.random(cases) < 0.7).astype(float)
    said = np.where(drawn.random(cases) < right, people, 1 - people)
    pairs = enumerate(zip(said, people, strict=True))
    return [Judged(float(f), float(y) if at < labels else None) for at, (f, y) in pairs]


def test_the_p_value_is_a_twentieth_at_the_end_of_the_one_sided_interval():
    """And falls beyond it."""
    cases = judged(400, 100)
    high = corrected_mean(cases, 0.9).corrected.high

    assert corrected_p_value(cases, high) == pytest.approx(0.05)
    assert corrected_p_value(cases, high + 0.05) < 0.01
    assert corrected_p_value(cases, 0.5) > 0.5


def test_a_nearer_distance_takes_more_labels_until_none_are_enough():
    """Labels that are there count."""
    cases = judged(1000, 60)
    needed = [labels_needed(cases, distance) for distance in (0.5, 0.12, 0.08, 0.06)]

    assert needed[0] == 60
    assert needed == sorted(needed)
    assert labels_needed(cases, 0.01) is None
    assert labels_needed(cases, 0.0) is None


def test_so_many_labels_decide_about_four_times_in_five():
    """With that many, an interval of another sample is short enough."""
    needed = labels_needed(judged(1000, 80), 0.08)
    found = [corrected_mean(judged(1000, needed, seed=seed), 0.9).corrected for seed in range(60)]

    assert 0.65 <= sum(one.low > 0.7 - 0.08 for one in found) / 60 <= 0.95


def test_cases_that_need_no_label_are_none():
    """They are known, whoever is asked."""
    settled = [Judged(0.5, 0.5, None, "same", True)] * 100

    assert labels_needed([*judged(200, 60), *settled], 0.08) <= 200


@pytest.mark.parametrize(
    ("judge", "least", "share"),
    [
        ([0.0] * 100, -1.0, 0.05),
        ([1.0] * 100, -1.0, 0.03),
        ([1.0] + [0.0] * 99, -1.0, 0.04),
        ([1.0] * 100, 0.0, 0.05),
        ([0.5] * 100, 0.0, 0.05),
    ],
)
def test_a_judge_that_takes_losses_for_wins_is_wrong_of_fewer_cases(judge, least, share):
    """To be .05 too kind over 100 cases takes 5 errors of 1, or 3 of 2, or one of 2 and 3 of 1; never more than 5."""
    assert share_wrong([Judged(value) for value in judge], 0.05, least) == pytest.approx(share)
