"""The draw of a short suite: reproducible, from every stratum, and nowhere far below an even draw."""

import random

import pytest

from harness.stats.strata import EVEN, FEWEST_DRAWN, Unit, draw_units


def units(number, seed=1):
    """Cases as some models saw them; half of them have a tag."""
    chance = random.Random(seed)  # noqa: S311 - invented cases
    return [
        Unit(reference=float(chance.random() < 0.8), level=round(chance.random() ** 0.3, 1), kin="de" if n % 2 else "")
        for n in range(number)
    ]


def test_a_draw_keeps_as_many_as_asked_for_and_the_same_seed_draws_the_same():
    """Another seed draws others."""
    some = units(500)
    first, again, other = (draw_units(some, 100, seed) for seed in (1, 1, 2))

    assert first == again
    assert first.places != other.places
    assert len(set(first.places)) == 100
    assert sum(one.drawn for one in first.strata.values()) == 100
    assert sum(one.of for one in first.strata.values()) == 500


def test_no_stratum_is_drawn_from_much_less_than_evenly():
    """So a loss that is in one stratum alone is seen too."""
    draw = draw_units(units(1_000), 100, 3)

    assert all(one.drawn / one.of >= 0.9 * EVEN * 100 / 1_000 for one in draw.strata.values())
    assert all(one.drawn >= FEWEST_DRAWN for one in draw.strata.values())


def test_cases_on_which_models_differ_are_drawn_more_often():
    """Those that every model has right say little."""
    some = [Unit(reference=1.0, level=1.0)] * 300 + [Unit(reference=1.0, level=0.5)] * 300
    draw = draw_units(some, 60, 0)

    assert sum(place >= 300 for place in draw.places) > 35
    assert draw.names[0] != draw.names[300]


def test_each_kin_has_its_share():
    """The draw is systematic over them."""
    draw = draw_units([Unit(reference=1.0, level=1.0, kin="a" if n % 4 else "b") for n in range(400)], 40, 0)

    assert sum(place % 4 == 0 for place in draw.places) in {9, 10, 11}


def test_all_cases_can_be_kept_and_none_of_none_is_refused():
    """The first is the suite itself."""
    assert len(draw_units(units(40), 40, 0).places) == 40
    with pytest.raises(ValueError, match="cannot draw"):
        draw_units([], 10, 0)
