"""How a run ended: one rule, which exit code, report, run.json, JUnit, summary and history all use.

The exit code is never better than the report, and the report is never better than pytest.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from harness.errors import UNDECIDED
from harness.records.compared import OUTCOMES, Outcome, Verdict
from harness.records.saved import Pinned
from harness.runs.test_ids import title

RANK: dict[Outcome, int] = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
EXIT_CODES: dict[Outcome, int] = {"passed": 0, "failed": 1, "inconclusive": UNDECIDED}
STOPPED = 2
"""pytest's exit code for a session that was stopped, for example by --stepwise."""
ONLY_ADVISORY = "nothing was gated: only advisory gates ran, which decide nothing"
NO_GATE = "nothing was gated: no test called gate(...)"


class Findings(Protocol):
    """What the tests came to: a saved run, or the ledger of a run in progress."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """Every gate's verdict, advisory ones too."""
        ...

    @property
    def pinned(self) -> Sequence[Pinned]:
        """How the tests of single cases ended."""
        ...

    @property
    def broken(self) -> Sequence[str]:
        """Tests that broke by an error of their own, not by a gate."""
        ...

    @property
    def leak_failure(self) -> str:
        """Why the cases that are in the candidate's training rows fail the run; empty where they don't."""
        ...

    @property
    def given_away_failure(self) -> str:
        """Why the training rows that the candidate gives away fail the run; empty where they don't."""
        ...

    @property
    def unmeasured(self) -> Sequence[str]:
        """What could not be measured, or was skipped."""
        ...


def overall(found: Findings) -> Outcome:
    """Return the outcome of the whole run: the worst of what is gated; inconclusive when nothing is.

    Advisory gates never count; pinned tests do. A test that broke fails the run, and so do too many cases in the
    training rows, and too many rows given away. With a test that measured nothing, the run is inconclusive at best.
    """
    outcomes = [verdict.outcome for verdict in binding(found)] + [pinned.outcome for pinned in found.pinned]
    if found.broken or data_failures(found):
        return "failed"
    if found.unmeasured:
        outcomes.append("inconclusive")
    return min(outcomes, key=RANK.__getitem__, default="inconclusive")


def data_failures(found: Findings) -> tuple[str, ...]:
    """Return what fails a run by its candidate's training rows: cases that are in them, and rows that it gives away."""
    return tuple(filter(None, (found.leak_failure, found.given_away_failure)))


def binding(found: Findings) -> list[Verdict]:
    """Return the verdicts that count: all but the advisory ones."""
    return [verdict for verdict in found.verdicts if not verdict.gate.advisory]


def worst(found: Iterable[Findings]) -> Outcome:
    """Return the worst outcome of the runs of one session, one for each candidate; see ``overall``."""
    return min(map(overall, found), key=RANK.__getitem__, default="inconclusive")


def exit_code(outcome: Outcome, pytests: int) -> int:
    """Return the exit code of a session with this outcome for which pytest's own code is ``pytests``.

    A gate that failed fails the run even where its test was expected to fail, or caught the failure. A session that
    ended for another reason than its tests or being stopped keeps pytest's own code.
    """
    if pytests > STOPPED:
        return pytests
    return EXIT_CODES[outcome] or pytests


def reasons(found: Findings) -> tuple[str, ...]:
    """Return the reasons for the outcome: a line for each gate, case or test, leaks last; none where the run passed."""
    outcome = overall(found)
    if outcome == "passed":
        return ()
    lines = tuple(_reasons(found, outcome))
    if lines:
        return lines
    return (ONLY_ADVISORY if found.verdicts else NO_GATE,)


def _reasons(found: Findings, outcome: Outcome) -> Iterator[str]:
    for verdict in binding(found):
        if verdict.outcome == outcome:
            tag = f" on {verdict.comparison.tag}" if verdict.comparison.tag else ""
            yield f"{title(verdict.test_id)}{tag}: {verdict.reasons[0] if verdict.reasons else 'no reason given'}"
    for pinned in found.pinned:
        if pinned.outcome == outcome:
            yield f"{title(pinned.test_id)}, case {pinned.case_id}: {pinned.reason or 'no reason given'}"
    if outcome != "failed":
        yield from found.unmeasured
        return
    yield from found.broken
    yield from data_failures(found)
