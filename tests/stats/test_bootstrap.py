"""The bootstrap: agreement with scipy and sacrebleu, seeds, symmetry, degenerate and hostile input."""

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from scipy.stats import bootstrap, ttest_1samp

from harness import stats
from harness.records.compared import Estimate
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


def mean_gain(values: Sequence[float], groups: Sequence[str | None], level: float, seed: int) -> Estimate:
    """The bootstrap of a plain mean: the baseline scores 0 everywhere, the candidate as given."""
    before, after = ([(value, 1.0) for value in side] for side in ([0.0] * len(values), values))
    return stats.corpus_bootstrap(before, after, groups, lambda sums: sums[0] / sums[1], level, seed)


def bleu_rows(answers: Sequence[str], references: Sequence[str]) -> list[tuple[float, ...]]:
    """Matched and total n-grams, lengths of answer and reference: what corpus BLEU adds up."""
    scores = [
        BLEU(effective_order=True).sentence_score(answer, [reference])
        for answer, reference in zip(answers, references, strict=True)
    ]
    return [(*score.counts, *score.totals, score.sys_len, score.ref_len) for score in scores]


def corpus_bleu(sums: Sequence[float]) -> float:
    """Corpus BLEU in [0, 1] from summed rows."""
    counts = [int(one) for one in sums]
    score = BLEU.compute_bleu(counts[:4], counts[4:8], counts[8], counts[9], smooth_method="exp")
    return score.score / 100


def micro_f1(sums: Sequence[float]) -> float:
    """F1 from summed true positives, false positives and misses; 0 without any."""
    return 2 * sums[0] / (2 * sums[0] + sums[1] + sums[2]) if sum(sums) else 0.0


def f1_rows(n: int, right: float, seed: int) -> list[tuple[int, ...]]:
    """True positives, false positives and misses of ``n`` cases with one label each."""
    return [(1, 0, 0) if draw < right else (0, 1, 1) for draw in np.random.default_rng(seed).random(n)]


def test_bootstrap_of_many_cases_agrees_with_scipy() -> None:
    """At 400 cases the small-sample expansion is next to nothing: the ends are those of scipy's BCa."""
    values = skewed(400, 1)
    expected = bootstrap((values,), np.mean, method="BCa", random_state=2).confidence_interval

    result = mean_gain(values, SINGLE * 400, 0.95, 3)

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

    result = mean_gain(values, groups, 0.95, 7)

    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-3)
    assert result.method == "BCa bootstrap, 5000 resamples of 300 clusters"


def test_bootstrap_leans_to_where_the_tail_is() -> None:
    """A t interval is symmetric; of skewed differences the bootstrap reaches further into the long tail."""
    values = skewed(60, 8)

    result = mean_gain(values, SINGLE * 60, 0.95, 9)

    assert result.high - result.mean > 1.1 * (result.mean - result.low)


