"""Drawings of figures of any size: what a float can hold never stops a report."""

import math
import re

import msgspec
import pytest

from harness.records.compared import Comparison
from harness.records.estimate import Estimate
from harness.report import render
from harness.report.drawing.plots import FARTHEST, NARROW, WIDE, Forest, Line, draw_forest, draw_spark, span
from tests.sample_run import sample_run

HUGE, TINY = 1.7e308, 5e-324
SIZES = {
    "huge": (HUGE, HUGE, HUGE),
    "all there is": (0.0, -HUGE, HUGE),
    "negative": (-HUGE, -HUGE, -1e307),
    "large": (1e200, 1.0, 1e308),
    "tiny": (TINY, 0.0, 1e-310),
    "tiny and huge": (TINY, -TINY, HUGE),
    "a width of nothing": (1e-12, 1e-12, 1e-12),
}


def forest(size: tuple[float, float, float], worse: str, **places: float) -> Forest:
    """A plot of one estimate (mean, low, high) beside an ordinary one."""
    made = [Estimate(mean=mean, low=low, high=high, n=60, method="m") for mean, low, high in (size, (1.0, 0.9, 1.1))]
    lines = tuple(Line(label=f"row {n}", estimate=estimate, **places) for n, estimate in enumerate(made))
    return Forest(lines=lines, neutral=1.0, worse=worse, axis="candidate over baseline")


@pytest.mark.parametrize("worse", ["left", "right"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("places", [{}, {"limit": HUGE, "reach": -HUGE}, {"limit": -HUGE, "reach": TINY}])
def test_an_interval_of_any_size_is_drawn(size, worse, places):
    """Every place in the drawing is a number of its size, and the ordinary row keeps its mark."""
    drawn = draw_forest(forest(size, worse, **places), "name", WIDE)

    numbers = [
        float(one) for one in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", " ".join(re.findall(r' d="([^"]*)"', drawn)))
    ]
    assert max(map(abs, numbers)) < 10_000
    assert not re.search(r'="[^"]*\b(nan|inf)\b', drawn)
    assert "row 1" in drawn


def test_what_is_out_of_all_range_is_an_arrow_at_the_edge():
    """The axis ends at a million times, and the interval says that it continues."""
    low, high = span(forest((HUGE, 1.0, HUGE), "right"))

    assert math.isfinite(low)
    assert FARTHEST < high < 1.1 * FARTHEST
    assert "row 0" in draw_forest(forest((HUGE, 1.0, HUGE), "right"), "name", NARROW)


@pytest.mark.parametrize(
    ("values", "heights"),
    [
        ([-HUGE, 0.0, HUGE], [27.2, 17.0, 6.8]),
        ([TINY, 2 * TINY], [27.2, 6.8]),
        ([HUGE, HUGE], [17.0, 17.0]),
        ([0.0, 0.0], [17.0, 17.0]),
    ],
)
def test_a_trend_of_any_size_is_drawn(values, heights):
    """The lowest is at the bottom, the highest at the top, equal ones in the middle."""
    drawn = draw_spark(values, "passed", "name", "label")

    line, *_ = re.findall(r' d="([^"]*)"[^>]*stroke-width="1.5"', drawn)
    assert [float(y) for y in re.findall(r"[ML]\S+ ([\d.]+)", line)] == pytest.approx(heights)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_report_with_figures_of_any_size_is_written(size):
    """Every comparison of the run has them: in the tables, the sentences, and the drawings."""
    mean, low, high = size
    sample = sample_run()

    def changed(comparison: Comparison) -> Comparison:
        estimate = Estimate(mean=mean, low=low, high=high, n=60, method="m")
        return msgspec.structs.replace(
            comparison,
            baseline_mean=estimate,
            candidate_mean=estimate,
            delta=estimate,
            ratio=estimate if comparison.unit else None,
            ratio_bound=high if comparison.unit else None,
        )

    verdicts = tuple(msgspec.structs.replace(one, comparison=changed(one.comparison)) for one in sample.run.verdicts)
    run = msgspec.structs.replace(sample.run, verdicts=verdicts)

    page = render(run, sample.answers, sample.judgements)

    assert page.count("<svg") >= 4
    assert max(map(len, re.findall(r"\d+", re.sub(r"<[^>]*>", " ", page.split("<main")[1])))) < 70
