"""What the tables of the commands say next to their figures."""

import io

import msgspec
import pytest
from rich.console import Console

from harness.cli.power_tables import mean_lines, power_notes, power_table
from harness.cli.tables import decided_table, unmeasured_lines
from harness.records.compared import Gate
from harness.records.saved import Pinned
from harness.verdicts.power import PlannedGate, Power, powers_of
from tests.sample_run import TRIAGE_TESTS, sample_run


def power(*runs: str, **thresholds: float) -> Power:
    """A gate whose flips were taken from these runs; without thresholds it has a margin."""
    gate = Gate(**(thresholds or {"max_drop": 0.05}))
    planned = PlannedGate(test_id="t", scorer="s()", tag="", gate=gate, cases=60, groups=60)
    return Power(planned=planned, detectable=0.1, needed=100, seen=runs)


def named(*numbers: int) -> tuple[str, ...]:
    """Names of run folders."""
    return tuple(f"{number:04}-2026-11-22-1f3c" for number in numbers)


@pytest.mark.parametrize(
    ("powers", "flips", "said"),
    [
        ([power()], None, ["assumed: 0.1 of the cases flip, a group as one (--flips)"]),
        ([power(*named(2))], None, ["flips: as in run 2, plus those that chance could have hidden"]),
        ([power(*named(3, 1))], None, ["flips: as in runs 3 and 1, plus those that chance could have hidden"]),
        ([power(*named(*range(9)))], None, ["flips: as in 9 earlier runs, plus those that chance could have hidden"]),
        (
            [power(*named(2)), power()],
            None,
            [
                "flips: as in run 2, plus those that chance could have hidden",
                "assumed where no run shows it: 0.1 of the cases flip, a group as one (--flips)",
            ],
        ),
        ([power()], 0.025, ["assumed: 0.025 of the cases flip, as given by --flips; earlier runs are not used"]),
        ([power(max_rise=0.1)], None, []),
    ],
)
def test_the_notes_say_where_the_share_of_flips_is_from(powers, flips, said):
    """From runs, from a person, or assumed; a measured gate rests on none."""
    notes = power_notes(powers, flips)

    assert notes[2:] == said
    assert max(len(note) for note in notes) <= 80


def plan(cases: int, groups: int, **thresholds: float) -> Power:
    """What a gate on this many cases can decide, without any run."""
    gate = Gate(**thresholds)
    planned = PlannedGate(
        test_id="test_x.py::test_tickets", scorer="s()", tag="", gate=gate, cases=cases, groups=groups
    )
    return powers_of((planned,), {}, 0.0)[0]


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (plan(128, 128, lower_bound=0.85), ["lower_bound 0.85 needs 130 cases at a true mean of 0.925"]),
        (
            plan(10, 10, lower_bound=0.85),
            [
                "10 cases can never reach lower_bound 0.85, whatever the answers; at least 19 are needed",
                "lower_bound 0.85 needs 130 cases at a true mean of 0.925",
            ],
        ),
        (
            plan(100, 10, lower_bound=0.85),
            [
                (
                    "100 cases in 10 groups can never reach lower_bound 0.85, whatever the answers; "
                    "at least 19 groups are needed"
                ),
                "lower_bound 0.85 needs 1,300 cases at a true mean of 0.925",
            ],
        ),
        (
            plan(128, 128, floor=0.85),
            ["floor 0.85 with 128 cases: a true mean from 0.790 to 0.894 can pass or fail by chance"],
        ),
        (plan(128, 128, max_drop=0.05), []),
    ],
)
def test_thresholds_on_the_mean_are_planned_in_words(power, said):
    """What a lower bound needs, and how far chance reaches around a floor."""
    assert mean_lines([power, power]) == [f"Tickets: {line}" for line in said]


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (plan(128, 128, lower_bound=0.85), "126: enough"),
        (plan(100, 100, lower_bound=0.85), "about 130, has 100"),
        (plan(100, 100, lower_bound=0.85, max_drop=0.1), "about 130, has 100"),
        (plan(100, 100, lower_bound=0.85, max_drop=0.01), "about 300, has 100: can never pass"),
        (plan(100, 1, lower_bound=0.85), "more groups: all cases are in one"),
        (plan(100, 100, floor=0.85), "nothing"),
    ],
)
def test_a_gate_needs_what_the_more_demanding_threshold_does(power, said):
    """A gate passes only when each of its thresholds does."""
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(power_table([power]))

    assert said in console.export_text()


def test_a_suite_that_a_saved_run_never_asked_is_one_line():
    """It did not exist then, or was not selected; what is missing of a suite that was asked is listed test by test."""
    saved = sample_run().run
    changed = f"{TRIAGE_TESTS}test_queue: the cases of this suite changed since run 0007"
    new = [f"suites/new/test_new.py::test_{name}: run 0007 has no scores from s() for this test" for name in "abc"]
    pins = [
        Pinned(test_id="suites/new/test_new.py::test_pin", case_id=case, outcome="inconclusive", reason="no answer")
        for case in "xyz"
    ]

    told = unmeasured_lines(saved, [changed, *new, "asking broke off"], pins)

    assert told == [
        changed,
        "asking broke off",
        "suites/new/test_new.py: not part of the saved run, so 4 tests can't be decided; run the suites again",
    ]
    today = msgspec.structs.replace(saved, pinned=(*saved.pinned, *pins))
    assert decided_table(saved, today).row_count == decided_table(saved, saved).row_count


def test_a_file_of_which_a_run_holds_broken_tests_alone_was_asked():
    """Its tests are listed one by one."""
    file = "suites/odd/test_odd.py"
    saved = msgspec.structs.replace(sample_run().run, broken=(f"{file}::test_a: ValueError: no",))

    assert unmeasured_lines(saved, [f"{file}::test_b: no comparison"], []) == [f"{file}::test_b: no comparison"]


def test_a_figure_of_all_answers_is_shown_as_not_planned():
    """Neither a detectable drop nor a number of cases, and no note about flips."""
    means = power()
    planned = msgspec.structs.replace(means.planned, figure="macro F1")
    shown = msgspec.structs.replace(means, planned=planned, detectable=None, needed=0)

    table = power_table([shown])

    assert [[f"{cell}" for cell in column.cells] for column in table.columns[3:]] == [
        ["\N{EN DASH}"],
        ["measured, not planned"],
    ]
    assert power_notes([shown], None)[2:] == []
