"""Which scorers a gate can't be enforced by, since nobody checked them against people.

What a check of a judge found is handed over: it lies beside the rubric, not with the scorer.
"""

from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck
from harness.scorers.grounded import GroundedIn
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.repeats import OverRepeats
from harness.scorers.similar import Similar
from harness.text.figures import count


def doubt_of(scorer: object, check: JudgeCheck | None = None, changed: str = "") -> str:
    """Return why a gate on a scorer is advisory; empty where it is enforced.

    ``check`` is the newest one of a judge with its rubric; None where there is none. ``changed`` says why the judge
    is not the one any more that was checked.
    """
    if isinstance(scorer, OverRepeats):
        return doubt_of(scorer.scorer, check, changed)
    if isinstance(scorer, Similar | GroundedIn) and scorer.doubt:
        return f"advisory: {scorer!r} {scorer.doubt}"
    if isinstance(scorer, Judge | PairJudge) and scorer.rubric.require_trusted is not False:
        return f"advisory: {doubt}" if (doubt := _doubt_of_judge(scorer, check, changed)) else ""
    return ""


def waived_of(judge: Judge | PairJudge, check: JudgeCheck | None, changed: str = "") -> str:
    """Return why a judge is not trusted whose gates count all the same; empty where it is, or where they don't."""
    if judge.rubric.require_trusted is not False or not (doubt := _doubt_of_judge(judge, check, changed)):
        return ""
    return f"not advisory, since the rubric has require_trusted = false: {doubt}"


def _doubt_of_judge(judge: Judge | PairJudge, check: JudgeCheck | None, changed: str) -> str:
    """Return why a judge is not trusted; empty where it is."""
    if check is None:
        return f"{judge!r} was never checked against people's labels; run `harness judge check {judge.rubric.id}`"
    if check.outcome == "trusted":
        return f"{judge!r} is not trusted any more: {changed}" if changed else ""
    told = [] if check.kappa is None or any("kappa" in reason for reason in check.reasons) else [_kappa(check.kappa)]
    why = "; ".join((f"checked against {count(check.labels, 'label')}", *told, *check.reasons))
    short = "is not trusted" if check.outcome == "untrusted" else "has too few labels to be trusted"
    return f"{judge!r} {short}: {why}"


def _kappa(kappa: Estimate) -> str:
    return f"kappa {kappa.mean:z.2f} [{kappa.low:z.2f}, {kappa.high:z.2f}]"
