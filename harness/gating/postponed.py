"""Tests that wait for what they need asked: that of all tests is asked in one batch, and then they run anew.

Only a test knows its rubrics, and the scorer by which cases are lost. So a test ends unseen where it
evaluates by a judge whose verdicts are not there yet, or where its gate needs lost cases asked again, and runs once
more after all others; see docs/decisions/0015-flips-are-asked-again.md and 0020-judges-are-asked-together.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import pytest
from _pytest.outcomes import Skipped
from _pytest.runner import runtestprotocol
from _pytest.unittest import TestCaseFunction

from harness.asking.left import Question
from harness.gating.marks import JUDGING, mark_of

CAN_WAIT = {"gate", *JUDGING}
"""Fixtures that can need something asked while a test runs."""


class Postponed(Skipped):
    """Ends a test that will run again. Nobody catches what skips a test by chance, and no debugger stops at it."""

    def __init__(self) -> None:
        super().__init__("what this test needs is asked after the other tests, and then it runs again")


class Waiting:
    """What the tests that wait need asked, of all candidates. ``opened`` is false where no test can be postponed."""

    def __init__(self) -> None:
        self.opened = False
        self._lost: list[Sequence[Question]] = []
        self._judged: list[Sequence[Question]] = []
        self._more: list[Sequence[Question]] = []
        self._ahead: list[Sequence[Question]] = []
        self.gave_up = False
        """Whether a batch broke off, so that no test waits any more."""

    def postpone(self, questions: Sequence[Question]) -> None:
        """Note the lost cases that a test needs asked again, and end it.

        Raises:
            Postponed: always.
        """
        self._lost.append(questions)
        raise Postponed

    def postpone_judged(self, questions: Sequence[Question]) -> None:
        """Note what a test needs judges asked, and end it.

        Raises:
            Postponed: always.
        """
        self._judged.append(questions)
        raise Postponed

    def postpone_undecided(self, questions: Sequence[Question]) -> NoReturn:
        """Note which further cases a test's undecided gate needs asked, and end the test.

        Raises:
            Postponed: always.
        """
        self._more.append(questions)
        raise Postponed

    def note_ahead(self, questions: Sequence[Question]) -> None:
        """Note further cases that can be asked in the next batch, though no gate needs them yet."""
        self._ahead.append(questions)

    def take_more(self) -> tuple[list[Sequence[Question]], list[Sequence[Question]]]:
        """Return what is to be asked of further cases, and what can be asked of them ahead of time; and forget it."""
        more, ahead = self._more, self._ahead
        self._more, self._ahead = [], []
        return more, ahead

    def take(self) -> tuple[list[Sequence[Question]], list[Sequence[Question]]]:
        """Return what is to be asked, of lost cases and of judges, for each test that waits; and forget it."""
        lost, judged = self._lost, self._judged
        self._lost, self._judged = [], []
        return lost, judged

    def give_up(self) -> None:
        """Postpone no test any more: a batch broke off, and the next one would too."""
        self.gave_up = True

    @contextmanager
    def noticing(self) -> Iterator[Callable[[], bool]]:
        """Open this for one test; gives a function that tells whether the test needs anything asked."""
        before = len(self._lost) + len(self._judged) + len(self._more)
        self.opened = not self.gave_up
        try:
            yield lambda: len(self._lost) + len(self._judged) + len(self._more) > before
        finally:
            self.opened = False


class PostponedTests:
    """A pytest plugin that runs the tests with a gate or a judge, and those that wait once more at the end.

    ``ask`` asks what they need, as ``Waiting.take`` gives it; ``forget`` forgets that a test was started.
    """

    def __init__(
        self,
        waiting: Waiting,
        ask: Callable[[Sequence[Sequence[Question]], Sequence[Sequence[Question]]], None],
        forget: Callable[[pytest.Item], None],
    ) -> None:
        self._waiting = waiting
        self._ask = ask
        self._forget = forget
        self._tests: list[pytest.Item] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test that can wait as pytest does; of one that waits, nothing is reported yet."""
        if not may_wait(item) or reports_itself(item):
            return None
        properties, sections = len(item.user_properties), len(item._report_sections)  # noqa: SLF001 - has no other name
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        with self._waiting.noticing() as waits:
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if waits():
            del item.user_properties[properties:]
            del item._report_sections[sections:]  # noqa: SLF001 - the same
            self._forget(item)
            self._tests.append(item)
            _say_postponed(item.config)
            return True
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def run_again(self, session: pytest.Session) -> None:
        """Ask what the waiting tests need, and run these; again where another gate of theirs needs more."""
        while self._tests:
            tests, self._tests = self._tests, []
            end_line(session.config)
            self._ask(*self._waiting.take())
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)


def may_wait(item: pytest.Item) -> bool:
    """Tell whether a test can need something asked while it runs."""
    return bool(mark_of(item)) and bool(CAN_WAIT & set(getattr(item, "fixturenames", ())))


def reports_itself(item: pytest.Item) -> bool:
    """Tell whether a test reports subtests itself before it ends, as those of unittest can: it can't run again."""
    return "subtests" in getattr(item, "fixturenames", ()) or isinstance(item, TestCaseFunction)


def can_postpone(config: pytest.Config) -> bool:
    """Tell whether a test can run later: no plugin runs the tests itself, and their order doesn't matter.

    A plugin that repeats tests runs them itself. With ``-x``, ``--maxfail`` and ``--stepwise`` the first failure ends
    the run.
    """
    if config.option.maxfail or getattr(config.option, "stepwise", False):
        return False
    runners = config.hook.pytest_runtest_protocol.get_hookimpls()
    return all(one.plugin_name == "runner" for one in runners if not one.wrapper and not one.hookwrapper)


def end_line(config: pytest.Config) -> None:
    """End pytest's line of dots, so that progress stands below it and not behind it."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return
    if terminal._tw.width_of_current_line:  # noqa: SLF001 - with -q, `ensure_newline` knows of no line
        terminal.ensure_newline()
    if terminal._tw.width_of_current_line:  # noqa: SLF001 - the same
        terminal._tw.line()  # noqa: SLF001 - the same
    terminal.flush()


def _say_postponed(config: pytest.Config) -> None:
    """Say behind a test's name, where names are printed, why no result is there yet."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and terminal.verbosity > 0:
        terminal.write("POSTPONED", yellow=True)
