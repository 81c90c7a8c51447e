"""Rows that are split into parts."""

import random
from collections import Counter

import pytest

from harness.data.split import split, units_of

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def test_what_is_linked_is_one_unit():
    """By a group, by likeness, and by a chain of both."""
    groups = ["a", None, "b", "a", None, "b", None]

    units = units_of(7, [(1, 2), (4, 6)], groups)

    assert units == (0, 1, 1, 0, 4, 1, 4)


def test_no_unit_is_parted_and_no_row_is_lost():
    """Of units of one to nine rows."""
    draw = random.Random(1)  # noqa: S311 - invented rows
    units = units_of(600, [], [draw.randrange(120) for _ in range(600)])

    parts = split(units, ["same"] * 600, SHARES, seed=0)

    assert sorted(place for rows in parts.rows.values() for place in rows) == list(range(600))
    homes = Counter(unit for rows in parts.rows.values() for unit in {units[place] for place in rows})
    assert set(homes.values()) == {1}
    assert len(homes) == parts.units


def test_each_label_has_its_share_in_every_part():
    """A common label, a rare one, and one in between."""
    labels = ["billing"] * 700 + ["outage"] * 200 + ["legal"] * 100

    parts = split(range(1000), labels, SHARES, seed=7)

    assert parts.sizes == {"train": 800, "validation": 100, "test": 100}
    counted = {name: Counter(labels[place] for place in rows) for name, rows in parts.rows.items()}
    assert counted["test"] == counted["validation"] == {"billing": 70, "outage": 20, "legal": 10}


def test_units_of_many_sizes_reach_the_shares():
    """Within the size of the smallest units, however they are ordered."""
    sizes = [30, 25, 20, 10, 5, 5, 3, 2] * 4 + [1] * 100
    units = [number for number, size in enumerate(sizes) for _ in range(size)]

    parts = split(units, ["same"] * len(units), SHARES, seed=3)

    assert parts.sizes == {"train": 400, "validation": 50, "test": 50}


def test_the_seed_decides_and_nothing_else():
    """The same seed deals the same rows, another one others."""
    labels = [str(place % 3) for place in range(300)]

    first, again, other = (split(range(300), labels, SHARES, seed=seed) for seed in (4, 4, 5))

    assert first == again
    assert first.rows["test"] != other.rows["test"]


@pytest.mark.parametrize("shares", [{"train": 0.8, "test": 0.1}, {"train": 1.2, "test": -0.2}, {}], ids=str)
def test_shares_that_are_none_are_refused(shares):
    """A part would be empty, or rows would be left over."""
    with pytest.raises(ValueError, match="add up to 1"):
        split(range(10), ["same"] * 10, shares, seed=0)
