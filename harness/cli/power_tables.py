"""What `harness power` prints: how many cases each gate needs, and what the suites can decide with those they have."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harness.cli.tables import CELL, gate_title, plain_table, runs_in_words, thresholds_of
from harness.runs.test_ids import title
from harness.text.figures import count, number, round_up
from harness.text.visible import for_terminal
from harness.verdicts.power import ASSUMED_FLIPS, PlannedGate, Power


def power_table(powers: Sequence[Power]) -> Table:
    """Return what each gate can decide; see ``Power``."""
    table = plain_table("gate", "cases", "thresholds", "detects", "needs")
    for power in powers:
        planned = power.planned
        grouped = f" in {planned.groups:,} groups" if planned.groups != planned.cases else ""
        table.add_row(
            gate_title(planned.test_id, planned.scorer, planned.tag),
            f"{planned.cases:,}{grouped}",
            thresholds_of(planned.gate),
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
        notes.append(f"flips: as in {runs_in_words(seen)}, plus those that chance could have hidden")
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
