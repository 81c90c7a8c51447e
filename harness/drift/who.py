"""Who drifted, the adapter or the judge: labels judged again day by day beside what the judge says of production.

See docs/who-drifted.md. A judge that moved is never told as an adapter that got worse.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.drift.found import Who
from harness.gating.anchors import anchor_requests, askable, judged_anchors
from harness.gating.judge_check import AnyJudge
from harness.gating.judge_drift import asking_at
from harness.gating.judging import AskJudge
from harness.judges.anchors import (
    AnchorDay,
    add_day,
    anchors_of,
    before_of,
    checked_anchors,
    draw_anchors,
    read_days,
    released_of,
    why_other_labels,
)
from harness.judges.labels import Label
from harness.records.asked import Request
from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck
from harness.records.record import Record
from harness.records.scored import Rubric
from harness.stats.binomial import exact_interval
from harness.stats.judges.attributed import THRESHOLD, Anchor, Before, Moved, Mover, Seen, known_before, who_moved
from harness.stats.judges.moved import values_needed
from harness.text.figures import count, percent

ANCHORS = 20
"""Labels that are judged again each day."""
MARGIN = 0.02
"""How much the rate of production may be off that at release without having moved."""
SHIFT = 0.2
"""A change of this size mostly shows before "nobody" is said."""


class Today(Record, frozen=True, kw_only=True):
    """What a day adds: the judge's values of answers in production, by the digest of what was asked and answered.

    ``released`` are its values of the answers at release, of which the first ever given count; ``release`` names them.
    ``anchors`` is how many labels are judged again today.
    """

    now: dt.datetime
    answers: Mapping[str, float] = {}
    released: tuple[float, ...] = ()
    release: str = ""
    anchors: int = ANCHORS


def watch_judge(  # noqa: PLR0913, PLR0917 - each is of another kind
    judge: AnyJudge,
    check: JudgeCheck,
    labels: Sequence[Label],
    today: Today,
    history: Path,
    ask: AskJudge,
    tell: Callable[[Sequence[Request]], None],
) -> Who:
    """Judge anchors again, add the day to the history, and return who drifted. What it costs is told before.

    Where the answers have changed and it is not known whether the judge did, all labels are asked about at once.

    Raises:
        DataError: the history can't be read.
        StoreError: it can't be written.
    """
    known, day = askable(judge, labels), _day(check, today)
    if why := _useless(judge.rubric, check, known):
        return Who(rubric=judge.rubric.id, outcome="too little", sentence=why)
    anchors, asking = _anchors(judge, check, known, today, history), asking_at(today.now)
    tell(anchor_requests(judge, anchors, asking))
    day, missing = judged_anchors(judge, anchors, ask, day, asking)
    days = before_of(add_day(history, day), day)
    return who_drifted(judge.rubric, check, known, days, missing)


def requests_today(
    judge: AnyJudge, check: JudgeCheck, labels: Sequence[Label], today: Today, history: Path
) -> list[Request]:
    """Return what ``watch_judge`` will ask of anchors, so that it can be told and asked with or before anything else.

    The answers of today don't matter to it. Nothing where nothing can be told by these labels.
    """
    known = askable(judge, labels)
    if _useless(judge.rubric, check, known):
        return []
    return anchor_requests(judge, _anchors(judge, check, known, today, history), asking_at(today.now))


def _anchors(
    judge: AnyJudge, check: JudgeCheck, known: Sequence[Label], today: Today, history: Path
) -> tuple[Label, ...]:
    """Return the anchors of a day: a few, or all labels where the days before leave open who moved."""
    day = _day(check, today)
    last = who_drifted(judge.rubric, check, known, before_of(read_days(history), day))
    wanted = len(known) if last.outcome == "too little" and last.answers_since else today.anchors
    return draw_anchors(known, wanted, f"{check.checked} {day.time}")


def _day(check: JudgeCheck, today: Today) -> AnchorDay:
    return AnchorDay(
        time=today.now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        digest=check.digest,
        judge=check.judge,
        checked=check.checked,
        release=today.release,
        released=today.released,
        answers=dict(today.answers),
    )


def who_drifted(
    rubric: Rubric, check: JudgeCheck, labels: Sequence[Label], days: Sequence[AnchorDay], missing: str = ""
) -> Who:
    """Return who drifted, given the days of one judge, check and release; ``labels`` are all that can be anchors.

    ``missing`` says why anchors are missing today.
    """
    if why := _useless(rubric, check, labels):
        return Who(rubric=rubric.id, outcome="too little", sentence=why)
    seen = [Seen(anchors_of(rubric, labels, day.anchors), tuple(day.answers.values())) for day in days]
    checked, released = checked_anchors(check), released_of(days)
    then = known_before(checked, released, MARGIN)
    moved = who_moved(then, seen)
    start = moved.judge_since or 0
    now, at_first = _agreement([one for day in seen[start:] for one in day.anchors]), _agreement(checked)
    anchors, answers = sum(len(day.anchors) for day in seen), sum(len(day.answers) for day in seen)
    outcome, why = moved.mover, ""
    if outcome == "too little":
        why = _too_little(moved) or _of_anchors(then, at_first, anchors) or _of_answers(then, released, answers)
        outcome = "too little" if why else "nobody"
    sentence = why or _sentence(outcome, rubric, moved, now, at_first)
    if missing:
        sentence += f" {count(days[-1].failed, 'anchor')} could not be judged today: {missing}."
    return Who(
        rubric=rubric.id,
        outcome=outcome,
        sentence=sentence,
        judge_e=moved.judge,
        answers_e=moved.answers,
        agreement=now,
        agreement_then=at_first,
        anchors=anchors,
        answers=answers,
        judge_since=_time(days, moved.judge_since),
        answers_since=_time(days, moved.answers_since),
        moved_by=moved.by_at_least,
    )


def _useless(rubric: Rubric, check: JudgeCheck, labels: Sequence[Label]) -> str:
    """Return why nothing can be told by these labels; "" where something can."""
    again = f"; run: harness judge check {rubric.id}"
    if not labels:
        return f"No labels of {rubric.id!r} are here, so whether its judge moved can't be told{again}."
    if not check.table or check.digest != rubric.digest:
        return f"The judge was not checked with the words that {rubric.id!r} has now{again}."
    why = why_other_labels(rubric, check, labels)
    return f"Whether the judge of {rubric.id!r} moved can't be told: {why}{again}." if why else ""


def _too_little(moved: Moved) -> str:
    """Return why nobody can be named though the answers have changed; "" where they have not."""
    if moved.answers_since is None:
        return ""
    return (
        "The judged rate in production has changed, and whether it is the judge that moved is not known yet: judge "
        "more anchors."
    )


def _of_anchors(then: Before, at_first: Estimate | None, anchors: int) -> str:
    """Return why a judge could have moved by ``SHIFT`` unnoticed; "" where it can't."""
    if at_first is None or not anchors:
        return "No anchor was judged, so whether the judge moved is not known."
    needed = values_needed(then.agreed, max(at_first.mean - SHIFT, 0.0), THRESHOLD)
    if needed is None:
        return f"The check has too few labels ({at_first.n}) to notice a judge that agrees {percent(SHIFT)} less often."
    if anchors < needed:
        return (
            f"So far {count(anchors, 'anchor')} of about {needed} were judged that it takes to say that nobody moved."
        )
    return ""


