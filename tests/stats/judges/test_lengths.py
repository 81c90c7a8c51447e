"""Win rates without the influence of length: eight models of AlpacaEval 2 by counts, and judges of known taste."""

import math

import numpy as np
import pytest

from harness.stats.judges import JudgedLengths, length_controlled

ALPACA_EVAL = {
    28.16: ((101, -2468, 0.035), (100, -1739, 0.051), (101, -1375, 0.073), (100, -1098, 0.117), (100, -803, 0.144),
            (101, -444, 0.177), (101, -129, 0.293), (101, 213, 0.483)),
    19.30: ((101, -2624, 0.033), (100, -1991, 0.016), (101, -1681, 0.006), (100, -1400, 0.069), (101, -1095, 0.034),
            (100, -759, 0.12), (101, -398, 0.133), (101, -78, 0.32)),
    21.58: ((101, -2874, 0.026), (100, -2229, 0.02), (101, -1913, 0.009), (100, -1611, 0.044), (101, -1280, 0.066),
            (100, -886, 0.095), (101, -470, 0.183), (101, -119, 0.308)),
    16.25: ((101, -2315, 0.06), (100, -1639, 0.031), (101, -1293, 0.084), (100, -1033, 0.029), (101, -769, 0.055),
            (100, -501, 0.094), (101, -271, 0.214), (101, 278, 0.259)),
    70.18: ((101, -881, 0.533), (100, -385, 0.63), (100, -169, 0.591), (101, -30, 0.604), (101, 116, 0.84),
            (100, 328, 0.805), (101, 579, 0.812), (101, 1282, 0.825)),
    10.43: ((101, -2363, 0.04), (100, -1667, 0.004), (101, -1347, 0.03), (100, -1043, 0.04), (101, -754, 0.058),
            (100, -473, 0.062), (101, -159, 0.098), (101, 335, 0.222)),
    7.62: ((101, -2321, 0.007), (100, -1699, 0.004), (101, -1353, 0.01), (99, -1068, 0.024), (102, -773, 0.031),
           (100, -497, 0.059), (100, -189, 0.079), (102, 164, 0.168)),
    7.97: ((101, -2671, 0.023), (100, -1976, 0.003), (100, -1592, 0.01), (101, -1269, 0.002), (101, -916, 0.05),
           (100, -519, 0.077), (101, -88, 0.17), (101, 1261, 0.167)),
}  # fmt: skip
"""AlpacaEval's own length-controlled win rate of eight models: pairs, mean difference in characters and preference, in
eighths of the 805 pairs. claude-2, gpt-3.5-turbo-1106, gpt4_0613_concise, OpenHermes-2.5-Mistral-7B,
FuseChat-Gemma-2-9B-Instruct, gemma-7b-it, vicuna-7b-v1.5, oasst-rlhf-llama-33b."""


def pairs_of(parts):
    """Return one pair for each that a table counts."""
    return [JudgedLengths(2 * won - 1, apart) for count, apart, won in parts for _ in range(count)]


def error(ridge):
    """Return the mean distance from AlpacaEval's own figures, in points: raw and controlled."""
    found = [(known, length_controlled(pairs_of(parts), ridge)) for known, parts in ALPACA_EVAL.items()]
    return tuple(
        np.mean([abs(100 * figure(each) - known) for known, each in found])
        for figure in (lambda each: each.raw.mean, lambda each: each.controlled.mean)
    )


def test_shrinkage_makes_the_control_of_length_worth_having():
    """Plain regression is further off than doing nothing; with a ridge of 10 the error is below 1.1 points."""
    raw, plain = error(0.0)
    _, shrunk = error(10.0)

    assert raw == pytest.approx(5.9, abs=0.1)
    assert plain == pytest.approx(7.8, abs=0.1)
    assert shrunk < 1.1


def test_a_warning_beyond_ten_points():
    """A judge that takes the longer answer, whoever gave it; a candidate that is mostly longer."""
    longer = [JudgedLengths(1, 300 + place % 50) for place in range(240)]
    shorter = [JudgedLengths(-1, -300 - place % 50) for place in range(60)]

    swayed = length_controlled([*longer, *shorter])
    fair = length_controlled([JudgedLengths((-1) ** place, (place // 2) % 7 - 3) for place in range(280)])

    assert swayed.raw.mean == 0.8
    assert swayed.controlled.mean < 0.7
    assert swayed.coefficient > 0
    assert swayed.far_apart
    assert fair.controlled.mean == pytest.approx(0.5, abs=0.01)
    assert not fair.far_apart


def test_the_interval_covers_a_known_rate():
    """Length sways the judge a little: at equal lengths the candidate wins 60 %; 200 suites of 200 pairs."""
    chance, covered = np.random.default_rng(5), 0
    for _ in range(200):
        apart = chance.normal(0.0, 100.0, 200)
        odds = math.log(0.6 / 0.4) + 0.3 * np.tanh(apart / apart.std())
        won = chance.random(200) < 1 / (1 + np.exp(-odds))
        found = length_controlled([JudgedLengths(2.0 * one - 1, far) for one, far in zip(won, apart, strict=True)])
        covered += found.controlled.low <= 0.6 <= found.controlled.high

    assert 0.91 <= covered / 200 <= 0.99


def test_where_length_says_nothing_both_rates_are_the_same():
    """One length, one winner, one pair; none at all is no rate."""
    one_length = length_controlled([JudgedLengths((-1) ** place, 5) for place in range(10)])
    all_won = length_controlled([JudgedLengths(1, place) for place in range(10)])

    assert length_controlled([]) is None
    assert one_length.raw == one_length.controlled
    assert all_won.controlled.mean == 1
    assert all_won.controlled.low < 1


def test_one_group_shows_no_variance():
    """The rate could be anything."""
    found = length_controlled([JudgedLengths((-1) ** place, place, None, "g") for place in range(20)])

    assert (found.controlled.low, found.controlled.high) == (0, 1)


@pytest.mark.parametrize(("length", "ridge"), [(math.nan, 10), (math.inf, 10), (1, -1), (1, math.nan)])
def test_lengths_and_ridges_that_can_not_be_are_refused(length, ridge):
    """Rather than fitted."""
    with pytest.raises(ValueError, match="must be finite and ridge"):
        length_controlled([JudgedLengths(1, length), JudgedLengths(-1, 0)], ridge)
