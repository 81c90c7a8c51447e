"""The bootstrap: agreement with scipy and sacrebleu, seeds, symmetry, degenerate and hostile input."""

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from scipy.stats import bootstrap, ttest_1samp

from harness import stats
from harness.records.estimate import Estimate
from harness.stats.bca import bca_interval

SINGLE = (None,)
NORMAL = statistics.NormalDist()
REFERENCES = (
    "the printer on the second floor is out of paper",
    "please reset the password of my account today",
    "the invoice of march was paid twice by mistake",
    "my order has not arrived after three weeks",
    "the app closes as soon as i open the settings",
    "can you change the delivery address of my order",
    "i would like to cancel my contract at the end of the month",
    "the discount code from the newsletter does not work",
)


def skewed(n: int, seed: int) -> list[float]:
    """Graded scores: mostly low, some high."""
    return np.random.default_rng(seed).beta(0.5, 4, n).tolist()


SHARE = stats.CorpusFigure(
    value=lambda sums: sums[..., 0] / np.maximum(sums[..., 1], 1e-12), lost=lambda sums: sums * np.array([0.0, 1.0])
)
"""The plain mean: the sum of the scores over the number of cases."""
BLEU_OF_ALL = stats.corpus_figure("BLEU")
MACRO_F1 = stats.corpus_figure("macro F1")


def mean_gain(values: Sequence[float], groups: Sequence[str | None], seed: int) -> Estimate:
    """The bootstrap of a plain mean: the baseline scores 0 everywhere, the candidate as given."""
    before, after = ([(value, 1.0) for value in side] for side in ([0.0] * len(values), values))
    return stats.corpus_bootstrap(before, after, groups, SHARE, seed).delta


def bleu_rows(answers: Sequence[str], references: Sequence[str]) -> list[tuple[float, ...]]:
    """Matched and total n-grams, lengths of answer and reference: what corpus BLEU adds up."""
    scores = [
        BLEU(effective_order=True).sentence_score(answer, [reference])
        for answer, reference in zip(answers, references, strict=True)
    ]
    return [(*score.counts, *score.totals, score.sys_len, score.ref_len) for score in scores]


def label_rows(expected: Sequence[int], predicted: Sequence[int], labels: int) -> list[list[int]]:
    """True positives, false positives and misses of each label: what macro F1 adds up."""
    rows = np.zeros((len(expected), labels, 3), dtype=int)
    for row, right, said in zip(rows, expected, predicted, strict=True):
        if right == said:
            row[right, 0] = 1
        else:
            row[said, 1] = row[right, 2] = 1
    return rows.reshape(len(expected), -1).tolist()


def f1_rows(n: int, right: float, seed: int) -> list[list[int]]:
    """Rows of ``n`` cases of two labels in turn, of which a share is right."""
    draws = np.random.default_rng(seed).random(n)
    expected = [place % 2 for place in range(n)]
    return label_rows(
        expected, [one if draw < right else 1 - one for one, draw in zip(expected, draws, strict=True)], 2
    )


def test_bootstrap_of_many_cases_agrees_with_scipy() -> None:
    """At 400 cases the small-sample expansion is next to nothing: the ends are those of scipy's BCa."""
    values = skewed(400, 1)
    expected = bootstrap((values,), np.mean, method="BCa", random_state=2).confidence_interval

    result = mean_gain(values, SINGLE * 400, 3)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-3)


def test_bootstrap_over_clusters_agrees_with_scipys_of_their_sums() -> None:
    """Groups of one to three cases: the mean is the ratio of summed differences to summed sizes."""
    chance = np.random.default_rng(4)
    sizes = chance.integers(1, 4, 300)
    values = skewed(int(sizes.sum()), 5)
    groups = [str(place) for place, size in enumerate(sizes) for _ in range(size)]
    totals = np.add.reduceat(values, np.concatenate([[0], sizes.cumsum()[:-1]]))
    expected = bootstrap(
        (totals, sizes),
        lambda total, size, axis: total.sum(axis=axis) / size.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="BCa",
        random_state=6,
    ).confidence_interval

    result = mean_gain(values, groups, 7)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-3)
    assert result.method.startswith("BCa bootstrap and jackknife t, 5000 resamples of 300 clusters")


