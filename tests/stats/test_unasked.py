"""What a random part of a suite says of all its cases."""

import pytest
from scipy.stats import hypergeom

from harness.stats import drawn_chance, worst_flips


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
