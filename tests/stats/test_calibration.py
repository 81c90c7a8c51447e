"""Expected calibration error: by hand, and for models that know exactly how sure they are."""

import numpy as np
import pytest

from harness.stats.calibration import calibration


def test_the_error_is_the_mean_distance_in_each_bin() -> None:
    """Two bins: three answers at .9 of which one is right, one at .15 that is wrong."""
    found = calibration([(0.9, True), (0.9, False), (0.9, False), (0.15, False)])

    assert [one.answers for one in found.bins] == [1, 3]
    assert [one.right for one in found.bins] == pytest.approx([0, 1 / 3])
    assert found.error == pytest.approx(0.75 * (0.9 - 1 / 3) + 0.25 * 0.15)


def test_full_confidence_is_in_the_last_bin() -> None:
    """A probability of 1 is no bin of its own."""
    (one,) = calibration([(1.0, True), (0.95, True)]).bins

    assert one.answers == 2


def test_a_model_that_knows_how_sure_it_is_is_rarely_beyond_chance() -> None:
    """About one suite in twenty; one that says .9 where .6 is true always is."""
    chance = np.random.default_rng(5)
    beyond = 0
    for _ in range(100):
        sure = chance.uniform(0.2, 1, size=150)
        found = calibration(list(zip(sure.tolist(), (chance.random(150) < sure).tolist(), strict=True)))
        beyond += found.error > found.by_chance
    boasting = calibration([(0.9, place % 5 < 3) for place in range(150)])

    assert beyond <= 12
    assert boasting.error == pytest.approx(0.3)
    assert boasting.error > boasting.by_chance
