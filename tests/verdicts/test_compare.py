"""Comparing: pairs by case, repeats first, unlike sides refused, no case lost."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats
from harness.errors import IncomparableRuns, ScorerError
from harness.records.asked import ModelRef
from harness.records.scored import CaseScore, Score, Scores
from harness.verdicts.compare import compare, paired

BASE = ModelRef(base="smol", base_digest="b", template_digest="t")
TUNED = ModelRef(base="smol", base_digest="b", template_digest="t", adapter="triage", adapter_digest="a")
Given = tuple[str, float | None]


def item(case_id: str, value: float | None, *, repeat: int = 0, group: str | None = None, **score: object) -> CaseScore:
    """The score of one answer."""
    return CaseScore(
        case_id=case_id,
        group=group,
        repeat=repeat,
        request_key=f"{case_id}/{repeat}",
        score=Score(value=value, **score),
    )


def side(
    items: Sequence[CaseScore | Given], model: ModelRef = BASE, scorer: str = "exact_match()", **facts: str
) -> Scores:
    """All scores of one side; pairs of id and value are single answers."""
    whole = tuple(one if isinstance(one, CaseScore) else item(*one) for one in items)
    return Scores(scorer=scorer, model=model, fingerprint=facts or {"cases": "c1", "engine": "vllm"}, items=whole)


def test_pass_fail_scores_get_the_paired_score_interval() -> None:
    """Ten cases, two lost and one won: counts, means with Wilson, difference with Tango."""
    before = side([(f"c{n}", 1.0 if n < 8 else 0.0) for n in range(10)])
    after = side([(f"c{n}", 1.0 if 2 <= n < 9 else 0.0) for n in range(10)], TUNED)

    result = compare(before, after)

    assert result.delta is not None
    assert result.candidate_mean is not None
    assert (result.lost, result.won, result.unscored) == (("c0", "c1"), ("c8",), ())
    assert result.delta.mean == pytest.approx(-0.1)
    assert (result.delta.low, result.delta.high) == stats.paired_score_interval(2, 1, 10)
    assert (result.delta.n, result.delta.method) == (10, "paired score (Tango)")
    assert (result.candidate_mean.low, result.candidate_mean.high) == stats.wilson_interval(7, 10)
    assert (result.scorer, result.baseline, result.candidate) == ("exact_match()", BASE, TUNED)
    assert result.fingerprint == {"cases": "c1", "engine": "vllm"}


def test_detectable_comes_from_the_spread_of_the_differences() -> None:
    """The minimum detectable effect at the paired standard deviation seen."""
    values = [0.1 * (n % 7) for n in range(40)]

    result = compare(side([(f"c{n}", 0.5) for n in range(40)]), side([(f"c{n}", v) for n, v in enumerate(values)]))

    sd = stats.effective_sd([value - 0.5 for value in values], [None] * 40)
    assert sd is not None
    assert result.detectable == pytest.approx(stats.minimum_detectable_effect(40, sd))


def test_no_change_is_larger_than_one() -> None:
    """Three cases whose differences have a standard deviation of 1.15 would show a change of 1.87."""
    result = compare(side([("a", 1.0), ("b", 0.0), ("c", 0.0)]), side([("a", 0.0), ("b", 1.0), ("c", 1.0)]))

    assert result.detectable is None


def test_identical_sides_detect_no_more_than_their_number_allows() -> None:
    """Base against base: no difference, an interval of some width, and a detectable effect above zero."""
    same = side([(f"c{n}", 1.0) for n in range(20)])

    result = compare(same, same)

    assert result.delta is not None
    assert (result.delta.mean, result.lost, result.won) == (0, (), ())
    assert result.detectable == pytest.approx(result.delta.high)
    assert result.delta.low < -0.1


def test_graded_scores_get_the_interval_of_a_mean() -> None:
    """A value between 0 and 1 on either side makes pass-or-fail methods wrong."""
    values = [0.05 * n for n in range(20)]

    result = compare(side([(f"c{n}", 1.0) for n in range(20)]), side([(f"c{n}", v) for n, v in enumerate(values)]))

    assert result.delta is not None
    assert result.baseline_mean is not None
    expected = stats.paired_mean_interval([value - 1 for value in values], [None] * 20)
    assert (result.delta.low, result.delta.high) == pytest.approx((expected.low, expected.high))
    assert result.delta.method == "Hall's t, 20 clusters"
    assert result.baseline_mean.low < result.baseline_mean.mean == 1


def test_groups_widen_pass_fail_intervals() -> None:
    """Forty cases of ten documents that pass and fail together are worth ten, on each side and for the difference."""
    values = [float(n // 4 % 2) for n in range(40)]
    before = side([item(f"c{n}", 1.0, group=f"d{n // 4}") for n in range(40)])
    after = side([item(f"c{n}", value, group=f"d{n // 4}") for n, value in enumerate(values)])
    alone = compare(side([(f"c{n}", 1.0) for n in range(40)]), side([(f"c{n}", v) for n, v in enumerate(values)]))

    result = compare(before, after)

    assert result.delta is not None
    assert alone.delta is not None
    assert "10 clusters" in result.delta.method
    assert result.delta.high - result.delta.low > 1.5 * (alone.delta.high - alone.delta.low)
    assert result.detectable is not None
    assert alone.detectable is not None
    assert result.detectable > 1.5 * alone.detectable


def test_repeats_are_averaged_within_the_case() -> None:
    """Three answers to one case are one row, and flip it when their mean crosses one half."""
    before = side([item("a", value, repeat=n) for n, value in enumerate((1.0, 1.0, 0.0))])
    after = side([item("a", value, repeat=n) for n, value in enumerate((1.0, 0.0, 0.0))])

    result = compare(before, after)

    assert len(result.rows) == 1
    assert result.rows[0].baseline == pytest.approx(2 / 3)
    assert result.rows[0].candidate == pytest.approx(1 / 3)
    assert result.lost == ("a",)
    assert result.delta is not None
    assert result.delta.n == 1


def test_half_counts_as_right() -> None:
    """A tie of (1/2, 1/2) flips nothing, and neither does a rise from 1/2 to 1."""
    result = compare(
        side([("tie", 0.5), ("rise", 0.5), ("fall", 0.5)]), side([("tie", 0.5), ("rise", 1), ("fall", 0.49)])
    )

    assert (result.lost, result.won) == (("fall",), ())


def test_flips_stand_worst_first_then_by_id() -> None:
    """The largest drop leads; equal ones follow their ids."""
    before = side([("b", 1.0), ("a", 1.0), ("mild", 0.6), ("worst", 1.0), ("up2", 0.4), ("up1", 0.0)])
    after = side([("b", 0.2), ("a", 0.2), ("mild", 0.4), ("worst", 0.0), ("up2", 0.5), ("up1", 0.9)])

    result = compare(before, after)

    assert result.lost == ("worst", "a", "b", "mild")
    assert result.won == ("up1", "up2")


def test_a_case_of_one_side_is_unscored_and_stays() -> None:
    """Rows keep the baseline's order, then what only the candidate has; neither enters a figure."""
    result = compare(side([("z", 1.0), ("only-old", 1.0)]), side([("only-new", 0.0), ("z", 1.0)]))

    assert [row.case_id for row in result.rows] == ["z", "only-old", "only-new"]
    assert [row.unscored for row in result.rows] == ["", "only the baseline answered", "only the candidate answered"]
    assert (result.rows[1].baseline, result.rows[1].candidate) == (1.0, None)
    assert result.unscored == ("only-old", "only-new")
    assert result.candidate_mean is not None
    assert (result.candidate_mean.mean, result.candidate_mean.n) == (1.0, 1)
    assert (result.lost, result.won) == ((), ())


