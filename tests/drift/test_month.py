"""A month of daily runs: quiet until day 17, then one thing changes, and the alarm that it raises is the right one."""

import shutil
from pathlib import Path

import msgspec
import pytest

from harness.ci.ended import Ended
from harness.config.read import load_config
from harness.drift import rerun
from harness.gating.child import Gated
from harness.runs.outcome import EXIT_CODES
from tests.drift.made import broken_answer, drift_on, logged_day, other_question, project, verdicts
from tests.sample_run import slower
from tests.saved_runs import empty_run

PLANTED = 18
QUESTIONS = ("inputs", "answers", "adapter")


def on_day(root: Path, day: int, ended: str = "passed", **changed: object) -> dict[str, str | None]:
    """Return the verdicts of a day on which the suite, asked again, ends so: test_rerun.py has the real pytest."""
    verdict = msgspec.structs.replace(slower(()), outcome=ended, reasons=("3 cases were lost",))
    gated = Gated(
        ended=Ended(exit_code=EXIT_CODES[ended], runs=(empty_run(verdicts=(verdict,)),)), run=Path("0002-again")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rerun, "gate_again", lambda *_: gated)
        return verdicts(drift_on(root, load_config(root / "harness.toml"), day, logged_day(day, **changed), rerun=True))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """Return a project after 17 days on which nothing changed, and their verdicts."""
    root = tmp_path_factory.mktemp("quiet") / "project"
    root.mkdir()
    project(root)
    return root, [on_day(root, day) for day in range(1, PLANTED)]


def test_quiet_days_raise_no_alarm(quiet):
    """Whatever can't be told."""
    _, days = quiet

    assert len(days) == 17
    assert "drifted" not in {one[name] for one in days for name in QUESTIONS}


@pytest.mark.parametrize(
    ("changed", "raised"),
    [({"asked": other_question}, "inputs"), ({"said": broken_answer}, "answers"), ({"ended": "failed"}, "adapter")],
    ids=QUESTIONS,
)
def test_a_change_on_day_18_raises_its_own_alarm_within_three_days_and_no_other(quiet, tmp_path, changed, raised):
    """Of inputs, of answers, or of the engine."""
    root = tmp_path / "project"
    shutil.copytree(quiet[0], root)

    after = [on_day(root, day, **changed) for day in range(PLANTED, PLANTED + 3)]

    assert "drifted" in {one[raised] for one in after}
    assert "drifted" not in {one[name] for one in after for name in QUESTIONS if name != raised}
