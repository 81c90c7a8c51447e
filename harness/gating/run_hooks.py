"""pytest's hooks during a run of suites: ask before the first test, record how each test ended, save, and say why."""

import gc
import mmap
import os
import warnings
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import UNDECIDED, EngineError, InputError, SilentAdapter, StoreError, more_about
from harness.gating.each_candidate import candidate_of, recorded_id
from harness.gating.ended_tests import LONGEST_REASON, NO_VERDICT, note_end, reason_of
from harness.gating.gate_runs import GateRuns
from harness.gating.ledger import Ledger
from harness.gating.marks import mark_of
from harness.gating.masking import mask_report, mask_warning, masked_logs
from harness.gating.pointing import add_more, leave_out_of_summary, usage_error
from harness.gating.postponed import end_line
from harness.gating.session_end import SessionEnd
from harness.gating.suite_run import SuiteRun
from harness.interrupts import Interrupts
from harness.text.progress import say
from harness.text.secrets import known_secrets
from harness.text.visible import for_terminal

RARELY = (100_000, 20, 20)
"""When garbage is collected in a run with suites: its many records are needed to the end, and none is in a cycle."""
SPARE = 4 << 20
"""The bytes of address space that are kept back for what must be said and closed when a limit of memory is reached."""


class RunHooks:
    """Registered when runs are opened, one for each candidate by its label.

    ``live`` is None for a run that asks no model; such a run is not saved.
    """

    def __init__(self, runs: Mapping[str, SuiteRun], live: GateRuns | None) -> None:
        self._ledgers = {label: run.ledger for label, run in runs.items()}
        self._live = live
        self._interrupts = Interrupts()
        self._interrupted = False
        self._started: set[str] = set()
        self._told: list[str] = []
        self._secrets = live.secrets if live else known_secrets(os.environ, (), ()).unmistakable
        self._end = SessionEnd(self._ledgers, self._secrets)
        self._logs = masked_logs(self._secrets)
        self._spare: list[mmap.mmap] = []

    def ask(self, tests: int) -> None:
        """Ask everything as one stream, before the first of so many tests runs."""
        self._logs.__enter__()
        if self._live is None:
            return
        self._interrupts.install()
        self._spare = [mmap.mmap(-1, SPARE), mmap.mmap(-1, SPARE)]  # one for the verdicts, one for the end of pytest
        gc.freeze()  # no collection goes through modules and cases again, not even pytest's own at its end
        gc.set_threshold(*RARELY)
        try:
            self._live.ask(tests)
        except InputError as problem:
            raise usage_error(problem) from problem
        except KeyboardInterrupt:
            self._interrupts.note_interrupted()
            raise
        except SilentAdapter as problem:
            self._end.could_not_measure(str(problem))
            self._end.more = (more_about(problem),)
            pytest.exit("an adapter changes nothing", returncode=UNDECIDED)
        except (EngineError, StoreError) as problem:
            self._end.could_not_measure(f"asking stopped: {problem}")
            self._end.more = (more_about(problem),)
            pytest.exit("asking stopped; the answers so far are kept, and the next run continues from there", UNDECIDED)

    def forget(self, item: pytest.Item) -> None:
        """Forget that a test was started: it will run again, and until then it has measured nothing."""
        self._started.discard(item.nodeid)
        if self._live:
            self._live.start_over(candidate_of(item), recorded_id(item))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Start a test, or start it over: only its last attempt counts."""
        self._started.add(item.nodeid)
        for ledger in self._concerned(item):
            ledger.begin(recorded_id(item) if mark_of(item) else item.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell inconclusive from failed, and record how each test ended."""
        add_more(call)
        report = yield
        leave_out_of_summary(report, call)
        mask_report(report, self._secrets)
        if not mark_of(item):
            if report.failed:
                for ledger in self._concerned(item):
                    ledger.broke(f"{item.nodeid}: {reason_of(call)}", item.nodeid)
            return report
        if report.failed and call.excinfo and call.excinfo.errisinstance(NO_VERDICT):
            setattr(report, "undecided", True)  # noqa: B010 - pytest's own way to pass facts on to later hooks
        for ledger in self._concerned(item):
            note_end(ledger, item, report, call)
        return report

    def pytest_runtest_logfinish(self) -> None:
        """Note how many tests have ended."""
        if self._live:
            self._live.tested(len(self._started))

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show an inconclusive gate as such."""
        if getattr(report, "undecided", False) and report.failed:
            return "inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the inconclusive gates with their reasons, which pytest does only for failures."""
        for report in terminalreporter.getreports("inconclusive"):
            terminalreporter.write_sep("_", report.nodeid, yellow=True)
            report.toterminal(terminalreporter._tw)  # noqa: SLF001 - what pytest's own summary_failures does

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Mask the secrets in a warning before it is listed."""
        mask_warning(warning_message, self._secrets)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell Ctrl-C from a session that a plugin stopped, as --stepwise does."""
        self._interrupted = not isinstance(excinfo.value, pytest.Session.Interrupted | pytest.exit.Exception)
        if self._interrupted:
            self._interrupts.note_interrupted()
            if self._live:
                kept = "the answers so far are kept, and the same command continues from there"
                say(f"interrupted; {'; '.join(getattr(excinfo.value, '__notes__', [kept]))}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Save the run, write its report, and set the exit code that belongs to its outcome.

        After Ctrl-C only the answers are kept: an unfinished run needs no report, and the user wants the prompt back. A
        signal that comes while the run is being saved lets that end, and then the exit code is never 0. A code other
        than 0 is set again after other plugins, since syrupy mixes it with pytest's own. Where one of them breaks, as
        pytest's JUnit file on a full disk, the verdicts are shown all the same. A lack of memory can end in any error,
        even in Python's own SystemError.
        """
        self._interrupts.note_saving()
        status = int(session.exitstatus)
        code, result = 0 if self._interrupted else self._finish(session), None
        try:
            result = yield
        except Exception as problem:
            if self._live is None or self._interrupted:
                raise
            self._use_spare()
            self._live.could_not_save(problem)
            self._end.unsaved = self._live.unsaved
            code = self._conclude(status)
        if self._interrupts.is_wanted and not session.exitstatus:
            code = int(pytest.ExitCode.INTERRUPTED)
            self._told.append("interrupted while the run was being saved: it is whole, but did not end by itself")
        if code:
            session.exitstatus = code
        return result

    def _finish(self, session: pytest.Session) -> int:
        """Save the run, write its report, and return the session's exit code."""
        status = int(session.exitstatus)
        if self._live and status == pytest.ExitCode.USAGE_ERROR:
            self._live.discard()
            return status
        self._end.note_what_is_missing(session, self._started, status)
        if self._live:
            self._live.finish(lambda line: _say_below(session, line))
            self._use_spare()
            self._end.unsaved = self._live.unsaved
        code = self._conclude(status)
        session.exitstatus = code
        self._end.tell_writers(session.config)
        return code

    def _conclude(self, status: int) -> int:
        """Return the exit code, and keep what is to be printed."""
        self._told = self._end.told(status)
        return self._end.code(status)

    def _use_spare(self) -> None:
        """Give back a part of what was kept, so that a process at its limit of memory can go on with the next step."""
        if self._spare:
            self._spare.pop().close()

    def _concerned(self, item: pytest.Item) -> Sequence[Ledger]:
        """Return where a test is recorded: with its candidate; a test without a suite concerns all of them."""
        return [self._ledgers[candidate_of(item)]] if mark_of(item) else list(self._ledgers.values())

    def pytest_unconfigure(self) -> None:
        """Print the reasons for the exit code, and the report's path last.

        What breaks here is told, and takes the exit code away no more.
        """
        self._use_spare()
        self._logs.__exit__(None, None, None)
        if self._live is None:
            return
        try:
            self._live.close()
        except Exception as problem:  # noqa: BLE001 - whatever broke, the exit code stands by now
            self._told.append(
                for_terminal(f"not all could be closed: {type(problem).__name__}: {problem}", LONGEST_REASON)
            )
        finally:
            self._interrupts.restore()
        self._told += self._live.ranked
        self._told += [f"report: {path}" for path in self._live.report_paths if Path(path).exists()]
        if self._told:
            print("\n".join(self._told))  # noqa: T201 - after pytest's own last line there is no reporter any more


def _say_below(session: pytest.Session, text: str) -> None:
    """Print a line of progress below pytest's line of dots, which has not ended yet, instead of behind it."""
    end_line(session.config)
    say(text)