def test_an_unscored_repeat_makes_its_case_unscored_with_the_reason() -> None:
    """The other repeats can't replace it."""
    before = side(
        [item("a", 1.0), item("a", 1.0, repeat=1), item("b", None, reason="timed out"), item("b", 1.0, repeat=1)]
    )
    after = side(
        [item("a", 1.0), item("a", None, repeat=1), item("b", None, reason="unreadable"), item("b", 0.0, repeat=1)]
    )

    result = compare(before, after)

    assert [row.unscored for row in result.rows] == [
        "candidate: no reason given",
        "baseline: timed out; candidate: unreadable",
    ]
    assert result.rows[0].baseline == 1.0
    assert result.rows[0].candidate is None
    assert result.delta is None


def test_a_missing_repeat_makes_its_case_unscored() -> None:
    """A case that was answered once where others were answered twice is not complete."""
    before = side([item("a", 1.0), item("a", 1.0, repeat=1), item("b", 1.0), item("b", 1.0, repeat=1)])
    after = side([item("a", 1.0), item("a", 1.0, repeat=1), item("b", 1.0)])

    result = compare(before, after)

    assert result.unscored == ("b",)
    assert result.rows[1].unscored == "candidate: 1 of 2 repeats missing"


@pytest.mark.parametrize("items", [[], [("a", None), ("b", None)]])
def test_nothing_scored_has_no_estimates(items: list[Given]) -> None:
    """No cases, or none with a score: None instead of a figure."""
    result = compare(side(items), side(items))

    assert (result.baseline_mean, result.candidate_mean, result.delta, result.detectable) == (None, None, None, None)
    assert len(result.unscored) == len(result.rows) == len(items)


