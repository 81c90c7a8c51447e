"""Intervals of kappa and alpha, and the table by level: against a third party's, and where little was seen."""

import pytest

from harness.stats import cohen_kappa, krippendorff_alpha
from harness.stats.judges import alpha_estimate, kappa_estimate, level_table
from tests.stats.test_agreement import CHOICES, GPT_4, LEVELS, MT_BENCH, pairs_of


def alone(values):
    """Return no group for each value."""
    return [None] * len(values)


def test_kappa_on_mt_bench_has_the_interval_of_a_third_party():
    """They have [.4719, .5378] with ties, [.7258, .8045] without, by a percentile bootstrap of their own."""
    pairs = pairs_of(GPT_4)
    decided = [pair for pair in pairs if "tie" not in pair]

    with_ties = kappa_estimate(pairs, CHOICES, alone(pairs))
    without = kappa_estimate(decided, CHOICES, alone(decided))

    assert (with_ties.mean, with_ties.low, with_ties.high) == pytest.approx((0.5047, 0.4719, 0.5378), abs=0.003)
    assert (without.mean, without.low, without.high) == pytest.approx((0.767, 0.7258, 0.8045), abs=0.004)
    assert with_ties.mean == pytest.approx(cohen_kappa(pairs))


def test_alpha_of_people_on_mt_bench_has_an_interval():
    """Over pairs, with as many votes as each of them got."""
    units = [("one",) * one + ("tie",) * tie + ("other",) * other
             for (one, tie, other), count in MT_BENCH.items() for _ in range(count)]  # fmt: skip

    alpha = alpha_estimate(units, alone(units))

    assert alpha.mean == pytest.approx(krippendorff_alpha(units))
    assert alpha.low < 0.4855 < alpha.high
    assert 0.05 < alpha.high - alpha.low < 0.1
    assert alpha.n == sum(count for votes, count in MT_BENCH.items() if sum(votes) > 1)


@pytest.mark.parametrize(("cases", "least"), [(20, 0.5), (60, 0.75), (600, 0.97)])
def test_full_agreement_of_few_cases_is_no_certainty(cases, least):
    """With 20 cases a kappa of about two thirds stays possible."""
    pairs = [(1, 1), (5, 5)] * (cases // 2)

    kappa = kappa_estimate(pairs, LEVELS, alone(pairs), "quadratic")

    assert kappa.mean == kappa.high == 1
    assert least < kappa.low < 1
    assert alpha_estimate(pairs, alone(pairs), "ordinal").low == pytest.approx(kappa.low, abs=0.06)


def test_copies_in_groups_add_nothing():
    """Four copies of each case are known as well as the cases alone; apart they would seem better known."""
    pairs = pairs_of(((12, 4), (5, 9)))[:30]
    groups = [str(place) for place in range(len(pairs))]
    names = CHOICES[:2]

    once = kappa_estimate(pairs, names, alone(pairs))
    grouped = kappa_estimate(pairs * 4, names, groups * 4)
    apart = kappa_estimate(pairs * 4, names, alone(pairs * 4))

    assert (grouped.low, grouped.high) == pytest.approx((once.low, once.high), abs=1e-9)
    assert apart.high - apart.low < 0.6 * (once.high - once.low)


def test_the_seed_decides():
    """Whether two figures are the same."""
    pairs = pairs_of(((12, 4, 1), (5, 9, 2), (1, 2, 6)))

    one, same, another = (kappa_estimate(pairs, CHOICES, alone(pairs), seed=seed) for seed in (3, 3, 4))

    assert one == same
    assert one != another


def test_what_has_no_agreement_has_no_interval():
    """No case, one reader who never varies; one case, or one group, shows no variance."""
    one = [("one", "tie")]

    assert kappa_estimate([], CHOICES, []) is None
    assert kappa_estimate([("one", "one"), ("one", "tie")], CHOICES, [None, None]) is None
    assert alpha_estimate([["a"], ["a", "a"]], [None, None]) is None
    together = kappa_estimate([("one", "one"), ("tie", "tie"), ("one", "tie")], CHOICES, ["g"] * 3)
    assert (together.low, together.high) == (-1, 1)
    assert level_table([], CHOICES, []) is None
    assert level_table(one, CHOICES, [None]).accuracy.mean == 0


def test_accuracy_is_told_level_by_level():
    """Rows are people's; a level that people never gave has none."""
    pairs = pairs_of(GPT_4)

    table = level_table(pairs, (*CHOICES, "never"), alone(pairs))

    assert [row[:3] for row in table.confusion[:3]] == [tuple(row) for row in GPT_4]
    assert table.accuracy.mean == pytest.approx(0.672, abs=5e-4)
    assert [each and round(each.mean, 4) for each in table.by_level] == [0.7445, 0.4819, 0.7645, None]
    assert table.by_level[1].method == "Wilson"
    assert table.by_level[1].n == 552
