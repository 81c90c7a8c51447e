"""How many cases a max_rise needs: by hand, and as `harness power` shows it."""

import msgspec
import pytest
from rich.console import Console

from harness import stats
from harness.cli.power_tables import power_table
from harness.records.compared import Gate
from harness.verdicts.compare import Pairs
from harness.verdicts.power import PlannedGate, Seen, powers_of
from harness.verdicts.rise_power import is_planned, rise_needed

PLANNED = PlannedGate(
    test_id="t",
    scorer="nats_per_token()",
    tag="",
    gate=Gate(max_rise=0.05),
    cases=100,
    groups=100,
    unit="nats per token",
)


def pairs_of(baseline: list[float], candidate: list[float]) -> Pairs:
    """Return two sides' amounts."""
    groups = (None,) * len(baseline)
    return Pairs(baseline=tuple(baseline), candidate=tuple(candidate), groups=groups, passfail=False)


def test_the_number_follows_from_how_amounts_differ_case_by_case():
    """Amounts of 2 on one side, 1.8 or 2.2 on the other: candidate - 1.05 baseline, over 2, spreads by 0.1."""
    seen = pairs_of([2.0] * 100, [1.8, 2.2] * 50)

    needed = rise_needed([seen], 0.05)

    assert needed == stats.cases_needed(0.1 * (100 / 99) ** 0.5, 0.05)
    assert 20 < needed < 30  # (1.645 + 0.84) ** 2 * 0.1 ** 2 / 0.05 ** 2 is 24.7


def test_a_rise_that_was_seen_is_taken_out():
    """It is asked when equal sides pass: half as much again on each case has no spread, and the fewest are enough."""
    assert rise_needed([pairs_of([2.0, 2.2] * 50, [3.0, 3.3] * 50)], 0.2) == 20


def test_the_most_that_a_run_shows_counts():
    """And a run in which nothing can be divided by leaves it unknown."""
    calm, wild = pairs_of([2.0] * 100, [1.8, 2.2] * 50), pairs_of([2.0] * 100, [1.0, 3.0] * 50)

    assert rise_needed([calm, wild], 0.05) == rise_needed([wild], 0.05) > 500
    assert rise_needed([calm, pairs_of([0.0] * 9, [1.0] * 9)], 0.05) is None
    assert rise_needed([], 0.05) is None


def test_quantities_of_time_are_not_planned():
    """They depend on the load."""
    assert [is_planned(unit) for unit in ("nats per token", "tokens", "s", "")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("cases", "told", "decides"),
    [(100, "27: enough", True), (25, "about 27, has 25", False)],
    ids=["enough", "too few"],
)
def test_power_shows_what_a_max_rise_needs_once_a_run_showed_the_spread(cases, told, decides):
    """As for max_drop; before any run it is measured, not planned."""
    planned = msgspec.structs.replace(PLANNED, cases=cases, groups=cases)
    seen = Seen(runs=("0001",), pairs=(pairs_of([2.0] * 100, [1.8, 2.2] * 50),), clusters=100)

    [power] = powers_of([planned], {planned.key: seen})
    [before] = powers_of([planned], {})

    assert power.can_decide == decides
    assert told in shown(power)
    assert "measured, not planned" in shown(before)


def shown(power: object) -> str:
    """Return the row of a table of gates."""
    console = Console(width=200)
    with console.capture() as captured:
        console.print(power_table([power]))
    return captured.get()
