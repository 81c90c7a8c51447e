"""pytest's hooks during a run of suites: ask before the first test, record how each test ended, save, and say why."""

import gc
import mmap
import os
import warnings
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import (
    UNDECIDED,
    EngineError,
    GateFailed,
    GateInconclusive,
    HarnessError,
    InputError,
    SilentAdapter,
    StoreError,
    Unmeasured,
    more_about,
)
from harness.gating.each_candidate import candidate_of, recorded_id
from harness.gating.gate_runs import GateRuns
from harness.gating.ledger import Ledger
from harness.gating.marks import mark_of
from harness.gating.masking import mask_report, mask_warning, masked_logs
from harness.gating.pointing import add_more, leave_out_of_summary, usage_error
from harness.gating.postponed import end_line
from harness.gating.saving import results
from harness.gating.suite_run import SuiteRun
from harness.interrupts import Interrupts
from harness.records.asked import Case, Response
from harness.records.compared import Outcome
from harness.records.saved import Pinned
from harness.runs.outcome import STOPPED, exit_code, reasons, worst
from harness.text.progress import say
from harness.text.secrets import known_secrets
from harness.text.visible import fact, for_terminal

NO_VERDICT = (GateInconclusive, Unmeasured, EngineError, StoreError, MemoryError)
RARELY = (100_000, 20, 20)
"""When garbage is collected in a run with suites: its many records are needed to the end, and none is in a cycle."""
SPARE = 4 << 20
"""The bytes of address space that are kept back for what must be said and closed when a limit of memory is reached."""
MOST_REASONS = 10
LONGEST_REASON = 400


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
        self._logs = masked_logs(self._secrets)
        self._unsaved: tuple[str, ...] = ()
        self._more: tuple[str, ...] = ()
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
            self._could_not_measure(str(problem))
            self._more = (more_about(problem),)
            pytest.exit("an adapter changes nothing", returncode=UNDECIDED)
        except (EngineError, StoreError) as problem:
            self._could_not_measure(f"asking stopped: {problem}")
            self._more = (more_about(problem),)
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
                    ledger.broke(f"{item.nodeid}: {_reason(call)}", item.nodeid)
            return report
        if report.failed and call.excinfo and call.excinfo.errisinstance(NO_VERDICT):
            setattr(report, "undecided", True)  # noqa: B010 - pytest's own way to pass facts on to later hooks
        for ledger in self._concerned(item):
            _note(ledger, item, report, call)
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
            self._unsaved = self._live.unsaved
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
        self._note_what_is_missing(session, status)
        if self._live:
            self._live.finish(lambda line: _say_below(session, line))
            self._use_spare()
            self._unsaved = self._live.unsaved
        code = self._conclude(status)
        session.exitstatus = code
        found = [self._secrets.mask_cut(reason) for reason in self._reasons()]
        for writer in session.config.pluginmanager.get_plugins():
            if hasattr(writer, "add_global_property"):  # pytest's JUnit file, where one is written
                writer.add_global_property("outcome", worst(self._ledgers.values()))
                for reason in found:
                    writer.add_global_property("reason", reason)
        return code

    def _use_spare(self) -> None:
        """Give back a part of what was kept, so that a process at its limit of memory can go on with the next step."""
        if self._spare:
            self._spare.pop().close()

    def _conclude(self, status: int) -> int:
        """Return the exit code, and keep what is to be printed: the verdicts too, where something was not saved."""
        ended = worst(self._ledgers.values())
        code = exit_code(ended, status)
        found = [self._secrets.mask_cut(reason) for reason in self._reasons() if reason not in self._unsaved]
        told = [line for ledger in self._ledgers.values() for line in results(ledger)] if self._unsaved else []
        told += [*_why(ended, found, code), *self._doubts(), *self._more]
        self._told = [self._secrets.mask(line) for line in (*told, *(f"  {line}" for line in self._unsaved))]
        return code

    def _reasons(self) -> list[str]:
        """Return the reasons for the outcome, each once, with its candidate where there are several."""
        return [
            f"{label}: {reason}" if label and reason not in self._unsaved else reason
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

    def _concerned(self, item: pytest.Item) -> Sequence[Ledger]:
        """Return where a test is recorded: with its candidate; a test without a suite concerns all of them."""
        return [self._ledgers[candidate_of(item)]] if mark_of(item) else list(self._ledgers.values())

    def _could_not_measure(self, what: str) -> None:
        for ledger in self._ledgers.values():
            ledger.could_not_measure(what)

    def _note_what_is_missing(self, session: pytest.Session, status: int) -> None:
        """Record the tests that never started here, and a failure that pytest saw but no test reported."""
        ledgers = self._ledgers
        if status > STOPPED and worst(ledgers.values()) != "passed":
            return
        stopped = session.shouldstop or session.shouldfail
        absent = [item for item in session.items if mark_of(item) and item.nodeid not in self._started]
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


def _note(ledger: Ledger, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Record how a phase of a test ended; what a gate decided is already recorded."""
    undecided, test_id = getattr(report, "undecided", False), recorded_id(item)
    case = item.callspec.params.get("case") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    expected_to_fail = hasattr(report, "wasxfail")
    if isinstance(case, Case) and (report.when == "call" or (report.when == "setup" and not report.passed)):
        outcome: Outcome = "passed" if report.passed else "inconclusive" if undecided or report.skipped else "failed"
        pinned_to, key = test_id.split("[")[0], _key_of_answer(item)
        pinned = Pinned(test_id=pinned_to, case_id=case.id, outcome=outcome, reason=_reason(call), request_key=key)
        ledger.pin(test_id, pinned)
    elif report.skipped and expected_to_fail:
        if not call.excinfo or not call.excinfo.errisinstance((GateFailed, GateInconclusive)):
            ledger.could_not_measure(f"{test_id} failed as expected, so it measured nothing", test_id)
    elif report.skipped:
        ledger.could_not_measure(f"{test_id} was skipped, so it measured nothing", test_id)
    elif report.failed and call.excinfo and not call.excinfo.errisinstance((GateFailed, GateInconclusive)):
        (ledger.could_not_measure if undecided else ledger.broke)(f"{test_id}: {_reason(call)}", test_id)
    elif report.failed and not call.excinfo:
        ledger.broke(f"{test_id}: {fact(str(report.longrepr), LONGEST_REASON)}", test_id)


def _why(outcome: str, found: Sequence[str], code: int) -> list[str]:
    """Return the outcome with its exit code and its reasons; nothing where the run passed."""
    if not code:
        return []
    more = len(found) - MOST_REASONS
    lines = [f"gate: {outcome} (exit code {code})"]
    lines += [f"  {for_terminal(reason, LONGEST_REASON)}" for reason in found[:MOST_REASONS]]
    return [*lines, f"  and {more} more: see the report"] if more > 0 else lines


def _key_of_answer(item: pytest.Item) -> str:
    """Return the key of the request whose answer a test of one case was given; empty where it was given none."""
    given = item.funcargs.get("answer") if isinstance(item, pytest.Function) else None
    return given.request_key if isinstance(given, Response) else ""


def _reason(call: pytest.CallInfo[None]) -> str:
    if call.excinfo is None:
        return ""
    first = (str(call.excinfo.value).splitlines() or [call.excinfo.typename])[0]
    speaks = call.excinfo.errisinstance((AssertionError, HarnessError))
    return first if speaks else f"{call.excinfo.typename}: {first}"
