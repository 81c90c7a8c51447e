"""``max_flips``: when lost cases are asked again, what that decides, and how often it errs."""

import functools
import itertools
import math

import msgspec
import pytest
from scipy.stats import binom

from harness.records.compared import AskedAgain, Comparison, Gate
from harness.verdicts.flips import MOST, judge_flips, to_ask_again
from harness.verdicts.wording import wording
from tests.verdicts.test_gate import flips, judged, noisy

STEADY, BACK, SPLIT, MIXED = ((1, 1), (0, 0)), ((1, 1), (1, 1)), ((1, 0), (0, 1)), ((1, 1), (0, 1))
"""(baseline, candidate) in two further askings: lost again each time, never, won once, lost once."""
WON_BACK = ((0, 0), (1, 1))
ANY = flips(1)


def lost(*again: tuple[tuple[int, int], tuple[int, int]], cases: int = 100) -> Comparison:
    """A comparison whose lost cases were asked again, each with these scores."""
    comparison = flips(cases, lost=len(again), right=cases - len(again))
    found = tuple(
        AskedAgain(case_id=case_id, baseline=before, candidate=now)
        for case_id, (before, now) in zip(comparison.lost, again, strict=True)
    )
    return msgspec.structs.replace(comparison, again=found)


@pytest.mark.parametrize(
    ("count", "allowed", "asked"), [(0, 0, None), (1, 0, 1), (1, 1, 1), (1, 2, None), (3, 2, 3), (90, 2, MOST + 2)]
)
def test_lost_cases_are_asked_again_when_one_more_or_one_less_would_change_the_verdict(count, allowed, asked):
    """Or more than one less, up to a number that no chance brings back."""
    wanted = to_ask_again(flips(100, lost=count), Gate(max_flips=allowed))

    assert (None if wanted is None else len(wanted)) == asked


def test_lost_cases_are_asked_again_where_noise_would_leave_them_undecided():
    """Even when fewer than allowed were lost."""
    comparison = noisy(flips(100, lost=1), changed=2)

    assert to_ask_again(comparison, Gate(max_flips=2)) == comparison.lost


@pytest.mark.parametrize("gate", [Gate(floor=0.5), Gate(max_drop=0.1)])
def test_other_thresholds_ask_nothing_again(gate):
    """They are judged by the first answers, like with like."""
    assert to_ask_again(flips(100, lost=30), gate) is None


def test_unsteady_cases_are_not_held_against_the_candidate():
    """They are counted apart, in the reason and in the figures."""
    verdict = judged(lost(STEADY, BACK, BACK), max_flips=1)

    assert verdict.outcome == "passed"
    assert verdict.reasons == (
        "lost 1 case of the allowed 1; 2 more are unsteady: asked again twice, they were mostly not lost",
    )
    assert "lost 3 (2 unsteady), won 0" in wording(verdict)


def test_cases_that_are_lost_again_each_time_fail():
    """One where none is allowed, two where one is; a flip that came back doesn't change that."""
    one, two = judged(lost(STEADY), max_flips=0), judged(lost(STEADY, STEADY, BACK), max_flips=1)

    assert (one.outcome, one.reasons) == (
        "failed",
        ("lost 1 case, more than the allowed 0; asked again twice, it was lost again",),
    )
    assert (two.outcome, two.reasons) == (
        "failed",
        ("lost 2 cases, more than the allowed 1; 1 more is unsteady: asked again twice, it was mostly not lost",),
    )


@pytest.mark.parametrize(
    "again", [(MIXED, MIXED), (STEADY, MIXED), (STEADY, STEADY, SPLIT), (STEADY, *[SPLIT] * 3, *[MIXED] * 9)]
)
def test_what_chance_could_have_lost_again_is_inconclusive(again):
    """Lost in the majority, but not each time; or each time, beside cases that fall to either side."""
    verdict = judged(lost(*again), max_flips=1)

    assert verdict.outcome == "inconclusive"
    assert "could be chance: asked again twice" in verdict.reasons[0]
    assert f"of {len(again)} " in verdict.reasons[0]


