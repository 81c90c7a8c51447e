"""Krippendorff's alpha against published figures. Tests carry counts; the votes themselves stay outside."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.agreement import krippendorff_alpha

UNITS = st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=12)
MT_BENCH = {
    (0, 0, 2): 147, (0, 0, 3): 62, (0, 0, 4): 17, (0, 0, 5): 1, (0, 0, 6): 3, (0, 0, 7): 1, (0, 1, 1): 68,
    (0, 1, 2): 22, (0, 1, 3): 5, (0, 1, 4): 1, (0, 1, 5): 1, (0, 2, 0): 66, (0, 2, 1): 15, (0, 2, 2): 1,
    (0, 2, 3): 1, (0, 2, 4): 1, (0, 3, 0): 17, (0, 3, 1): 4, (0, 4, 0): 7, (0, 4, 1): 2, (1, 0, 1): 51,
    (1, 0, 2): 10, (1, 1, 0): 54, (1, 1, 1): 20, (1, 1, 2): 2, (1, 1, 3): 2, (1, 2, 0): 21, (1, 2, 1): 3,
    (1, 2, 2): 1, (1, 3, 0): 6, (1, 4, 0): 2, (1, 5, 1): 1, (2, 0, 0): 175, (2, 0, 1): 28, (2, 0, 2): 2,
    (2, 1, 0): 24, (2, 1, 1): 6, (2, 1, 2): 3, (2, 1, 3): 1, (2, 2, 0): 1, (2, 2, 2): 1, (3, 0, 0): 52,
    (3, 0, 1): 9, (3, 0, 2): 1, (3, 1, 0): 4, (3, 1, 1): 3, (3, 2, 0): 2, (4, 0, 0): 25, (4, 0, 1): 4,
    (4, 1, 0): 1, (5, 0, 0): 1, (5, 0, 1): 1, (5, 1, 0): 1, (6, 0, 0): 1,
}  # fmt: skip
"""(votes for one, ties, votes for the other): number of pairs, of those that several people voted on."""


def test_people_on_mt_bench():
    """.4855, as a third party computed it from all 3,355 votes."""
    units = [("one",) * one + ("tie",) * tie + ("other",) * other
             for (one, tie, other), count in MT_BENCH.items() for _ in range(count)]  # fmt: skip

    assert krippendorff_alpha(units) == pytest.approx(0.4855, abs=5e-5)


def test_people_on_pandalm():
    """.8642 among three annotators of 999 pairs."""
    counts = {"222": 426, "111": 368, "000": 85, "122": 36, "112": 33, "011": 21, "002": 13, "022": 10, "001": 7}

    alpha = krippendorff_alpha([unit for unit, count in counts.items() for _ in range(count)])

    assert alpha == pytest.approx(0.8642, abs=5e-5)


def test_the_inventor_s_own_example():
    """Krippendorff (2011), section C: four observers, twelve units, gaps: .743."""
    rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = [[row[place] for row in rows if row[place] != "."] for place in range(12)]

    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@given(UNITS)
def test_it_is_what_its_definition_says(units):
    """Observed over expected disagreement, pair by pair of values."""
    paired = [unit for unit in units if len(unit) > 1]
    n = sum(map(len, paired))
    observed = sum(sum(one != other for one, other in permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    expected = sum(one != other for one, other in permutations([label for unit in paired for label in unit], 2))

    alpha = krippendorff_alpha(units)

    if expected:
        assert alpha == pytest.approx(1 - (observed / n) / (expected / (n * (n - 1))))
    else:
        assert alpha is None


@given(UNITS)
def test_it_is_one_only_where_all_agree(units):
    """And undefined where no two labels differ."""
    alpha = krippendorff_alpha(units)

    labels = {label for unit in units if len(unit) > 1 for label in unit}
    assert (alpha is None) == (len(labels) < 2)
    if alpha is not None:
        all_agree = all(len(set(unit)) == 1 for unit in units if len(unit) > 1)
        assert (alpha == 1) == all_agree
        assert alpha <= 1


def test_nothing_to_compare_is_no_agreement():
    """One reader, no unit, nothing."""
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha(["a", "b", ""]) is None
    assert krippendorff_alpha(["aa", "aa"]) is None
