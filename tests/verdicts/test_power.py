"""What a gate can decide, before anything is asked."""

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats
from harness.asking.cases import Suite
from harness.errors import InputError
from harness.records.asked import Case, Sampling
from harness.records.compared import Gate
from harness.records.messages import Message
from harness.verdicts.compare import Pairs
from harness.verdicts.power import (
    PlannedGate,
    Seen,
    planned_comparison,
    planned_gates,
    power_assumed,
    power_seen,
    powers_of,
)


def planned(cases: int, groups: int = 0, **thresholds: float) -> PlannedGate:
    """A gate on this many cases, each its own group unless given."""
    gate = Gate(**thresholds)
    return PlannedGate(test_id="t", scorer="s()", tag="", gate=gate, cases=cases, groups=groups or cases)


def suite(*tags: str, groups: bool = False) -> Suite:
    """One case for each tag."""
    cases = tuple(
        Case(id=f"c{n}", messages=(Message(role="user", content="?"),), tags=(tag,), group="g" if groups else None)
        for n, tag in enumerate(tags)
    )
    return Suite(name="s", cases=cases, sampling=Sampling(), digest="d")


def seen(lost: int, won: int, cases: int) -> Seen:
    """What an earlier run of pass-or-fail scores showed."""
    baseline = (1.0,) * lost + (0.0,) * won + (1.0,) * (cases - lost - won)
    candidate = (0.0,) * lost + (1.0,) * won + (1.0,) * (cases - lost - won)
    pairs = Pairs(baseline=baseline, candidate=candidate, groups=(None,) * cases, passfail=True)
    return Seen(runs=("r",), pairs=(pairs,), clusters=cases)


def test_a_margin_needs_the_cases_that_the_share_of_flips_asks_for():
    """The figures of stats.cases_needed_passfail; one case fewer can't decide."""
    needed = stats.cases_needed_passfail(0.1, 0.05)

    assert power_assumed(planned(needed, max_drop=0.05), 0.1).can_decide
    assert not power_assumed(planned(needed - 1, max_drop=0.05), 0.1).can_decide
    assert power_assumed(planned(needed - 1, max_drop=0.05), 0.05).can_decide


def test_the_promise_holds_in_simulation():
    """With the cases that are said to be needed, two equal sides pass 4 times in 5."""
    draw, flips, margin = random.Random(7), 0.2, 0.1  # noqa: S311 - a simulation
    cases = power_assumed(planned(10, max_drop=margin), flips).needed
    passed = 0
    for _ in range(1000):
        fates = draw.choices(("lost", "won", "same"), (flips / 2, flips / 2, 1 - flips), k=cases)
        passed += stats.score_p_value(fates.count("lost"), fates.count("won"), cases, -margin) < 0.05

    assert 0.76 <= passed / 1000 <= 0.86


def test_cases_of_one_group_count_together_until_more_is_known():
    """Ten groups of ten detect no more than ten cases, and need ten times as many."""
    grouped, alone = planned(100, groups=10, max_drop=0.1), planned(10, max_drop=0.1)

    assert power_assumed(grouped, 0.1).detectable == power_assumed(alone, 0.1).detectable
    assert power_assumed(grouped, 0.1).needed >= 10 * power_assumed(alone, 0.1).needed


def test_no_change_is_larger_than_one():
    """Four cases of which half flip would find a change of 1.4 four times in five."""
    assert power_assumed(planned(4, max_drop=0.05), 0.99).detectable is None
    assert power_seen(planned(4, max_drop=0.05), seen(2, 0, 4)).detectable is None


def test_one_group_can_never_decide():
    """However many cases it has; a floor needs none."""
    power = power_assumed(planned(1000, groups=1, max_drop=0.5), 0.1)

    assert (power.detectable, power.needed, power.can_decide) == (None, None, False)
    assert power_assumed(planned(1000, groups=1, floor=0.5), 0.1).can_decide


@pytest.mark.parametrize("thresholds", [{"floor": 0.5}, {"max_flips": 0}, {"ceiling": 2.0}, {"max_rise": 0.1}])
def test_other_thresholds_need_no_number_of_cases(thresholds):
    """They are decided by counting, or measured."""
    power = power_assumed(planned(1, **thresholds), 0.1)

    assert (power.needed, power.can_decide) == (0, True)


def test_an_earlier_run_beats_the_assumption():
    """Few flips need fewer cases, many need more; the run is named."""
    calm = power_seen(planned(100, max_drop=0.05), seen(1, 1, 100))
    wild = power_seen(planned(100, max_drop=0.05), seen(20, 20, 100))
    assumed = power_assumed(planned(100, max_drop=0.05), 0.1)

    assert calm.needed < assumed.needed < wild.needed
    assert calm.detectable < assumed.detectable < wild.detectable
    assert (calm.seen, assumed.seen) == (("r",), ())


