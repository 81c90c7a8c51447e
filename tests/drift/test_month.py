"""A month of daily runs: quiet until day 17, then one thing changes, and the alarm that it raises is the right one."""

import pytest

from tests.drift.made import broken_answer, drift_on, logged_day, other_question, project, verdicts

LEARNED_ON = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)


@pytest.mark.parametrize(
    ("changed", "raised"),
    [({"asked": other_question}, "inputs"), ({"said": broken_answer}, "answers")],
    ids=["inputs", "answers"],
)
def test_a_change_on_day_18_raises_its_own_alarm_within_three_days_and_no_other(tmp_path, changed, raised):
    """Neither before, nor of the other question."""
    config = project(tmp_path)

    before = [verdicts(drift_on(tmp_path, config, day, logged_day(day))) for day in LEARNED_ON]
    after = [verdicts(drift_on(tmp_path, config, day, logged_day(day, **changed))) for day in (18, 19, 20)]

    (other,) = {"inputs", "answers"} - {raised}
    assert "drifted" not in {one[name] for one in before for name in ("inputs", "answers")}
    assert "drifted" in {one[raised] for one in after}
    assert "drifted" not in {one[other] for one in after}
