"""Gates on what a judge scored: people's labels of a random part of the answers correct what they decide by."""

import msgspec
import pytest

from harness.records.compared import Gate, Row, RowLabel, Slices
from harness.verdicts.gate import decide
from harness.verdicts.slices import decide_slices
from harness.verdicts.undecided import more_cases, more_labels
from harness.verdicts.wording import wording
from tests.judged_runs import judged_by, labelled_rows

DROP = Gate(max_drop=0.1)
ANY_DROP = 0.05


def alike(cases: int, labels: int, tag: str = "", people: float = 1.0) -> tuple[Row, ...]:
    """Return rows in which the judge sees no difference, and people say ``people`` of the labelled candidates."""
    return tuple(
        Row(
            case_id=f"{tag}{number}",
            tags=(tag,) if tag else (),
            baseline=1.0,
            candidate=1.0,
            label=RowLabel(baseline=1.0, candidate=people) if number < labels else None,
        )
        for number in range(cases)
    )


def test_a_judge_that_overlooks_what_was_lost_passes_no_gate_that_labels_fail():
    """People find the drop in the labelled part, and the judge's own figure would pass."""
    rows = labelled_rows(300, 100, lost=0.3, kind=0.95, seed=1)
    bare = [msgspec.structs.replace(row, label=None) for row in rows]

    raw, corrected = decide("t", judged_by(bare), DROP), decide("t", judged_by(rows), DROP)

    assert (raw.outcome, corrected.outcome) == ("passed", "failed")
    assert "corrected by 100 labels, the judge alone says -0.0" in corrected.reasons[0]


def test_labels_that_bear_the_judge_out_pass_the_gate():
    """The pass says by what."""
    verdict = decide("t", judged_by(alike(300, 100)), Gate(max_drop=ANY_DROP))

    assert verdict.outcome == "passed"
    assert verdict.reasons == (
        "a drop of more than 0.05 is ruled out (one-sided 95 %); corrected by 100 labels, the judge alone says 0.000",
    )


def test_a_pass_needs_as_many_labels_as_would_show_that_the_judge_misses_the_whole_margin():
    """A drop of .04 that no judge sees shows in none of 60 labels in 9 of 100 samples."""
    few, enough = (decide("t", judged_by(alike(500, labels)), Gate(max_drop=0.04)) for labels in (60, 80))

    assert (few.outcome, enough.outcome) == ("inconclusive", "passed")
    assert "60 labels are too few to rule out a drop of 0.04; about 77 labels would be enough" in few.reasons[0]
    assert (more_labels(few), more_cases(few)) == (17, None)


def test_with_too_few_labels_the_judge_s_own_figures_decide_and_the_lines_say_so():
    """It says how many there are and are needed."""
    comparison = judged_by(alike(100, 59))
    verdict = decide("t", comparison, Gate(max_drop=ANY_DROP))

    assert verdict.outcome == "passed"
    assert "corrected" not in verdict.reasons[0]
    assert "not corrected: 59 labels of these answers, 60 are needed" in wording(verdict)
    assert (comparison.judged.difference, comparison.judged.candidate) == (None, None)


def test_where_every_case_has_its_label_people_decide_as_any_scorer_does():
    """With exact tests, and a guarantee."""
    rows = labelled_rows(250, 250, lost=0.02, kind=0.0, seed=5)
    told = [msgspec.structs.replace(row, candidate=row.label.candidate, label=None) for row in rows]
    gate = Gate(max_drop=0.1, floor=0.9, lower_bound=0.9, guarantee=True)

    by_people, plain = (decide("t", judged_by(each), gate) for each in (rows, told))

    assert by_people.outcome == plain.outcome == "passed"
    assert by_people.reasons == plain.reasons


@pytest.mark.parametrize("gate", [Gate(max_drop=0.1, guarantee=True), Gate(lower_bound=0.8, guarantee=True)])
def test_no_guarantee_is_given_by_labels_of_a_part(gate):
    """Nothing passes by it, whatever the judge's own figure says."""
    verdict = decide("t", judged_by(alike(300, 100)), gate)

    assert verdict.outcome == "inconclusive"
    assert "label every case, or judge it with guarantee=False" in verdict.reasons[0]
    assert more_labels(verdict) is None


