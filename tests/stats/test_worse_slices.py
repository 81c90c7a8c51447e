"""Slices that got worse: named beyond chance, corrected for how many there are."""

import numpy as np
import pytest

from harness.stats.slices import worse_slices
from harness.stats.summed import Averaged, Counted


def slices(counts: dict[str, tuple[int, int]]) -> dict[str, Counted]:
    """Shares by their counts."""
    return {name: Counted(k=k, n=n) for name, (k, n) in counts.items()}


def test_the_slice_that_fell_is_named_first() -> None:
    """German fell from 90 to 60 of 100; French hardly; Greek is too small to tell."""
    before = slices({"en": (900, 1000), "de": (90, 100), "fr": (90, 100), "el": (9, 10)})
    now = slices({"en": (905, 1000), "de": (60, 100), "fr": (88, 100), "el": (7, 10)})

    found = worse_slices(before, now, margin=0.05)

    assert [one.name for one in found if one.worse] == ["de"] == [found[0].name]
    assert {one.name: one.within for one in found} == {"de": False, "en": True, "fr": False, "el": False}


def test_what_is_alarming_alone_is_not_among_twenty() -> None:
    """90 to 80 of 100 has p = .037 alone."""
    fell = slices({"de": (90, 100)}), slices({"de": (80, 100)})
    others = slices({str(place): (90, 100) for place in range(19)})

    assert worse_slices(*fell, margin=0.0)[0].worse
    assert not any(one.worse for one in worse_slices(fell[0] | others, fell[1] | others, margin=0.0))


def test_a_drop_of_no_importance_is_not_named() -> None:
    """Of a hundred thousand cases one of half a point is beyond chance, and within the margin."""
    found = worse_slices(slices({"en": (90_000, 100_000)}), slices({"en": (89_500, 100_000)}), margin=0.01)

    assert (found[0].p_value < 0.001, found[0].worse, found[0].within) == (True, False, True)


def test_a_slice_that_got_better_is_not_worse() -> None:
    """One side only."""
    assert not worse_slices(slices({"de": (60, 100)}), slices({"de": (90, 100)}), margin=0.0)[0].worse


def test_slices_of_one_side_only_are_left_out() -> None:
    """There is nothing to compare them with."""
    found = worse_slices(slices({"en": (9, 10), "old": (9, 10)}), slices({"en": (9, 10), "new": (1, 10)}), margin=0.0)

    assert [one.name for one in found] == ["en"]


def test_means_are_compared_as_well() -> None:
    """Levels of a judge."""
    before, now = Averaged(mean=0.8, sd=0.2, n=200), Averaged(mean=0.7, sd=0.25, n=150)

    assert worse_slices({"de": before}, {"de": now}, margin=0.02)[0].worse


def test_quiet_slices_are_hardly_ever_named() -> None:
    """Any of twelve of mixed sizes: at most once in twenty."""
    chance, named = np.random.default_rng(41), 0
    sizes = [10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000]
    for _ in range(200):
        sides = [{str(n): Counted(k=int(chance.binomial(n, 0.9)), n=n) for n in sizes} for _ in range(2)]
        named += any(one.worse for one in worse_slices(*sides, margin=0.0))

    assert named / 200 <= 0.05


def test_a_negative_margin_is_refused() -> None:
    """It would name what rose."""
    with pytest.raises(ValueError, match="margin"):
        worse_slices({}, {}, margin=-0.1)
