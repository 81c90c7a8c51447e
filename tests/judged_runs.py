"""Invented comparisons by a judge of known bias, with people's labels of a random part of their cases."""

from collections.abc import Sequence

import msgspec
import numpy as np

from harness.records.asked import ModelRef
from harness.records.compared import Comparison, Gate, Row, RowLabel, Verdict
from harness.records.estimate import Estimate
from harness.records.judged import JudgeCheck, JudgeFigures, LengthControlled
from harness.verdicts.compare import over, without_figures
from harness.verdicts.gate import decide

TINY = ModelRef(base="tiny", base_digest="", template_digest="")
JUDGED = JudgeFigures(rubric="completeness", version=1, judge="tiny")


def kappa(mean: float, half: float = 0.15) -> Estimate:
    """Return agreement with its interval."""
    return Estimate(mean=mean, low=mean - half, high=mean + half, n=80, method="bootstrap")


def checked(outcome: str = "untrusted", at: float = 0.31, digest: str = "d", judge: str = "tiny") -> JudgeCheck:
    """Return what a check of a judge found."""
    reasons = () if outcome == "trusted" else (f"kappa {at:.3f} ({at - 0.15:.3f} to {at + 0.15:.3f}) is below 0.6",)
    return JudgeCheck(
        rubric="completeness",
        version=1,
        digest=digest,
        judge=judge,
        labels=80,
        independent=40 if outcome == "too few labels" else 80,
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


def shown_verdicts() -> tuple[Verdict, ...]:
    """Return verdicts that show all a report says of judges: trusted and corrected, unchecked, and waived."""
    unchecked = (
        "advisory: judge('tone' v1 11112222 by tiny) was never checked against people's labels; "
        "run `harness judge check tone`"
    )
    waived = (
        "not advisory, since the rubric has require_trusted = false: prefer('helpfulness' v2 77770000 by tiny) is not "
        "trusted: checked against 80 labels; kappa 0.310 (0.160 to 0.460) is below 0.6"
    )
    pairs = msgspec.structs.replace(
        JUDGED,
        rubric="helpfulness",
        version=2,
        check=checked(),
        flips=kappa(0.34, 0.08),
        lengths=win_rates(0.66, 0.52),
        longer_wins=kappa(0.71, 0.06),
        waived=waived,
    )
    trusted = msgspec.structs.replace(JUDGED, check=checked("trusted", 0.71))
    found = (
        ("test_complete", labelled_rows(300, 90, 0.12, 0.8, 1), trusted, ""),
        ("test_tone", labelled_rows(60, 12, 0.05, 0.5, 2), JUDGED, unchecked),
        ("test_helps_as_much", labelled_rows(200, 0, 0.05, 0.5, 2), pairs, ""),
    )
    return tuple(
        _verdict(f"suites/judged/test_judged.py::{name}", judged_by(rows, judged), doubt)
        for name, rows, judged, doubt in found
    )


def _verdict(test_id: str, comparison: Comparison, doubt: str) -> Verdict:
    known = msgspec.structs.replace(comparison, untrusted=doubt, key=test_id)
    verdict = decide(test_id, known, Gate(max_drop=0.05, advisory=bool(doubt)))
    told = doubt or (known.judged.waived if known.judged else "")
    return msgspec.structs.replace(verdict, reasons=(*verdict.reasons, *filter(None, [told])))
