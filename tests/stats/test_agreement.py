"""Kappa and alpha against published figures. Tests carry counts; the votes themselves stay outside."""

import warnings
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from harness.stats.agreement import cohen_kappa, krippendorff_alpha, weighted_kappa

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
GPT_4 = ((440, 90, 61), (146, 266, 140), (64, 94, 513))
"""MT-Bench, all 1,814 pairs: rows the majority of people, columns GPT-4; each one answer, tie, the other answer."""
PANDALM = {
    0.852: ((388, 16, 23), (0, 89, 8), (29, 11, 435)),
    0.879: ((391, 15, 21), (2, 89, 6), (18, 9, 448)),
    0.862: ((379, 10, 28), (13, 97, 6), (19, 6, 441)),
}
"""Kappa of each two of the three annotators, and what they chose on 999 pairs."""
CHOICES = ("one", "tie", "other")
LEVELS = (1, 2, 3, 4, 5)
RATED = st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), min_size=1, max_size=30)


def pairs_of(table):
    """Return the pairs of choices that a table counts."""
    return [
        (CHOICES[row], CHOICES[column])
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]


def test_gpt_4_and_people_on_mt_bench():
    """Cohen's kappa .5047 with ties, .767 without."""
    pairs = pairs_of(GPT_4)

    assert len(pairs) == 1814
    assert cohen_kappa(pairs) == pytest.approx(0.5047, abs=5e-5)
    assert cohen_kappa([pair for pair in pairs if "tie" not in pair]) == pytest.approx(0.767, abs=5e-4)


@pytest.mark.parametrize(("kappa", "table"), PANDALM.items())
def test_annotators_of_pandalm(kappa, table):
    """Two by two."""
    assert cohen_kappa(pairs_of(table)) == pytest.approx(kappa, abs=5e-4)


def test_kappa_is_undefined_where_one_never_varies():
    """Also where there is nothing."""
    assert cohen_kappa([]) is None
    assert cohen_kappa([("tie", "tie"), ("tie", "other")]) is None


@given(RATED, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_is_that_of_scikit_learn(pairs, weights):
    """With any weights, on a scale of which not all levels are given."""
    one, other = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(one, other, labels=LEVELS, weights=None if weights == "none" else weights)

    kappa = weighted_kappa(pairs, LEVELS, weights)

    if len(set(one)) < 2 or len(set(other)) < 2:
        assert kappa is None
    else:
        assert kappa == pytest.approx(expected)


def test_a_near_miss_costs_less_than_a_far_one():
    """On a scale."""
    near = [(1, 1), (5, 5), (3, 2)] * 5
    far = [(1, 1), (5, 5), (5, 1)] * 5

    assert weighted_kappa(near, LEVELS, "quadratic") > weighted_kappa(near, LEVELS, "none")
    assert weighted_kappa(near, LEVELS, "quadratic") > weighted_kappa(far, LEVELS, "quadratic")


def test_a_level_that_is_not_there_is_refused():
    """By name."""
    with pytest.raises(ValueError, match=r"6 is not one of the levels \[1, 2, 3, 4, 5\]"):
        weighted_kappa([(1, 2), (6, 1)], LEVELS, "linear")


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


@pytest.mark.parametrize(("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_inventor_s_own_example(scale, alpha):
    """Krippendorff (2011), sections C and E: four observers, twelve units, gaps."""
    rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = [[int(row[place]) for row in rows if row[place] != "."] for place in range(12)]

    assert krippendorff_alpha(units, scale) == pytest.approx(alpha, abs=5e-4)


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=10))
def test_an_interval_scale_takes_squared_differences(units):
    """Pair by pair, as its definition says; a shift and a stretch of the scale change nothing."""
    paired = [unit for unit in units if len(unit) > 1]
    n = sum(map(len, paired))
    observed = sum(sum((one - other) ** 2 for one, other in permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    expected = sum((one - other) ** 2 for one, other in permutations([label for unit in paired for label in unit], 2))

    alpha = krippendorff_alpha(units, "interval")

    if expected:
        assert alpha == pytest.approx(1 - (observed / n) / (expected / (n * (n - 1))))
        assert alpha == pytest.approx(krippendorff_alpha([[3 * x - 7 for x in unit] for unit in units], "interval"))
    else:
        assert alpha is None


@pytest.mark.parametrize("label", ["high", None, float("nan"), float("inf")])
def test_a_scale_needs_numbers(label):
    """Names have no order."""
    with pytest.raises(ValueError, match="must be finite numbers"):
        krippendorff_alpha([[1, 2], [label, 1]], "ordinal")


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
