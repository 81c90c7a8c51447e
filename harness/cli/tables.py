"""What the commands on runs print: tables that read well at 80 columns, on a terminal and in a file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

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
from harness.text.figures import NOTHING, count, join, number, round_up, signed, signed_interval
from harness.text.visible import for_terminal
from harness.verdicts.power import ASSUMED_FLIPS, PlannedGate, Power
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


def power_table(powers: Sequence[Power]) -> Table:
    """Return what each gate can decide; see ``Power``."""
    table = _table("gate", "cases", "thresholds", "detects", "needs")
    for power in powers:
        planned = power.planned
        grouped = f" in {planned.groups:,} groups" if planned.groups != planned.cases else ""
        table.add_row(
            _name(planned.test_id, planned.scorer, planned.tag),
            f"{planned.cases:,}{grouped}",
            _thresholds(planned.gate),
            number(None if _is_measured(planned) else power.detectable),
            _needs(power),
        )
    return table


def power_notes(powers: Sequence[Power], flips: float | None) -> list[str]:
    """Return the assumptions behind the figures; ``flips`` is the share of flips that a person named, if any."""
    notes = [
        "detects: a change of the mean that is found 4 times in 5",
        "needs: with this many cases, two equal sides pass 4 times in 5",
    ]
    if flips is not None:
        return [*notes, f"assumed: {flips:.3g} of the cases flip, as given by --flips; earlier runs are not used"]
    scored = [power for power in powers if not _is_measured(power.planned)]
    if seen := list(dict.fromkeys(run for power in scored for run in power.seen)):
        notes.append(f"flips: as in {_runs(seen)}, plus those that chance could have hidden")
    if any(not power.seen for power in scored):
        where = " where no run shows it" if seen else ""
        notes.append(f"assumed{where}: {ASSUMED_FLIPS:g} of the cases flip, a group as one (--flips)")
    return notes


def never_lines(powers: Sequence[Power]) -> list[str]:
    """Return a line for each ``max_drop`` that its cases can never pass."""
    return list(
        dict.fromkeys(
            f"{_gate_name(power.planned)}: {_cases(power.planned)} can never rule out a drop of "
            f"{power.planned.gate.max_drop:g}, whatever the answers; at least {count(power.fewest, 'case')} are needed"
            for power in powers
            if power.never_passes
        )
    )


def mean_lines(powers: Sequence[Power]) -> list[str]:
    """Return a line for each ``lower_bound`` and ``floor``: what it needs, and how far chance reaches."""
    return list(dict.fromkeys(line for power in powers for line in _mean_lines(power)))


def _mean_lines(power: Power) -> Iterator[str]:
    planned, bound, reach = power.planned, power.bound, power.reach
    name, have = _gate_name(planned), _cases(planned)
    if bound and planned.groups < bound.fewest:
        groups = "" if planned.groups == planned.cases else " groups"
        never = f"{have} can never reach lower_bound {planned.gate.lower_bound:g}, whatever the answers"
        yield f"{name}: {never}; at least {bound.fewest:,}{groups} are needed"
    if bound:
        needs = "no practical number of cases" if bound.needed is None else count(round_up(bound.needed), "case")
        yield f"{name}: lower_bound {planned.gate.lower_bound:g} needs {needs} at a true mean of {number(bound.truth)}"
    if reach:
        span = f"a true mean from {number(reach.low)} to {number(reach.high)} can pass or fail by chance"
        yield f"{name}: floor {planned.gate.floor:g} with {have}: {span}"


def _gate_name(planned: PlannedGate) -> str:
    tag = f" ({for_terminal(planned.tag, CELL)})" if planned.tag else ""
    return f"{title(planned.test_id)}{tag}"


def _cases(planned: PlannedGate) -> str:
    grouped = f" in {count(planned.groups, 'group')}" if planned.groups != planned.cases else ""
    return f"{count(planned.cases, 'case')}{grouped}"


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
        table = _table("run", "date", "candidate", "commit", "baseline", "cand.", "difference", "outcome")
        table.title, table.title_justify, table.title_style = _name(test_id, scorer, tag), "left", "bold"
        for point in gate_history(runs, test_id, scorer, tag):
            table.add_row(*_point_cells(point))
        tables.append(table)
    return tables


def pairs_table(pairs: Iterable[RunPair]) -> Table:
    """Return the comparison of two runs' candidates, by test and scorer."""
    table = _table("measure", "cases", "first", "second", "difference (95 %)", "lost, won")
    for pair in pairs:
        name = _name(pair.test_id, pair.scorer, "")
        if pair.comparison is None:
            table.add_row(name, *[NOTHING] * 3, Text(f"not compared: {for_terminal(pair.refused, 400)}"), NOTHING)
            continue
        seen = pair.comparison
        unscored = f"\n{len(seen.unscored):,} unscored" if seen.unscored else ""
        table.add_row(
            name,
            f"{len(seen.rows):,}{unscored}",
            number(seen.baseline_mean.mean if seen.baseline_mean else None),
            number(seen.candidate_mean.mean if seen.candidate_mean else None),
            _difference(seen),
            f"{len(seen.lost):,}, {len(seen.won):,}",
        )
    return table


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
    table = _table("gate", "saved", "today", "why")
    for verdict in ledger.verdicts:
        key = _key_of(verdict)
        advisory = " (advisory)" if verdict.gate.advisory else ""
        earlier = before.get(key, [])
        was = earlier.pop(0) if earlier else None
        reasons = Text(for_terminal("; ".join(verdict.reasons), 600))
        table.add_row(_name(*key), _outcome(was), _outcome(verdict.outcome, advisory), reasons)
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


