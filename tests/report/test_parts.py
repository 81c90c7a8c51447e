"""What the report is made of: the budget of a page, drawings, trends. The page itself is tested in test_report.py."""

import math
import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.compared import Comparison, Row
from harness.records.estimate import Estimate
from harness.report.drawing.plots import NARROW, WIDE, Forest, Line, draw_forest, draw_spark, span
from harness.report.evidence.budget import FULL_HERE, SHORT_BYTES, SHORT_PAIRS, budget_of, fair
from harness.report.view.trends import trend_of
from harness.runs.history import Point
from harness.text.shown import fitting, show
from tests.sample_run import sample_run

NAN = Estimate(mean=math.nan, low=-math.inf, high=math.inf, n=0, method="m")
HOSTILE_NAME = "</text></svg><script>alert(1)</script> $x^{2}$ 日本語 \N{WAVING HAND SIGN} & ]]>"


def forest(*lines: Line, **changes: object) -> Forest:
    """Return what a forest plot of differences shows."""
    return msgspec.structs.replace(Forest(lines=lines, neutral=0.0, worse="left", axis="difference"), **changes)


def line(mean: float = -0.03, low: float = -0.05, high: float = 0.01, **changes: object) -> Line:
    """Return one row of a forest plot."""
    estimate = Estimate(mean=mean, low=low, high=high, n=10, method="m")
    return msgspec.structs.replace(Line(label="a gate", figure="figure", kind="failed", estimate=estimate), **changes)


def comparison(lost: int = 0, right: int = 0, **changes: object) -> Comparison:
    """Return a comparison with so many lost cases and others that are right on both sides."""
    ids = [f"case-{index}" for index in range(lost + right)]
    rows = tuple(Row(case_id=name, baseline=1, candidate=float(place >= lost)) for place, name in enumerate(ids))
    known = sample_run().run.verdicts[0].comparison
    nothing = {"won": (), "unscored": (), "lost": tuple(ids[:lost])}
    return msgspec.structs.replace(known, rows=rows, **{**nothing, **changes})


# Budget


def test_few_cases_have_all_the_room():
    """A small run shows its cases in full, and texts are cut only where they always are."""
    budget = budget_of([comparison(lost=30)])

    assert sum(len(part.full) for part in budget.shown[0]) == 30
    assert budget.full_bytes > 4 * 4_000


@given(st.lists(st.integers(0, 30_000), max_size=6))
def test_many_cases_are_cut_harder_and_no_page_grows_past_its_budget(lost):
    """Whatever the counts, cases in short and their texts stay within what a page of 8 MB can hold."""
    known = comparison(lost=1)
    comparisons = [msgspec.structs.replace(known, lost=("x",) * count) for count in lost]
    budget = budget_of(comparisons)
    short = [sum(len(part.short) for part in parts) for parts in budget.shown]
    full = [sum(len(part.full) for part in parts) for parts in budget.shown]

    assert sum(short) <= SHORT_PAIRS
    assert sum(short) * 3 * budget.short_bytes < SHORT_BYTES
    assert all(shown >= min(count, 60) for shown, count in zip(full, lost, strict=True))


@given(st.lists(st.integers(0, 500), max_size=9), st.integers(0, 400))
def test_fair_shares_meet_small_needs_and_stay_within_the_total(needs, total):
    """Nobody gets more than needed, and who gets less than needed gets as much as anybody."""
    given_out = fair(needs, total)

    assert sum(given_out) == min(total, sum(needs)) or sum(given_out) > total - len(needs)
    assert all(got <= need for got, need in zip(given_out, needs, strict=True))
    short = [got for got, need in zip(given_out, needs, strict=True) if got < need]
    assert not short or max(given_out) - min(short) <= 1


def test_every_case_is_full_short_or_rest():
    """Nothing of a fate is lost on the way, and the order is kept."""
    many = comparison(lost=SHORT_PAIRS + 1_000)
    ((part,),) = budget_of([many]).shown

    assert (*part.full, *part.short, *part.rest) == many.lost
    assert (len(part.full), len(part.short), len(part.rest)) == (FULL_HERE, SHORT_PAIRS, 800)


def test_first_gates_take_the_room_for_short_cases():
    """The worst gate, which comes first, shows all its flips before the next one shows any in short."""
    first, second = budget_of([comparison(lost=SHORT_PAIRS), comparison(lost=SHORT_PAIRS)]).shown

    assert not first[0].rest
    assert len(second[0].short) == FULL_HERE


def test_cases_right_on_both_sides_have_no_fate():
    """They are counted on the page, not listed."""
    assert budget_of([comparison(right=50)]).shown == ((),)


@given(st.text(), st.integers(0, 300))
def test_text_never_takes_more_of_the_page_than_it_may(text, page_bytes):
    """Quotes, letters of many bytes and named characters count as what they take in the file."""
    from markupsafe import escape

    shown = show(text, page_bytes=page_bytes)
    size = sum(len(escape(piece.text).encode()) for piece in shown.pieces)

    assert size <= page_bytes
    assert fitting(text, page_bytes) + shown.left_out == len(text)


