"""How a session with runs ends: its exit code, and the lines that say why."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from harness.gating.each_candidate import candidate_of
from harness.gating.ended_tests import LONGEST_REASON
from harness.gating.ledger import Ledger
from harness.gating.marks import mark_of
from harness.gating.saving import results
from harness.records.compared import Outcome
from harness.runs.outcome import STOPPED, exit_code, reasons, worst
from harness.text.secrets import Secrets
from harness.text.visible import for_terminal

MOST_REASONS = 10


class SessionEnd:
    """The end of a session, of the ``ledgers`` of its runs by their candidates' labels; ``secrets`` are masked.

    ``unsaved`` has a line for each thing that could not be saved, and ``more`` what is said below all reasons.
    """

    def __init__(self, ledgers: Mapping[str, Ledger], secrets: Secrets) -> None:
        self.unsaved: tuple[str, ...] = ()
        self.more: tuple[str, ...] = ()
        self._ledgers = ledgers
        self._secrets = secrets

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all runs."""
        return worst(self._ledgers.values())

    def code(self, status: int) -> int:
        """Return the exit code, given pytest's own."""
        return exit_code(self.outcome, status)

    def told(self, status: int) -> list[str]:
        """Return the lines that say why the session ended so: the verdicts too, where something was not saved."""
        found = [self._secrets.mask_cut(reason) for reason in self._reasons() if reason not in self.unsaved]
        told = [line for ledger in self._ledgers.values() for line in results(ledger)] if self.unsaved else []
        told += [*_why(self.outcome, found, self.code(status)), *self._doubts(), *self.more]
        return [self._secrets.mask(line) for line in (*told, *(f"  {line}" for line in self.unsaved))]

    def tell_writers(self, config: pytest.Config) -> None:
        """Hand the outcome and its reasons to plugins that write a file of the session, as pytest's JUnit file."""
        found = [self._secrets.mask_cut(reason) for reason in self._reasons()]
        for writer in config.pluginmanager.get_plugins():
            if hasattr(writer, "add_global_property"):
                writer.add_global_property("outcome", self.outcome)
                for reason in found:
                    writer.add_global_property("reason", reason)

    def could_not_measure(self, what: str) -> None:
        """Record in every run that something was not measured, and why."""
        for ledger in self._ledgers.values():
            ledger.could_not_measure(what)

    def note_what_is_missing(self, session: pytest.Session, started: Collection[str], status: int) -> None:
        """Record the tests that never started here, and a failure that pytest saw but no test reported."""
        ledgers = self._ledgers
        if status > STOPPED and worst(ledgers.values()) != "passed":
            return
        stopped = session.shouldstop or session.shouldfail
        absent = [item for item in session.items if mark_of(item) and item.nodeid not in started]
        for label, ledger in ledgers.items():
            missing = [item.nodeid for item in absent if candidate_of(item) == label]
            if status == STOPPED or (stopped and missing):
                ledger.could_not_measure(f"the tests were stopped before the end: {stopped or 'exit'}")
            elif missing:
                many = f" and {len(missing) - 1} more" if missing[1:] else ""
                ledger.could_not_measure(f"{missing[0]}{many} did not run in this process, so it measured nothing")
        if status not in {pytest.ExitCode.OK, STOPPED} and worst(ledgers.values()) == "passed":
            for ledger in ledgers.values():
                ledger.broke(
                    f"pytest ended with exit code {status}, though every gate passed: {stopped or 'see its output'}"
                )

    def _reasons(self) -> list[str]:
        """Return the reasons for the outcome, each once, with its candidate where there are several."""
        return [
            f"{label}: {reason}" if label and reason not in self.unsaved else reason
            for label, ledger in self._ledgers.items()
            for reason in reasons(ledger)
        ]

    def _doubts(self) -> list[str]:
        """Return why gates on a scorer are advisory, or count though nobody trusts it, each once; pass or fail."""
        gated = (verdict.comparison for ledger in self._ledgers.values() for verdict in ledger.verdicts)
        found = [one.untrusted or (one.judged.waived if one.judged else "") for one in gated]
        each = [for_terminal(doubt, LONGEST_REASON) for doubt in dict.fromkeys(found) if doubt]
        more = len(each) - MOST_REASONS
        return [*each[:MOST_REASONS], *([f"and {more} more such scorers: see the report"] if more > 0 else [])]


def _why(outcome: str, found: Sequence[str], code: int) -> list[str]:
    """Return the outcome with its exit code and its reasons; nothing where the run passed."""
    if not code:
        return []
    more = len(found) - MOST_REASONS
    lines = [f"gate: {outcome} (exit code {code})"]
    lines += [f"  {for_terminal(reason, LONGEST_REASON)}" for reason in found[:MOST_REASONS]]
    return [*lines, f"  and {more} more: see the report"] if more > 0 else lines
