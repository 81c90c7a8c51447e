"""The threshold ``lower_bound``: proof that the candidate's mean is at least so high."""

import math
import random
from collections.abc import Sequence

import msgspec
import pytest

from harness import stats
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Verdict
from harness.records.scored import CaseScore, Score, Scores
from harness.verdicts.compare import compare, over, paired
from harness.verdicts.gate import decide
from harness.verdicts.lower_bound import below_at_best, below_p_value, cases_to_decide, mean_bounds
from harness.verdicts.slices import decide_slices

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")


def scored(
    values: Sequence[float | None], groups: Sequence[str | None] = (), tags: Sequence[str] = (), before: float = 1.0
) -> Comparison:
    """A comparison whose candidate has these scores; the baseline has the same one everywhere."""

    def side(scores: Sequence[float | None]) -> Scores:
        items = tuple(
            CaseScore(
                case_id=f"c{n:04}",
                group=groups[n] if groups else None,
                tags=(tags[n],) if tags else (),
                repeat=0,
                request_key="k",
                score=Score(value=value, reason="HTTP 500" if value is None else ""),
            )
            for n, value in enumerate(scores)
        )
        return Scores(scorer="exact_match()", model=MODEL, fingerprint={"cases": "c"}, items=items)

    return compare(side([before] * len(values)), side(values))


def right(k: int, n: int) -> Comparison:
    """A comparison whose candidate is right in ``k`` of ``n`` cases."""
    return scored([1.0] * k + [0.0] * (n - k))


def judged(comparison: Comparison, bound: float, **more: float) -> Verdict:
    """The verdict of a gate with this lower bound."""
    return decide("t", comparison, Gate(lower_bound=bound, **more))


def in_groups(values: Sequence[float], size: int) -> Comparison:
    """A comparison of cases in groups of ``size``."""
    return scored(values, [f"g{n // size}" for n in range(len(values))])


def test_a_bound_that_is_reached_passes():
    """117 of 128: Clopper and Pearson's lower end at one-sided 95 % is .8616, by scipy; 115 give .8434."""
    passed, short = judged(right(117, 128), 0.85), judged(right(115, 128), 0.85)

    assert (passed.outcome, short.outcome) == ("passed", "inconclusive")
    assert passed.reasons == (
        "a true mean below 0.85 is ruled out: the candidate's is at least 0.862 (one-sided 95 %)",
    )


def test_a_mean_below_by_more_than_chance_fails():
    """101 of 128 have the upper end .847; 102 have .854, and are inconclusive."""
    failed, maybe = judged(right(101, 128), 0.85), judged(right(102, 128), 0.85)

    assert (failed.outcome, maybe.outcome) == ("failed", "inconclusive")
    assert failed.reasons == (
        "candidate 0.789 is below the bound 0.850: its true mean is at most 0.847 (one-sided 95 %)",
    )
    assert maybe.reasons == (
        (
            "candidate 0.797 is below the bound 0.850, which could be chance: 0.854 is not ruled out; "
            "about 350 would decide if its true mean is 0.797"
        ),
    )


def test_too_few_cases_are_inconclusive_and_told_how_many_decide():
    """112 of 128 reach .816; a candidate truly at .875 needs 1,200 or so to show .85 four times in five."""
    verdict = judged(right(112, 128), 0.85)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons == (
        (
            "128 cases are too few to rule out a true mean below 0.850: the candidate's 0.875 can be 0.816 by chance; "
            "about 1300 would decide if its true mean is 0.875"
        ),
    )


def test_a_mean_at_the_bound_is_never_decided():
    """Nobody can ask that many cases."""
    verdict = judged(right(85, 100), 0.85)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].endswith("that is too close for any practical number of cases to decide")


@pytest.mark.parametrize(("bound", "few"), [(0.85, 18), (0.9, 28), (0.95, 58)])
def test_so_few_cases_can_never_pass_and_are_told_so(bound: float, few: int):
    """All right: .85 ** 18 is 5.4 %, so that a candidate at .85 would pass too often; one case more can."""
    never, can = judged(right(few, few), bound), judged(right(few + 1, few + 1), bound)

    assert (never.outcome, can.outcome) == ("inconclusive", "passed")
    assert never.reasons == (
        f"{few} cases cannot rule out a true mean below {bound}, whatever the answers; at least {few + 1} are needed",
    )


def test_groups_count_as_one_each_where_nothing_varies():
    """100 cases right in ten groups; in twenty they show .861."""
    ten, twenty, one = (judged(in_groups([1.0] * 100, size), 0.85) for size in (10, 5, 100))

    assert (ten.outcome, twenty.outcome, one.outcome) == ("inconclusive", "passed", "inconclusive")
    assert ten.reasons[0].startswith("100 cases in 10 groups cannot rule out a true mean below 0.85, whatever")
    assert ten.reasons[0].endswith("at least 19 groups are needed")
    assert one.reasons[0].startswith("100 cases in 1 group cannot")