@pytest.mark.parametrize("groups", [SINGLE * 40, [str(place // 3) for place in range(40)]])
def test_a_seed_gives_the_same_bytes(groups: Sequence[str | None]) -> None:
    """The same seed gives the same interval to the last bit, another seed nearly the same one."""
    values = skewed(40, 10)

    one, again, other = (mean_gain(values, groups, 0.95, seed) for seed in (0, 0, 1))

    assert one == again
    assert (one.low, one.high) != (other.low, other.high)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.01)


def test_a_higher_level_never_narrows_the_bootstrap() -> None:
    """From 50 % to 99.99 %, also where few clusters make the expansion large."""
    for values, groups in ((skewed(50, 11), SINGLE * 50), (skewed(9, 12), ["a", "b", "c"] * 3)):
        ends = [mean_gain(values, groups, level, 0) for level in (0.5, 0.8, 0.95, 0.99, 0.9999)]

        assert [end.low for end in ends] == sorted((end.low for end in ends), reverse=True)
        assert [end.high for end in ends] == sorted(end.high for end in ends)


def test_three_clusters_are_not_taken_for_three_hundred() -> None:
    """Resamples of three clusters only mix what they hold, so the interval holds the t interval too."""
    values, groups = [0.20, 0.22, 0.55, 0.57, 0.81, 0.77], ["a", "a", "b", "b", "c", "c"]
    t_interval = ttest_1samp([0.21, 0.56, 0.79], 0).confidence_interval(0.95)

    result = mean_gain(values, groups, 0.95, 0)

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
    """Summed statistics of 40 sentences give the difference of sacrebleu's corpus scores."""
    references = REFERENCES * 5
    worse = [text if place % 3 else " ".join(reversed(text.split())) for place, text in enumerate(references)]
    better = [text if place % 7 else text.replace("the", "a") for place, text in enumerate(references)]
    expected = [BLEU().corpus_score(answers, [list(references)]).score / 100 for answers in (worse, better)]

    result = stats.corpus_bootstrap(
        bleu_rows(worse, references), bleu_rows(better, references), SINGLE * 40, corpus_bleu, 0.95, 0
    )

    assert result.mean == pytest.approx(expected[1] - expected[0])
    assert 0 < result.low < result.mean < result.high < 1


def test_both_sides_are_resampled_alike() -> None:
    """Which cases are hard cancels out between the sides: the interval is half as wide as that of unpaired sides."""
    hard = f1_rows(300, 0.6, 16)
    better = [(1, 0, 0) if place % 10 == 0 else row for place, row in enumerate(hard)]

    result = stats.corpus_bootstrap(hard, better, SINGLE * 300, micro_f1, 0.95, 0)

    apart = math.sqrt(2 * 0.6 * 0.4 / 300)
    assert result.low > 0
    assert result.high - result.low < 2 * 1.96 * apart / 2


def test_swapping_the_corpora_negates_the_interval() -> None:
    """Baseline for candidate, with the same seed; and the same bytes for the same seed."""
    before, after = f1_rows(80, 0.8, 17), f1_rows(80, 0.6, 18)

    result = stats.corpus_bootstrap(before, after, SINGLE * 80, micro_f1, 0.95, 19)
    swapped = stats.corpus_bootstrap(after, before, SINGLE * 80, micro_f1, 0.95, 19)

    assert stats.corpus_bootstrap(before, after, SINGLE * 80, micro_f1, 0.95, 19) == result
    assert (swapped.low, swapped.mean, swapped.high) == pytest.approx((-result.high, -result.mean, -result.low))


def test_equal_corpora_leave_room() -> None:
    """No answer changed in 40 cases: as much is open as for 40 pass-or-fail cases without a flip."""
    rows = f1_rows(40, 0.7, 20)

    result = stats.corpus_bootstrap(rows, rows, SINGLE * 40, micro_f1, 0.95, 0)

    assert (result.low, result.high) == pytest.approx(stats.paired_score_interval(0, 0, 40))
    assert "little varies" in result.method


def test_a_figure_that_no_resample_moves_leaves_room_too() -> None:
    """All answers changed and all still score 0: that is no proof that the next would."""
    before, after = [(0, 1, 0)] * 30, [(0, 0, 1)] * 30

    result = stats.corpus_bootstrap(before, after, SINGLE * 30, micro_f1, 0.95, 0)

    assert (result.low, result.high) == pytest.approx(stats.paired_score_interval(0, 0, 30))


def test_few_changed_answers_widen_the_corpus_interval() -> None:
    """Three lost of 60: a plain mean has Tango's interval at least."""
    before = [(1.0, 1.0)] * 60
    after = [(0.0, 1.0)] * 3 + [(1.0, 1.0)] * 57

    result = stats.corpus_bootstrap(before, after, SINGLE * 60, lambda sums: sums[0] / sums[1], 0.95, 0)

    low, high = stats.paired_score_interval(3, 0, 60)
    assert result.low == pytest.approx(low, abs=1e-9)
    assert result.high >= high - 1e-9


def test_two_large_groups_that_turn_against_each_other_leave_almost_all_open() -> None:
    """Half of the cases lost as one document, the other half won: their pseudo-values are no counts of cases."""
    before = [(1.0, 1.0)] * 30 + [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 10
    after = [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 30 + [(1.0, 1.0)] * 10
    groups = ["lost"] * 30 + ["won"] * 30 + [None] * 10

    result = stats.corpus_bootstrap(before, after, groups, lambda sums: sums[0] / sums[1], 0.95, 0)

    assert result.low < -0.4
    assert result.high > 0.4


def test_one_cluster_of_a_corpus_leaves_everything_open() -> None:
    """One document, however many sentences."""
    result = stats.corpus_bootstrap(f1_rows(9, 0.9, 21), f1_rows(9, 0.1, 22), ["a"] * 9, micro_f1, 0.95, 0)

    assert (result.low, result.high, result.n) == (-1, 1, 9)


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
    ],
)
def test_rows_that_do_not_match_are_refused(baseline, candidate, groups) -> None:
    """No case, a side or a group missing, rows of unlike length, figures that are none."""
    with pytest.raises(ValueError, match="row"):
        stats.corpus_bootstrap(baseline, candidate, groups, micro_f1, 0.95, 0)


@pytest.mark.parametrize("value", [math.nan, 100.0, -0.5])
def test_a_statistic_outside_its_range_is_refused(value: float) -> None:
    """BLEU of 100 instead of 1, and what is not a number."""
    with pytest.raises(ValueError, match=r"statistic must give a value in \[0, 1\]"):
        stats.corpus_bootstrap([(1.0,)] * 5, [(1.0,)] * 5, SINGLE * 5, lambda _: value, 0.95, 0)


def test_a_level_that_is_a_percentage_is_refused() -> None:
    """95 instead of .95."""
    with pytest.raises(ValueError, match="level must be"):
        mean_gain([0.1, 0.2], SINGLE * 2, 95, 0)