def test_bootstrap_leans_to_where_the_tail_is() -> None:
    """A t interval is symmetric; of skewed differences the bootstrap reaches further into the long tail."""
    values = skewed(60, 8)

    result = mean_gain(values, SINGLE * 60, 9)

    assert result.high - result.mean > 1.1 * (result.mean - result.low)


@pytest.mark.parametrize("groups", [SINGLE * 40, [str(place // 3) for place in range(40)]])
def test_a_seed_gives_the_same_bytes(groups: Sequence[str | None]) -> None:
    """The same seed gives the same interval to the last bit, another seed nearly the same one."""
    values = skewed(40, 10)

    one, again, other = (mean_gain(values, groups, seed) for seed in (0, 0, 1))

    assert one == again
    assert (one.low, one.high) != (other.low, other.high)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.01)


@pytest.mark.parametrize(("values", "groups"), [(skewed(50, 11), SINGLE * 50), (skewed(9, 12), ["a", "b", "c"] * 3)])
def test_the_bound_of_one_side_is_inside_the_interval_of_two(values, groups) -> None:
    """At 95 % each, so the bound leaves less open."""
    before, after = [(0.9, 1.0)] * len(values), [(value, 1.0) for value in values]

    result = stats.corpus_bootstrap(before, after, groups, SHARE, 0)

    assert -1 <= result.delta.low <= result.drop.low < result.delta.mean < result.delta.high
    assert result.drop.p_value < 0.05


def test_three_clusters_are_not_taken_for_three_hundred() -> None:
    """Resamples of three clusters only mix what they hold, so the interval holds the t interval too."""
    values, groups = [0.20, 0.22, 0.55, 0.57, 0.81, 0.77], ["a", "a", "b", "b", "c", "c"]
    t_interval = ttest_1samp([0.21, 0.56, 0.79], 0).confidence_interval(0.95)

    result = mean_gain(values, groups, 0)

    assert result.low <= t_interval.low + 1e-12
    assert result.high >= min(t_interval.high, 1.0) - 1e-12


def test_ends_are_the_quantiles_of_the_written_formula() -> None:
    """Replicates even around the estimate have no bias; the acceleration by hand, of one cluster that stands out."""
    left_out = np.array([-19.0] + [1.0] * 19)
    a = (19**3 - 19) / (6 * (19**2 + 19) ** 1.5)
    z = math.sqrt(20 / 19) * 2.0930240544082634
    expected = [2 * NORMAL.cdf(end / (1 - a * end)) - 1 for end in (-z, z)]

    ends = bca_interval(0.0, np.linspace(-1, 1, 100_001), left_out, 0.95)

    assert ends == pytest.approx(expected, abs=1e-4)


def test_a_level_too_high_for_few_clusters_reaches_to_the_ends() -> None:
    """Three skewed clusters at 99.99 %: the correction passes infinity, and the interval holds all replicates."""
    ends = bca_interval(0.0, np.linspace(-1, 1, 101), np.array([1.0, 0.0, 0.0]), 0.9999)

    assert ends == (-1, 1)


def test_equal_jackknife_values_have_no_acceleration() -> None:
    """Zero over zero is no skewness: the ends are then the bias-corrected quantiles, not nothing."""
    replicates = np.linspace(-1, 1, 10_001)

    low, high = bca_interval(0.0, replicates, np.zeros(1_000_000), 0.95)

    assert (low, high) == pytest.approx((-0.95, 0.95), abs=1e-3)


def test_an_estimate_beyond_every_replicate_stays_inside_its_interval() -> None:
    """All replicates on one side give no infinite correction."""
    low, high = bca_interval(1.0, np.linspace(-1, 0, 101), np.arange(20.0), 0.95)

    assert high == 1.0
    assert -1 <= low <= 0


def test_corpus_bleu_is_that_of_sacrebleu() -> None:
    """Summed statistics of 40 sentences give sacrebleu's corpus scores."""
    references = REFERENCES * 5
    worse = [text if place % 3 else " ".join(reversed(text.split())) for place, text in enumerate(references)]
    better = [text if place % 7 else text.replace("the", "a") for place, text in enumerate(references)]
    expected = [BLEU().corpus_score(answers, [list(references)]).score / 100 for answers in (worse, better)]

    result = stats.corpus_bootstrap(
        bleu_rows(worse, references), bleu_rows(better, references), SINGLE * 40, BLEU_OF_ALL, 0
    )

    assert [result.baseline.mean, result.candidate.mean] == pytest.approx(expected)
    assert result.delta.mean == pytest.approx(expected[1] - expected[0])
    assert 0 < result.delta.low < result.drop.low < result.delta.mean < result.delta.high < 1
    assert result.drop.p_value == 1


def test_each_side_has_an_interval_within_its_range() -> None:
    """From 0 to 1, around the figure."""
    result = stats.corpus_bootstrap(f1_rows(60, 0.97, 1), f1_rows(60, 0.05, 2), SINGLE * 60, MACRO_F1, 0)

    assert 0 <= result.candidate.low < result.candidate.mean < result.candidate.high < 0.3
    assert 0.7 < result.baseline.low < result.baseline.mean < result.baseline.high <= 1


def test_both_sides_are_resampled_alike() -> None:
    """Which cases are hard cancels out between the sides: the interval is half as wide as that of unpaired sides."""
    hard = f1_rows(300, 0.6, 16)
    right = f1_rows(300, 1.0, 16)
    better = [right[place] if place % 10 == 0 else row for place, row in enumerate(hard)]

    result = stats.corpus_bootstrap(hard, better, SINGLE * 300, MACRO_F1, 0).delta

    apart = math.sqrt(2 * 0.6 * 0.4 / 300)
    assert result.low > 0
    assert result.high - result.low < 2 * 1.96 * apart / 2


def test_swapping_the_corpora_negates_the_interval() -> None:
    """Baseline for candidate, with the same seed; and the same bytes for the same seed."""
    before, after = f1_rows(80, 0.8, 17), f1_rows(80, 0.6, 18)

    result = stats.corpus_bootstrap(before, after, SINGLE * 80, MACRO_F1, 19)
    swapped = stats.corpus_bootstrap(after, before, SINGLE * 80, MACRO_F1, 19).delta

    assert stats.corpus_bootstrap(before, after, SINGLE * 80, MACRO_F1, 19) == result
    delta = result.delta
    assert (swapped.low, swapped.mean, swapped.high) == pytest.approx((-delta.high, -delta.mean, -delta.low))


def test_equal_corpora_leave_room() -> None:
    """No answer changed in 40 cases: at least as much is open as for 40 pass-or-fail cases without a flip."""
    rows = f1_rows(40, 0.7, 20)

    result = stats.corpus_bootstrap(rows, rows, SINGLE * 40, MACRO_F1, 0)

    low, high = stats.paired_score_interval(0, 0, 40)
    assert result.delta.low <= low
    assert result.delta.high == pytest.approx(high)
    assert result.drop.p_value == 1


def test_a_label_with_few_cases_leaves_as_much_open_as_its_cases_do() -> None:
    """Nothing changed in 1,000 cases, but one of five labels has three of them: two could be lost (2/3 of ln 20)."""
    expected = [0] * 400 + [1] * 300 + [2] * 200 + [3] * 97 + [4] * 3
    rows = label_rows(expected, expected, 5)

    result = stats.corpus_bootstrap(rows, rows, SINGLE * 1000, MACRO_F1, 0)

    lost = 2 / 3 * math.log(20)
    assert result.drop.low == pytest.approx((2 * (3 - lost) / (6 - lost) - 1) / 5)
    assert result.candidate.low < 0.9


def test_labels_with_many_cases_leave_little_open() -> None:
    """Nothing changed in 1,000 cases of five labels."""
    expected = [place % 5 for place in range(1000)]
    rows = label_rows(expected, expected, 5)

    result = stats.corpus_bootstrap(rows, rows, SINGLE * 1000, MACRO_F1, 0)

    assert -0.005 < result.drop.low < -0.001


def test_a_figure_that_no_resample_moves_leaves_room_too() -> None:
    """All answers changed and all still score 0: that is no proof that the next would."""
    before, after = label_rows([0] * 30, [1] * 30, 3), label_rows([0] * 30, [2] * 30, 3)

    result = stats.corpus_bootstrap(before, after, SINGLE * 30, MACRO_F1, 0)

    assert (result.delta.low, result.delta.high) == pytest.approx(stats.paired_score_interval(0, 0, 30))
    assert result.candidate.high == pytest.approx(stats.wilson_interval(0, 30)[1])


def test_few_changed_answers_widen_the_corpus_interval() -> None:
    """Three lost of 60: a plain mean has Tango's interval at least, and a drop the p value of a sign test."""
    before = [(1.0, 1.0)] * 60
    after = [(0.0, 1.0)] * 3 + [(1.0, 1.0)] * 57

    result = stats.corpus_bootstrap(before, after, SINGLE * 60, SHARE, 0)

    low, high = stats.paired_score_interval(3, 0, 60)
    assert result.delta.low <= low + 1e-9
    assert result.delta.high >= high - 1e-9
    assert result.drop.p_value == 1 / 8


def test_a_drop_of_many_answers_is_more_than_chance() -> None:
    """Thirty lost and ten won of 400, two labels: about the p value of a t test."""
    expected = [place % 2 for place in range(400)]
    before = [1 - one if place < 10 else one for place, one in enumerate(expected)]
    after = [1 - one if 10 <= place < 40 else one for place, one in enumerate(expected)]

    result = stats.corpus_bootstrap(
        label_rows(expected, before, 2), label_rows(expected, after, 2), SINGLE * 400, MACRO_F1, 0
    )

    assert result.delta.mean == pytest.approx(-0.05)
    assert result.drop.p_value == pytest.approx(NORMAL.cdf(-20 / math.sqrt(40)), abs=0.001)


def test_two_large_groups_that_turn_against_each_other_leave_almost_all_open() -> None:
    """Half of the cases lost as one document, the other half won: their pseudo-values are no counts of cases."""
    before = [(1.0, 1.0)] * 30 + [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 10
    after = [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 30 + [(1.0, 1.0)] * 10
    groups = ["lost"] * 30 + ["won"] * 30 + [None] * 10

    result = stats.corpus_bootstrap(before, after, groups, SHARE, 0).delta

    assert result.low < -0.4
    assert result.high > 0.4


def test_one_cluster_of_a_corpus_leaves_everything_open() -> None:
    """One document, however many sentences."""
    result = stats.corpus_bootstrap(f1_rows(9, 0.9, 21), f1_rows(9, 0.1, 22), ["a"] * 9, MACRO_F1, 0)

    assert (result.delta.low, result.delta.high, result.delta.n) == (-1, 1, 9)
    assert (result.candidate.low, result.candidate.high) == (0, 1)
    assert result.drop.low == -1
    assert result.drop.p_value >= 0.5


def test_one_case_leaves_everything_open() -> None:
    """And none of it is a warning or a division by zero."""
    rows = f1_rows(1, 1.0, 0)

    result = stats.corpus_bootstrap(rows, rows, SINGLE, MACRO_F1, 0)

    assert (result.delta.low, result.delta.high, result.drop.low) == (-1, 1, -1)


@pytest.mark.parametrize(
    ("baseline", "candidate", "groups"),
    [
        ([], [], []),
        ([(1, 0, 0)], [], [None]),
        ([(1, 0, 0)], [(1, 0, 0)], [None, None]),
        ([(1, 0, 0)], [(1, 0)], [None]),
        ([(1, 0, 0), (1, 0)], [(1, 0, 0), (1, 0)], [None, None]),
        ([(1, 0, math.nan)], [(1, 0, 0)], [None]),
        ([(1, 0, 0)], [(math.inf, 0, 0)], [None]),
        ([(1, 0, 0)], [(-1, 0, 0)], [None]),
    ],
)
def test_rows_that_do_not_match_are_refused(baseline, candidate, groups) -> None:
    """No case, a side or a group missing, rows of unlike length, counts that are none."""
    with pytest.raises(ValueError, match="row"):
        stats.corpus_bootstrap(baseline, candidate, groups, MACRO_F1, 0)
