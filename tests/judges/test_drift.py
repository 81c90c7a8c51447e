"""A judge that became another one behind its name: noticed beyond the noise of its check, and no sooner."""

import msgspec
import pytest

from harness.judges.drift import ALPHA, drift_of, fixed_verdicts, has_changed, labels_to_ask, may_change
from harness.judges.readings import Reading
from harness.records.estimate import Estimate
from harness.records.judged import FixedVerdict, JudgeCheck
from harness.stats.binomial import binomial, share_p_value
from harness.stats.passfail import wilson_interval
from tests.judges.made import rated, rated_evenly


def check_with(values, same: int = 40, of: int = 40) -> JudgeCheck:
    """Return a check with these fixed verdicts, in which so many of the repeated answers got the same verdict."""
    low, high = wilson_interval(same, of)
    return JudgeCheck(
        rubric="completeness",
        version=1,
        digest="d",
        judge="j",
        labels=100,
        outcome="trusted",
        repeated=Estimate(mean=same / of, low=low, high=high, n=of, method="Wilson"),
        levels=("1", "2", "3", "4", "5"),
        fixed=verdicts(values),
    )


def verdicts(values) -> tuple[FixedVerdict, ...]:
    """Return verdicts on labels a, b, ..."""
    return tuple(FixedVerdict(label=str(place), value=value) for place, value in enumerate(values))


@pytest.mark.parametrize(("same", "least"), [(40, 5), (38, 7), (32, 12)])
def test_more_changes_than_the_checks_own_noise_allows(same, least):
    """The noisier the check, the more it takes."""
    then = [0.0] * 20
    check = check_with(then, same)

    assert has_changed(check, verdicts([1.0] * (least - 1) + [0.0] * (21 - least))) == ""
    told = has_changed(check, verdicts([1.0] * least + [0.0] * (20 - least)))

    assert told.startswith(f"the judge has changed behind its name: {least} of 20 answers get another verdict than")


def test_a_verdict_has_changed_with_its_level_or_with_whether_it_can_be_read():
    """A hundredth more is no change, nor is what was unreadable both times; labels that are new are left out."""
    check = check_with([0.5] * 10 + [None] * 10)

    assert has_changed(check, verdicts([0.51] * 10 + [None] * 12)) == ""
    assert "20 of 20" in has_changed(check, verdicts([None] * 10 + [0.5] * 10))


def test_nothing_is_told_without_a_measure():
    """Of repetition, or of any verdict."""
    check = check_with([0.5] * 20)

    assert has_changed(check, ()) == ""
    assert has_changed(JudgeCheck(rubric="r", version=1, digest="", judge="", labels=0, outcome="trusted"), ()) == ""


def now_said(values, failed: int = 0) -> list[Reading]:
    """Return what a judge says now of labels 0, 1, ..., and calls that failed behind them."""
    labels = [rated(place, 1) for place in range(len(values) + failed)]
    said = [Reading(label=label, value=value) for label, value in zip(labels, values, strict=False)]
    return [*said, *(Reading(label=one, value=None, reason="HTTP 500", failed=True) for one in labels[len(values) :])]


def kept(count: int = 20) -> JudgeCheck:
    """Return a check whose fixed verdicts are all the lowest level; of 20 answers, 5 that changed are too many."""
    fixed = tuple(FixedVerdict(label=rated(place, 1).read, value=0.0) for place in range(count))
    return msgspec.structs.replace(check_with([]), fixed=fixed)


@pytest.mark.parametrize(
    ("changed", "failed", "told"),
    [(0, 0, ""), (4, 0, ""), (0, 4, ""), (0, 5, "unknown"), (4, 1, "unknown"), (5, 0, "changed"), (6, 9, "changed")],
)
def test_calls_that_fail_matter_where_they_could_hide_a_change(changed, failed, told):
    """Each can have changed or not; where that makes no difference, it is as if none had failed."""
    drift = drift_of(kept(), now_said([1.0] * changed + [0.0] * (20 - changed - failed), failed))

    assert [name for name in ("changed", "unknown") if getattr(drift, name)] == [told] * bool(told)
    assert drift.unknown.startswith(
        f"{failed} of 20 verdicts could not be had, the first: HTTP 500" if drift.unknown else ""
    )


@pytest.mark.parametrize(
    ("check", "now", "why"),
    [
        (kept(), [], "since the labels that it was checked with are not here; run: harness judge check completeness"),
        (kept(0), [], "since its check kept no verdicts"),
        (msgspec.structs.replace(kept(), repeated=None), now_said([0.0]), "since its check kept no verdicts"),
    ],
)
def test_where_no_other_judge_could_be_noticed_it_counts_as_one(check, now, why):
    """As a judge that was never checked does."""
    assert why in drift_of(check, now).changed


def false_alarms(noise: float, then: int = 40, now: int = 20) -> float:
    """Return how often the same judge is taken for another one, over all outcomes of its check and of a run."""
    wrong = 0.0
    for unlike in range(then + 1):
        most = 1 - wilson_interval(then - unlike, then)[0]
        least = next((k for k in range(1, now + 1) if 1 - share_p_value(k - 1, now, most) <= ALPHA), now + 1)
        tail = sum(binomial(k, now, noise) for k in range(least, now + 1))
        wrong += binomial(unlike, then, noise) * tail
    return wrong


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.1, 0.2, 0.3])
def test_the_same_judge_is_taken_for_another_one_in_one_run_of_three_hundred(noise):
    """At any noise."""
    assert false_alarms(noise) <= 0.0031


@pytest.mark.parametrize(("known_by", "can"), [("weights", False), ("server", True), ("name", True)])
def test_only_what_cannot_be_seen_may_change(known_by, can):
    """Weights that were read here can't."""
    assert may_change(known_by) is can


def test_the_fixed_verdicts_are_of_all_levels_and_of_no_failed_call():
    """Four of each of five levels; they are found again among the labels."""
    labels = rated_evenly(100)
    readings = [
        Reading(label=label, value=None if place % 3 else 0.5, failed=place % 10 == 9)
        for place, label in enumerate(labels)
    ]
    fixed = fixed_verdicts(readings)
    check = msgspec.structs.replace(check_with([]), fixed=fixed)

    asked = labels_to_ask(check, labels)

    assert [sum(label.level == level for label in asked) for level in range(1, 6)] == [4] * 5
    assert not {one.label.read for one in readings if one.failed} & {one.label for one in fixed}
    assert {one.value for one in fixed} == {None, 0.5}
