"""What a run with --until-decided did not ask, and about what that would have taken, in words."""

from harness.records.in_part import Spared
from harness.records.saved import Run
from harness.text.figures import count, of_all
from harness.text.shown import fact

MOST = 20
"""Suites that are named."""


def early_lines(run: Run) -> tuple[str, ...]:
    """Say what was not asked, and why; nothing where each gate had all of its cases asked."""
    part = run.until_decided
    if part is None or not run.not_asked:
        return ()
    names = {"baseline": run.baseline.name, "candidate": run.candidate.name, "judge": run.judge}
    short = [one for one in part.suites if one.asked < one.cases]
    each = [f"{fact(one.suite, 80)} {of_all(one.asked, one.cases)}" for one in short[:MOST]]
    more = [f"and {len(short) - MOST:,} more suites"] if len(short) > MOST else []
    suites = f" ({', '.join([*each, *more])})" if len(part.suites) > 1 and short else ""
    spared = ", ".join(_spared(one, fact(one.name or names[one.side], 80)) for one in part.spared)
    asked = f"--until-decided asked {part.asked:,} of {count(part.cases, 'case')}{suites}, in a random order (seed "
    asked += f"{part.seed}){_why(run)}. "
    left = "Some gates were decided by a part of them. "
    if spared:
        left = f"The others are in no figure here. Not asked: {spared}. "
    return (f"{asked}{left}--ask-all asks the rest, and what was answered is not asked again.",)


def _why(run: Run) -> str:
    """Say why no more was asked, where nothing else stopped it."""
    undecided = any(one.outcome == "inconclusive" and one.comparison.not_asked for one in run.verdicts)
    return "" if run.unmeasured or run.broken or undecided else ", until every gate was decided"


def _spared(one: Spared, name: str) -> str:
    cost = "" if one.cost is None else f" (about {one.cost:,.4f} {fact(one.currency, 12)}".rstrip() + ")"
    what = "judge call" if one.side == "judge" else "request"
    about = "about " if one.side == "judge" else ""
    return f"{about}{count(one.requests, what)} to {name}{cost}"
