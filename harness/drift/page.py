"""The page of a drift: one static HTML file, nothing from outside, no script, and no word of any request."""

import os
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from harness.drift.found import TITLES, Charted, Drift, Figure, Question, Who
from harness.drift.told import OUTCOMES, WHO, caption, figure_cells, headline, next_steps, who_facts
from harness.records.compared import Outcome
from harness.records.estimate import Estimate
from harness.records.record import Record
from harness.report.drawing import plots
from harness.report.drawing.course import NARROW, SMALL, Course, draw_course, span_of
from harness.report.drawing.course import Line as Drawn
from harness.report.drawing.plots import Forest, draw_forest
from harness.report.view.facts import Pairs, readable
from harness.stats.ewma import FEWEST_DAYS
from harness.stats.judges.attributed import Mover
from harness.text.atomic import write_atomically
from harness.text.figures import count, interval, number, signed, signed_interval
from harness.text.pages import part_digest, read_part, template
from harness.text.shown import fact

STYLES = ("style.css", "curve.css", "drift.css")
COLUMNS = ("Figure", "Compared with", "Logs", "Reference", "Change", "Margin", "Verdict")
NUMBERS = ("Logs", "Reference", "Change", "Margin")
"""Columns of numbers; one without any is left out."""
MOST_SLICES = 40
LOOKS: dict[Mover, Outcome] = {
    "judge": "inconclusive",
    "adapter": "failed",
    "both": "failed",
    "nobody": "passed",
    "too little": "inconclusive",
}
"""How it looks who drifted: a judge that moved says nothing of the adapter, and one that got better is no alarm."""


class Shown(Record, frozen=True, kw_only=True):
    """One question, ready to print; ``link`` leads to the report of the run that answered it."""

    anchor: str
    title: str
    outcome: Outcome | Literal["advisory"]
    """How the verdict looks; "advisory" for a question that was not asked."""
    verdict: str
    reasons: tuple[str, ...]
    wide: str
    narrow: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Outcome, tuple[str, ...]], ...]
    run: str
    link: str


class Chart(Record, frozen=True, kw_only=True):
    """One figure over the runs: two drawings, its caption, and whether it is beyond its limits."""

    wide: str
    narrow: str
    caption: str
    alarm: bool


class ShownJudge(Record, frozen=True, kw_only=True):
    """Who drifted by one rubric: how the verdict looks, its words, and figures with their names."""

    rubric: str
    outcome: Outcome
    verdict: str
    sentence: str
    facts: Pairs


class Page(Record, frozen=True, kw_only=True):
    """All that the page prints."""

    headline: str
    outcome: Outcome
    next: tuple[str, ...]
    counts: Pairs
    about: str
    questions: tuple[Shown, ...]
    numbers: tuple[str, ...]
    judges: tuple[ShownJudge, ...]
    slices: tuple[tuple[str, ...], ...]
    more_slices: str
    charts: tuple[Chart, ...]
    learning: str
    """How many runs are still to come before there is anything to draw; empty where there are enough."""
    notes: tuple[str, ...]


def write_drift_page(path: Path, drift: Drift, runs: Path) -> None:
    """Write the page, which links reports in the folder of the runs; it appears whole or not at all.

    Raises:
        StoreError: it can't be written.
    """
    text = render_drift(drift, os.path.relpath(runs, path.parent))
    write_atomically(path, text.encode(errors="replace"))


def render_drift(drift: Drift, runs: str) -> str:
    """Return the page; ``runs`` is the folder of the runs as seen from it."""
    from markupsafe import Markup

    style = read_part(*STYLES)
    return template("drift.html.j2").render(
        page=page_of(drift, runs),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=part_digest(style),
    )


def page_of(drift: Drift, runs: str) -> Page:
    """Return what the page prints."""
    more = len(drift.slices) - MOST_SLICES
    window = " to ".join(readable(one) for one in (drift.since or drift.first, drift.until) if one)
    about = (
        f"Promoted: {drift.adapter or 'nothing'}. Answers at release: {drift.release or 'not known'}. Logs: {window}."
    )
    return Page(
        headline=fact(headline(drift)),
        outcome=OUTCOMES[drift.verdict],
        next=next_steps(drift),
        counts=(
            ("requests", f"{drift.requests:,}"),
            ("looked at", f"{drift.drawn:,}"),
            ("problems in the logs", f"{drift.unreadable:,}"),
            ("figures that drifted", f"{_drifted(drift)}"),
        ),
        about=fact(about),
        questions=tuple(_question(one, runs) for one in drift.questions),
        numbers=NUMBERS,
        judges=tuple(map(_judge, drift.judges)),
        slices=tuple(
            (
                fact(f"{one.of} {one.name}", 200),
                fact(one.figure, 200),
                f"{number(one.now.mean)} ({interval(one.now)})",
                f"{number(one.reference.mean)}{' (all answers)' if one.of_all else ''}",
                f"{signed(one.change.mean)} ({signed_interval(one.change)})",
                f"{one.now.n:,}",
            )
            for one in drift.slices[:MOST_SLICES]
        ),
        more_slices=f"And {count(more, 'more slice')}; --json has all." if more > 0 else "",
        charts=tuple(_chart(one) for one in drift.charts if one.limit is not None),
        learning=_learning(drift.charts),
        notes=tuple(map(fact, drift.notes)),
    )


