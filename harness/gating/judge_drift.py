"""Whether the judges of a run are still the ones that were checked: each is asked again what its check has kept.

What can't be known in a run is not known: see docs/decisions/0022-limits-of-trust.md.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from harness.errors import EngineError
from harness.gating.judge_check import AnyJudge, ask_about
from harness.gating.judged import newest_check
from harness.gating.judging import AskJudge, anew
from harness.judges.check import found_labels
from harness.judges.drift import Drift, drift_of, labels_to_ask
from harness.judges.labels import read_labels
from harness.records.asked import ModelRef
from harness.records.judged import JudgeCheck
from harness.records.record import digest
from harness.records.scored import Rubric
from harness.scorers.judges.judge import Judge, judge_identity, members_of
from harness.text.pages import content_folder

ROUND = 10_000_000
"""Seeds stay below 2**31, also those of a hundred samples, since servers differ in what they take."""
OF_CHECKS = 100
"""Askings below this are those of checks and of lost cases."""

MayChange = Callable[[ModelRef, str], bool]
"""Tells whether another model can answer behind a judge's name, given the identity of its engine too."""


class JudgeDrift:
    """What the judges of a run say now of what they were checked with; ``asking`` is a number that no run had before.

    By that number nothing is found in the store, and within a run nothing is asked twice.
    """

    def __init__(self, may_change: MayChange, asking: int) -> None:
        self._may_change = may_change
        self._asking = asking
        self._broken: dict[str, Drift] = {}
        """By judge and words of the rubric: where no more answers could be had."""

    def of(self, judge: AnyJudge, own: Path | None, ask: AskJudge) -> Drift:
        """Return whether a judge is still the one that was checked; ``own`` has the rubrics that belong to the suite.

        Nothing is asked where its weights can't change unseen, and where no check trusts it.

        Raises:
            DataError: a file of checks or labels can't be read.
            RubricError: a label is of another version of the rubric.
            Postponed: the test runs again once it was asked.
        """
        members = members_of(judge)
        if not any(self._may_change(one.model, one.engine_identity) for one in members):
            return Drift()
        criterion = judge.criterion if isinstance(judge, Judge) else ""
        check = newest_check(judge.rubric, judge_identity(judge), own, criterion)
        if check is None or check.outcome != "trusted":
            return Drift()
        known = digest((members, judge.combine, judge.rubric.digest, check.checked))
        if known not in self._broken:
            try:
                return self._asked(judge, check, own, ask)
            except EngineError as problem:
                self._broken[known] = Drift(unknown=str(problem))
        return self._broken[known]

    def _asked(self, judge: AnyJudge, check: JudgeCheck, own: Path | None, ask: AskJudge) -> Drift:
        labels = read_labels(_labels_of(judge.rubric, own), judge.rubric)
        return drift_of(check, ask_about(judge, labels_to_ask(check, labels), anew(ask, self._asking)))


def asking_at(now: dt.datetime) -> int:
    """Return the number of an asking that begins now; it comes again after months."""
    return OF_CHECKS + int(now.timestamp()) % ROUND


def _labels_of(rubric: Rubric, own: Path | None) -> Path:
    return found_labels(content_folder("judges") if own is None else own, rubric)
