"""What the gates' picture is made of."""

import msgspec
import pytest

from harness.records.compared import Comparison, Gate
from harness.records.estimate import Estimate
from harness.report.drawing.plots import Line
from harness.report.view.overview import Judged, _lines
from tests.sample_run import sample_run


def estimate(mean: float) -> Estimate:
    """A mean with an interval."""
    return Estimate(mean=mean, low=mean - 0.05, high=mean + 0.05, n=60, method="m")


def row(comparison: Comparison, **thresholds: float) -> Line:
    """Return the row of a gate with these thresholds."""
    (line,) = _lines([Judged(title="t", kind="passed", comparison=comparison, gate=Gate(**thresholds))])
    return line


SCORES = msgspec.structs.replace(
    sample_run().run.verdicts[0].comparison,
    tag="",
    unit="",
    baseline_mean=estimate(0.8),
    candidate_mean=estimate(0.75),
    delta=estimate(-0.05),
)
SECONDS = msgspec.structs.replace(
    SCORES, unit="s", baseline_mean=estimate(2.0), candidate_mean=estimate(3.0), ratio=estimate(1.5)
)


def test_a_floor_is_where_the_candidate_would_just_reach_it():
    """0.65 of a baseline at 0.8 is a difference of -0.15; the limit of a drop stays beside it."""
    line = row(SCORES, floor=0.65, max_drop=0.1)

    assert line.reach == pytest.approx(-0.15)
    assert line.limit == -0.1


def test_a_ceiling_is_a_ratio():
    """4 seconds of a baseline of 2 are twice as many."""
    assert row(SECONDS, ceiling=4.0).reach == pytest.approx(2.0)


def test_without_floor_or_figures_nothing_is_drawn():
    """Also where a quantity is 0, to which nothing is in relation."""
    assert row(SCORES, max_drop=0.1).reach is None
    assert row(msgspec.structs.replace(SCORES, delta=None), floor=0.5).reach is None
    assert row(msgspec.structs.replace(SECONDS, candidate_mean=estimate(0.0)), ceiling=4.0).reach is None
