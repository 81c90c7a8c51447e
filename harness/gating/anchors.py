"""Asking a judge about anchors anew, never from the store: a few labels each day, all of them where it matters."""

from collections.abc import Sequence

import msgspec

from harness.errors import EngineError
from harness.gating.judge_check import AnyJudge, ask_about
from harness.gating.judging import AskJudge, anew, asked_anew
from harness.judges.anchors import AnchorDay, verdicts_of
from harness.judges.labels import Label
from harness.judges.readings import questions
from harness.records.asked import Request


def askable(judge: AnyJudge, labels: Sequence[Label]) -> tuple[Label, ...]:
    """Return the labels that a judge is asked about: those with texts, and no empty answer or same answer twice."""
    return tuple(label for label in labels if label.messages and questions(judge, label))


def anchor_requests(judge: AnyJudge, anchors: Sequence[Label], asking: int) -> list[Request]:
    """Return what asking about anchors costs: the requests of the first round, for ``OpenedJudge.tell``."""
    return [asked_anew(request, asking) for label in anchors for request in questions(judge, label)]


def judged_anchors(
    judge: AnyJudge, anchors: Sequence[Label], ask: AskJudge, day: AnchorDay, asking: int
) -> tuple[AnchorDay, str]:
    """Return a day with what the judge says of anchors now, and why some are missing, "" where none is.

    ``asking`` is a number that no earlier run had (``asking_at``): by it nothing is found in the store. A call that
    failed is counted and is no verdict; where nothing more can be had, all are missing.
    """
    try:
        readings = ask_about(judge, anchors, anew(ask, asking))
    except EngineError as problem:
        return msgspec.structs.replace(day, failed=len(anchors)), str(problem)
    failed = [one for one in readings if one.failed]
    told = msgspec.structs.replace(day, anchors=verdicts_of(readings), failed=len(failed))
    return told, failed[0].reason if failed else ""
