"""A tally becomes a verdict under ``[review]`` of harness.toml, with its reasons in words."""

import math
from collections.abc import Iterator

from harness.config.release import ReviewConfig
from harness.records.compared import OUTCOMES, Finding, Outcome
from harness.records.record import Record
from harness.review.count.stopping import FURTHEST, Progress
from harness.review.count.tally import Tally
from harness.text.figures import count
from harness.verdicts.quantity_gate import SLACK

ALL = 20
"""Allowing this many unshippable answers of 20 is the same as no threshold."""
NO_VOTE = "no vote counts, so nothing was measured"


class ReviewVerdict(Record, frozen=True, kw_only=True):
    """The outcome of a review. Failed beats inconclusive, which beats passed."""

    outcome: Outcome
    reasons: tuple[str, ...]


def decide_review(tally: Tally, finished: int, config: ReviewConfig, progress: Progress | None = None) -> ReviewVerdict:
    """Judge a tally; ``finished`` is the number of reviewers who finished and whose votes count.

    With ``progress``, the win rate is judged by it: that is valid even if cases are added until it is decided. The
    interval is valid for a number of cases that was chosen before.

    The reasons are those of each threshold that did not pass, failed first, or of all when all passed.
    """
    win_rate = _judge_win_rate(tally, config.min_win_rate) if progress is None else _judge_any_time(progress, config)
    findings = (_judge_ballots(finished, config.min_ballots), win_rate, *_other_findings(tally, config))
    outcome = next(one for one in OUTCOMES if any(found == one for found, _ in findings))
    shown = OUTCOMES[2:] if outcome == "passed" else OUTCOMES[:2]
    return ReviewVerdict(
        outcome=outcome, reasons=tuple(reason for one in shown for found, reason in findings if found == one)
    )


def outlook(progress: Progress, least: float) -> str:
    """Say whether the votes decide, and if not, about how many more cases would, or why no number does."""
    if progress.rate is None:
        return NO_VOTE
    after = f"after {count(progress.cases, 'case')}: win rate {progress.rate:.3f}, ties half,"
    if progress.decided != "not yet":
        return f"decided {after} is {progress.decided} {least:g}"
    if progress.more is None:
        return (
            f"not decided {after} is so close to {least:g} that even {FURTHEST} times as many cases like these would "
            "not be enough; stop here, and choose another min_win_rate before the next review"
        )
    return (
        f"not decided {after} can still be on either side of {least:g}; about {count(progress.more, 'more case')} "
        "like these would be enough; add them with `harness review build --after KEY`"
    )


def _judge_any_time(progress: Progress, config: ReviewConfig) -> Finding:
    outcomes: dict[str, Outcome] = {"above": "passed", "below": "failed", "not yet": "inconclusive"}
    return outcomes[progress.decided], outlook(progress, config.min_win_rate)


def _judge_ballots(finished: int, least: int) -> Finding:
    said = f"finished ballots: {finished}, needed: {least}"
    return ("inconclusive", f"{said}; ask for the others") if finished < least else ("passed", said)


def _other_findings(tally: Tally, config: ReviewConfig) -> Iterator[Finding]:
    if config.max_unshippable_of_20 < ALL:
        yield _judge_shippable(tally, config.max_unshippable_of_20)
    if config.min_agreement is not None:
        yield _judge_agreement(tally.alpha, config.min_agreement)


def _judge_win_rate(tally: Tally, least: float) -> Finding:
    rate, low = tally.win_rate, tally.win_rate_low
    if rate is None or low is None or not math.isfinite(rate.mean + low):
        return "inconclusive", NO_VOTE
    if rate.mean < least - SLACK:
        return "failed", f"win rate {rate.mean:.3f}, ties half, is below min_win_rate, {least:g}"
    if low > least - SLACK:
        return "passed", f"win rate {rate.mean:.3f}, ties half; less than {least:g} is ruled out (one-sided 95 %)"
    return "inconclusive", (
        f"win rate {rate.mean:.3f}, ties half: {tally.cases} cases are too few to rule out less than {least:g} "
        f"(one-sided 95 % bound {low:.3f}); add cases with `harness review build --after KEY`"
    )


def _judge_shippable(tally: Tally, most: float) -> Finding:
    (candidate,) = (one for one in tally.shippable if one.side == "candidate")
    if candidate.estimate is None or not math.isfinite(candidate.estimate.mean):
        return "inconclusive", "no vote says whether the candidate's answers would ship"
    of_20, at_worst = 20 * (1 - candidate.estimate.mean), 20 * (1 - candidate.least)
    said = f"{of_20:.1f} of 20 of the candidate's answers would not ship"
    if of_20 > most + SLACK:
        return "failed", f"{said}, more than the allowed {most:g}"
    if at_worst > most + SLACK:
        return "inconclusive", (
            f"{said}, of the allowed {most:g}, but {candidate.unsaid} of {tally.votes} votes don't say; "
            "ask reviewers to answer it for every pair"
        )
    return "passed", f"{said}, of the allowed {most:g}"


def _judge_agreement(alpha: float | None, least: float) -> Finding:
    if alpha is None or not math.isfinite(alpha):
        return "inconclusive", (
            "agreement is unknown: that needs two reviewers on the same cases, and votes that are not all the same"
        )
    if alpha < least - SLACK:
        return "inconclusive", (
            f"reviewers agree too little: alpha {alpha:.3f}, needed: {least:g}; agree on what the question means"
        )
    return "passed", f"reviewers agree: alpha {alpha:.3f}, needed: {least:g}"
