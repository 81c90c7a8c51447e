"""The findings of a review as lines for the terminal, with nothing in them that a terminal could obey."""

from harness.records.estimate import Estimate
from harness.review.count.judges import JudgeAgreement
from harness.review.count.tally import Shippable
from harness.review.count.unblind import Attention
from harness.review.session import Findings
from harness.text.figures import count
from harness.text.shown import fact


def wording(findings: Findings) -> str:
    """Return the verdict with its reasons, then the figures."""
    tally, key = findings.tally, findings.reviews[0].key
    names = f"{fact(key.candidate.name, 80)} against {fact(key.baseline.name, 80)}"
    lines = [f"{findings.verdict.outcome}: {names}, by {count(tally.votes, 'vote')} on {count(tally.cases, 'case')}"]
    lines += [f"  {reason}" for reason in findings.verdict.reasons]
    lines += [
        f"win rate {_rate(tally.win_rate)}: won {tally.won}, tied {tally.tied}, lost {tally.lost}; ties count half",
        f"cases: won {tally.cases_won}, lost {tally.cases_lost}; two-sided sign test p = {tally.sign_test:.4f}",
        *(_shippable(one) for one in tally.shippable),
        f"agreement of {count(tally.reviewers, 'reviewer')}: "
        + ("unknown" if tally.alpha is None else f"Krippendorff's alpha {tally.alpha:.3f}"),
        *(_judge(one) for one in findings.judges),
    ]
    reasons = [f"{fact(name, 40)} {before} and {now}" for name, before, now in tally.reasons]
    lines += [f"reasons, baseline and candidate: {', '.join(reasons)}"] if reasons else []
    return "\n".join([*lines, *(_attention(one, findings.left_out) for one in tally.attention)])


def _rate(rate: Estimate | None) -> str:
    return "unknown" if rate is None else f"{rate.mean:.3f} [{rate.low:.3f}, {rate.high:.3f}] at 95 %"


def _shippable(one: Shippable) -> str:
    unsaid = f"; {count(one.unsaid, 'vote')} did not say" if one.unsaid else ""
    return f"would ship the {one.side}'s answer: {_rate(one.estimate)}{unsaid}"


def _judge(one: JudgeAgreement) -> str:
    kappa = "kappa unknown" if one.kappa is None else f"kappa {one.kappa:.3f}"
    return f"{fact(one.judge, 120)} agrees with people on {one.agreed} of {count(one.cases, 'case')}, {kappa}"


def _attention(one: Attention, left_out: tuple[str, ...]) -> str:
    told = (
        f"{one.reviewer}: missed {one.missed} of {one.planted} planted answers, "
        f"contradicted {one.contradicted} of {count(one.repeated, 'repeated pair')}"
    )
    if one.reviewer in left_out:
        return f"{told}; left out"
    return (
        f"{told}; failed; read the notes, or leave this reviewer out with --leave-out {one.reviewer}"
        if one.failed
        else told
    )
