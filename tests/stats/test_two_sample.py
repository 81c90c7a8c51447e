"""Verdicts on several changes at once: steady, drifted, or too little to tell."""

import numpy as np
import pytest

from harness.records.estimate import Estimate
from harness.stats.independent import share_change
from harness.stats.summed import Counted
from harness.stats.two_sample import Change, two_samples


def change(low: float, high: float, p_value: float, same: float = 0.0, least_p: float = 0.0) -> Change:
    """A change whose interval is given."""
    estimate = Estimate(mean=(low + high) / 2, low=low, high=high, n=100, method="given")
    return Change(estimate=estimate, same=same, p_value=p_value, least_p=least_p)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "verdict"),
    [
        (-0.04, 0.04, 0.9, "steady"),
        (0.01, 0.05, 0.001, "steady"),
        (-0.06, 0.01, 0.9, "too little to tell"),
        (0.02, 0.09, 0.001, "too little to tell"),
        (0.051, 0.2, 0.001, "drifted"),
        (-0.2, -0.051, 0.001, "drifted"),
        (0.051, 0.2, 0.06, "too little to tell"),
        (-0.2, 0.2, 1.0, "too little to tell"),
        (float("nan"), float("nan"), 1.0, "too little to tell"),
    ],
)
def test_the_interval_decides_against_the_margin(low: float, high: float, p_value: float, verdict: str) -> None:
    """A large p value alone is never steady; a small one within the margin is; one across it is neither."""
    judged = two_samples({"one": change(low, high, p_value)}, {"one": 0.05})

    assert judged["one"].verdict == verdict


def test_an_area_is_judged_from_a_half() -> None:
    """Not from 0."""
    judged = two_samples(
        {"near": change(0.47, 0.53, 0.5, same=0.5), "far": change(0.6, 0.7, 0.001, same=0.5)},
        {"near": 0.05, "far": 0.05},
    )

    assert [one.verdict for one in judged.values()] == ["steady", "drifted"]


def test_p_values_are_corrected_for_all_that_were_tested() -> None:
    """.02 is enough alone, and not beside two others."""
    drifted = change(0.1, 0.2, 0.02)

    alone = two_samples({"one": drifted}, {"one": 0.05})
    together = two_samples(
        {"one": drifted, "two": change(0, 0, 0.5), "three": change(0, 0, 0.9)},
        {"one": 0.05, "two": 0.05, "three": 0.05},
    )

    assert (alone["one"].verdict, together["one"].verdict) == ("drifted", "too little to tell")
    assert together["one"].p_value == pytest.approx(0.06)


def test_nothing_changed_and_hardly_anything_is_called_drifted() -> None:
    """Ten shares of 300 and 300 with a margin of nearly nothing, so that the correction alone protects."""
    chance, alarms = np.random.default_rng(31), 0
    for _ in range(150):
        sides = chance.binomial(300, 0.3, (10, 2))
        changes = {
            str(place): share_change(*(Counted(k=int(k), n=300) for k in pair)) for place, pair in enumerate(sides)
        }
        judged = two_samples(changes, dict.fromkeys(changes, 1e-9))
        alarms += any(one.verdict == "drifted" for one in judged.values())

    assert alarms / 150 <= 0.08


def test_a_share_at_its_margin_is_hardly_ever_called_steady() -> None:
    """At most once in forty."""
    chance = np.random.default_rng(32)
    pairs = [(chance.binomial(800, 0.9), chance.binomial(800, 0.85)) for _ in range(400)]

    steady = [
        two_samples({"one": share_change(*(Counted(k=int(k), n=800) for k in pair))}, {"one": 0.05})["one"].verdict
        == "steady"
        for pair in pairs
    ]

    assert np.mean(steady) <= 0.05


def test_too_few_repetitions_to_ever_alarm_are_refused() -> None:
    """Of 20 tests one by 200 permutations could never be below .05: 20 / 201 is above."""
    changes = {str(place): change(0, 0, 0.5) for place in range(19)} | {"mine": change(0, 0, 0.5, least_p=1 / 201)}

    with pytest.raises(ValueError, match="mine: among 20 tests it needs at least 400 repetitions"):
        two_samples(changes, dict.fromkeys(changes, 0.05))


@pytest.mark.parametrize("margins", [{}, {"one": 0.0}, {"one": float("nan")}, {"one": 0.1, "two": 0.1}])
def test_each_change_needs_a_margin(margins: dict[str, float]) -> None:
    """Above 0; and none is left over."""
    with pytest.raises(ValueError, match="margin"):
        two_samples({"one": change(0, 0, 0.5)}, margins)


def test_nothing_compared_is_nothing_judged() -> None:
    """No figure, no verdict: what that means is for the caller."""
    assert two_samples({}, {}) == {}
