"""What a trusted judge says of logged answers and of those at release, by one rubric.

A judge that nobody checked, or that is not the one any more that was checked, decides nothing: what moved could be it.
Where its rubric has labels, some are judged again, and tell who drifted (docs/who-drifted.md).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.config import HarnessConfig
from harness.drift.answers import share_of
from harness.drift.decided import Found
from harness.drift.fitting import Answered
from harness.drift.found import Figure, Who
from harness.drift.sources import drawn_of
from harness.drift.who import Today, watch_judge
from harness.errors import InputError
from harness.gating.alone import OpenedJudge, opened_judge
from harness.gating.judge_drift import JudgeDrift, asking_at
from harness.gating.judged import newest_check
from harness.gating.judging import judge_answers
from harness.judges.anchors import anchors_file
from harness.judges.labels import labels_file, read_labels
from harness.records.judged import JudgeCheck
from harness.records.record import Record
from harness.scorers.judges.judge import Judge, judge_identity
from harness.scorers.judges.rubric import named_rubric
from harness.scorers.trust import doubt_of
from harness.text.pages import content_folder

MOST_JUDGED = 200
"""Answers of each side that a judge is asked about at most; a budget can allow fewer."""


class Judged(Record, frozen=True, kw_only=True):
    """What judges say of both sides, a figure for each rubric, and who drifted by those that could be watched."""

    found: tuple[Found, ...] = ()
    who: tuple[Who, ...] = ()


class Judging:
    """Asks the judge of some settings about both sides' answers, by the rubrics that are named.

    ``release`` names the answers at release; in ``folder`` is the history of what judges said of labels again.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is of another kind
        self,
        rubrics: Sequence[str],
        config: HarnessConfig,
        root: Path,
        now: dt.datetime,
        seed: int,
        folder: Path,
        release: str = "",
    ) -> None:
        own = root / "judges"
        self._own = own if own.is_dir() else None
        self._rubrics = [named_rubric(name, self._own) for name in rubrics]
        for rubric in self._rubrics:
            if rubric.kind != "scale" or rubric.uses_expected:
                why = "compares two answers" if rubric.kind != "scale" else "reads an expected answer"
                raise InputError(f"--rubric {rubric.id}: it {why}, and logs have none; name one that reads the answer")
        self._config, self._root, self._now, self._seed = config, root, now, seed
        self._folder, self._release = folder, release

    def __call__(self, logged: Answered, released: Answered) -> Judged:
        """Return a figure for each rubric; nothing is asked where there is no rubric or nothing to compare with."""
        if not self._rubrics or not released:
            return Judged()
        found = []
        with opened_judge(self._config, self._root) as opened:
            for rubric in self._rubrics:
                judge = opened.reading(rubric)
                if isinstance(judge, Judge):
                    found.append(self._compared(judge, opened, logged, released))
            opened.finish()
        return Judged(found=tuple(one for one, _ in found), who=tuple(who for _, who in found if who))

    def _compared(
        self, judge: Judge, opened: OpenedJudge, logged: Answered, released: Answered
    ) -> tuple[Found, Who | None]:
        """Return the figure of a judge, and who drifted. One that moved, or may have, says nothing of the adapter."""
        name = f"judge: {judge.rubric.id}"

        def untold(reason: str) -> Found:
            return Figure(name=name, against="release", unit="share", worse="lower", reason=reason), None

        check = newest_check(judge.rubric, judge_identity(judge), self._own, judge.criterion)
        if doubt := doubt_of(judge, check):
            return untold(doubt), None
        sides = [drawn_of(side, MOST_JUDGED, self._seed) for side in (logged, released)]
        opened.tell([request for side in sides for pair in side for request in judge.requests(*pair)])
        now, then = (
            {
                answer.request_key: score.value
                for (_, answer), score in zip(side, judge_answers(judge, side, opened.ask), strict=True)
                if score.value is not None
            }
            for side in sides
        )
        who = self._watched(judge, check, opened, now, tuple(then.values()))
        if who is not None and (who.outcome == "judge" or (who.outcome == "too little" and who.answers_since)):
            return untold(who.sentence), who
        is_named = who is not None and who.outcome in {"adapter", "both"}
        if not is_named and (changed := self._changed(judge, opened)):
            return untold(changed), who
        return share_of(name, "lower", list(now.values()), list(then.values())), who

    def _watched(
        self,
        judge: Judge,
        check: JudgeCheck | None,
        opened: OpenedJudge,
        now: Mapping[str, float],
        then: tuple[float, ...],
    ) -> Who | None:
        """Return who drifted, by labels that are judged again; None where the rubric has no labels, or no check."""
        labels = labels_file(self._own or content_folder("judges"), judge.rubric)
        if check is None or not labels.is_file():
            return None
        today = Today(now=self._now, answers=now, released=then, release=self._release)
        history = anchors_file(self._folder, judge.rubric)
        read = read_labels(labels, judge.rubric)
        return watch_judge(judge, check, read, today, history, opened.ask, opened.tell)

    def _changed(self, judge: Judge, opened: OpenedJudge) -> str:
        """Return that a judge is not the one any more that was checked, or that nobody knows; empty where it is."""
        drift = JudgeDrift(lambda *_: True, asking_at(self._now)).of(judge, self._own, opened.ask)
        return drift.changed or (f"whether the judge changed is not known: {drift.unknown}" if drift.unknown else "")
