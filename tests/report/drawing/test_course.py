"""A figure over the steps of a training."""

import pytest

from harness.report.drawing.course import MOST, SMALL, Course, Line, draw_course, span_of, thinned


def test_of_many_points_none_that_stands_out_is_lost():
    """Of each stretch the lowest and the highest stay, in their order."""
    points = [(step, 1.0) for step in range(10_000)]
    points[5_123] = (5_123, 9.0)
    points[7_000] = (7_000, -9.0)

    kept = thinned(points)

    assert len(kept) <= MOST
    assert {(5_123, 9.0), (7_000, -9.0)} <= set(kept)
    assert kept == sorted(kept)
    assert thinned(points[:MOST]) == points[:MOST]


@pytest.mark.parametrize(
    ("whole", "single", "span"),
    [
        ([1.0, 2.0], [], (0.95, 2.05)),
        ([1.0, 2.0], [*[1.5] * 98, 50.0, 60.0], (0.95, 2.05)),
        ([1.0], [60.0], (0.0, 62.95)),
        ([0.0, 1.0], [], (0.0, 1.05)),
        ([2.0], [2.0], (1.96, 2.04)),
        ([], [], (0.0, 1.05)),
    ],
)
def test_an_axis_shows_all_but_single_outliers(whole, single, span):
    """It has room for one figure too, and begins at 0 where that is near."""
    assert span_of(whole, single) == pytest.approx(span)


def test_a_value_beyond_the_axis_is_at_its_edge():
    """And a line of one point is a dot."""
    course = Course(
        label="a",
        lines=(Line(name="b", points=((1, 99.0),), ink="measured", width=2),),
        span=(0.0, 1.0),
        steps=(0, 1),
    )

    drawn = draw_course(course, SMALL)

    assert '<circle cx="328" cy="26"' in drawn