def _of_answers(then: Before, released: Sequence[float], answers: int) -> str:
    """Return why the answers' rate could have moved by ``SHIFT`` unnoticed; "" where it can't."""
    if not released:
        return "The judge has not moved. It read no answers of the release, so whether answers changed is not known."
    rate = math.fsum(released) / len(released)
    needed = values_needed(then.answers, rate - SHIFT if rate > SHIFT else rate + SHIFT, THRESHOLD)
    if needed is None:
        return f"The judge has not moved; {count(len(released), 'answer')} at release are too few to notice a change."
    if answers < needed:
        return f"The judge has not moved; {count(answers, 'answer')} of about {needed} were judged that it takes."
    return ""


def _sentence(outcome: Mover, rubric: Rubric, moved: Moved, now: Estimate | None, then: Estimate | None) -> str:
    way = "fallen" if moved.by_at_least < 0 else "risen"
    rate = f"The judged rate in production has {way} by at least {percent(abs(moved.by_at_least))}"
    agrees = (
        ""
        if now is None or then is None
        else (
            f"it agrees with people on {percent(now.mean)} of the anchors ({percent(now.low)} to {percent(now.high)}), "
            f"{percent(then.mean)} when it was checked"
        )
    )
    again = f"run: harness judge check {rubric.id}"
    if outcome == "judge":
        return (
            f"The judge moved, so its figures say nothing of the adapter: {agrees}. Whether the answers changed too is "
            f"not known; {again}."
        )
    if outcome == "both":
        return f"The judge moved: {agrees}. {rate}, more than the judge alone explains; {again}."
    if outcome == "adapter":
        return f"{rate}, and the judge alone does not explain it: the adapter changed, or what it is asked."
    return f"Neither the judge nor the answers have moved: {agrees}."


def _time(days: Sequence[AnchorDay], since: int | None) -> str:
    return "" if since is None else days[since].time


def _agreement(anchors: Sequence[Anchor]) -> Estimate | None:
    if not anchors:
        return None
    same = sum(one.judge == one.people for one in anchors)
    low, high = exact_interval(same, len(anchors))
    return Estimate(mean=same / len(anchors), low=low, high=high, n=len(anchors), method="Clopper-Pearson")