def test_one_case_has_no_detectable_effect() -> None:
    """A single difference has no spread."""
    result = compare(side([("a", 1.0)]), side([("a", 1.0)]))

    assert result.detectable is None
    assert result.delta is not None
    assert result.delta.high - result.delta.low > 1


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ({"cases": "c1", "engine": "vllm"}, {"engine": "hf", "cases": "c2"}, "'cases': baseline 'c1', candidate 'c2'"),
        (
            {"engine": "vllm", "cases": "c1"},
            {"engine": "hf", "cases": "c2"},
            "'engine': baseline 'vllm', candidate 'hf'",
        ),
        ({"engine": "vllm", "judge": "j"}, {"engine": "vllm"}, "'judge': baseline 'j', candidate none"),
        ({"engine": "vllm"}, {"engine": "vllm", "judge": "\x1b[2J"}, r"'judge': baseline none, candidate '\x1b[2J'"),
        ({"engine": "vllm", "judge": "none"}, {"engine": "vllm"}, "'judge': baseline 'none', candidate none"),
    ],
)
def test_unlike_sides_are_refused_by_the_first_difference(
    ours: dict[str, str], theirs: dict[str, str], words: str
) -> None:
    """Named with both values, in the baseline's order; a key of one side alone is a difference too."""
    with pytest.raises(IncomparableRuns) as refused:
        compare(side([("a", 1.0)], **ours), side([("a", 1.0)], **theirs))

    assert words in str(refused.value)


def test_another_scorer_is_refused_whatever_the_fingerprint_says() -> None:
    """Also when a fingerprint has a key of that name."""
    with pytest.raises(IncomparableRuns, match=r"'scorer': baseline 'rouge\(\)', candidate 'bleu\(\)'"):
        compare(side([("a", 1.0)], scorer="rouge()", engine="x"), side([("a", 1.0)], scorer="bleu()", engine="x"))


def test_a_case_in_two_groups_is_refused() -> None:
    """The clusters would be made up."""
    with pytest.raises(IncomparableRuns, match="case 'a' is in group 'g' and in group None"):
        compare(side([item("a", 1.0, group="g")]), side([("a", 1.0)]))


def test_two_scores_of_one_repeat_are_refused() -> None:
    """Neither could be chosen."""
    with pytest.raises(ScorerError, match="case 'a' has two scores for repeat 0"):
        compare(side([("a", 1.0)]), side([("a", 1.0), ("a", 0.0)]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.0001])
def test_a_score_outside_its_range_is_refused(value: float) -> None:
    """The scorer and the case are named."""
    with pytest.raises(ScorerError, match=r"exact_match\(\): the score of case 'bad' is"):
        compare(side([("bad", 1.0)]), side([("bad", value)]))


def test_class_tables_cover_the_paired_cases_with_the_same_labels() -> None:
    """The table's labels are those of both sides; an unscored case stays out of both."""
    before = side(
        [
            item("a", 1.0, classes=("bug", "bug")),
            item("b", 0.0, classes=("bug", "outage")),
            item("c", 1.0, classes=("billing", "billing")),
        ]
    )
    after = side([item("a", 1.0, classes=("bug", "bug")), item("b", 0.0, classes=("bug", "(none)")), item("c", None)])

    result = compare(before, after)

    assert result.baseline_classes is not None
    assert result.candidate_classes is not None
    assert result.baseline_classes.labels == ("bug", "outage")
    assert result.candidate_classes.labels == ("bug", "outage", "(none)")
    assert result.baseline_classes.support == (2, 0)
    assert result.baseline_classes.confusion == ((1, 1), (0, 0))


def test_a_score_without_classes_leaves_no_table() -> None:
    """A table of some of the cases would mislead."""
    before = side([item("a", 1.0, classes=("x", "x")), item("b", 1.0, classes=("x", "x"))])

    result = compare(before, side([item("a", 1.0, classes=("x", "x")), item("b", 1.0)]))

    assert (result.baseline_classes, result.candidate_classes) == (None, None)


@given(st.lists(st.tuples(*[st.sampled_from([0, 0.25, 1, None])] * 2, st.sampled_from([None, "g", "h"])), max_size=25))
def test_swapping_the_sides_mirrors_the_comparison(cases: list[tuple[float | None, float | None, str | None]]) -> None:
    """The difference turns its sign, lost and won change places, and each case is in exactly one row."""
    before = side([item(f"c{n}", old, group=group) for n, (old, _, group) in enumerate(cases)])
    after = side([item(f"c{n}", new, group=group) for n, (_, new, group) in enumerate(cases)])

    one, other = compare(before, after), compare(after, before)

    assert (one.lost, one.won, one.unscored) == (other.won, other.lost, other.unscored)
    assert [row.case_id for row in one.rows] == [f"c{n}" for n in range(len(cases))]
    assert len(paired(one.rows).groups) + len(one.unscored) == len(cases)
    if one.delta and other.delta:
        assert (one.delta.low, one.delta.mean) == pytest.approx((-other.delta.high, -other.delta.mean))
