"""What a trusted judge says of logged answers and of those at release, by one rubric.

A judge that nobody checked, or that is not the one any more that was checked, decides nothing: what moved could be it.
Where its rubric has labels, some are judged again, and tell who drifted (docs/who-drifted.md).
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.cases.expecting import Answered
from harness.config.whole import HarnessConfig
from harness.drift.answers import share_of
from harness.drift.decided import Found
from harness.drift.found import Figure, Who
from harness.drift.sources import drawn_of
from harness.drift.who import Today, requests_today, watch_judge
from harness.errors import InputError
from harness.gating.alone import OpenedJudge, opened_judge
from harness.gating.anchors import anchor_requests, askable
from harness.gating.judge_drift import JudgeDrift, asking_at
from harness.gating.judged import newest_check
from harness.gating.judging import judge_answers
from harness.judges.anchors import anchors_file
from harness.judges.check import found_labels
from harness.judges.drift import labels_to_ask
from harness.judges.labels import Label, read_labels
from harness.records.asked import Request
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
        labels, history = self._labels(judge, check), anchors_file(self._folder, judge.rubric)
        today = Today(now=self._now, release=self._release)
        first = _of_labels(judge, check, labels, today, history) if check else []
        opened.tell([*first, *(request for side in sides for pair in side for request in judge.requests(*pair))])
        opened.ask(first)  # before the answers use a budget up: without these, what they say is of no use
        now, then = (
            {
                answer.request_key: score.value
                for (_, answer), score in zip(side, judge_answers(judge, side, opened.ask), strict=True)
                if score.value is not None
            }
            for side in sides
        )
        today = msgspec.structs.replace(today, answers=now, released=tuple(then.values()))
        who = watch_judge(judge, check, labels, today, history, opened.ask, opened.tell) if check and labels else None
        if who is not None and (who.outcome == "judge" or (who.outcome == "too little" and who.answers_since)):
            return untold(who.sentence), who
        is_named = who is not None and who.outcome in {"adapter", "both"}
        if not is_named and (changed := self._changed(judge, opened)):
            return untold(changed), who
        figure, change = share_of(name, "lower", list(now.values()), list(then.values()))
        if who is not None and change is not None:
            fell = -who.moved_by > self._config.drift.max_answer_drop
            is_adapter = (True if fell else None) if is_named else False
            figure = msgspec.structs.replace(figure, is_adapter=is_adapter, reason=who.sentence)
        return (figure, change), who

    def _labels(self, judge: Judge, check: JudgeCheck | None) -> Sequence[Label]:
        """Return the labels that are judged again; none where the rubric has none, or its judge was not checked."""
        path = found_labels(self._own or content_folder("judges"), judge.rubric)
        return read_labels(path, judge.rubric) if check is not None and path.is_file() else ()

    def _changed(self, judge: Judge, opened: OpenedJudge) -> str:
        """Return that a judge is not the one any more that was checked, or that nobody knows; empty where it is."""
        drift = JudgeDrift(lambda *_: True, asking_at(self._now)).of(judge, self._own, opened.ask)
        return drift.changed or (f"whether the judge changed is not known: {drift.unknown}" if drift.unknown else "")


def _of_labels(judge: Judge, check: JudgeCheck, labels: Sequence[Label], today: Today, history: Path) -> list[Request]:
    """Return what will be asked of labels: today's anchors, and those by which a judge is still the one checked."""
    fixed = askable(judge, labels_to_ask(check, labels))
    return [
        *requests_today(judge, check, labels, today, history),
        *anchor_requests(judge, fixed, asking_at(today.now)),
    ]
