"""What a random part of a suite says of all its cases."""

import pytest
from scipy.stats import hypergeom

from harness.stats import drawn_chance, margin_p_value, mean_needed, worst_flips


@pytest.mark.parametrize(
    ("seen", "asked", "held", "of"), [(3, 100, 12, 300), (9, 100, 12, 300), (700, 900, 800, 1000), (1, 1, 1, 3)]
)
def test_chances_are_hypergeometric(seen: int, asked: int, held: int, of: int) -> None:
    """As in scipy."""
    assert drawn_chance(seen, asked, held, of) == pytest.approx(hypergeom.sf(seen - 1, of, held, asked), rel=1e-9)


def test_what_cannot_be_has_no_chance_and_what_must_be_is_certain() -> None:
    """Only the impossible has a chance of 0, since that is certain."""
    assert drawn_chance(3, 3, 2, 4) == 0.0
    assert drawn_chance(1, 3, 2, 4) == 1.0
    assert drawn_chance(500, 500, 999, 1000) > 0.0


def test_so_many_of_a_million_are_counted() -> None:
    """Large suites lose no digits that matter."""
    assert drawn_chance(200, 2000, 80_000, 1_000_000) == pytest.approx(hypergeom.sf(199, 1_000_000, 80_000, 2000))


def test_more_cases_asked_than_there_are_is_refused() -> None:
    """A mistake of the caller."""
    with pytest.raises(ValueError, match="can't ask 5 cases of 4"):
        drawn_chance(1, 5, 2, 4)


def test_without_a_loss_as_many_may_be_lost_as_chance_hides() -> None:
    """The normal bound is the exact one where nothing was seen."""
    lost, won = worst_flips((0, 0), 100, 300, 2.4)

    assert won == 0
    # Phi(-2.4) = .0082
    assert drawn_chance(100, 100, 300 - lost, 300) < 0.0082 < drawn_chance(100, 100, 300 - lost + 1, 300)


def test_the_more_is_asked_the_nearer_is_the_worst() -> None:
    """With all cases asked, the worst is what was seen."""
    worst = [worst_flips((asked // 50, asked // 50), asked, 300, 2.4) for asked in (50, 100, 200, 250, 300)]
    drops = [lost - won for lost, won in worst]

    assert drops == sorted(drops, reverse=True)
    assert worst[-1] == (6, 6)


def test_no_more_flips_than_there_are_cases() -> None:
    """A bound that is far away stays possible."""
    lost, won = worst_flips((100, 0), 100, 110, 9.0)

    assert 100 <= lost <= 110 - won


def test_where_few_cases_flip_those_that_were_not_asked_may_too() -> None:
    """Of 200 cases with 6 lost and 1 won, which leave open whether that is chance, 1 order in 11 begins like this one.

    Without a win among the others it would be none: 5 lost or more, and none won.
    """
    best_won, best_lost = worst_flips((0, 5), 133, 200, 2.4)

    assert (best_won >= 1, best_lost) == (True, 5)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_mean_is_needed_that_also_a_suite_with_two_rare_losses_passes_by(lost: int) -> None:
    """With two of them Hall's t needs more than with none, or with many; a part can have any number of these two."""
    usual = [-0.042 + 0.02 * (place % 3 - 1) for place in range(298)]
    suite, part = [*usual, -1.0, -1.0], [*usual[: 100 - lost], *[-1.0] * lost]

    needed = mean_needed(part, 300, -0.075, -1.0)

    assert margin_p_value(suite, [None] * 300, 0.075) > 0.05
    assert needed >= sum(suite) / 300
    assert needed < -0.02


def test_the_mean_that_wide_scores_need_is_about_that_of_a_normal_bound() -> None:
    """1.645 standard errors of all cases; a little more, since what is left can be wider."""
    values = [-0.3, -0.1, 0.1, 0.3] * 84

    needed = mean_needed(values, 1000, -0.05, -1.0) + 0.05

    assert 1.645 * 0.2236 / 1000**0.5 < needed < 1.35 * 1.645 * 0.2236 / 1000**0.5


def test_the_one_case_that_is_left_can_be_as_bad_as_any() -> None:
    """With it the test needs more than the mean that it rules out."""
    assert -0.9 < mean_needed([0.5] * 99, 100, -0.9, -1.0) < (99 * 0.5 - 1) / 100
