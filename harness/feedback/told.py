"""What is said of proposals, of decisions and of what was accepted, in plain sentences."""

from collections.abc import Iterator, Mapping

from harness.feedback.accept import Outcome
from harness.feedback.candidates import REASONS
from harness.feedback.decided import Agreement, OfLogs, Standing
from harness.feedback.propose import Proposed
from harness.feedback.records import Destination
from harness.records.estimate import Estimate
from harness.text.figures import count, percent

SHOWN = 10
"""Most problems of logs that are told."""


def proposed_lines(found: Proposed) -> Iterator[str]:
    """Yield what was read, and what is proposed of it."""
    yield f"{count(found.read, 'request')} read"
    yield from (f"  {problem}" for problem in found.problems[:SHOWN])
    if more := found.problems[SHOWN:]:
        yield f"  and {count(len(more), 'more problem')}"
    if found.known:
        yield f"{found.known:,} with a reason ask what the suite, or an earlier proposal, asks already"
    if found.not_askable:
        yield f"{found.not_askable:,} with a reason can't be cases, since they don't end with what a user asks"
    if found.joined:
        yield (
            f"{found.joined:,} with a reason have the suite's prompt around them already, which their cases would get "
            "again; log what users asked, or make a suite without prompt= of them"
        )
    for reason in REASONS:
        if questions := found.questions.get(reason, 0):
            chosen = sum(one.reason == reason for one in found.proposals)
            yield f"  {reason}: {chosen:,} of {count(questions, 'question')} proposed"


def agreement_line(found: Agreement | None) -> str:
    """Return how two reviewers agree; empty where one person decides, or nothing was decided by both."""
    if found is None:
        return ""
    figures = [
        f"{name} {_interval(value)}"
        for name, value in (("Cohen's kappa", found.kappa), ("Krippendorff's alpha", found.alpha))
        if value is not None
    ]
    both = count(found.both, "proposal")
    return "; ".join((f"both reviewers decided {both} and mean the same on {found.same:,}", *figures))


def standing_lines(standings: Mapping[str, Standing]) -> Iterator[str]:
    """Yield how many proposals are open, and by id those on which two reviewers disagree."""
    undecided = sum(one.state == "open" for one in standings.values())
    if undecided:
        yield f"{count(undecided, 'proposal')} not decided yet"
    for one in standings.values():
        if one.state == "disagreed":
            said = " and ".join(one.by[seat].kind for seat in ("first", "second"))
            yield f"  {one.proposal.id}: the reviewers disagree ({said}); a third person decides"


def of_logs_line(found: OfLogs | None) -> str:
    """Return what the decisions say of the logs; empty where they say nothing yet."""
    if found is None:
        return ""
    kept = found.kept
    return (
        f"worth keeping: {percent(kept.mean)} of the {found.candidates:,.0f} requests with a reason (95 %: "
        f"{percent(kept.low)} to {percent(kept.high)}), about {kept.mean * found.candidates:,.0f} of "
        f"{count(found.logs, 'logged request')}"
    )


def accepted_lines(found: Outcome, to: Destination) -> Iterator[str]:
    """Yield what was added to which file, and why other proposals were left out."""
    noun = "case" if to == "suite" else "row"
    same = f"; {len(found.same):,} there already" if found.same else ""
    yield f"{found.file}: {count(len(found.added), noun)} added{same}"
    for proposal, why in found.left_out.items():
        yield f"  {proposal}: left out, {why}"


def _interval(value: Estimate) -> str:
    return f"{value.mean:z.2f} [{value.low:z.2f}, {value.high:z.2f}]"