def test_no_flip_seen_does_not_mean_that_everything_shows():
    """This many cases without a flip cannot rule out some change, which is the least that can be detected."""
    few, many = (power_seen(planned(cases, max_drop=0.05), seen(0, 0, 50)) for cases in (10, 1000))

    assert few.detectable == stats.paired_score_interval(0, 0, 10)[1]
    assert (few.can_decide, many.can_decide) == (False, True)


def test_one_cluster_shows_no_spread():
    """That is refused, not taken for none."""
    pairs = Pairs(baseline=(1.0, 0.5), candidate=(0.2, 1.0), groups=("g", "g"), passfail=False)

    with pytest.raises(ValueError, match="one cluster shows no spread"):
        power_seen(planned(10, max_drop=0.1), Seen(runs=("r",), pairs=(pairs,), clusters=1))


def test_sixty_cases_without_a_flip_leave_four_percent_open():
    """The rule of three in Wilson's form: z^2 / (n + z^2) at one-sided 95 %, so 59 cases are not enough."""
    power = power_seen(planned(60, max_drop=0.05), seen(0, 0, 60))

    assert power.needed == stats.cases_needed_passfail(2.7055 / 62.7055, 0.05) > 100
    assert not power.can_decide
    assert stats.cases_needed_passfail(0.0, 0.05) == 59


def test_the_flips_of_all_earlier_runs_count():
    """A calm run doesn't hide a wild one, and the same cases asked twice are not twice as many cases."""
    calm, wild = seen(0, 0, 60), seen(9, 9, 60)
    both = Seen(runs=("a", "b"), pairs=calm.pairs + wild.pairs, clusters=60)
    twice = Seen(runs=("a", "b"), pairs=calm.pairs * 2, clusters=60)
    others = Seen(runs=("a", "b"), pairs=calm.pairs * 2, clusters=120)
    gate = planned(60, max_drop=0.05)

    needed = [power_seen(gate, one).needed for one in (others, calm, both, wild)]

    assert needed == sorted(set(needed))
    assert power_seen(gate, twice).needed == power_seen(gate, calm).needed
    assert power_seen(gate, both).seen == ("a", "b")


def test_few_cases_that_differ_are_flips_whatever_the_score():
    """Graded scores of which none differs, and equal groups, rule out no more than cases that pass or fail."""
    graded = Pairs(baseline=(0.5,) * 60, candidate=(0.5,) * 60, groups=(None,) * 60, passfail=False)
    groups = tuple(f"g{n // 5}" for n in range(60))
    grouped = Pairs(baseline=(1.0,) * 60, candidate=(1.0,) * 60, groups=groups, passfail=False)

    of_scores = power_seen(planned(60, max_drop=0.05), Seen(runs=("r",), pairs=(graded,), clusters=60))
    of_groups = power_seen(planned(60, groups=12, max_drop=0.05), Seen(runs=("r",), pairs=(grouped,), clusters=12))

    assert of_scores.needed == power_seen(planned(60, max_drop=0.05), seen(0, 0, 60)).needed
    assert of_groups.needed > 5 * of_scores.needed


def test_scores_that_all_differ_a_little_spread_as_seen():
    """Of many different differences the standard deviation is known; two runs are taken by their variances."""
    draw = random.Random(3)  # noqa: S311 - a simulation
    calm, wild = (
        Pairs(
            baseline=(0.5,) * 200,
            candidate=tuple(0.5 + draw.gauss(0, spread) for _ in range(200)),
            groups=(None,) * 200,
            passfail=False,
        )
        for spread in (0.1, 0.25)
    )

    def needed(*pairs: Pairs) -> int:
        runs = tuple(str(n) for n in range(len(pairs)))
        return power_seen(planned(200, max_drop=0.03), Seen(runs=runs, pairs=pairs, clusters=200)).needed

    sd = math.sqrt((stats.effective_sd(calm.differences, calm.groups) ** 2 + 0.25**2) / 2)

    assert needed(calm) < needed(calm, wild) < needed(wild)
    assert needed(calm, wild) == pytest.approx(1.1 * stats.cases_needed(sd, 0.03), rel=0.15)


def test_a_share_that_a_person_names_overrules_earlier_runs():
    """Without one the earlier runs decide, and where there is none a tenth is assumed."""
    gates = [planned(100, max_drop=0.05), planned(100, max_drop=0.1)]
    gates[1] = msgspec.structs.replace(gates[1], test_id="new")
    runs = {gates[0].key: seen(20, 20, 100)}

    told, by_runs = powers_of(gates, runs, 0.0), powers_of(gates, runs)

    assert [power.needed for power in told] == [stats.cases_needed_passfail(0.0, margin) for margin in (0.05, 0.1)]
    assert [power.seen for power in told] == [(), ()]
    assert [power.seen for power in by_runs] == [("r",), ()]
    assert by_runs[1].needed == stats.cases_needed_passfail(0.1, 0.1)