def _drifted(drift: Drift) -> int:
    figures = sum(one.verdict == "drifted" for question in drift.questions for one in question.figures)
    return figures + sum(one.alarm for one in drift.charts)


def _learning(charts: Sequence[Charted]) -> str:
    done = max((one.learned for one in charts if one.limit is None), default=0)
    if not done or any(one.limit for one in charts):
        return ""
    later = f"figures are drawn over time from run {FEWEST_DAYS + 1} on, against the first {FEWEST_DAYS}"
    return f"{count(done, 'run')} so far; {later}."


def _question(question: Question, runs: str) -> Shown:
    forest = Forest(
        lines=tuple(_line(one) for one in question.figures if one.change is not None),
        neutral=0.0,
        worse="right",
        axis="change for the worse",
    )
    drawn = bool(forest.lines)
    cells = [tuple(fact(cell, 200) for cell in figure_cells(one)) for one in question.figures]
    shown = [name not in NUMBERS or any(row[at] for row in cells) for at, name in enumerate(COLUMNS)]
    return Shown(
        anchor=question.name,
        title=TITLES[question.name],
        outcome=OUTCOMES[question.verdict] if question.verdict else "advisory",
        verdict=question.verdict or "not asked",
        reasons=tuple(fact(one, 400) for one in question.reasons),
        wide=draw_forest(forest, question.name, plots.WIDE) if drawn else "",
        narrow=draw_forest(forest, question.name, plots.NARROW) if drawn else "",
        columns=tuple(compress(COLUMNS, shown)),
        rows=tuple(
            (OUTCOMES[one.verdict or "too little to tell"], tuple(compress(row, shown)))
            for one, row in zip(question.figures, cells, strict=True)
        ),
        run=fact(question.run, 80),
        link=f"{runs}/{quote(question.run)}/report.html" if question.run else "",
    )


def _judge(who: Who) -> ShownJudge:
    is_better = who.outcome == "adapter" and who.moved_by > 0
    return ShownJudge(
        rubric=fact(who.rubric, 80),
        outcome="passed" if is_better else LOOKS[who.outcome],
        verdict=WHO[who.outcome],
        sentence=fact(who.sentence, 1_000),
        facts=who_facts(who),
    )


def _line(figure: Figure) -> plots.Line:
    change = figure.change
    if change is not None and figure.worse == "lower":
        change = Estimate(mean=-change.mean, low=-change.high, high=-change.low, n=change.n, method=change.method)
    of = f", {figure.against}" if figure.against not in {"", "release"} else ""
    return plots.Line(
        label=fact(f"{figure.name}{of}", 200),
        figure="" if change is None else signed(change.mean),
        interval="" if change is None else signed_interval(change),
        kind=OUTCOMES[figure.verdict or "too little to tell"],
        estimate=change,
        limit=figure.margin,
    )


def _chart(chart: Charted) -> Chart:
    half = chart.limit or 0.0
    learned, runs = chart.learned, len(chart.values)
    scores, average = (
        [(at, one) for at, one in enumerate(side, 1) if one is not None] for side in (chart.scores, chart.average)
    )
    ends = ((learned + 1, runs) if runs > learned + 1 else (learned, runs)) if chart.limit else (1, 1)
    course = Course(
        label=f"{fact(chart.figure, 200)} over the runs",
        lines=(
            Drawn(name="a run", points=tuple(scores), ink="edge", width=0.8, dots=True),
            Drawn(name="average", points=tuple(average), ink="failed" if chart.alarm else "measured", width=2),
            Drawn(name="limits", points=tuple((at, half) for at in ends), ink="soft", width=1.2, dashes="5 3"),
            Drawn(name="", points=tuple((at, -half) for at in ends), ink="soft", width=1.2, dashes="5 3"),
        ),
        span=span_of([half, -half, *(one for _, one in average)], [one for _, one in scores]),
        steps=ends,
        found=tuple((place + 1, "") for place in chart.alarms),
    )
    return Chart(
        wide=draw_course(course, SMALL),
        narrow=draw_course(course, NARROW),
        caption=fact(f"{chart.figure}: {caption(chart)}", 300),
        alarm=chart.alarm,
    )
