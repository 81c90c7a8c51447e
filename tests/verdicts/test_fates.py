"""What became of a case."""

import pytest

from harness.records.compared import Row
from harness.verdicts.fates import fate_of


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        (1.0, 0.0, "lost"),
        (0.5, 0.49, "lost"),
        (0.0, 1.0, "won"),
        (0.49, 0.5, "won"),
        (0.9, 0.6, "lower"),
        (0.4, 0.1, "lower"),
        (0.1, 0.4, "wrong"),
        (0.0, 0.0, "wrong"),
        (1.0, 1.0, None),
        (0.6, 0.9, None),
        (None, 1.0, "unscored"),
        (0.0, None, "unscored"),
    ],
)
def test_the_fate_of_a_score_turns_at_one_half(before, after, fate):
    """A score of exactly 0.5 is right; a case without a score on one side has no other fate."""
    assert fate_of(Row(case_id="a", baseline=before, candidate=after)) == fate


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [(0.2, 1.4, "higher"), (1.4, 0.2, None), (1.0, 1.0, None), (None, 1.0, "unscored")],
)
def test_of_a_quantity_nothing_is_lost_or_won(before, after, fate):
    """Seconds and tokens only rise."""
    assert fate_of(Row(case_id="a", baseline=before, candidate=after), "s") == fate
