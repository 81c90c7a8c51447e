"""Figures over days: a control chart by an exponentially weighted moving average (EWMA), one figure or many at once.

Each day is compared with all that came before it, the release window first, so the limits are right however small the
window was; the rate of false alarms is promised for the whole panel of figures. docs/drift-statistics.md has the
reasons, the simulations, and what the promise does not cover.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from harness.records.record import Record
from harness.stats.arguments import two_sided_z
from harness.stats.run_lengths import half_width, width_for
from harness.stats.self_starting import normal_of_t, score, t_of_normal
from harness.stats.summed import Summary, added, check_summary

DAYS = 370.0
"""Days between false alarms: what limits at three standard errors give a chart without memory."""
WEIGHT = 0.2
"""Of the last day; 0.05 finds smaller shifts and 0.4 larger ones sooner."""
FEWEST_DAYS = 7
"""Days of a release window from which it is learned how much days differ."""
MOST_LEARNED = 3.5
"""A score as far as this is all that a day adds to how much days differ: in control one in 2,000 is further."""


OF_DAYS = 0.2
"""The share of the promised rate of false alarms that goes to single days; the rest goes to the average."""


class Limits(Record, frozen=True, kw_only=True):
    """How a chart weighs the last day, and how far its average can be from 0, in standard deviations of a day.

    ``day`` is how far a single day can be: a large change alarms at once, wherever the average was by chance (Lucas and
    Saccucci 1990, Technometrics 32:1).
    """

    weight: float
    half: float
    day: float = math.inf


class Point(Record, frozen=True, kw_only=True):
    """One day of a chart; without requests that day, only ``average`` and ``expected`` are there, as they were.

    ``value`` is the day's figure, ``expected`` that of all days before it, ``score`` how far they are apart in standard
    deviations, ``average`` the EWMA of the scores. ``alarm`` says on which side the average left its limits, or the day
    alone its own; the average then starts at 0 again, and what follows is not compared with this day.
    """

    value: float | None
    expected: float
    score: float | None
    average: float
    alarm: Literal["up", "down"] | None = None


class Chart(Record, frozen=True, kw_only=True):
    """The days of one figure; the average is in control within +-``half``.

    ``spread`` is how far days of the release window differed, in what their counts explain (1): None where the window
    was one sum.
    """

    half: float
    spread: float | None
    points: tuple[Point, ...]

    @property
    def alarms(self) -> tuple[int, ...]:
        """The places of the days that alarmed."""
        return tuple(place for place, point in enumerate(self.points) if point.alarm)


class Watched(Record, frozen=True, kw_only=True):
    """A figure of a panel: what was seen at release, as one sum or day by day, and the days since."""

    window: Summary | tuple[Summary, ...]
    days: tuple[Summary | None, ...]


Figure = Watched | Sequence[float | None]


def limits_for(figures: int = 1, days: float = DAYS, weight: float = WEIGHT) -> Limits:
    """Return limits with which all of ``figures`` charts together alarm at most once in ``days`` while nothing changes.

    Rates of alarms add up at most, however the figures depend on each other; so each chart has an average run length of
    ``figures * days``, by the integral equation of run_lengths.py. ``OF_DAYS`` of its rate goes to single days.

    >>> one, eight = limits_for(), limits_for(figures=8)
    >>> [round(limit, 3) for limit in (one.half, one.day, eight.half, eight.day)]
    [0.979, 3.46, 1.19, 3.985]
    """
    if figures < 1:
        raise ValueError(f"needs at least one figure, got {figures}")
    each = figures * days
    half = half_width(width_for(each / (1 - OF_DAYS), weight), weight)
    return Limits(weight=weight, half=half, day=two_sided_z(1 - OF_DAYS / each))


def control_chart(window: Summary | Sequence[Summary], days: Sequence[Summary | None], limits: Limits) -> Chart:
    """Return the chart of one figure; None is a day without requests, or missing, which changes nothing.

    ``window`` is what was seen at release: one sum, or a sum for each of at least seven days. From days it is also
    learned how much days differ beyond what their counts explain, since a Sunday's questions are not a Monday's.

    Raises:
        ValueError: an impossible sum, a share beside a mean, or too few days in the window.
    """
    window = [window] if isinstance(window, Summary) else window
    for summary in (*window, *(day for day in days if day is not None)):
        check_summary(summary)
    before, squares = _learned(window)
    freedom, average, points = len(window) - 1, 0.0, []
    spread = math.sqrt(squares / freedom) if freedom else None
    for day in days:
        if day is None:
            points.append(Point(value=None, expected=before.value, score=None, average=average))
            continue
        found = scaled = score(day, before)
        wide = math.sqrt(max(squares / freedom, 1.0)) if freedom else 1.0
        if freedom:
            scaled = normal_of_t(found / wide, freedom)
        average = moved(average, scaled, limits.weight)
        alarm = _alarm(average, scaled, limits)
        points.append(Point(value=day.value, expected=before.value, score=scaled, average=average, alarm=alarm))
        if alarm:
            average = 0.0
            continue
        before = added(before, day)
        if freedom:
            # In full, a change that is not yet an alarm would widen what is allowed, and hide itself from the next day.
            squares += min(abs(found), wide * t_of_normal(MOST_LEARNED, freedom)) ** 2
            freedom += 1
    return Chart(half=limits.half, spread=spread, points=tuple(points))


def scored_chart(scores: Sequence[float | None], limits: Limits) -> Chart:
    """Return the chart of a figure whose days are scores already: standard normal, and independent, in control.

    Such are those of any test that compares a day with all days before it and is exact by permutation, as
    ``classifier_score``: given all rows up to a day, which of them are that day's is chance, so that its p value tells
    nothing of those before.

    Raises:
        ValueError: a score that is not finite.
    """
    if not all(math.isfinite(one) for one in scores if one is not None):
        raise ValueError("scores must be finite; None is a day without any")
    average, points = 0.0, []
    for score_of_day in scores:
        if score_of_day is None:
            points.append(Point(value=None, expected=0.0, score=None, average=average))
            continue
        average = moved(average, score_of_day, limits.weight)
        alarm = _alarm(average, score_of_day, limits)
        points.append(Point(value=score_of_day, expected=0.0, score=score_of_day, average=average, alarm=alarm))
        average = 0.0 if alarm else average
    return Chart(half=limits.half, spread=None, points=tuple(points))


def panel(figures: Mapping[str, Figure], between_alarms: float = DAYS, weight: float = WEIGHT) -> dict[str, Chart]:
    """Return the chart of each figure, with at most one false alarm of all of them together in ``between_alarms`` days.

    A figure is its release window and its days, as for ``control_chart``, or its scores, as for ``scored_chart``.
    """
    if not figures:
        return {}
    limits = limits_for(len(figures), between_alarms, weight)
    return {
        name: control_chart(figure.window, figure.days, limits)
        if isinstance(figure, Watched)
        else scored_chart(figure, limits)
        for name, figure in figures.items()
    }


def moved(average: float, score: float, weight: float) -> float:
    """Return the average after one more day."""
    return (1 - weight) * average + weight * score


def _alarm(average: float, score_of_day: float, limits: Limits) -> Literal["up", "down"] | None:
    if abs(average) > limits.half:
        return "up" if average > 0 else "down"
    if abs(score_of_day) > limits.day:
        return "up" if score_of_day > 0 else "down"
    return None


def _learned(window: Sequence[Summary]) -> tuple[Summary, float]:
    """Return the sum of a window's days, and the sum of the squared scores of each after the first."""
    if not window or 1 < len(window) < FEWEST_DAYS:
        raise ValueError(f"needs one sum or at least {FEWEST_DAYS} days of the release window, got {len(window)}")
    before, squares = window[0], 0.0
    for day in window[1:]:
        squares += score(day, before) ** 2
        before = added(before, day)
    return before, squares
