"""What the commands on runs print: tables that read well at 80 columns, on a terminal and in a file."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.gating.ledger import Ledger
from harness.records.compared import Comparison, Gate, Outcome, Verdict
from harness.records.saved import Pinned, Run
from harness.runs.history import GateKey, PastRun, Point, gate_history
from harness.runs.names import number_of
from harness.runs.pairs import RunPair
from harness.runs.test_ids import bare, title
from harness.text.figures import NOTHING, count, join, number, of_all, signed, signed_interval
from harness.text.visible import for_terminal
from harness.verdicts.thresholds import OF_QUANTITIES, OF_SCORES

CELL = 200
"""Most characters of a name or a reason in a cell."""
SCORER = 56
"""Most characters of a scorer's name."""
NAMED = 4
"""Most earlier runs that are named one by one."""
STYLES: dict[Outcome, str] = {"passed": "green", "failed": "red", "inconclusive": "yellow"}


def print_table(table: Table) -> None:
    """Print a table on standard output: in colour on a terminal, plain elsewhere."""
    Console(highlight=False, markup=False).print(table)


def pinned_lines(pinned: Sequence[Pinned]) -> list[str]:
    """Return a line for each test of single cases. It judges each case alone, so their number does not matter."""
    tests = [bare(one.test_id) for one in pinned]
    return [
        f"{title(test)}: {count(tests.count(test), 'pinned case')}, each judged alone; no more are needed"
        for test in dict.fromkeys(tests)
    ]


def history_tables(runs: Sequence[PastRun], gates: Iterable[GateKey]) -> list[Table]:
    """Return a table for each gate, with a line for each run."""
    tables = []
    for test_id, scorer, tag in gates:
        table = plain_table("run", "date", "candidate", "commit", "baseline", "cand.", "difference", "outcome")
        table.title, table.title_justify, table.title_style = gate_title(test_id, scorer, tag), "left", "bold"
        for point in gate_history(runs, test_id, scorer, tag):
            table.add_row(*_point_cells(point))
        tables.append(table)
    return tables


def pairs_table(pairs: Iterable[RunPair]) -> Table:
    """Return the comparison of two runs' candidates, by test and scorer."""
    table = plain_table("measure", "cases", "first", "second", "difference (95 %)", "lost, won")
    for pair in pairs:
        name = gate_title(pair.test_id, pair.scorer, "")
        if pair.comparison is None:
            table.add_row(name, *[NOTHING] * 3, Text(f"not compared: {for_terminal(pair.refused, 400)}"), NOTHING)
            continue
        seen = pair.comparison
        unscored = f"\n{len(seen.unscored):,} unscored" if seen.unscored else ""
        table.add_row(
            name,
            f"{_cases(seen)}{unscored}",
            number(seen.baseline_mean.mean if seen.baseline_mean else None),
            number(seen.candidate_mean.mean if seen.candidate_mean else None),
            _difference(seen),
            f"{len(seen.lost):,}, {len(seen.won):,}",
        )
    return table


def _cases(seen: Comparison) -> str:
    """Return how many cases were compared, and of how many where they are a part."""
    cases = of_all(len(seen.rows), seen.in_all)
    return f"{cases}\n(estimate)" if seen.short is not None else cases


def nothing_compared(pairs: Sequence[RunPair]) -> str:
    """Say that no case was scored in both runs; empty where at least one comparison was made."""
    if any(pair.comparison and pair.comparison.delta for pair in pairs):
        return ""
    if not pairs:
        return "nothing was compared: neither run has a comparison; run the suites again"
    return f"nothing was compared: see above for each of {count(len(pairs), 'measure')}"


def decided_table(saved: Run, ledger: Ledger) -> Table:
    """Return today's verdicts next to those that were saved with the run."""
    before: dict[GateKey, list[Outcome]] = {}
    for verdict in saved.verdicts:
        before.setdefault(_key_of(verdict), []).append(verdict.outcome)
    table = plain_table("gate", "saved", "today", "why")
    for verdict in ledger.verdicts:
        key = _key_of(verdict)
        advisory = " (advisory)" if verdict.gate.advisory else ""
        earlier = before.get(key, [])
        was = earlier.pop(0) if earlier else None
        reasons = Text(for_terminal("; ".join(verdict.reasons), 600))
        table.add_row(gate_title(*key), _outcome(was), _outcome(verdict.outcome, advisory), reasons)
    _add_pinned(table, saved, ledger.pinned)
    return table


def unmeasured_lines(saved: Run, unmeasured: Sequence[str], pinned: Sequence[Pinned]) -> list[str]:
    """Return why tests have no verdict today: one line each, and one for each file that the run did not include."""
    known = _files_of(saved)
    told = [line for line in unmeasured if _file_of(line) in known]
    ids = {line.partition(": ")[0] for line in unmeasured} | {bare(one.test_id) for one in pinned}
    files = Counter(_file_of(test_id) for test_id in sorted(ids))
    return told + [
        f"{file}: not part of the saved run, so {count(tests, 'test')} can't be decided; run the suites again"
        for file, tests in files.items()
        if file not in known
    ]