@pytest.mark.parametrize("bound", [0.6, 0.8, 0.85, 0.9])
def test_groups_of_copies_are_wrong_no_more_often_than_said(bound: float):
    """Twenty groups of five copies are twenty cases: each outcome weighed by its binomial probability."""
    shares = [math.comb(20, k) * bound**k * (1 - bound) ** (20 - k) for k in range(21)]
    seen = [mean_bounds(paired(in_groups([1.0] * 5 * k + [0.0] * 5 * (20 - k), 5).rows)) for k in range(21)]

    passed = sum(share for share, (low, _) in zip(shares, seen, strict=True) if low >= bound)
    failed = sum(share for share, (_, high) in zip(shares, seen, strict=True) if high < bound)

    assert max(passed, failed) <= 0.05


def test_groups_of_unlike_sizes_are_told_what_they_count():
    """140 of 200 cases are one group: 200^2 / (140^2 + 60) is 2.03."""
    comparison = scored([1.0] * 200)
    rows = tuple(
        msgspec.structs.replace(row, group="a" if place < 140 else None) for place, row in enumerate(comparison.rows)
    )

    verdict = judged(over(comparison, rows), 0.9)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0] == (
        "200 cases in 61 groups of such unlike sizes that they count as 2 cannot rule out a true mean below 0.9, "
        "whatever the answers; at least 29 groups are needed"
    )


def test_graded_scores_show_no_more_than_their_number():
    """Thirty scores near .97: a model that loses one case in ten as a whole looks the same once in 23."""
    values = [0.96, 0.98] * 15

    assert mean_bounds(paired(scored(values).rows))[0] == pytest.approx(0.97 * 0.05 ** (1 / 30))
    assert (judged(scored(values), 0.87).outcome, judged(scored(values), 0.88).outcome) == ("passed", "inconclusive")


def test_rare_total_losses_pass_no_more_often_than_said():
    """Scores around .85, 3 % of them 0: their true mean is the bound, and at most 5 % of 500 suites of 40 pass."""
    chance, passed = random.Random(6), 0  # noqa: S311 - made-up scores
    for _ in range(500):
        values = [0.0 if chance.random() < 0.03 else 0.85 + 0.02 * chance.uniform(-1, 1) for _ in range(40)]
        passed += mean_bounds(paired(scored(values).rows))[0] >= 0.97 * 0.85

    assert passed <= 25


def test_graded_scores_have_three_outcomes():
    """Scores of .9 and .7, 20 or 200 of them."""
    few, many = scored([0.9, 0.7] * 10), scored([0.9, 0.7] * 100)

    assert judged(many, 0.78).outcome == "passed"
    assert (judged(few, 0.78).outcome, judged(few, 0.82).outcome) == ("inconclusive", "inconclusive")
    assert (judged(many, 0.82).outcome, judged(few, 0.9).outcome) == ("failed", "failed")


def test_groups_spread_more_than_cases():
    """Of 200 cases 180 are right; where the wrong ones are four whole groups of five, less is certain."""
    values = [1.0] * 180 + [0.0] * 20

    alone, together = mean_bounds(paired(right(180, 200).rows)), mean_bounds(paired(in_groups(values, 5).rows))

    assert together[0] < alone[0] < 0.9 < alone[1] < together[1]


def test_a_guarantee_asks_more_of_graded_scores_alone():
    """A hundred scores of .95 and .65: spread and losses that were not seen count together under a guarantee."""
    graded = scored([0.95, 0.65] * 50)

    assert (judged(graded, 0.77).outcome, judged(graded, 0.77, guarantee=True).outcome) == ("passed", "inconclusive")
    assert judged(graded, 0.75, guarantee=True).reasons[0].endswith("(one-sided 95 %, guaranteed)")
    assert judged(right(117, 128), 0.85, guarantee=True).outcome == "passed"


def test_the_p_value_agrees_with_the_upper_bound():
    """At most .05 where the upper bound is below, for counts, grades and groups; more accuse at a higher bound."""
    draw = random.Random(4)  # noqa: S311 - made-up scores
    graded = [min(1.0, max(0.0, draw.gauss(0.8, 0.2))) for _ in range(40)]
    comparisons = [right(24, 30), scored(graded), in_groups([float(draw.random() < 0.8) for _ in range(60)], 3)]

    for comparison in comparisons:
        pairs = paired(comparison.rows)
        high = mean_bounds(pairs)[1]

        assert below_p_value(pairs, high + 1e-6) <= 0.05 <= below_p_value(pairs, high - 1e-6)
        assert below_p_value(pairs, high + 0.02) < below_p_value(pairs, high - 0.02)


