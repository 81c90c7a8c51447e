"""Invented comparisons by a judge of known bias, with people's labels of a random part of their cases."""

from collections.abc import Sequence

import msgspec
import numpy as np

from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Row, RowLabel
from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck, JudgeFigures, LengthControlled
from harness.verdicts.compare import over, without_figures

TINY = ModelRef(base="tiny", base_digest="", template_digest="")
JUDGED = JudgeFigures(rubric="completeness", version=1, judge="tiny")


def kappa(mean: float, half: float = 0.15) -> Estimate:
    """Return agreement with its interval."""
    return Estimate(mean=mean, low=mean - half, high=mean + half, n=80, method="bootstrap")


def checked(outcome: str = "untrusted", at: float = 0.31, digest: str = "d", judge: str = "tiny") -> JudgeCheck:
    """Return what a check of a judge found."""
    reasons = () if outcome == "trusted" else (f"kappa is {at:.2f}, 0.60 is needed",)
    return JudgeCheck(
        rubric="completeness",
        version=1,
        digest=digest,
        judge=judge,
        labels=80,
        outcome=outcome,
        reasons=reasons,
        kappa=kappa(at),
        weighted=True,
        checked="2026-11-20T08:00:00+00:00",
    )


def win_rates(raw: float, controlled: float) -> LengthControlled:
    """Return a win rate as it is and at equal length."""
    both = (Estimate(mean=one, low=one - 0.05, high=one + 0.05, n=300, method="Wilson") for one in (raw, controlled))
    first, second = both
    return LengthControlled(raw=first, controlled=second, coefficient=0.8)


def judged_by(rows: Sequence[Row], judged: JudgeFigures = JUDGED, scorer: str = "judge('completeness')") -> Comparison:
    """Return the comparison of these rows by a judge."""
    empty = without_figures(scorer, (TINY, TINY), tuple(rows), {})
    return over(msgspec.structs.replace(empty, judged=judged), tuple(rows))


def labelled_rows(cases: int, labels: int, lost: float, kind: float, seed: int) -> tuple[Row, ...]:
    """Return pass-or-fail rows of which people find a share ``lost`` lost, with a label for the first ``labels``.

    The judge doesn't see a share ``kind`` of the cases that were lost, and errs in 5 % of the others.
    """
    chance, rows = np.random.default_rng(seed), []
    for number in range(cases):
        before = 1.0
        after = 0.0 if chance.random() < lost else 1.0
        seen = 1.0 if after == 0.0 and chance.random() < kind else after
        if after == 1.0 and chance.random() < 0.05:
            seen = 0.0
        label = RowLabel(baseline=before, candidate=after) if number < labels else None
        rows.append(Row(case_id=f"c{number}", baseline=before, candidate=seen, label=label))
    return tuple(rows)
