"""The marks of one gate over the runs."""

import re
from itertools import pairwise

import pytest

from harness.report.drawing.strip import HEIGHT, ROOM, WIDTH, Mark, draw_strip


def drawn(*means: float | None, places: int = 0, outcome: str = "passed") -> list[tuple[float, float]]:
    """Return where the marks of these means are, one run after the other."""
    marks = [Mark(place=place, run=place, outcome=outcome, mean=mean) for place, mean in enumerate(means)]
    svg = draw_strip(marks, places or len(means), "x")
    return [(float(x), float(y)) for x, y in re.findall(r'x="([^"]+)" y="([^"]+)"', svg)]


def test_later_runs_are_further_right_and_higher_means_higher():
    """From edge to edge; a page counts downwards."""
    places = drawn(0.25, 0.5, 1.0)

    assert [x for x, _ in places] == [ROOM, WIDTH / 2, WIDTH - ROOM]
    assert places[0][1] == HEIGHT - ROOM
    assert places[2][1] == ROOM
    assert all(one[1] > other[1] for one, other in pairwise(places))


def test_equal_means_are_in_the_middle_and_a_missing_one_at_the_bottom():
    """Never at a height that means something else."""
    assert {y for _, y in drawn(0.5, 0.5)} == {HEIGHT / 2}
    assert [y for _, y in drawn(0.5, None, 0.5)] == [HEIGHT / 2, HEIGHT - ROOM, HEIGHT / 2]


def test_without_any_mean_each_outcome_has_its_height():
    """Passed runs don't hide behind failed ones."""
    heights = [drawn(None, outcome=outcome)[0][1] for outcome in ("passed", "inconclusive", "failed")]

    assert heights == [ROOM, HEIGHT / 2, HEIGHT - ROOM]


@pytest.mark.parametrize("means", [(1.7e308, -1.7e308), (float("inf"), 0.5), (float("nan"), 0.5), (5e-324, 0.0)])
def test_the_largest_numbers_stay_on_the_page(means):
    """An edited record can hold anything."""
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn(*means))


def test_one_run_alone_is_in_the_middle():
    """There is no first and last."""
    assert drawn(0.7) == [(WIDTH / 2, HEIGHT / 2)]


def test_the_worst_is_drawn_last_so_that_nothing_hides_it():
    """A thousand passed runs are a line, on which a failed one shows."""
    outcomes = ("failed", "passed", "inconclusive")
    svg = draw_strip([Mark(place=0, run=0, outcome=one, mean=0.5) for one in outcomes], 1, "x")

    assert re.findall('href="#(.)"', svg) == ["p", "i", "f"]


def test_a_hostile_name_is_escaped():
    """The label has the name of a gate."""
    svg = draw_strip([], 0, '"><script>alert(1)</script>')

    assert "<script" not in svg
    assert '"&gt;' not in svg
