"""What a trusted judge says of logged answers and of those at release, by one rubric.

A judge that nobody checked, or that is not the one any more that was checked, decides nothing: what moved could be it.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from harness.config import HarnessConfig
from harness.drift.answers import share_of
from harness.drift.decided import Found
from harness.drift.fitting import Answered
from harness.drift.found import Figure
from harness.drift.sources import drawn_of
from harness.errors import InputError
from harness.gating.alone import OpenedJudge, opened_judge
from harness.gating.judge_drift import JudgeDrift, asking_at
from harness.gating.judged import newest_check
from harness.gating.judging import judge_answers
from harness.scorers.judges.judge import Judge, judge_identity
from harness.scorers.judges.rubric import named_rubric
from harness.scorers.trust import doubt_of

MOST_JUDGED = 200
"""Answers of each side that a judge is asked about at most; a budget can allow fewer."""


class Judging:
    """Asks the judge of some settings about both sides' answers, by the rubrics that are named."""

    def __init__(self, rubrics: Sequence[str], config: HarnessConfig, root: Path, now: dt.datetime, seed: int) -> None:
        self._own = root / "judges"
        self._rubrics = [named_rubric(name, self._own if self._own.is_dir() else None) for name in rubrics]
        for rubric in self._rubrics:
            if rubric.kind != "scale" or rubric.uses_expected:
                why = "compares two answers" if rubric.kind != "scale" else "reads an expected answer"
                raise InputError(f"--rubric {rubric.id}: it {why}, and logs have none; name one that reads the answer")
        self._config, self._root, self._now, self._seed = config, root, now, seed

    def __call__(self, logged: Answered, released: Answered) -> Sequence[Found]:
        """Return a figure for each rubric; nothing is asked where there is no rubric or nothing to compare with."""
        if not self._rubrics or not released:
            return ()
        found = []
        with opened_judge(self._config, self._root) as opened:
            for rubric in self._rubrics:
                judge = opened.reading(rubric)
                if isinstance(judge, Judge):
                    found.append(self._compared(judge, opened, logged, released))
            opened.finish()
        return found

    def _compared(self, judge: Judge, opened: OpenedJudge, logged: Answered, released: Answered) -> Found:
        name = f"judge: {judge.rubric.id}"
        if doubt := self._doubt(judge, opened):
            return Figure(name=name, against="release", unit="share", worse="lower", reason=doubt), None
        sides = [drawn_of(side, MOST_JUDGED, self._seed) for side in (logged, released)]
        opened.tell([request for side in sides for pair in side for request in judge.requests(*pair)])
        now, then = (
            [score.value for score in judge_answers(judge, side, opened.ask) if score.value is not None]
            for side in sides
        )
        return share_of(name, "lower", now, then)

    def _doubt(self, judge: Judge, opened: OpenedJudge) -> str:
        """Return why a judge decides nothing; empty where it is trusted, and still the one that was checked."""
        own = self._own if self._own.is_dir() else None
        check = newest_check(judge.rubric, judge_identity(judge), own, judge.criterion)
        if doubt := doubt_of(judge, check):
            return doubt
        drift = JudgeDrift(lambda *_: True, asking_at(self._now)).of(judge, own, opened.ask)
        return drift.changed or (f"whether the judge changed is not known: {drift.unknown}" if drift.unknown else "")