# Forest plots


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
def test_drawing_is_one_element_without_style_script_or_address(layout):
    """The page's policy forbids style attributes; names from outside stay text."""
    drawn = draw_forest(forest(line(label=HOSTILE_NAME, limit=-0.02)), "f", layout)
    tags = {element.tag for element in ET.fromstring(drawn).iter()}  # noqa: S314 - our own drawing

    assert tags <= {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect", "tspan"}
    assert not re.search(r"style=|<script|https?:|#00a0", drawn)
    assert "var(--failed)" in drawn
    assert 'role="img"' in drawn


def test_same_figures_give_the_same_bytes():
    """No date, no chance, and no trace of what was drawn before."""
    first = draw_forest(forest(line()), "f", WIDE)
    draw_forest(forest(line(), line()), "g", NARROW)

    assert draw_forest(forest(line()), "f", WIDE) == first


def test_two_drawings_share_no_id():
    """Both stand on one page."""
    ids = [
        set(re.findall(r'id="([^"]+)"', draw_forest(forest(line()), name, layout)))
        for name in ("f", "g")
        for layout in (WIDE, NARROW)
    ]

    assert sum(map(len, ids)) == len(set.union(*ids))


ends = st.floats(-1, 1)


@given(
    st.lists(st.tuples(ends, ends, ends), max_size=6),
    st.none() | st.floats(-1, 1),
    st.sampled_from(["left", "right"]),
)
def test_axis_shows_all_that_is_worse_and_every_limit_on_that_side(triples, limit, worse):
    """A loss is never cut off; a gain far beyond all losses may be."""
    lines = [line(mean, low, high, limit=limit) for low, mean, high in map(sorted, triples)]
    low, high = span(forest(*lines, worse=worse))

    assert low < 0 < high
    for each in lines:
        assert each.estimate is not None
        worst = each.estimate.low if worse == "left" else each.estimate.high
        assert low < worst if worse == "left" else worst < high


def test_interval_beyond_the_axis_ends_in_an_arrow():
    """A gain of 5 beside losses of 0.05 is cut at the edge, and does not squeeze the rest."""
    near, far = line(), line(5.0, 4.0, 6.0)
    low, high = span(forest(near, far))

    assert -0.1 < low < high < 0.5
    assert draw_forest(forest(near, far), "f", WIDE)


def dashes(drawn: str) -> int:
    """Count the lines of a drawing that are dashed or dotted."""
    return len(re.findall(r'stroke-dasharray="(?!none)', drawn))


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("reach", [-0.08, 0.15], ids=["held", "missed"])
def test_a_floor_is_drawn_in_its_row(layout, reach):
    """As a dotted line of its own beside the limit's, and the axis is long enough for it."""
    without, with_floor = (forest(line(limit=-0.1, reach=place)) for place in (None, reach))
    low, high = span(with_floor)

    assert low < reach < high
    assert dashes(draw_forest(with_floor, "f", layout)) == dashes(draw_forest(without, "f", layout)) + 1


@pytest.mark.parametrize("reach", [-0.6, 0.6])
def test_a_floor_far_away_is_an_arrow_and_does_not_squeeze_the_rest(reach):
    """A floor of 0.3 is far below sides of 0.9."""
    without, with_floor = (forest(line(reach=place)) for place in (None, reach))
    drawn = draw_forest(with_floor, "f", WIDE)

    assert span(with_floor) == span(without)
    assert drawn != draw_forest(without, "f", WIDE)
    assert dashes(drawn) == dashes(draw_forest(without, "f", WIDE))


@pytest.mark.parametrize("estimate", [None, NAN], ids=["none", "not a number"])
def test_row_without_figures_is_named_and_not_drawn(estimate):
    """It stands in the plot with its name."""
    drawn = draw_forest(forest(line(), line(label="empty", estimate=estimate, reach=0.1)), "f", WIDE)

    assert "empty" in drawn
    assert "nan" not in drawn.lower()


def test_letters_that_no_font_has_bring_no_warning():
    """Warnings are errors here: a run must not end with one because a test has a Japanese name."""
    assert "日本語" in draw_forest(forest(line(label="日本語")), "f", WIDE)


# Trends


def point(mean: float | None, number: int = 1) -> Point:
    """Return a gate in one run."""
    return Point(
        run=f"run-{number}",
        number=number,
        time="2026-11-22T10:00:00+00:00",
        candidate="triage",
        mean=mean,
        delta=-0.1,
        outcome="failed",
    )


@pytest.mark.parametrize("means", [[], [0.5], [None, 0.5], [math.nan, 0.5]])
def test_fewer_than_two_runs_are_no_trend(means):
    """Nothing is drawn of one run, nor of runs in which nothing was scored."""
    assert trend_of([point(mean, number) for number, mean in enumerate(means)], "t") is None


def test_trend_names_ends_and_extremes_and_lists_the_latest_first():
    """The sentence says in words what the line shows."""
    trend = trend_of([point(mean, number) for number, mean in enumerate([0.5, 0.9, 0.7], start=1)], "t")

    assert trend is not None
    assert (
        trend.sentence
        == "Candidate\N{RIGHT SINGLE QUOTATION MARK}s mean in 3 runs: from 0.500 to 0.700, lowest 0.500, highest 0.900"
    )
    assert [row.run for row in trend.rows] == ["3", "2", "1"]
    assert trend.sentence in trend.svg


def test_gate_used_twice_in_a_run_is_one_point_of_its_trend():
    """A run counts once."""
    assert trend_of([point(0.5), point(0.6)], "t") is None


def test_flat_trend_is_drawn():
    """Equal values give a level line, not a division by zero."""
    assert "NaN" not in draw_spark([0.5, 0.5, 0.5], "passed", "t", "level")