@pytest.mark.parametrize(("cases", "margin", "never"), [(58, 0.05, True), (59, 0.05, False), (148, 0.02, True)])
def test_so_few_cases_that_nothing_passes_are_told_beforehand(cases, margin, never):
    """As the gate says it afterwards: the best answers that there are don't pass with fewer."""
    power = power_assumed(planned(cases, max_drop=margin), 0.0)

    assert power.never_passes == never
    assert (stats.margin_p_value([0.0] * cases, [None] * cases, margin) > 0.05) == never
    assert not power_assumed(planned(cases, floor=0.5), 0.0).never_passes


def test_groups_are_what_counts_where_scores_are_graded_or_a_guarantee_is_asked():
    """40 groups of 3 can pass or fail with .05 ruled out; graded scores, and guarantees, need 59 groups."""
    draw = random.Random(4)  # noqa: S311 - a simulation
    graded = Pairs(
        baseline=(0.5,) * 120,
        candidate=tuple(0.5 + draw.gauss(0, 0.05) for _ in range(120)),
        groups=tuple(str(n // 3) for n in range(120)),
        passfail=False,
    )

    flips, proven = (power_assumed(planned(120, groups=40, max_drop=0.05, guarantee=one), 0.1) for one in (False, True))
    scores = power_seen(planned(120, groups=40, max_drop=0.05), Seen(runs=("r",), pairs=(graded,), clusters=40))

    assert [one.never_passes for one in (flips, proven, scores)] == [False, True, True]
    assert [one.fewest for one in (flips, proven, scores)] == [59, 177, 177]
    assert 177 <= scores.needed < 200


def test_a_guarantee_needs_more_cases():
    """Assumed and seen, alone and in groups."""
    draw = random.Random(5)  # noqa: S311 - a simulation
    noisy = Pairs(
        baseline=(0.5,) * 60,
        candidate=tuple(0.5 + draw.uniform(-0.5, 0.5) for _ in range(60)),
        groups=(None,) * 60,
        passfail=False,
    )
    runs = Seen(runs=("r",), pairs=(noisy,), clusters=60)

    plain, proven = (
        [
            power_assumed(planned(100, max_drop=0.05, guarantee=one), 0.1).needed,
            power_assumed(planned(100, groups=50, max_drop=0.05, guarantee=one), 0.1).needed,
            power_seen(planned(100, max_drop=0.1, guarantee=one), runs).needed,
        ]
        for one in (False, True)
    )

    assert all(less < more < 1.5 * less for less, more in zip(plain, proven, strict=True))


@given(st.integers(2, 5000), st.floats(0, 1), st.floats(0.001, 1))
def test_more_cases_never_show_less(cases, flips, margin):
    """The figures grow the right way; None says that even a change of 1 is missed too often."""
    fewer, more = (power_assumed(planned(n, max_drop=margin), flips) for n in (cases, cases + 1))

    assert 0 < (more.detectable or 1) <= (fewer.detectable or 1) <= 1
    assert fewer.needed == more.needed > 0
    assert more.can_decide or not fewer.can_decide


def test_a_gate_on_slices_is_planned_slice_by_slice():
    """Each with its own cases; the groups are counted."""
    comparison = planned_comparison(suite("language-de", "language-de", "language-en", groups=True), "s()")

    gates = planned_gates("t", comparison.by_tag("language"), Gate(max_drop=0.1))

    assert [(gate.tag, gate.cases, gate.groups) for gate in gates] == [("language-de", 2, 1), ("language-en", 1, 1)]
    assert {gate.key[:2] for gate in gates} == {("t", "s()")}


@pytest.mark.parametrize("thresholds", [{}, {"max_drop": 0.0}, {"floor": 2.0}, {"max_flips": -1}])
def test_wrong_thresholds_are_told_before_anything_is_asked(thresholds):
    """As they would be in a run."""
    with pytest.raises(InputError):
        planned_gates("t", planned_comparison(suite("a"), "s()"), Gate(**thresholds))


def test_a_figure_of_all_answers_is_not_planned():
    """Flips say nothing about macro F1, but too few cases can never pass; what its gate can't have is refused."""
    comparison = planned_comparison(suite("x", "y"), "macro_f1(('a',))", figure="macro F1")
    (gate,) = planned_gates("t", comparison, Gate(max_drop=0.05))

    (power,) = powers_of([gate], {}, 0.1)

    assert (gate.figure, power.detectable, power.needed, power.can_decide, power.seen) == (
        "macro F1",
        None,
        59,
        False,
        (),
    )
    assert power.never_passes
    with pytest.raises(InputError, match="max_flips"):
        planned_gates("t", planned_comparison(suite("x"), "corpus_bleu()", figure="BLEU"), Gate(max_flips=0))
