"""Quantities: what is read from an answer, how two sides are compared, and what a gate makes of it."""

import math
import time
from collections.abc import Sequence

import msgspec
import pytest

from harness.errors import IncomparableRuns, InputError
from harness.records.answered import Response
from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Verdict
from harness.records.in_columns import as_listed
from harness.records.scored import CaseScore, Score, Scores
from harness.scorers import answer_tokens, latency
from harness.scorers.quantities import STALE, Quantity
from harness.verdicts.compare_quantity import compare_quantity
from harness.verdicts.gate import decide
from harness.verdicts.wording import wording

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t")
TOKENS = answer_tokens()


def scores(quantity: Quantity, values: Sequence[float | None], groups: Sequence[str | None] = ()) -> Scores:
    """One side's amounts, a case each; None is a failed call."""
    items = tuple(
        CaseScore(
            case_id=f"c{n:03}",
            group=groups[n] if groups else None,
            repeat=0,
            request_key=f"k{n}",
            score=Score(value=value, reason="HTTP 500" if value is None else ""),
        )
        for n, value in enumerate(values)
    )
    return Scores(scorer=repr(quantity), model=MODEL, fingerprint={"cases": "c"}, items=items)


def compared(
    before: Sequence[float | None], after: Sequence[float | None], quantity: Quantity = TOKENS, **more: Sequence[str]
) -> Comparison:
    """Two sides' amounts, compared."""
    return compare_quantity(quantity, scores(quantity, before, **more), scores(quantity, after, **more))


def judged(comparison: Comparison, **thresholds: float) -> Verdict:
    """The verdict of a gate with these thresholds."""
    return decide("suites/test_x.py::test_y", comparison, Gate(**thresholds))


def spread(n: int, factor: float = 1.0) -> list[float]:
    """Amounts of n cases, from 50 to 150, some larger than others."""
    return [factor * (50 + 100 * (n * 37 % 101) / 101) for n in range(n)]


def test_each_quantity_names_itself_fully():
    """Its repr is in the fingerprint."""
    named = ["latency(p=95)", "latency(p=50)", "latency(p=99.9)", "answer_tokens()"]

    assert [repr(latency()), repr(latency(p=50)), repr(latency(99.9)), repr(TOKENS)] == named


@pytest.mark.parametrize("p", [0, 0.5, 100, -5, math.nan])
def test_a_percentile_that_is_none_is_refused(p):
    """Nor is the largest of all answers one."""
    with pytest.raises(InputError, match="p must be a percentile"):
        latency(p=p)


def test_an_answer_gives_its_time_and_its_tokens():
    """An empty answer took no tokens, and a right one can be short."""
    answer = Response(request_key="k", text="fine", tokens_out=3, seconds=1.5)

    assert latency().read(answer, {"k"}).value == 1.5
    assert TOKENS.read(answer, ()).value == 3
    assert TOKENS.read(Response(request_key="k", tokens_out=0), ()).value == 0
    assert TOKENS.read(Response(request_key="k"), ()) == Score(value=None, reason="the engine reported no tokens")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(request_key="k", error="HTTP 500"), "HTTP 500"),
        (Response(request_key="k", text="fine"), "the engine reported no"),
        (Response(request_key="k", text="fine", seconds=math.nan, tokens_out=-1), "the engine reported no"),
        (Response(request_key="k", text="fine", seconds=-1.0), "the engine reported no"),
    ],
)
def test_what_was_not_measured_is_unscored(response, reason):
    """A failed call has neither time nor tokens; 0 tokens for a text were not counted."""
    for quantity in (latency(), TOKENS):
        score = quantity.read(response, {"k"})

        assert score.value is None
        assert reason in score.reason


def test_the_time_of_a_stored_answer_is_of_another_day():
    """Its tokens are what they were."""
    stored = Response(request_key="k", text="fine", tokens_out=3, seconds=1.5)

    assert latency().read(stored, {"other"}) == Score(value=None, reason=STALE)
    assert TOKENS.read(stored, {"other"}).value == 3
    assert "--fresh" in STALE