def test_noise_decides_nothing_once_lost_cases_were_asked_again():
    """Neither against the candidate nor for it."""
    steady, back = noisy(lost(*[STEADY] * 5), changed=4), noisy(lost(*[BACK] * 5), changed=4)

    assert (judged(steady, max_flips=1).outcome, judged(back, max_flips=1).outcome) == ("failed", "passed")


def test_lost_cases_that_were_not_asked_again_stay_lost():
    """Those beyond the limit: they pass nothing, and fail nothing alone."""
    few = lost(*[BACK] * (MOST + 9))
    steady = lost(*[STEADY] * 9, *[BACK] * MOST)

    assert judged(few, max_flips=1).outcome == "inconclusive"
    assert judged(steady, max_flips=1).outcome == "failed"


def test_a_gate_that_was_not_asked_again_says_so():
    """As from a saved run, whose answers are all there are."""
    verdict = judged(flips(20, lost=2), max_flips=1)

    assert (verdict.outcome, verdict.reasons) == (
        "failed",
        ("lost 2 cases, more than the allowed 1 (not asked again)",),
    )


@functools.cache
def fails(each_time: int, split: int) -> bool:
    """Tell whether a gate that allows one lost case fails."""
    ids = tuple(f"c{n}" for n in range(split))
    again = tuple(
        AskedAgain(case_id=case_id, baseline=before, candidate=now)
        for n, case_id in enumerate(ids)
        for before, now in [STEADY if n < each_time else WON_BACK]
    )
    return judge_flips(msgspec.structs.replace(ANY, lost=ids, again=again), 1)[0] == "failed"


def failing(noisy_cases: int, wrong: float, steady: int = 0, slips: float = 0.0) -> float:
    """Return how often a gate fails, exactly, when the sides are equal but for ``steady`` truly lost cases.

    Each asking of a noisy case is wrong with a chance of ``wrong`` on both sides, and that of a steady one is not as it
    should be with a chance of ``slips``. Of four answers, split ones are right once in each asking.
    """
    either = wrong * (1 - wrong)
    keeps, turns = (1 - slips) ** 2, slips**2
    each_time, otherwise = keeps * keeps**2, keeps * (2 * keeps * turns + turns**2)
    total = 0.0
    for split in range(noisy_cases + 1):
        if binom.pmf(split, noisy_cases, 4 * either**3) < 1e-9:
            continue
        for chance_losses in range(split + 1):
            likely = binom.pmf(split, noisy_cases, 4 * either**3) * binom.pmf(chance_losses, split, 0.25)
            for true, other in itertools.product(range(steady + 1), repeat=2):
                if true + other > steady or likely < 1e-12 or not fails(chance_losses + true, split + true + other):
                    continue
                ways = math.comb(steady, true) * math.comb(steady - true, other)
                rest = (1 - each_time - otherwise) ** (steady - true - other)
                total += likely * ways * each_time**true * otherwise**other * rest
    return total


@pytest.mark.parametrize("cases", [128, 300])
@pytest.mark.parametrize("changed", [0.01, 0.02, 0.05])
def test_equal_sides_fail_seldom_and_five_lost_cases_nearly_always(cases, changed):
    """However the noise, a share of scores that changes from asking to asking, is spread: evenly, or on few cases.

    On few, each answer is right or wrong with the same chance: the worst case, as any other is lost again less often.
    """
    evenly = (1 - math.sqrt(1 - 2 * changed)) / 2
    coins = round(2 * changed * cases)

    assert failing(cases, evenly) < 0.001
    assert failing(coins, 0.5) < 0.025
    assert failing(cases, evenly, steady=5, slips=evenly) > 0.99
    assert failing(coins, 0.5, steady=5) > 0.99


def test_no_amount_of_noise_fails_equal_sides_more_often_than_allowed():
    """The test is exact whatever the noise: at most 5 % with one lost case allowed."""
    assert max(failing(coins, 0.5) for coins in (5, 10, 20, 40, 80, 160)) < 0.05
