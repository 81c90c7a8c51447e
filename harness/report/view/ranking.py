"""Several candidates of one asking, ready to be printed on a page, in a terminal or in Markdown."""

from harness.records.compared import Outcome
from harness.records.record import Record
from harness.report.sentences import ranked_first
from harness.runs.ranking import RULE, Ranking
from harness.runs.test_ids import title
from harness.text.figures import NOTHING, count_cases, interval, measured, number, signed, signed_interval
from harness.text.shown import fact
from harness.verdicts.ranking import GateRanking, Standing

NAME = 80
AT_ONCE = (
    "The intervals of the differences hold for all candidates at once (95 %, max-t). Tied: the simultaneous interval "
    "of its difference to the best includes 0."
)
ALONE = "The intervals are each candidate's own: this kind of figure has no simultaneous ones."


class CandidateRow(Record, frozen=True, kw_only=True):
    """One candidate in the order of all. ``report`` is the path of its report, seen from another run's folder."""

    rank: int
    name: str
    run: str
    report: str
    is_this: bool
    outcome: Outcome
    if_chosen: Outcome
    mean: str


class StandingRow(Record, frozen=True, kw_only=True):
    """One candidate on one gate."""

    name: str
    outcome: Outcome
    figure: str
    interval: str
    standing: str


class GateTable(Record, frozen=True, kw_only=True):
    """All candidates on one gate, and what is said of them."""

    title: str
    about: str
    rows: tuple[StandingRow, ...]
    notes: tuple[str, ...]


class RankingView(Record, frozen=True, kw_only=True):
    """The ranking: its conclusion, the rule, and all tables."""

    conclusion: str
    rule: str
    baseline: str
    rows: tuple[CandidateRow, ...]
    gates: tuple[GateTable, ...]


def ranking_view(ranking: Ranking, this_run: str = "") -> RankingView:
    """Return everything that is printed; ``this_run`` is the run in whose report it is shown."""
    rows = tuple(
        CandidateRow(
            rank=rank,
            name=fact(one.name, NAME),
            run=str(one.number or fact(one.run, NAME)),
            report=f"../{one.run}/report.html",
            is_this=one.run == this_run,
            outcome=one.outcome,
            if_chosen=one.if_chosen,
            mean=signed(one.mean) if one.mean is not None else NOTHING,
        )
        for rank, one in enumerate(ranking.candidates, start=1)
    )
    return RankingView(
        conclusion=ranked_first(ranking),
        rule=f"{RULE} {AT_ONCE}",
        baseline=fact(ranking.baseline, NAME),
        rows=rows,
        gates=tuple(_table(ranking, gate) for gate in ranking.gates),
    )


def _table(ranking: Ranking, gate: GateRanking) -> GateTable:
    tag = f" on {fact(gate.tag, NAME)}" if gate.tag else ""
    advisory = " (advisory)" if gate.gate.advisory else ""
    best = next((one for one in gate.standings if one.figure is not None), None)
    return GateTable(
        title=f"{title(gate.test_id)}{tag}{advisory}",
        about=f"{fact(gate.scorer, 120)}, {count_cases(gate.cases)} scored for all",
        rows=tuple(_row(ranking.names[one.place], one, gate, is_best=one is best) for one in gate.standings),
        notes=tuple(_notes(ranking, gate)),
    )


def _row(name: str, one: Standing, gate: GateRanking, *, is_best: bool) -> StandingRow:
    if one.figure is None:
        return StandingRow(
            name=fact(name, NAME), outcome=one.outcome, figure=NOTHING, interval="nothing scored", standing=NOTHING
        )
    return StandingRow(
        name=fact(name, NAME),
        outcome=one.outcome,
        figure=measured(one.figure.mean, "") if gate.unit else signed(one.figure.mean),
        interval=interval(one.figure) if gate.unit else signed_interval(one.figure),
        standing="best" if is_best else _behind(one),
    )


def _behind(one: Standing) -> str:
    if one.behind is None:
        return NOTHING
    if one.tied:
        return f"tied with the best: {signed(one.behind.mean)} ({signed_interval(one.behind)})"
    return f"behind the best by {number(-one.behind.mean)}, {number(-one.behind.low)} at most"


def _notes(ranking: Ranking, gate: GateRanking) -> list[str]:
    if gate.chosen is None:
        corrected = "" if gate.is_corrected else " Its thresholds are not tested again for all candidates."
        return [f"{ALONE}{corrected}"]
    best = fact(ranking.names[gate.standings[0].place], NAME)
    chosen = (
        f"{best} is highest: {signed(gate.chosen.mean)}; since it was chosen for that, its true difference is from "
        f"{signed_interval(gate.chosen)} (95 %, hybrid interval for a winner)."
    )
    doubtful = [
        fact(ranking.names[one.place], NAME) for one in gate.standings if one.outcome == "passed" and not one.holds
    ]
    held = [f"Passed alone, but not at the rate that holds for all at once: {', '.join(doubtful)}."] if doubtful else []
    return [chosen, *held]