def test_the_figures_are_in_their_unit():
    """Means of both sides, their difference and their ratio; nothing is lost or won."""
    comparison = compared(spread(60), spread(60, 1.1))

    assert (comparison.unit, comparison.lost, comparison.won, comparison.unscored) == ("tokens", (), (), ())
    assert comparison.baseline_mean is not None
    assert comparison.baseline_mean.mean == pytest.approx(sum(spread(60)) / 60)
    assert comparison.delta is not None
    assert comparison.delta.mean == pytest.approx(0.1 * sum(spread(60)) / 60)
    assert comparison.ratio is not None
    assert comparison.ratio.mean == pytest.approx(1.1)
    assert comparison.rows[0].baseline == 50
    assert comparison.ratio.low <= comparison.ratio.mean <= comparison.ratio_bound <= comparison.ratio.high


def test_a_percentile_is_that_of_each_side():
    """Of 101 evenly spaced times, the 95th percentile is the 96th."""
    times = [float(n) for n in range(1, 102)]

    comparison = compared(times, [2 * time for time in times[::-1]], latency(p=95))

    assert (comparison.unit, comparison.scorer) == ("s", "latency(p=95)")
    assert comparison.baseline_mean.mean == pytest.approx(96)
    assert comparison.candidate_mean.mean == pytest.approx(192)
    assert comparison.ratio.mean == pytest.approx(2)


def test_the_same_amounts_give_the_same_bytes():
    """The bootstrap is seeded."""
    first, second = (compared(spread(80), spread(80, 1.3), latency(p=50)) for _ in range(2))

    assert msgspec.json.encode(first, enc_hook=as_listed) == msgspec.json.encode(second, enc_hook=as_listed)


@pytest.mark.parametrize(
    ("before", "after", "outcome", "reason"),
    [
        (1.0, 1.0, "passed", "a rise of more than 10 % is ruled out (one-sided 95 %)"),
        (1.0, 0.5, "passed", "a rise of more than 10 % is ruled out (one-sided 95 %)"),
        (1.0, 1.25, "failed", "rose by 25 %, more than the allowed 10 %"),
    ],
)
def test_a_rise_is_judged_by_the_ratio(before, after, outcome, reason):
    """Half as much is not a rise."""
    verdict = judged(compared(spread(60, before), spread(60, after)), max_rise=0.1)

    assert (verdict.outcome, verdict.reasons) == (outcome, (reason,))


def test_a_rise_that_cannot_be_ruled_out_is_inconclusive_and_says_how_many_cases_would_be_enough():
    """Pairs that scatter widely around the same mean."""
    before, after = spread(40), [amount * (0.5 if n % 2 else 1.5) for n, amount in enumerate(spread(40))]

    verdict = judged(compared(before, after), max_rise=0.05)

    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].startswith("40 cases are too few to rule out a rise of 5 %; about ")


def test_a_seen_rise_within_the_margin_gets_no_promise():
    """More cases can show it; how many depends on the truth."""
    before = spread(400)
    after = [amount * (1.09 + (0.2 if n % 2 else -0.2)) for n, amount in enumerate(before)]

    verdict = judged(compared(before, after), max_rise=0.1)

    assert verdict.outcome == "inconclusive"
    assert "though this many would be enough if the sides were equal" in verdict.reasons[0]


def test_a_ceiling_judges_the_candidates_figure():
    """The baseline can be above it."""
    comparison = compared(spread(60, 3.0), spread(60), latency(p=95))

    passed, failed = judged(comparison, ceiling=150), judged(comparison, ceiling=100)

    assert (passed.outcome, failed.outcome) == ("passed", "failed")
    assert passed.reasons[0].endswith("is within the ceiling of 150 s")
    assert failed.reasons[0].endswith("is above the ceiling of 100 s")


def test_a_ceiling_that_is_just_missed_is_shown_apart():
    """Never "12.0 s is above 12 s"."""
    comparison = compared([12.0001] * 60, [12.0001] * 60, latency(p=50))

    assert judged(comparison, ceiling=12).reasons == ("candidate 12.0001 s is above the ceiling of 12 s",)
    assert judged(comparison, ceiling=12.0001).outcome == "passed"


def test_the_wording_carries_the_unit():
    """A person reads seconds, and a ratio."""
    text = wording(judged(compared(spread(60), spread(60, 1.5), latency(p=50)), max_rise=0.2))

    assert text.splitlines()[0] == "latency(p=50) on 60 cases: rose by 50 %, more than the allowed 20 %"
    assert text.splitlines()[1].startswith("  baseline 99.0 s, candidate 149 s, ratio 1.500 [1.500, 1.500] at 95 %")
    assert "lost" not in text


