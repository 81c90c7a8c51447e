"""Draw how one gate did over the runs: a mark for each run, placed by its mean and shaped by its outcome.

The page defines the three shapes; here each mark only names its own, so that thousands of them stay small.
"""

import math
from collections.abc import Sequence

from markupsafe import escape

from harness.records.compared import OUTCOMES, Outcome
from harness.records.record import Record

WIDTH, HEIGHT, ROOM = 480, 56, 6
"""In the drawing's units; ``ROOM`` is around the marks."""
SHAPES: dict[Outcome, str] = {"passed": "p", "failed": "f", "inconclusive": "i"}
"""The ids of the shapes, which are short because a page names them thousands of times."""


class Mark(Record, frozen=True, kw_only=True):
    """One run: its place in the order of all that are drawn, and the mean; None where nothing was scored."""

    place: int
    run: int
    outcome: Outcome
    mean: float | None


def draw_strip(marks: Sequence[Mark], places: int, label: str) -> str:
    """Return the marks as SVG, with ``label`` for readers who can't see them; the worst outcomes are drawn on top.

    Where no run has a mean, each outcome has a height of its own.
    """
    values = [one.mean for one in marks if one.mean is not None and math.isfinite(one.mean)]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)

    def down(one: Mark) -> float:
        return _share(one.mean, low, high) if values else OUTCOMES.index(one.outcome) / (len(OUTCOMES) - 1)

    drawn = "".join(
        f'<use href="#{SHAPES[one.outcome]}" x="{_across(one.place, places)}" '
        f'y="{HEIGHT - ROOM - down(one) * (HEIGHT - 2 * ROOM):.3g}" data-run="{one.run}"/>'
        for outcome in reversed(OUTCOMES)
        for one in marks
        if one.outcome == outcome
    )
    return f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{drawn}</svg>'


def _across(place: int, places: int) -> str:
    share = place / (places - 1) if places > 1 else 0.5
    return f"{ROOM + share * (WIDTH - 2 * ROOM):.4g}"


def _share(mean: float | None, low: float, high: float) -> float:
    """Return how high a mean is, from 0 to 1: half where all are the same, 0 where there is none."""
    if mean is None or not math.isfinite(mean):
        return 0.0
    span = high / 2 - low / 2  # half of it, since twice the largest number is infinite
    return (mean / 2 - low / 2) / span if span > 0 else 0.5
