"""What the tables of the commands say beside their figures."""

import pytest

from harness.cli.tables import power_notes
from harness.records.compared import Gate
from harness.verdicts.power import Planned, Power


def power(*runs: str, **thresholds: float) -> Power:
    """A gate whose flips were taken from these runs; without thresholds it has a margin."""
    gate = Gate(**(thresholds or {"max_drop": 0.05}))
    planned = Planned(test_id="t", scorer="s()", tag="", gate=gate, cases=60, groups=60)
    return Power(planned=planned, detectable=0.1, needed=100, seen=runs)


def named(*numbers: int) -> tuple[str, ...]:
    """Names of run folders."""
    return tuple(f"{number:04}-2026-11-22-1f3c" for number in numbers)


@pytest.mark.parametrize(
    ("powers", "flips", "said"),
    [
        ([power()], None, ["assumed: 0.1 of the cases flip, groups as one (--flips)"]),
        ([power(*named(2))], None, ["flips: as in run 2, or as many more as chance may have hidden"]),
        ([power(*named(3, 1))], None, ["flips: as in runs 3 and 1, or as many more as chance may have hidden"]),
        ([power(*named(*range(9)))], None, ["flips: as in 9 earlier runs, or as many more as chance may have hidden"]),
        (
            [power(*named(2)), power()],
            None,
            [
                "flips: as in run 2, or as many more as chance may have hidden",
                "assumed, where no run tells: 0.1 of the cases flip, groups as one (--flips)",
            ],
        ),
        ([power()], 0.025, ["assumed: 0.025 of the cases flip, as --flips says; earlier runs are not used"]),
        ([power(max_rise=0.1)], None, []),
    ],
)
def test_the_notes_say_where_the_share_of_flips_is_from(powers, flips, said):
    """From runs, from a person, or assumed; a measured gate rests on none."""
    notes = power_notes(powers, flips)

    assert notes[2:] == said
    assert max(len(note) for note in notes) <= 80
