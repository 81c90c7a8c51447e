"""Which lost cases count as unsteady when they were asked again."""

import msgspec
import pytest

from harness.records.compared import AskedAgain
from harness.records.scored import Score
from harness.verdicts.steadiness import LostAgain, asked_again, is_unsteady, lost_again, unsteady_cases
from tests.verdicts.test_gate import flips


def again(case_id: str, baseline: str, candidate: str) -> AskedAgain:
    """Make what two further askings gave: r for right, w for wrong, ? for no score."""
    values = {"r": 1.0, "w": 0.0, "?": None}
    before, now = (tuple(values[letter] for letter in side) for side in (baseline, candidate))
    return AskedAgain(case_id=case_id, baseline=before, candidate=now)


@pytest.mark.parametrize(
    ("baseline", "candidate", "unsteady"),
    [
        ("rr", "ww", False),
        ("rw", "wr", False),
        ("ww", "ww", True),
        ("rr", "rr", True),
        ("rw", "rr", True),
        ("w?", "ww", False),
        ("??", "??", False),
        ("ww", "??", True),
    ],
)
def test_a_flip_is_unsteady_where_a_side_is_mostly_not_as_at_first(baseline, candidate, unsteady):
    """Of three askings two decide, on each side; an asking without a score excuses nothing."""
    assert is_unsteady(again("a", baseline, candidate)) is unsteady


def test_a_score_of_one_half_is_right():
    """As everywhere."""
    assert is_unsteady(AskedAgain(case_id="a", baseline=(0.5, 0.5), candidate=(0.5, 0.5)))
    assert not is_unsteady(AskedAgain(case_id="a", baseline=(0.5, 0.5), candidate=(0.49, 0.49)))


def test_lost_cases_are_counted_by_what_asking_again_gave():
    """Only those that are lost and were asked; split ones have exactly one right side in each asking."""
    comparison = msgspec.structs.replace(
        flips(9, lost=6, right=3),
        again=(
            again("c000", "rr", "ww"),
            again("c001", "rw", "wr"),
            again("c002", "rr", "rr"),
            again("c003", "r?", "ww"),
            again("c008", "ww", "ww"),
        ),
    )

    assert lost_again(comparison) == LostAgain(asked=4, unsteady=1, each_time=1, split=2)
    assert lost_again(comparison, 1) == LostAgain(asked=1, unsteady=0, each_time=1, split=1)
    assert unsteady_cases(comparison) == ("c002",)


def test_nothing_is_unsteady_where_nobody_was_asked_again():
    """No further asking, no doubt."""
    assert unsteady_cases(flips(9, lost=6)) == ()


def test_repeats_of_one_asking_are_averaged():
    """As in the first asking; a repeat without a score leaves that asking of that side without one."""
    scores = {value: Score(value=value) for value in (None, 0.0, 1.0)}
    first = {"baseline": [("a", scores[1.0]), ("a", scores[0.0])], "candidate": [("a", scores[0.0])] * 2}
    second = {"baseline": [("a", scores[1.0]), ("a", scores[None])], "candidate": [("a", scores[1.0])] * 2}

    (found,) = asked_again(("a",), (first, second))

    assert found == AskedAgain(case_id="a", baseline=(0.5, None), candidate=(0.0, 1.0))
