"""Control charts: by hand, what days without requests and alarms do, and the promised rate."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from harness.stats.ewma import Chart, Limits, Watched, control_chart, limits_for, panel, scored_chart
from harness.stats.run_lengths import average_run_length
from harness.stats.self_starting import score
from harness.stats.summed import Averaged, Counted

HALF = Counted(k=500, n=1000)


def days_of(chance: np.random.Generator, count: int, share: float = 0.5) -> list[Counted]:
    """Days of 100 requests."""
    return [Counted(k=int(k), n=100) for k in chance.binomial(100, share, count)]


def test_the_average_is_that_of_the_scores_by_hand() -> None:
    """0, then .8 of the last and .2 of the new one; each day is compared with all before it."""
    first, second = Counted(k=60, n=100), Counted(k=45, n=100)
    scores = score(first, HALF), score(second, Counted(k=560, n=1100))

    chart = control_chart(HALF, [first, second], limits_for())

    assert [point.score for point in chart.points] == pytest.approx(scores)
    assert chart.points[1].average == pytest.approx(0.8 * 0.2 * scores[0] + 0.2 * scores[1])
    assert chart.points[1].expected == pytest.approx(560 / 1100)


def test_a_missing_day_changes_nothing() -> None:
    """The chart of the others is the same, with the day among them."""
    days = days_of(np.random.default_rng(1), 6)

    with_gap = control_chart(HALF, [*days[:3], None, *days[3:]], limits_for())

    without = control_chart(HALF, days, limits_for())
    assert (with_gap.points[:3], with_gap.points[4:]) == (without.points[:3], without.points[3:])
    assert (with_gap.points[3].value, with_gap.points[3].average) == (None, without.points[2].average)


def by_average(limits: Limits) -> Limits:
    """Return limits by which no day alone alarms."""
    return Limits(weight=limits.weight, half=limits.half)


def test_one_day_far_off_alarms_at_once() -> None:
    """Wherever the average was by chance: here it was on the other side."""
    days = [*[Counted(k=58, n=100)] * 3, Counted(k=25, n=100)]

    assert control_chart(HALF, days, limits_for(8)).alarms == (3,)
    assert control_chart(HALF, days, limits_for(8)).points[3].alarm == "down"
    assert control_chart(HALF, days, by_average(limits_for(8))).alarms == ()


def test_a_day_that_alarms_is_not_what_others_are_compared_with() -> None:
    """A fall to a third: alarm after alarm, each from 0 again, and the days before keep their say."""
    chart = control_chart(HALF, [Counted(k=30, n=100)] * 6, by_average(limits_for()))

    assert chart.alarms == (1, 3, 5)
    assert {point.alarm for point in chart.points} == {None, "down"}
    assert chart.points[2].expected == pytest.approx(530 / 1100)
    assert chart.points[2].average == pytest.approx(0.2 * chart.points[2].score)


@pytest.mark.parametrize(("shift", "side"), [(0.2, "up"), (-0.2, "down")])
def test_a_shift_is_found_on_its_side(shift: float, side: str) -> None:
    """Four standard errors of a day, within four days."""
    chance = np.random.default_rng(2)

    chart = control_chart(HALF, [*days_of(chance, 17), *days_of(chance, 4, 0.5 + shift)], limits_for(8))

    assert 17 <= chart.alarms[0] <= 20
    assert chart.points[chart.alarms[0]].alarm == side


def mean_run(chart_of: "list[Chart]", days: int) -> float:
    """Days for each alarm."""
    return len(chart_of) * days / sum(len(chart.alarms) for chart in chart_of)


@pytest.mark.parametrize("window", [60, 5_000])
def test_false_alarms_are_as_rare_as_promised_however_small_the_window(window: int) -> None:
    """Once in 40 days here, so that few suffice; days of 20 to 300 requests, some missing."""
    chance, charts = np.random.default_rng(5), []
    for _ in range(60):
        sizes = chance.choice([0, 20, 100, 300], 120)
        days = [Counted(k=int(chance.binomial(n, 0.5)), n=int(n)) if n else None for n in sizes]
        start = Counted(k=int(chance.binomial(window, 0.5)), n=window)
        charts.append(control_chart(start, days, limits_for(days=30)))

    assert 32 < mean_run(charts, 120) < 52  # a quarter of the days is missing


def test_all_figures_of_a_panel_together_keep_the_rate() -> None:
    """Four figures, once in 40 days: each alone is as rare as once in 160."""
    chance, alarms = np.random.default_rng(6), 0
    for _ in range(30):
        figures = {
            name: Watched(window=HALF, days=tuple(days_of(chance, 100))) for name in ("schema", "refused", "German")
        }
        scores = chance.standard_normal(100).tolist()
        alarms += sum(len(chart.alarms) for chart in panel({**figures, "features": scores}, between_alarms=40).values())

    assert 45 < alarms < 105  # 3,000 days


def test_a_panel_has_wider_limits_than_one_figure() -> None:
    """The limits are those of the integral equation, for as many times the days."""
    one, eight = limits_for(), limits_for(figures=8)

    width = eight.half / math.sqrt(0.2 / 1.8)
    assert one.half < eight.half
    assert average_run_length(width, 0.2) == pytest.approx(8 * 370 / 0.8, rel=1e-6)
    assert 2 * NormalDist().cdf(-eight.day) == pytest.approx(0.2 / (8 * 370))
    assert panel({"schema": Watched(window=HALF, days=(HALF,))})["schema"].half == one.half


@pytest.mark.parametrize(("window", "shift"), [(7, 0.16), (14, 0.14)])
def test_a_change_does_not_hide_itself_by_widening_what_is_allowed(window: int, shift: float) -> None:
    """Its first day is no alarm beside so few days; were all of it learned, the next ones would look usual."""
    usual = [Averaged(mean=0.03 * (-1) ** day, sd=0.3, n=100) for day in range(window + 10)]
    changed = [Averaged(mean=shift, sd=0.3, n=n) for n in (200, 60, 60)]

    chart = control_chart(usual[:window], usual[window:] + changed, by_average(limits_for(13)))

    assert chart.alarms in {(11,), (12,)}


def restless(chance: np.random.Generator, count: int, alike: float) -> list[Counted]:
    """Days whose true share moves by as much as chance does, each like the one before to a degree."""
    moves, shares = 0.0, []
    for _ in range(count):
        moves = alike * moves + math.sqrt(1 - alike**2) * chance.standard_normal()
        shares.append(0.5 + 0.05 * moves)
    return [Counted(k=int(chance.binomial(100, share)), n=100) for share in shares]


def test_days_that_differ_by_themselves_alarm_unless_the_window_shows_it() -> None:
    """One sum hides how much days differ; fourteen days show it. Then the rate holds again."""
    chance, sums, learned = np.random.default_rng(7), [], []
    for _ in range(30):
        window, days = restless(chance, 14, 0.0), restless(chance, 120, 0.0)
        total = Counted(k=sum(day.k for day in window), n=1400)
        sums.append(control_chart(total, days, limits_for(days=40)))
        learned.append(control_chart(window, days, limits_for(days=40)))

    assert mean_run(sums, 120) < 20
    assert 27 < mean_run(learned, 120) < 60
    assert 1.1 < np.mean([chart.spread for chart in learned]) < 1.7


def test_days_that_follow_each_other_break_the_promise() -> None:
    """What the page warns of: correlation between days is not seen in how much they differ."""
    chance, charts = np.random.default_rng(8), []
    for _ in range(30):
        days = restless(chance, 134, 0.8)
        charts.append(control_chart(days[:14], days[14:], limits_for(days=40)))

    assert mean_run(charts, 120) < 30


def test_scores_that_are_there_already_are_charted_alike() -> None:
    """By hand: .2 x 4, then .8 x .8 + .2 x 4 = 1.44, beyond 1."""
    chart = scored_chart([4.0, None, 4.0, 0.0], Limits(weight=0.2, half=1.0))

    assert [point.average for point in chart.points] == pytest.approx([0.8, 0.8, 1.44, 0.0])
    assert (chart.alarms, chart.points[2].alarm) == ((2,), "up")


@pytest.mark.parametrize("hostile", [math.inf, -math.inf, math.nan])
def test_scores_must_be_finite(hostile: float) -> None:
    """NaN would never leave the limits again, and infinity would always alarm."""
    with pytest.raises(ValueError, match="finite"):
        scored_chart([0.0, hostile], limits_for())


def test_means_are_charted_as_well() -> None:
    """Seconds that grow by a half; a mean that never varied alarms when it does."""
    before, slower = Averaged(mean=2.0, sd=1.0, n=500, skewness=1.5), Averaged(mean=3.0, sd=1.5, n=40)

    assert control_chart(before, [slower] * 2, limits_for()).points[0].alarm == "up"
    assert control_chart(Averaged(mean=1.0, sd=0.0, n=9), [slower], limits_for()).alarms == (0,)


def test_nothing_to_watch_is_no_chart() -> None:
    """No figures, or no days."""
    assert panel({}) == {}
    assert control_chart(HALF, [], limits_for()).points == ()


@pytest.mark.parametrize("days", [0, 2, 6])
def test_a_few_days_show_no_spread(days: int) -> None:
    """With two days it would be a guess."""
    with pytest.raises(ValueError, match="at least 7 days"):
        control_chart([HALF] * days, [], limits_for())


def test_impossible_days_are_refused() -> None:
    """Also where a name was given to a share and to a mean."""
    with pytest.raises(ValueError, match="counts must not be negative"):
        control_chart(HALF, [Counted(k=5, n=4)], limits_for())
    with pytest.raises(ValueError, match="a share and a mean"):
        control_chart(HALF, [Averaged(mean=1.0, sd=1.0, n=4)], limits_for())
    with pytest.raises(ValueError, match="at least one figure"):
        limits_for(0)
