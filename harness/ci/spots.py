"""What a session did not pass, worst first: gates, pinned cases, leaks, tests that broke, what was unmeasured."""

import re
from collections.abc import Iterator

from harness.ci.ended import Ended
from harness.records.compared import Outcome
from harness.records.record import Record
from harness.records.saved import Run
from harness.report.view.leaked import TITLE as LEAKED_TITLE
from harness.report.view.regurgitation import TITLE as GIVEN_AWAY_TITLE
from harness.runs.outcome import RANK, binding
from harness.runs.test_ids import title
from harness.text.shown import fact

LONGEST = 500
"""Characters of a reason."""
IN_A_TEST = re.compile(r"(\S+::[^\s:]+)")


class Spot(Record, frozen=True, kw_only=True):
    """One thing that was not passed. ``line`` is 0 where only the test is known, ``test_id`` empty where not even that.

    ``check`` names what found it: a scorer, a pinned case, or how a test ended.
    """

    outcome: Outcome
    title: str
    text: str
    check: str
    test_id: str = ""
    line: int = 0


def spots(ended: Ended) -> tuple[Spot, ...]:
    """Return what was not passed, worst first; advisory gates decide nothing, so they are left out."""
    found = [spot for run in ended.runs for spot in _of(run, several=len(ended.runs) > 1)]
    if ended.remark:
        found.append(Spot(outcome=ended.outcome, title="Release gate", text=ended.remark, check="pytest"))
    return tuple(sorted(found, key=lambda spot: RANK[spot.outcome]))


def _of(run: Run, *, several: bool) -> Iterator[Spot]:
    who = f"{fact(run.candidate.name, 80)}: " if several else ""
    for verdict in binding(run):
        if verdict.outcome != "passed":
            tag = f" on {fact(verdict.comparison.tag, 80)}" if verdict.comparison.tag else ""
            yield Spot(
                outcome=verdict.outcome,
                title=f"{who}{title(verdict.test_id)}{tag}",
                text=fact("; ".join(verdict.reasons), LONGEST),
                check=f"{fact(verdict.comparison.scorer, 120)}{tag}",
                test_id=verdict.test_id,
                line=verdict.line,
            )
    for pinned in run.pinned:
        if pinned.outcome != "passed":
            yield Spot(
                outcome=pinned.outcome,
                title=f"{who}{title(pinned.test_id)}: case {fact(pinned.case_id, 80)}",
                text=fact(pinned.reason, LONGEST) or "no reason given",
                check=f"pinned case {fact(pinned.case_id, 80)}",
                test_id=pinned.test_id,
            )
    if run.leak_failure:
        yield Spot(
            outcome="failed",
            title=f"{who}{LEAKED_TITLE}",
            text=fact(run.leak_failure, LONGEST),
            check="leaked cases",
        )
    if run.given_away_failure:
        yield Spot(
            outcome="failed",
            title=f"{who}{GIVEN_AWAY_TITLE}",
            text=fact(run.given_away_failure, LONGEST),
            check="rows given away",
        )
    yield from (_without_verdict(who, "failed", line) for line in run.broken)
    yield from (_without_verdict(who, "inconclusive", line) for line in run.unmeasured)


def _without_verdict(who: str, outcome: Outcome, line: str) -> Spot:
    found = IN_A_TEST.match(line)
    test_id = found[1] if found else ""
    what = "Broke" if outcome == "failed" else "Not measured"
    about = f": {title(test_id)}" if test_id else ""
    return Spot(
        outcome=outcome, title=f"{who}{what}{about}", text=fact(line, LONGEST), check=what.lower(), test_id=test_id
    )
