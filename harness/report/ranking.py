"""The ranking of several candidates as lines for a terminal, and as Markdown for the summary of a CI job."""

from collections.abc import Sequence

from harness.report.markdown import MARKS, SUMMARY_BYTES, fitting_lines
from harness.report.view.ranking import CandidateRow, GateTable, ranking_view
from harness.runs.ranking import Ranking
from harness.text.visible import for_markdown, for_terminal

INDENT = "  "
COLUMNS = ("Rank", "Candidate", "Outcome", "As the one chosen", "Mean difference", "Run")
GATE_COLUMNS = ("Candidate", "Outcome", "Difference", "95 %, all at once", "Against the best")


def ranking_lines(ranking: Ranking) -> list[str]:
    """Return the ranking for a terminal: the conclusion last."""
    view = ranking_view(ranking)
    lines = [f"ranking of {len(view.rows)} candidates against {for_terminal(view.baseline, None)}:"]
    lines += _aligned([(f"{one.rank}.", one.name, _outcome(one), one.mean, f"run {one.run}") for one in view.rows])
    for gate in view.gates:
        lines += ["", for_terminal(f"{gate.title}: {gate.about}", None)]
        lines += _aligned([(one.name, one.outcome, one.figure, one.interval, one.standing) for one in gate.rows])
        lines += [f"{INDENT}{for_terminal(note, None)}" for note in gate.notes]
    return [*lines, "", view.rule, for_terminal(view.conclusion, None)]


def markdown_ranking(ranking: Ranking, most: int = SUMMARY_BYTES) -> str:
    """Return the ranking as Markdown; lines beyond ``most`` bytes in all are left out and counted."""
    view = ranking_view(ranking)
    lines = [f"### {MARKS[view.rows[0].if_chosen]} {for_markdown(view.conclusion)}", "", for_markdown(view.rule), ""]
    lines += _table(
        COLUMNS,
        [
            (str(one.rank), one.name, _marked(one.outcome), _marked(one.if_chosen), one.mean, one.run)
            for one in view.rows
        ],
    )
    return fitting_lines([*lines, *(line for gate in view.gates for line in _gate(gate))], most, "more line")


def _gate(gate: GateTable) -> list[str]:
    rows = [(one.name, _marked(one.outcome), one.figure, one.interval, one.standing) for one in gate.rows]
    notes = [part for note in gate.notes for part in (for_markdown(note), "")]
    return [f"**{for_markdown(gate.title)}**: {for_markdown(gate.about)}", "", *_table(GATE_COLUMNS, rows), *notes]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(for_markdown(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(columns)} |", f"|{' :-- |' * len(columns)}", *lines, ""]


def _outcome(one: CandidateRow) -> str:
    return one.outcome if one.if_chosen == one.outcome else f"{one.outcome} alone, {one.if_chosen} as the one chosen"


def _marked(outcome: str) -> str:
    return f"{MARKS[outcome]} {outcome}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    shown = [[for_terminal(cell, None) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        (INDENT + INDENT.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in shown
    ]
