"""Which figures make a judge trusted, and which reason is told where they don't."""

import msgspec
import pytest

from harness.judges.decision import decide, exit_code_of
from harness.records.estimate import Estimate
from harness.records.judged import CriterionCheck, JudgeCheck
from harness.records.scored import TrustLimits
from harness.text.figures import MINUS


def figure(mean: float, low: float, high: float) -> Estimate:
    """Return a figure of 80 labels."""
    return Estimate(mean=mean, low=low, high=high, n=80, method="")


GOOD = JudgeCheck(
    rubric="helpfulness",
    version=1,
    digest="d",
    judge="j",
    labels=80,
    independent=75,
    outcome="too few labels",
    kappa=figure(0.7, 0.5, 0.8),
    unreadable=figure(0.05, 0.02, 0.1),
    flips=figure(0.25, 0.2, 0.3),
    first_place=figure(-0.15, -0.2, -0.1),
    beyond_people=figure(0.15, 0.1, 0.2),
    repeated=figure(0.7, 0.6, 0.8),
    levels=("baseline", "tie", "candidate"),
    table=((30, 0, 0), (0, 20, 0), (0, 0, 30)),
)


def test_figures_at_their_limits_are_enough():
    """And what is told is kappa."""
    assert decide(GOOD, TrustLimits()) == ("trusted", ("kappa 0.700 (0.500 to 0.800) with people, on 80 labels",))


@pytest.mark.parametrize(
    ("changed", "outcome", "said"),
    [
        ({"independent": 59}, "too few labels", "80 labels, 59 independent cases: 60 are needed"),
        (
            {"kappa": figure(0.61, 0.39, 0.8)},
            "too few labels",
            "kappa 0.610 is enough, but the low end of its interval, 0.390, is below 0.4: more labels would tell",
        ),
        (
            {"table": ((0, 0, 0), (20, 30, 30), (0, 0, 0)), "kappa": None},
            "too few labels",
            "people gave all of these the same level: label some of another level too",
        ),
        ({"kappa": figure(0.59, 0.5, 0.7)}, "untrusted", "kappa 0.590 (0.500 to 0.700) is below 0.6"),
        (
            {"unreadable": figure(0.051, 0.02, 0.1)},
            "untrusted",
            "5.1 % of its verdicts can't be read, where 5 % are allowed",
        ),
        (
            {"flips": figure(0.26, 0.2, 0.3)},
            "untrusted",
            "26 % of its verdicts change when the answers change places, where 25 % are allowed",
        ),
        (
            {"first_place": figure(-0.2, -0.3, -0.1)},
            "untrusted",
            f"it prefers what it reads second: {MINUS}0.200 ({MINUS}0.300 to {MINUS}0.100), where 0.15 is allowed",
        ),
        (
            {"beyond_people": figure(0.3, 0.1, 0.5)},
            "untrusted",
            "it prefers longer answers more than people do: +0.300 (+0.100 to +0.500), where 0.15 is allowed",
        ),
        (
            {"repeated": figure(0.69, 0.6, 0.8)},
            "untrusted",
            "only 69 % of the answers get the same verdict each time, where 70 % are needed",
        ),
    ],
)
def test_each_figure_beyond_its_limit_is_told(changed, outcome, said):
    """By what it is, and what is asked for."""
    assert decide(msgspec.structs.replace(GOOD, **changed), TrustLimits()) == (outcome, (said,))


@pytest.mark.parametrize(
    "changed",
    [
        {"beyond_people": figure(0.3, -0.1, 0.6)},
        {"first_place": figure(0.2, -0.01, 0.4)},
        {"beyond_people": figure(-0.5, -0.6, -0.4)},
        {"flips": None, "first_place": None, "beyond_people": None, "repeated": None},
    ],
)
def test_what_may_be_chance_or_was_not_measured_counts_against_no_judge(changed):
    """A preference for shorter answers is none for longer ones."""
    assert decide(msgspec.structs.replace(GOOD, **changed), TrustLimits())[0] == "trusted"


def test_a_judge_that_says_one_thing_only_is_told_to():
    """Beside its kappa."""
    alike = msgspec.structs.replace(GOOD, kappa=figure(0.0, -0.1, 0.1), table=((0, 30, 0), (0, 20, 0), (0, 30, 0)))

    assert decide(alike, TrustLimits())[1][1:] == ("it gave everything the same verdict",)


def test_limits_are_the_rubrics():
    """And all that is wrong is told."""
    strict = TrustLimits(min_kappa=0.8, max_flips=0.1)

    outcome, reasons = decide(GOOD, strict)

    assert (outcome, len(reasons)) == ("untrusted", 2)
    assert [exit_code_of([one]) for one in ("trusted", "untrusted", "too few labels")] == [0, 1, 6]


AGREES, GUESSES = figure(0.7, 0.5, 0.8), figure(0.1, -0.1, 0.3)
BOTH = {
    "tone": CriterionCheck(labels=80, independent=75, kappa=AGREES),
    "format": CriterionCheck(labels=80, independent=75, kappa=GUESSES),
}
ONE_OF_TWO = msgspec.structs.replace(GOOD, criteria=BOTH)
IS_BELOW = f"format: kappa 0.100 ({MINUS}0.100 to 0.300) is below 0.6"


@pytest.mark.parametrize(
    ("criteria", "outcome", "said"),
    [
        (["tone"], "trusted", "tone: kappa 0.700 (0.500 to 0.800) with people, on 80 labels"),
        (["format"], "untrusted", IS_BELOW),
        (["tone", "format"], "untrusted", IS_BELOW),
        (["length"], "too few labels", "length: 0 labels, 0 independent cases: 60 are needed"),
    ],
)
def test_each_criterion_is_decided_by_its_own_labels(criteria, outcome, said):
    """The kappa over all of them is high where one is mostly met and the other mostly not."""
    assert decide(ONE_OF_TWO, TrustLimits(), criteria) == (outcome, (said,))


def test_what_is_wrong_with_all_verdicts_is_told_once():
    """Whatever the criterion."""
    unsteady = msgspec.structs.replace(ONE_OF_TWO, repeated=figure(0.6, 0.5, 0.7))

    outcome, reasons = decide(unsteady, TrustLimits(), ["tone", "format"])

    assert outcome == "untrusted"
    assert reasons == (IS_BELOW, "only 60 % of the answers get the same verdict each time, where 70 % are needed")