def changes(saved: Run, ledger: Ledger) -> str:
    """Say how many verdicts differ from those that were saved with the run."""
    before, today = ([_key_of(one) for one in verdicts] for verdicts in (saved.verdicts, ledger.verdicts))
    kept = Counter(zip(before, [one.outcome for one in saved.verdicts], strict=True))
    kept &= Counter(zip(today, [one.outcome for one in ledger.verdicts], strict=True))
    same, left = kept.total(), (Counter(before) - Counter(today)).total()
    missing = f"; {count(left, 'saved verdict')} not judged" if left else ""
    return f"{same} of {count(len(today), 'verdict')} as saved, {len(today) - same} changed{missing}"


def _files_of(saved: Run) -> set[str]:
    """Return the files whose tests are in a saved run, and "" for what concerns no test."""
    ids = [test_id for test_id, _ in saved.comparisons] + [one.test_id for one in saved.pinned]
    return {_file_of(said) for said in (*ids, *saved.broken, *saved.unmeasured)} | {""}


def _file_of(said: str) -> str:
    """Return the file of the test whose id a text starts with; "" when it starts with none."""
    file, separator, _ = said.partition("::")
    return file if separator and " " not in file else ""


def _key_of(verdict: Verdict) -> GateKey:
    return verdict.test_id, verdict.comparison.scorer, verdict.comparison.tag


def _add_pinned(table: Table, saved: Run, today: Sequence[Pinned]) -> None:
    """Add the pinned cases that do not pass today or did not then, for files that were part of the saved run."""
    before = {(bare(one.test_id), one.case_id): one.outcome for one in saved.pinned}
    known = _files_of(saved)
    for one in today:
        if _file_of(one.test_id) not in known:
            continue
        was = before.get((bare(one.test_id), one.case_id))
        if was != "passed" or one.outcome != "passed":
            name = Text(f"{title(one.test_id)}: {for_terminal(one.case_id, CELL)}")
            table.add_row(name, _outcome(was), _outcome(one.outcome), Text(for_terminal(one.reason, 300)))


def plain_table(first: str, *columns: str) -> Table:
    """Return a table without rows; its first column takes the room that is left."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(first, overflow="fold", ratio=1)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "outcome")
    return table


def gate_title(test_id: str, scorer: str, tag: str) -> Text:
    """Name a gate: the test's title with the slice, then the scorer, cut because it can be long."""
    shown = f"{title(test_id)}{f' ({for_terminal(tag, CELL)})' if tag else ''}\n"
    return Text(shown).append(for_terminal(scorer[:SCORER], SCORER) + "…" * (len(scorer) > SCORER), style="dim")


def thresholds_of(gate: Gate) -> str:
    """Return the thresholds of a gate, one in a line."""
    names = (*OF_SCORES, *OF_QUANTITIES)
    found = [f"{name} {getattr(gate, name):g}" for name in names if getattr(gate, name) is not None]
    return "\n".join([*found, *["advisory"] * gate.advisory])


def _run(folder: str) -> str:
    """Name a run by its number, if it has one."""
    return f"{number_of(folder) or for_terminal(folder, CELL)}"


def runs_in_words(folders: Sequence[str]) -> str:
    """Name several runs; where there are many, only say how many."""
    if len(folders) > NAMED:
        return f"{len(folders):,} earlier runs"
    return f"run{'s' * (len(folders) > 1)} {join([_run(folder) for folder in folders])}"


def _point_cells(point: Point) -> Sequence[str | Text]:
    named = [
        for_terminal(point.candidate, 80),
        *([for_terminal(point.adapter_digest[:8])] * bool(point.adapter_digest)),
    ]
    return (
        Text(_run(point.run)),
        Text(for_terminal(point.time[:10])),
        Text(" ".join(named)),
        Text(for_terminal(f"{point.commit[:8]}{'+' * point.commit.endswith('+')}", 20)),
        number(point.baseline_mean),
        number(point.mean),
        _span(point.delta, point.low, point.high),
        _outcome(point.outcome, " (anchors)" if point.is_short else " (early)" if point.not_asked else ""),
    )


def _span(mean: float | None, low: float | None, high: float | None) -> str:
    return signed(mean) if low is None else f"{signed(mean)} ({signed(low)} to {signed(high)})"


def _difference(comparison: Comparison) -> str:
    delta = comparison.delta
    return f"{signed(delta.mean)} ({signed_interval(delta)})" if delta else NOTHING


def _outcome(outcome: Outcome | None, note: str = "") -> Text:
    return Text(NOTHING) if outcome is None else Text(f"{outcome}{note}", style=STYLES[outcome])
