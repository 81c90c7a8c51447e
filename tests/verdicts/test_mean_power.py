"""What ``lower_bound`` and ``floor`` can decide with so many cases, before anything is asked."""

import msgspec
import pytest
from scipy.stats import binom

from harness import stats
from harness.records.compared import Gate
from harness.verdicts.compare import Pairs
from harness.verdicts.mean_power import bound_power, floor_reach
from harness.verdicts.power import PlannedGate, Seen, powers_of

BOUND = Gate(lower_bound=0.85)


def planned(cases: int, groups: int = 0, **thresholds: float) -> PlannedGate:
    """A gate on this many cases, each its own group unless given."""
    gate = Gate(**thresholds)
    return PlannedGate(test_id="t", scorer="s()", tag="", gate=gate, cases=cases, groups=groups or cases)


def earlier(right: int, n: int) -> Pairs:
    """An earlier run whose candidate was right in so many cases."""
    candidate = (1.0,) * right + (0.0,) * (n - right)
    return Pairs(baseline=(1.0,) * n, candidate=candidate, groups=(None,) * n, passfail=True)


def test_without_a_run_the_true_mean_is_halfway_to_one():
    """.85 needs 126 cases of a candidate at .925; with fewer than 19 nothing passes."""
    power = bound_power(BOUND, 128, 128, None)

    assert power.truth == pytest.approx(0.925)
    assert power.needed == stats.cases_needed_share(0.85, power.truth) == 126
    assert power.fewest == 19


def test_an_earlier_run_says_how_good_the_candidate_is():
    """90 of 100 right: .9 is harder to tell from .85 than .925; a run below the bound can't be what is planned for."""
    seen, below = bound_power(BOUND, 128, 128, earlier(90, 100)), bound_power(BOUND, 128, 128, earlier(80, 100))

    assert (seen.truth, seen.needed) == (0.9, stats.cases_needed_share(0.85, 0.9))
    assert below == bound_power(BOUND, 128, 128, None)
    assert bound_power(BOUND, 128, 128, earlier(850_001, 1_000_000)).needed is None


def test_a_group_counts_as_one_case():
    """Ten times as many cases are needed in groups of ten, and no number where all are in one."""
    assert bound_power(BOUND, 100, 10, None).needed == 1260
    assert bound_power(BOUND, 100, 1, None).needed is None
    proven, shown = (bound_power(Gate(lower_bound=0.5, guarantee=one), 100, 10, None) for one in (True, False))
    assert (proven.needed, shown.needed) == (310, 280)


@pytest.mark.parametrize(("floor", "n"), [(0.85, 128), (0.5, 30), (1.0, 50)])
def test_chance_decides_about_a_floor_between_two_means(floor: float, n: int):
    """By the binomial distribution: at the lower one 1 in 20 pass, at the upper one 1 in 20 fail."""
    reach, least = floor_reach(floor, n), next(k for k in range(n + 1) if k >= floor * n - 1e-9)

    assert binom.sf(least - 1, n, reach.low) == pytest.approx(0.05)
    assert binom.cdf(least - 1, n, reach.high) == pytest.approx(0.05)


def test_a_floor_of_zero_is_never_missed():
    """So chance decides nothing."""
    assert floor_reach(0.0, 20) is None


def test_a_gate_can_decide_only_when_its_lower_bound_can():
    """126 cases do, 125 don't; a floor asks for none; --flips leaves earlier runs out."""
    enough, short, floor = (
        planned(126, lower_bound=0.85),
        planned(125, lower_bound=0.85),
        planned(5, floor=0.85),
    )
    short = msgspec.structs.replace(short, test_id="u")
    seen = {short.key: Seen(runs=("r",), pairs=(earlier(96, 100),), clusters=100)}

    assert [one.can_decide for one in powers_of((enough, short, floor), {})] == [True, False, True]
    assert [one.can_decide for one in powers_of((short,), seen)] == [True]
    assert [one.can_decide for one in powers_of((short,), seen, 0.1)] == [False]
    assert powers_of((floor,), {})[0].reach == floor_reach(0.85, 5)
