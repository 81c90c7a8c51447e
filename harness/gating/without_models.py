"""Sessions of pytest over the suites for other purposes than a new run: measure noise, plan, decide again."""

import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.cases.passable import UsedSuite
from harness.config import GatesConfig
from harness.errors import InputError, Unmeasured
from harness.gating import plugin
from harness.gating.fitting import refuse_unfit
from harness.gating.fixtures import RUNS
from harness.gating.judged import judge_of, nobody_by
from harness.gating.juries import JudgeModel
from harness.gating.leaked import check_of
from harness.gating.ledger import Ledger
from harness.gating.marks import mark_of, suite_of
from harness.gating.pointing import usage_error
from harness.gating.regurgitation import hold_against
from harness.gating.saved_run import SavedRun
from harness.gating.stash import GIVEN_LEAKS, GIVEN_RUN, NOISE_SAMPLE
from harness.gating.suite_run import SuiteRun
from harness.judges.matched import PairRead
from harness.records.asked import Case, ModelRef, Response
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.saved import Measure
from harness.scorers.corpus import CorpusBleu, MacroF1
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe
from harness.verdicts.power import PlannedGate, planned_comparison, planned_gates

QUIET = ("-q", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""This package is imported before pytest can rewrite its asserts; pytest would warn about that."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """How a session of pytest ended, and what it printed."""

    exit_code: int
    told: str


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """The gates of the suites, and what their tests recorded while no model was asked."""

    gates: tuple[PlannedGate, ...]
    ledger: Ledger


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


class NotAsked(msgspec.Struct, frozen=True):
    """The source of a plan: it has cases but no answers."""

    model: ModelRef
    called: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What judges are called, as in ``Run``."""

    def judge(self, name: str = "") -> JudgeModel:
        """Return the judge that the plan was given, or one that is called as a test names it."""
        called = self.called.get(name, name or self.model.base)
        return JudgeModel(model=msgspec.structs.replace(self.model, base=called))

    def compared(self, _test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Return a comparison of unscored cases."""
        refuse_unfit(suite, scorer)
        unit = scorer.unit if isinstance(scorer, Quantity) else ""
        figure = scorer.figure if isinstance(scorer, MacroF1 | CorpusBleu) else None
        judge = judge_of(scorer)
        judged = None if judge is None else nobody_by(judge.rubric)
        return msgspec.structs.replace(planned_comparison(suite, describe(scorer), unit, figure), judged=judged)

    def drift(self, _judge: object, _judges: Path | None) -> None:
        """Ask nobody."""

    def ask_again(self, _comparison: Comparison, _case_ids: Sequence[str]) -> None:
        """Ask nobody."""

    def read(self, _suite: Suite) -> Mapping[str, PairRead]:
        """Return nothing: there are no answers."""
        return {}

    def answer(self, _suite: Suite, _case: Case) -> Response:
        """Refuse: there is no answer."""
        raise Unmeasured("a plan has no answers")


def measure_noise(paths: Sequence[str], model: str, sample: int) -> tuple[Measure, ...]:
    """Run suites with one model on both sides, ask ``sample`` of its requests twice, and return what was measured.

    Empty when nothing could be measured, or not all because of Ctrl-C; pytest has then said why. What it prints goes to
    the standard error output, since the measure alone is the result.
    """
    prepared = _Prepared(lambda config: config.stash.__setitem__(NOISE_SAMPLE, sample))
    arguments = [*paths, "--candidate", model, "--baseline", model, *QUIET, "--no-summary"]
    with contextlib.redirect_stdout(sys.stderr):
        ended = pytest.main(arguments, plugins=[_Loading(), prepared])
    if ended == pytest.ExitCode.INTERRUPTED:
        return ()
    runs = prepared.config.stash.get(RUNS, {}) if prepared.config else {}
    return tuple(measure for run in runs.values() for measure in run.ledger.measures)


def plan_power(paths: Sequence[str], judges: Mapping[str, str], settings: GatesConfig) -> tuple[Planning, Session]:
    """Run suites without any model and return their gates; ``judges`` says what judges are called, as in ``Run``."""
    gates: list[PlannedGate] = []

    def collect(test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        gates.extend(planned_gates(test_id, judged, gate))
        return ()

    judge = ModelRef(base=judges.get("", "a judge"), base_digest="", template_digest="")
    run = SuiteRun(NotAsked(judge, judges), collect, settings)
    session = _quiet_session(paths, run)
    return Planning(gates=tuple(gates), ledger=run.ledger), session


def collect_suites(paths: Sequence[str]) -> tuple[tuple[Suite, ...], Session]:
    """Return the suites of tests, as these ask them; no test runs."""
    collected, told = _InUse(), io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        arguments = [*paths, *QUIET, "--collect-only", "-p", "no:cacheprovider"]
        exit_code = pytest.main(arguments, plugins=[_Loading(), collected])
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
    session = _quiet_session(paths, run, collected)
    if collected.problem is not None:
        raise collected.problem
    used = tuple(
        UsedSuite(path=path, suite=suite, scorers=tuple(one for other, one in source.noted if other is suite))
        for path, suite in collected.suites.values()
    )
    broken = tuple(run.ledger.broken)
    return Reading(suites=used, broken=broken, gated=tuple(gated), pinned=tuple(collected.pinned.values())), session


def decide_again(paths: Sequence[str], saved: SavedRun, gates: GatesConfig) -> tuple[Ledger, Session]:
    """Run suites on the comparisons and answers of a saved run, and return what today's thresholds decide."""
    run = SuiteRun(saved, gates=gates)
    if saved.run.candidate.adapter is not None:
        hold_against(run.ledger, saved.run.regurgitation, gates.max_regurgitated)
    leaks = _Prepared(lambda config: config.stash.__setitem__(GIVEN_LEAKS, check_of(saved.run)))
    return run.ledger, _quiet_session(paths, run, leaks)


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


class _Loading:
    """A pytest plugin that loads that of the harness where plugins are kept from loading: else no suite is seen.

    Settings that give pytest's work to several processes (``-n`` of pytest-xdist) are overruled.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, parser: pytest.Parser, args: list[str]
    ) -> None:
        """Look after pytest has loaded all plugins that it was told to."""
        if not early_config.pluginmanager.is_registered(plugin):
            early_config.pluginmanager.register(plugin, plugin.__name__)
            plugin.pytest_load_initial_conftests(early_config, parser, args)
        if early_config.pluginmanager.hasplugin("xdist"):
            args += ["-n", "0"]


class _Prepared:
    """A pytest plugin that puts something into the stash before the harness opens its run."""

    def __init__(self, prepare: Callable[[pytest.Config], None]) -> None:
        self.config: pytest.Config | None = None
        self._prepare = prepare

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Prepare the stash."""
        self.config = config
        self._prepare(config)


def _quiet_session(paths: Sequence[str], run: SuiteRun, *plugins: object) -> Session:
    told = io.StringIO()
    prepared = _Prepared(lambda config: config.stash.__setitem__(GIVEN_RUN, run))
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        exit_code = pytest.main([*paths, *QUIET, "-p", "no:cacheprovider"], plugins=[_Loading(), prepared, *plugins])
    return Session(exit_code=int(exit_code), told=told.getvalue())