NOTHING_LEARNT = {
    "no cases": ([], []),
    "one case": ([5.0], [5.0]),
    "too few for a mean": (spread(19), spread(19)),
    "failed calls": ([None] * 60, spread(60)),
    "a baseline of 0": ([0.0] * 60, spread(60)),
    "a baseline that is mostly 0": ([0.0] * 59 + [1.0], spread(60)),
    "both 0": ([0.0] * 60, [0.0] * 60),
    "an amount of 1.7e308": (spread(60), [1.7e308, *spread(59)]),
    "a baseline of 1e308": ([1e308] * 60, spread(60)),
    "an amount that is hardly more than 0": (spread(60), [5e-324] * 60),
}


@pytest.mark.parametrize(("before", "after"), NOTHING_LEARNT.values(), ids=NOTHING_LEARNT)
@pytest.mark.parametrize("thresholds", [{"ceiling": 1e9}, {"max_rise": 9.0}, {"ceiling": 1e9, "max_unscored": 1000}])
def test_nothing_learnt_is_never_a_pass(before, after, thresholds):
    """However generous the thresholds are."""
    verdict = judged(compared(before, after), **thresholds)

    assert verdict.outcome == "inconclusive"
    assert "0.000" not in wording(verdict)


def test_too_few_cases_are_told_how_many_are_needed():
    """A percentile needs more than a mean: a slow twentieth goes unseen in a few cases."""
    few = compared(spread(40), spread(40), latency(p=95))
    grouped = compared(spread(60), spread(60), groups=[f"g{n % 6}" for n in range(60)])

    assert "40 cases are too few for the percentile 95, which needs 59" in judged(few, ceiling=9e9).reasons[0]
    assert "6 groups are too few for a mean, which needs 20" in judged(grouped, ceiling=9e9).reasons[0]


def test_one_failed_call_is_unscored_and_needs_permission():
    """As everywhere."""
    comparison = compared([*spread(60), None], spread(61))

    assert comparison.unscored == ("c060",)
    assert judged(comparison, max_rise=0.1).outcome == "inconclusive"
    assert judged(comparison, max_rise=0.1, max_unscored=1).outcome == "passed"


def test_a_figure_that_is_not_a_number_never_passes():
    """A run folder can be edited by hand."""
    broken = msgspec.structs.replace(compared(spread(60), spread(60)), ratio_bound=math.nan)
    missing = msgspec.structs.replace(broken, ratio_bound=None)

    assert judged(broken, max_rise=0.5).outcome == "inconclusive"
    assert judged(missing, ceiling=1e9).outcome == "inconclusive"


@pytest.mark.parametrize("thresholds", [{"floor": 0.5}, {"max_drop": 0.1}, {"max_flips": 0}])
def test_thresholds_of_scores_are_refused_on_a_quantity(thresholds):
    """The error says which to use."""
    with pytest.raises(InputError, match=r"judges scores, but answer_tokens\(\) is a quantity in tokens.*max_rise=0.1"):
        judged(compared(spread(60), spread(60)), **thresholds)


@pytest.mark.parametrize("thresholds", [{"ceiling": 0.5}, {"max_rise": 0.1}])
def test_thresholds_of_quantities_are_refused_on_scores(thresholds):
    """And the other way round."""
    comparison = msgspec.structs.replace(compared([1.0] * 60, [1.0] * 60), unit="", scorer="valid_json()")

    with pytest.raises(
        InputError, match=r"judges quantities.*valid_json\(\) gives scores.*floor=, lower_bound=, max_drop="
    ):
        judged(comparison, **thresholds)


@pytest.mark.parametrize(
    "thresholds",
    [{}, {"ceiling": 0}, {"ceiling": math.nan}, {"ceiling": math.inf}, {"max_rise": 0}, {"max_rise": -0.1}],
)
def test_a_threshold_outside_its_range_is_refused(thresholds):
    """Also none at all."""
    with pytest.raises(InputError, match=r"ceiling|max_rise"):
        judged(compared(spread(60), spread(60)), **thresholds)


def test_unlike_sides_are_refused():
    """As with scores."""
    with pytest.raises(IncomparableRuns, match="scorer"):
        compare_quantity(TOKENS, scores(TOKENS, spread(60)), scores(latency(), spread(60)))


def test_thousands_of_cases_take_a_moment():
    """The bootstrap is vectorised: 3,000 cases in well under the time of a model's answer to ten of them."""
    started = time.process_time()

    compared(spread(3000), spread(3000, 1.1), latency(p=95))

    assert time.process_time() - started < 50