def _table(first: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(first, overflow="fold", ratio=1)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "outcome")
    return table


def _name(test_id: str, scorer: str, tag: str) -> Text:
    """Name a gate: the test's title with the slice, then the scorer, cut because it can be long."""
    shown = f"{title(test_id)}{f' ({for_terminal(tag, CELL)})' if tag else ''}\n"
    return Text(shown).append(for_terminal(scorer[:SCORER], SCORER) + "…" * (len(scorer) > SCORER), style="dim")


def _thresholds(gate: Gate) -> str:
    names = (*OF_SCORES, *OF_QUANTITIES)
    found = [f"{name} {getattr(gate, name):g}" for name in names if getattr(gate, name) is not None]
    return "\n".join([*found, *["advisory"] * gate.advisory])


def _is_measured(planned: PlannedGate) -> bool:
    """Tell whether the gate judges a quantity or a figure of all answers, of which no flips are known in advance."""
    gate = planned.gate
    return gate.ceiling is not None or gate.max_rise is not None or planned.figure is not None


def _needs(power: Power) -> Text:
    gate, cases = power.planned.gate, power.planned.cases
    if _is_measured(power.planned) and not (power.planned.unit and power.needed):
        return Text("measured, not planned")
    if gate.max_drop is None and gate.max_rise is None and power.bound is None:
        return Text("nothing")
    bound = power.bound.needed if power.bound else 0
    if power.needed is None or (bound is None and power.planned.groups == 1):
        return Text("more groups: all cases are in one", style="yellow")
    if bound is None:
        return Text("no practical number", style="yellow")
    needed = max(power.needed, bound)
    said, style = f"{needed:,}: enough", "green"
    if not power.can_decide:
        said, style = f"about {round_up(needed):,}, has {cases:,}", "yellow"
    if power.never_passes:
        said, style = f"{said}: can never pass", "red"
    return Text(said, style=style)


def _run(folder: str) -> str:
    """Name a run by its number, if it has one."""
    return f"{number_of(folder) or for_terminal(folder, CELL)}"


def _runs(folders: Sequence[str]) -> str:
    """Name several runs; where there are many, only say how many."""
    if len(folders) > NAMED:
        return f"{len(folders):,} earlier runs"
    return f"run{'s' * (len(folders) > 1)} {join([_run(folder) for folder in folders])}"


def _point_cells(point: Point) -> Sequence[str | Text]:
    digest = f" {point.adapter_digest[:8]}" if point.adapter_digest else ""
    return (
        Text(_run(point.run)),
        Text(for_terminal(point.time[:10])),
        Text(f"{for_terminal(point.candidate, 80)}{for_terminal(digest, 10)}"),
        Text(for_terminal(f"{point.commit[:8]}{'+' * point.commit.endswith('+')}", 20)),
        number(point.baseline_mean),
        number(point.mean),
        _span(point.delta, point.low, point.high),
        _outcome(point.outcome),
    )


def _span(mean: float | None, low: float | None, high: float | None) -> str:
    return signed(mean) if low is None else f"{signed(mean)} ({signed(low)} to {signed(high)})"


def _difference(comparison: Comparison) -> str:
    delta = comparison.delta
    return f"{signed(delta.mean)} ({signed_interval(delta)})" if delta else NOTHING


def _outcome(outcome: Outcome | None, note: str = "") -> Text:
    return Text(NOTHING) if outcome is None else Text(f"{outcome}{note}", style=STYLES[outcome])
