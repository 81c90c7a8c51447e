"""The suites as tests use them: their case files, what scores their cases, and their gates; no model is asked."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.cases.passable import UsedSuite
from harness.errors import InputError
from harness.gating.juries import JudgeModel
from harness.gating.marks import mark_of, suite_of
from harness.gating.pointing import usage_error
from harness.gating.suite_run import SuiteRun
from harness.gating.without_models.not_asked import NotAsked
from harness.gating.without_models.sessions import QUIET, Loading, Session, quiet_session
from harness.judges.matched import PairRead
from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.compared import Comparison, Gate, Slices, Verdict


class Gated(msgspec.Struct, frozen=True, kw_only=True):
    """A gate of a test: the scorer of a suite's cases that it judges; ``advisory`` where it fails nothing."""

    test_id: str
    suite: Suite
    scorer: object
    advisory: bool


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The suites as tests use them, their gates, and which tests broke, so that what they use is not all known.

    ``pinned`` has the suites whose cases have a test each.
    """

    suites: tuple[UsedSuite, ...]
    broken: tuple[str, ...]
    gated: tuple[Gated, ...] = ()
    pinned: tuple[Suite, ...] = ()


def collect_suites(paths: Sequence[str]) -> tuple[tuple[Suite, ...], Session]:
    """Return the suites of tests, as these ask them; no test runs."""
    collected, told = _InUse(), io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        arguments = [*paths, *QUIET, "--collect-only", "-p", "no:cacheprovider"]
        exit_code = pytest.main(arguments, plugins=[Loading(), collected])
    if exit_code == pytest.ExitCode.OK and not collected.suites:
        return (), Session(exit_code=pytest.ExitCode.NO_TESTS_COLLECTED, told="no test with a suite was collected")
    suites = tuple(suite for _, suite in collected.suites.values())
    return suites, Session(exit_code=int(exit_code), told=told.getvalue())


def read_suites(paths: Sequence[str]) -> tuple[Reading, Session]:
    """Run suites without any model, and return each as its tests use it: its case file, and what scores its cases.

    Raises:
        InputError: a suite is wrong.
    """
    collected = _InUse()
    source = _Noting(NotAsked(ModelRef(base="a judge", base_digest="", template_digest="")))
    gated: list[Gated] = []

    def note(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        whole = judged.comparison if isinstance(judged, Slices) else judged
        suite, scorer = run.scored_by[whole.key]
        gated.append(Gated(test_id=test_id, suite=suite, scorer=scorer, advisory=gate.advisory))
        return ()

    run = SuiteRun(source, note)
    session = quiet_session(paths, run, collected)
    if collected.problem is not None:
        raise collected.problem
    used = tuple(
        UsedSuite(path=path, suite=suite, scorers=tuple(one for other, one in source.noted if other is suite))
        for path, suite in collected.suites.values()
    )
    broken = tuple(run.ledger.broken)
    return Reading(suites=used, broken=broken, gated=tuple(gated), pinned=tuple(collected.pinned.values())), session


class _Noting(msgspec.Struct, frozen=True):
    """The source of a session that only wants to know which scorers read which suites."""

    plan: NotAsked
    noted: list[tuple[Suite, object]] = msgspec.field(default_factory=list)

    def judge(self, name: str = "") -> JudgeModel:
        """Return a judge that is never asked."""
        return self.plan.judge(name)

    def compared(self, test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Note the scorer, and return a comparison of unscored cases."""
        self.noted.append((suite, scorer))
        return msgspec.structs.replace(self.plan.compared(test_id, suite, scorer), key=str(len(self.noted)))

    def drift(self, _judge: object, _judges: Path | None) -> None:
        """Ask nobody."""

    def ask_again(self, _comparison: Comparison, _case_ids: Sequence[str]) -> None:
        """Ask nobody."""

    def read(self, suite: Suite) -> Mapping[str, PairRead]:
        """Return nothing: there are no answers."""
        return self.plan.read(suite)

    def answer(self, suite: Suite, case: Case) -> Response:
        """Refuse: there is no answer."""
        return self.plan.answer(suite, case)


class _InUse:
    """A pytest plugin that notes the suites of the tests that were collected, each once, with its case file."""

    def __init__(self) -> None:
        self.suites: dict[int, tuple[Path, Suite]] = {}
        self.pinned: dict[int, Suite] = {}
        self.problem: InputError | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks of the tests that were collected."""
        try:
            for item in session.items:
                mark = mark_of(item)
                if mark is not None:
                    suite = suite_of(item)
                    self.suites[id(suite)] = item.path.parent / mark.args[0], suite
                    if "case" in getattr(item, "fixturenames", ()):
                        self.pinned[id(suite)] = suite
        except InputError as problem:
            self.problem = problem
            raise usage_error(problem) from None
