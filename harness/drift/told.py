"""What people read of a drift: a headline, what to do next, and figures in words; for the page and the terminal."""

import math

from harness.drift.found import Asked, Charted, Drift, Figure, Who
from harness.records.compared import Outcome
from harness.stats.judges.attributed import Mover
from harness.stats.two_sample import Verdict
from harness.text.figures import count, interval, join, measured, number, percent, signed, signed_interval

OUTCOMES: dict[Verdict, Outcome] = {"steady": "passed", "drifted": "failed", "too little to tell": "inconclusive"}
NAMES: dict[Asked, str] = {"inputs": "inputs", "answers": "answers", "adapter": "the adapter"}
WHO: dict[Mover, str] = {
    "judge": "the judge moved",
    "adapter": "the adapter changed",
    "both": "judge and adapter changed",
    "nobody": "nobody moved",
    "too little": "too little to tell who moved",
}
MOST_E = 1_000
"""E-values above it are all the same to people."""
MOST_ALARMS = 4
"""Alarms of a chart that are named, the last ones."""
NEXT: dict[Asked, str] = {
    "inputs": "Look at requests that the suite has none of, and add cases: harness cases propose LOGS.",
    "answers": "Look at the slices that got worse, and use --rerun: it tells whether the adapter itself changed.",
    "adapter": "Compare both runs in the report, and look at what changed: engine, base model, hosted model.",
}


def headline(drift: Drift) -> str:
    """Return the verdict in one sentence.

    >>> from harness.drift.found import Question
    >>> one = Question(name="inputs", verdict="drifted")
    >>> headline(Drift(suite="mine", time="", requests=9, unreadable=0, drawn=9, verdict="drifted", questions=(one,)))
    'mine: inputs drifted'
    """
    for verdict, said in (("drifted", "drifted"), ("too little to tell", "too little to tell of")):
        names = [NAMES[one.name] for one in drift.questions if one.verdict == verdict]
        if names:
            return (
                f"{drift.suite}: {join(names)} {said}"
                if verdict == "drifted"
                else f"{drift.suite}: {said} {join(names)}"
            )
    return f"{drift.suite}: steady"


def next_steps(drift: Drift) -> tuple[str, ...]:
    """Return what to do, a line for each question that drifted; else what the verdict means."""
    drifted = tuple(NEXT[one.name] for one in drift.questions if one.verdict == "drifted")
    if drifted:
        return drifted
    if drift.verdict == "steady":
        return ("Nothing to do: every figure is within its margin.",)
    return ("Nothing drifted, but some figures can't be told: more requests, or more cases, would.",)


def change_for_worse(figure: Figure) -> str:
    """Return how far a figure changed, with its interval."""
    if figure.change is None:
        return ""
    return f"{signed(figure.change.mean)} ({signed_interval(figure.change)})"


def figure_cells(figure: Figure) -> tuple[str, ...]:
    """Return a figure's name, what it is compared with, its values on both sides, its change, margin and verdict."""
    now, then = (
        f"{measured(one.mean, _unit(figure))} ({interval(one, _unit(figure))})" if one else ""
        for one in (figure.now, figure.reference)
    )
    return (
        figure.name,
        figure.against,
        now,
        then,
        change_for_worse(figure),
        "" if figure.margin is None else number(figure.margin),
        figure.verdict or "charted",
    )


def lines_of(drift: Drift, page: str) -> tuple[str, ...]:
    """Return what the terminal shows: the verdict, each question with its reasons, slices, and where the page is."""
    lines = [headline(drift), f"{count(drift.requests, 'request')}, {drift.drawn:,} of them looked at"]
    for one in drift.questions:
        lines += [f"{NAMES[one.name]}: {one.verdict or 'not asked'}", *(f"  {reason}" for reason in one.reasons)]
        if one.run:
            lines.append(f"  run: {one.run}")
    lines += [
        f"worse: {one.figure} of {one.of} {one.name}: {number(one.now.mean)}, {number(one.reference.mean)} at release"
        for one in drift.slices
    ]
    for who in drift.judges:
        lines += [f"judge of {who.rubric}: {WHO[who.outcome]}", f"  {who.sentence}"]
        lines += [f"  {name}: {value}" for name, value in who_facts(who)]
    lines += [f"note: {note}" for note in drift.notes]
    return (*lines, *next_steps(drift), f"page: {page}")


def who_facts(who: Who) -> tuple[tuple[str, str], ...]:
    """Return the figures by which it is told who drifted, with their names; none where nothing was judged."""
    if not who.anchors and not who.answers:
        return ()
    now, then = (
        "not known"
        if one is None
        else f"{percent(one.mean)} ({percent(one.low)} to {percent(one.high)}), {count(one.n, 'label')}"
        for one in (who.agreement, who.agreement_then)
    )
    return (
        ("agrees with people now", now),
        ("when it was checked", then),
        ("e-value that the judge moved", f"{_e_value(who.judge_e)}, {who.enough:g} is enough"),
        ("e-value that the answers changed", f"{_e_value(who.answers_e)}, {who.enough:g} is enough"),
        ("judged so far", f"{count(who.anchors, 'anchor')}, {count(who.answers, 'answer')}"),
    )


def caption(chart: Charted) -> str:
    """Return the value of the last run, what was expected of it, and whether it is beyond its limits."""
    value, expected = (_written(one, chart.unit) for one in (chart.values[-1], chart.expected))
    beyond = join([f"{place + 1}" for place in chart.alarms[-MOST_ALARMS:]])
    now = "beyond its limits" if chart.alarm else "within its limits"
    return f"{value}, before {expected}; {now}{f'; alarms in run {beyond}' if beyond else ''}"


def _e_value(value: float) -> str:
    return f"over {MOST_E:,}" if value > MOST_E else f"{value:.3g}"


def _written(value: float | None, unit: str) -> str:
    if value is not None and unit == "log s":
        return measured(math.exp(value), "s")
    return measured(value, "" if unit == "share" else unit)


def _unit(figure: Figure) -> str:
    return "" if figure.unit == "share" else figure.unit