@pytest.mark.parametrize(
    ("people", "gate", "outcome", "said"),
    [
        (1.0, Gate(floor=0.9), "passed", "reaches the floor"),
        (0.0, Gate(floor=0.9), "failed", "below the floor"),
        (1.0, Gate(lower_bound=0.9), "passed", "a true mean below 0.9 is ruled out"),
        (0.0, Gate(lower_bound=0.9), "failed", "its true mean is at most"),
        (0.5, Gate(lower_bound=0.5), "inconclusive", "too few to rule out a true mean below"),
    ],
)
def test_the_candidate_s_mean_is_corrected_too(people, gate, outcome, said):
    """The judge gives it 1 each time."""
    verdict = decide("t", judged_by(alike(300, 100, people=people)), gate)

    assert verdict.outcome == outcome
    assert said in verdict.reasons[0]
    assert "corrected by 100 labels, the judge alone says 1.000" in verdict.reasons[0]


def test_flips_are_what_the_judge_saw():
    """A label of a part of the cases says nothing of a single other one."""
    rows = labelled_rows(300, 100, lost=0.3, kind=1.0, seed=1)
    verdict = decide("t", judged_by(rows), Gate(max_flips=30))

    assert verdict.outcome == "passed"
    assert "corrected" not in verdict.reasons[0]


def test_a_slice_is_corrected_where_its_own_labels_are_enough():
    """The other is judged by what the judge scored."""
    rows = (*alike(150, 80, "queue-bug", people=0.0), *alike(150, 20, "queue-new", people=0.0))
    bug, new = decide_slices("t", Slices(comparison=judged_by(rows), name="queue"), Gate(max_drop=0.1))

    assert (bug.outcome, new.outcome) == ("failed", "passed")
    assert "corrected by 80 labels" in bug.reasons[0]
    assert "corrected for 2 slices" in bug.reasons[0]
    assert new.comparison.judged.missing.labels == 20


def test_cases_that_the_judge_could_not_score_save_a_gate_only_where_they_could():
    """Labels that fail the scored cases fail the whole, where the best of the missing can't mend it."""
    lost = alike(300, 100, people=0.0)
    missing = Row(case_id="m", baseline=1.0, candidate=None, unscored="candidate: no verdict")
    few, many = (missing,), tuple(msgspec.structs.replace(missing, case_id=f"m{n}") for n in range(3_000))

    failed, open_ = (decide("t", judged_by((*lost, *more)), Gate(max_drop=0.1)) for more in (few, many))

    assert (failed.outcome, open_.outcome) == ("failed", "inconclusive")


def test_labels_that_hardly_agree_say_that_cases_are_short_too():
    """Where even all labels would not do."""
    rows = labelled_rows(80, 61, lost=0.5, kind=0.5, seed=2)
    verdict = decide("t", judged_by(rows), Gate(lower_bound=0.48))

    assert verdict.outcome == "inconclusive"
    assert "labels for all 80 cases would not be enough either, so add cases" in verdict.reasons[0]
    assert (more_cases(verdict), more_labels(verdict)) == (None, None)


def test_a_judge_of_known_bias_is_corrected_end_to_end():
    """It overlooks most of what was lost: the corrected interval holds the truth, and hardly a bad candidate passes."""
    lost, raw_hits, hits, raw_passed, passed, samples = 0.15, 0, 0, 0, 0, 120
    for seed in range(samples):
        rows = labelled_rows(200, 80, lost=lost, kind=0.9, seed=seed)
        corrected = judged_by(rows)
        raw = judged_by([msgspec.structs.replace(row, label=None) for row in rows])
        interval = corrected.judged.difference.corrected
        hits += interval.low <= -lost <= interval.high
        raw_hits += raw.delta.low <= -lost <= raw.delta.high
        gate = Gate(max_drop=lost)
        passed += decide("t", corrected, gate).outcome == "passed"
        raw_passed += decide("t", raw, gate).outcome == "passed"

    assert hits / samples >= 0.93
    assert raw_hits / samples < 0.5
    assert passed / samples <= 0.07
    assert raw_passed / samples > 0.5


@pytest.mark.parametrize(("wins", "outcome", "enough"), [(0, "passed", ""), (12, "inconclusive", "about 120 labels")])
def test_wins_that_no_label_confirms_can_be_losses(wins, outcome, enough):
    """A judge is .05 too kind by a loss in 20 cases that it overlooks, or in 40 that it takes for a win: 8 of 300."""
    rows = tuple(
        Row(
            case_id=f"c{n}",
            baseline=0.0 if n >= 300 - wins else 1.0,
            candidate=1.0,
            label=RowLabel(baseline=1.0, candidate=1.0) if n < 60 else None,
        )
        for n in range(300)
    )
    verdict = decide("t", judged_by(rows), Gate(max_drop=0.05))

    assert verdict.outcome == outcome
    assert enough in verdict.reasons[0]