def test_a_slice_fails_only_beyond_chance_over_all_slices():
    """13 of 20 against .85 has p .022, by the binomial distribution: alone it fails, of three slices it does not."""
    good = [1.0] * 60
    low = [1.0] * 13 + [0.0] * 7

    def outcomes(*parts: tuple[str, list[float]]) -> dict[str, Verdict]:
        values = [value for _, part in parts for value in part]
        tags = [f"language-{name}" for name, part in parts for _ in part]
        verdicts = decide_slices("t", scored(values, tags=tags).by_tag("language"), Gate(lower_bound=0.85))
        return {verdict.comparison.tag: verdict for verdict in verdicts}

    alone, among = outcomes(("de", low)), outcomes(("de", low), ("es", good), ("fr", good))

    assert (alone["language-de"].outcome, among["language-de"].outcome) == ("failed", "inconclusive")
    assert among["language-es"].outcome == "passed"
    assert among["language-de"].reasons == (
        (
            "candidate 0.650 is below the bound 0.850: its true mean is at most 0.823 (one-sided 95 %), "
            "which could be chance: p 0.022 for this slice alone, 0.066 corrected for 3 slices; "
            "more cases with this tag would show whether it is"
        ),
    )


def test_a_bound_is_no_drop():
    """A candidate that lost nothing fails its bound all the same; its p value is not that of a drop."""
    comparison = scored([1.0] * 10 + [0.0] * 30, tags=["language-de"] * 40, before=0.0)

    (verdict,) = decide_slices("t", comparison.by_tag("language"), Gate(lower_bound=0.85, max_flips=0))

    assert verdict.outcome == "failed"


def test_missing_answers_fail_nothing_that_they_could_save():
    """60 of 100 right and 10 missing: at best .636 of 110. With 100 missing at best .8, which chance explains."""
    few, many = ([1.0] * 60 + [0.0] * 40 + [None] * missing for missing in (10, 100))

    failed, open_ = judged(scored(few), 0.85), judged(scored(many), 0.85)

    assert (failed.outcome, open_.outcome) == ("failed", "inconclusive")
    assert "with the best answers to the 10 unscored cases it would fail too" in failed.reasons[0]
    assert "the answers to the 100 unscored cases could change that" in open_.reasons[1]
    assert judged(scored([1.0] * 500 + [None]), 0.85).outcome == "inconclusive"


def test_worse_answers_never_raise_the_p_value_at_best():
    """Graded scores: an answer that turns out worse spreads more, which an interval would forgive."""
    known = [0.8, 0.82] * 15
    at_best = below_at_best(scored([*known, None]), 0.99)

    assert at_best == stats.mean_p_value([*known, 1.0], [None] * 31, 0.99)
    assert all(at_best >= stats.mean_p_value([*known, value], [None] * 31, 0.99) for value in (0.0, 0.5, 1.0))


def test_the_cases_that_decide_hold_for_grades_and_groups():
    """None where all are in one group; groups need as many more as they move together."""
    values = [1.0] * 180 + [0.0] * 20

    alone, grouped = (
        cases_to_decide(paired(one.rows), Gate(lower_bound=0.85)) for one in (right(180, 200), in_groups(values, 5))
    )

    assert alone == stats.cases_needed_share(0.85, 0.9)
    assert grouped > 2 * alone
    assert cases_to_decide(paired(in_groups([0.5, 1.0] * 5, 10).rows), Gate(lower_bound=0.5)) is None


def test_the_cases_that_decide_can_show_the_bound():
    """Scores near .8: the spread alone asks for 28, whose bound is .72 at most, since a few losses may be unseen.

    4 times in 5 the mean of 60 is above .8 - .842 * .1026 / sqrt(60) = .7889, and .7889 * .05^(1/60) is .7504.
    """
    pilot = paired(scored([0.9, 0.7] * 10).rows)

    needed = cases_to_decide(pilot, Gate(lower_bound=0.75))

    assert needed == 60
    assert mean_bounds(paired(scored([0.9, 0.7] * 14).rows))[0] < 0.72
    assert mean_bounds(paired(scored([0.9, 0.7] * 30).rows))[0] > 0.75


def test_the_cases_that_decide_are_enough_for_a_guarantee():
    """Scores of .95 and .65: 67 show .75, but to prove it takes 96, which do so at least 4 times in 5."""
    chance = random.Random(1)  # noqa: S311 - made-up scores
    pilot = paired(scored([0.95, 0.65] * 500).rows)

    shown, proven = (cases_to_decide(pilot, Gate(lower_bound=0.75, guarantee=one)) for one in (False, True))

    drawn = [[chance.choice((-0.05, -0.35)) for _ in range(proven)] for _ in range(100)]
    proofs = sum(stats.guaranteed_margin_p_value(lost, [None] * proven, 0.25) <= 0.05 for lost in drawn)
    assert (shown, proven) == (67, 96)
    assert proofs >= 80
