"""The e-process: the oracle's rates by simulation, its written form, properties, hostile input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats

P0 = 0.45
CALLS = 800
WINS = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=60)


def stops(rate: float, times: int) -> list[int | None]:
    """Where simulated series of at most 800 calls stop."""
    drawn = np.random.default_rng(13).random((times, CALLS)) < rate
    return [stats.e_process(wins.tolist(), P0).stopped_at for wins in drawn.astype(float)]


def test_false_passes_are_as_rare_as_the_oracle_says() -> None:
    """At the null the process ever stops in about 3.6 % of series, where looking at a z-test would in 33 %."""
    drawn = np.random.default_rng(13).random((2_000, CALLS)) < P0
    calls = np.arange(1, CALLS + 1)
    z_values = (drawn.cumsum(axis=1) / calls - P0) / np.sqrt(P0 * (1 - P0) / calls)

    false_passes = sum(stop is not None for stop in stops(P0, 2_000)) / 2_000
    peeking = (z_values[:, 19:] > 1.645).any(axis=1).mean()

    assert false_passes == pytest.approx(0.036, abs=0.013)
    assert peeking == pytest.approx(0.333, abs=0.03)


@pytest.mark.parametrize(("rate", "calls", "slack"), [(0.60, 83, 6), (0.55, 206, 14)])
def test_a_better_rate_stops_early(rate: float, calls: int, slack: int) -> None:
    """The mean number of calls, those that never stop counted in full, is the oracle's."""
    found = stops(rate, 1_000)

    assert np.mean([stop or CALLS for stop in found]) == pytest.approx(calls, abs=slack)


def test_value_has_its_written_form() -> None:
    """The mean over 19 alternatives of the product of likelihood ratios, written down again."""
    wins = [1, 0, 1, 1, 0.5]
    grid = [0.45 + 0.55 * step / 20 for step in range(1, 20)]
    ratios = [math.prod((q / 0.45) ** w * ((1 - q) / 0.55) ** (1 - w) for w in wins) for q in grid]

    result = stats.e_process(wins, 0.45)

    assert result.value == pytest.approx(sum(ratios) / 19)
    assert result.stopped_at is None


@given(WINS, st.floats(0.05, 0.95), st.floats(0.01, 0.5))
def test_what_comes_after_the_stop_changes_nothing(wins: list[float], p0: float, alpha: float) -> None:
    """A stopped process is over: no later loss takes it back, no later win adds to it."""
    series = [*wins, *[1.0] * 200]
    full = stats.e_process(series, p0, alpha)

    again = stats.e_process(series[: full.stopped_at], p0, alpha)

    assert again == full
    if full.stopped_at is not None:
        assert full.value >= 1 / alpha * (1 - 1e-9)
        assert full.p_value == pytest.approx(1 / full.value)


@given(WINS, st.floats(0.05, 0.95))
def test_more_wins_are_more_evidence(wins: list[float], p0: float) -> None:
    """Turning a loss into a win never lowers the value; alpha of nearly 0 lets no series stop."""
    better = [max(won, 0.5) for won in wins]

    less, more = stats.e_process(wins, p0, 1e-200), stats.e_process(better, p0, 1e-200)

    assert less.value <= more.value * (1 + 1e-9)
    assert 0 < more.p_value <= less.p_value * (1 + 1e-9)


@pytest.mark.parametrize("p0", [0.05, 0.45, 0.9])
def test_the_value_is_fair_under_the_null(p0: float) -> None:
    """Over all series of eight answers, weighted by their chance at p0, the value has a mean of 1."""
    mean = 0.0
    for pattern in range(2**8):
        wins = [pattern >> place & 1 for place in range(8)]
        mean += math.prod(p0 if won else 1 - p0 for won in wins) * stats.e_process(wins, p0, 1e-200).value

    assert mean == pytest.approx(1)


def test_nothing_seen_is_no_evidence() -> None:
    """Without a single answer the value is 1 and the p value too."""
    assert stats.e_process([], 0.5) == stats.EProcess(value=1.0, stopped_at=None, p_value=1.0)


def test_ten_thousand_losses_and_wins_neither_overflow_nor_vanish() -> None:
    """All lost is no evidence at all, all won stops at once, a tiny p0 stays a number."""
    lost, won = stats.e_process([0.0] * 10_000, 0.45), stats.e_process([1.0] * 10_000, 0.45)
    tiny = stats.e_process([1.0], 1e-320)

    assert (lost.stopped_at, lost.p_value) == (None, 1.0)
    assert won.stopped_at is not None
    assert won.stopped_at < 10
    assert math.isfinite(tiny.value)


@pytest.mark.parametrize(
    ("wins", "p0", "alpha"),
    [([1], 0, 0.05), ([1], 1, 0.05), ([1], 0.5, 0), ([1], 0.5, 1), ([1], math.nan, 0.05), ([1], 0.5, math.nan)]
    + [([won], 0.5, 0.05) for won in (math.nan, -1, 2, math.inf)],
)
def test_rates_and_wins_that_can_not_be_are_refused(wins: list[float], p0: float, alpha: float) -> None:
    """Probabilities outside (0, 1), and wins that are neither won, lost nor tied."""
    with pytest.raises(ValueError, match="must be in"):
        stats.e_process(wins, p0, alpha)
