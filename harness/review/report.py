"""The unblinded report of a review: one HTML page with the verdict, the figures, every pair, every vote and note."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from harness.records.asked import Side
from harness.records.estimate import Estimate
from harness.records.messages import Called, Message
from harness.records.record import Record
from harness.report.view.answers import CALLS_SHOWN, NAME_LIMIT, CallView
from harness.review.count.judges import JudgeAgreement
from harness.review.count.tally import Tally, by_case, majority
from harness.review.count.unblind import Attention, CastVote, SeenCase, answers_of
from harness.review.packets.records import SeenAnswer
from harness.review.session import Findings
from harness.text.atomic import write_atomically
from harness.text.figures import NOTHING, count, interval, number
from harness.text.pages import part_digest, read_part, template
from harness.text.shown import ANSWER_LIMIT, Shown, fact, show


class TurnView(Record, frozen=True, kw_only=True):
    """One turn of what was asked."""

    role: str
    text: Shown
    calls: tuple[CallView, ...]
    more_calls: int


class SideView(Record, frozen=True, kw_only=True):
    """One answer; ``reasoning`` is None where reviewers were not shown any."""

    name: str
    text: Shown
    calls: tuple[CallView, ...]
    more_calls: int
    reasoning: Shown | None
    wins: int


class VoteView(Record, frozen=True, kw_only=True):
    """One vote in words."""

    reviewer: str
    choice: str
    ships: str
    reasons: str
    note: Shown | None


class PairView(Record, frozen=True, kw_only=True):
    """One case with both answers and its votes."""

    case_id: str
    outcome: str
    messages: tuple[TurnView, ...]
    expected: Shown | None
    answers: tuple[SideView, ...]
    votes: tuple[VoteView, ...]


class ReviewPage(Record, frozen=True, kw_only=True):
    """Everything that the template prints."""

    outcome: str
    headline: str
    reasons: tuple[str, ...]
    candidate: str
    baseline: str
    counts: tuple[tuple[str, str], ...]
    rates: tuple[tuple[str, str, str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    attention: tuple[tuple[str, str, str, str], ...]
    tags: tuple[tuple[str, int, int], ...]
    judges: tuple[tuple[str, str, str], ...]
    pairs: tuple[PairView, ...]


def write_review_report(path: Path, findings: Findings) -> None:
    """Write the report as one self-contained page, whole or not at all."""
    write_atomically(path, render_review(findings).encode(errors="replace"))


def render_review(findings: Findings) -> str:
    """Return the page. Its Content-Security-Policy allows its own style, by digest, and nothing else."""
    from markupsafe import Markup

    style = read_part("style.css", "review_report.css")
    return template("review_report.html.j2").render(
        page=page_of(findings),
        style=Markup(style),  # noqa: S704 - our own file, and a style element is not escaped
        style_digest=part_digest(style),
    )


def page_of(findings: Findings) -> ReviewPage:
    """Return everything that the template prints; cases that the candidate lost most clearly come first."""
    key, tally, verdict = findings.reviews[0].key, findings.tally, findings.verdict
    baseline, candidate = fact(key.baseline.name, 80), fact(key.candidate.name, 80)
    headlines = {
        "passed": f"{candidate} passed the review by people against {baseline}.",
        "failed": f"{candidate} failed the review by people against {baseline}.",
        "inconclusive": f"The review of {candidate} against {baseline} by people is inconclusive.",
    }
    return ReviewPage(
        outcome=verdict.outcome,
        headline=headlines[verdict.outcome],
        reasons=tuple(reason[:1].upper() + reason[1:] for reason in verdict.reasons),
        candidate=candidate,
        baseline=baseline,
        counts=(
            ("Candidate preferred", f"{tally.won:,}"),
            ("Neither", f"{tally.tied:,}"),
            ("Baseline preferred", f"{tally.lost:,}"),
            ("Cases", f"{tally.cases:,}"),
            ("Reviewers", f"{tally.reviewers:,}"),
        ),
        rates=tuple(_rates(tally)),
        facts=_facts(findings),
        attention=tuple(_attention(one, one.reviewer in findings.left_out) for one in tally.attention),
        tags=tuple((fact(name, 80), before, now) for name, before, now in tally.reasons),
        judges=tuple(_judge(one) for one in findings.judges),
        pairs=_pairs(findings),
    )


def _rates(tally: Tally) -> list[tuple[str, str, str, str, str]]:
    rows = [_rate("Win rate of the candidate, ties half", tally.win_rate)]
    rows += [_rate(f"Win rate where {fact(name or 'untagged', 80)}", rate) for name, rate in tally.strata]
    rows += [_rate(f"Would ship the {one.side}'s answer", one.estimate) for one in tally.shippable]
    return rows


def _rate(name: str, rate: Estimate | None) -> tuple[str, str, str, str, str]:
    if rate is None:
        return name, NOTHING, NOTHING, "0", "nobody said"
    return name, number(rate.mean), interval(rate), f"{rate.n:,}", rate.method


def _facts(findings: Findings) -> tuple[tuple[str, str], ...]:
    tally, keys = findings.tally, [review.key for review in findings.reviews]
    out = [key.left_out for key in keys]
    found = [
        ("Cases won and lost", f"{tally.cases_won:,} and {tally.cases_lost:,} by the mean of their votes"),
        ("Sign test on these", f"p = {tally.sign_test:.4f}, two-sided"),
        ("Agreement", f"{number(tally.alpha)} (Krippendorff's alpha)"),
        ("Ties in which both were bad", f"{tally.both_bad:,} of {tally.tied:,}"),
        ("Run", ", ".join(dict.fromkeys(fact(key.run, 120) for key in keys))),
        ("Suite", fact(keys[0].suite, 80)),
        ("Same answer twice", f"{count(sum(one.identical for one in out[:1]), 'case')}, left out"),
        ("Failed or missing answers", f"{count(sum(one.failed + one.one_sided for one in out[:1]), 'case')}, left out"),
    ]
    if keys[0].by_tag:
        found.append(("Stratified by", fact(keys[0].by_tag, 80)))
    return tuple(found)


def _attention(one: Attention, is_left_out: bool) -> tuple[str, str, str, str]:
    state = "failed" if one.failed else "passed"
    return (
        one.reviewer,
        f"{one.missed:,} of {one.planted:,}",
        f"{one.contradicted:,} of {one.repeated:,}",
        f"{state}, left out" if is_left_out else state,
    )


def _judge(one: JudgeAgreement) -> tuple[str, str, str]:
    return fact(one.judge, 200), f"{one.agreed:,} of {one.cases:,}", number(one.kappa)


def _pairs(findings: Findings) -> tuple[PairView, ...]:
    votes = by_case(findings.unblinded.votes)
    seen = {case_id: one for review in findings.reviews for case_id, one in answers_of(review).items()}
    order = sorted(seen, key=lambda case_id: (sum(vote.value - 0.5 for vote in votes.get(case_id, ())), case_id))
    return tuple(_pair(case_id, seen[case_id], votes.get(case_id, ())) for case_id in order)


def _pair(case_id: str, seen: SeenCase, votes: Sequence[CastVote]) -> PairView:
    answers: dict[Side, SeenAnswer] = {"baseline": seen.baseline, "candidate": seen.candidate}
    preferred = [vote.preferred for vote in votes]
    return PairView(
        case_id=fact(case_id, 200),
        outcome=_outcome(votes),
        messages=tuple(map(_turn, seen.messages)),
        expected=None if seen.expected is None else show(seen.expected),
        answers=tuple(_side(side, answers[side], preferred.count(side)) for side in get_args(Side)),
        votes=tuple(_vote(vote) for vote in votes),
    )


def _turn(message: Message) -> TurnView:
    calls, more = _calls(message.calls)
    return TurnView(role=message.role, text=show(message.text), calls=calls, more_calls=more)


def _side(side: Side, answer: SeenAnswer, wins: int) -> SideView:
    calls, more = _calls(answer.calls)
    return SideView(
        name=side.capitalize(),
        text=show(answer.text),
        calls=calls,
        more_calls=more,
        reasoning=show(answer.reasoning) if answer.reasoning else None,
        wins=wins,
    )


def _calls(calls: Sequence[Called]) -> tuple[tuple[CallView, ...], int]:
    """Return the first calls as the page shows them, and how many more there are."""
    shown = tuple(
        CallView(name=fact(one.name, NAME_LIMIT), arguments=show(_arguments(one))) for one in calls[:CALLS_SHOWN]
    )
    return shown, max(0, len(calls) - CALLS_SHOWN)


def _arguments(call: Called) -> str:
    """Return the arguments laid out; as they are written where they are long, or not JSON."""
    return (call.laid_out(2) if len(call.arguments) <= ANSWER_LIMIT else None) or call.arguments


def _outcome(votes: Sequence[CastVote]) -> str:
    if not votes:
        return "no votes"
    winner = majority(votes)
    return "neither preferred" if winner == "tie" else f"{winner} preferred"


def _vote(vote: CastVote) -> VoteView:
    choice = "both bad" if vote.both_bad else "tie" if vote.preferred == "tie" else vote.preferred
    ships = [f"{side} {'yes' if said else 'no'}" for side in get_args(Side) if (said := vote.ships[side]) is not None]
    reasons = [f"{side}: {', '.join(given)}" for side in get_args(Side) if (given := vote.reasons[side])]
    return VoteView(
        reviewer=vote.reviewer,
        choice=choice,
        ships=", ".join(ships),
        reasons=fact("; ".join(reasons)),
        note=show(vote.note) if vote.note else None,
    )
