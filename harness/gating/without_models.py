"""Sessions of pytest over the suites that do something else than gate: measure noise, plan, decide again."""

import contextlib
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import Unmeasured
from harness.gating.gate_run import GateRun
from harness.gating.ledger import Ledger
from harness.gating.saved_run import SavedRun
from harness.gating.settings import Names
from harness.gating.suite_run import OPEN_RUN, OpenRun, SuiteRun
from harness.records.asked import Case, ModelRef, Response
from harness.records.compared import Comparison, Gate, Slices, Verdict
from harness.records.saved import Measure
from harness.records.scored import Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe
from harness.verdicts.power import Planned, planned_comparison, planned_gates

R = TypeVar("R", bound=SuiteRun)
QUIET = ("-q", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""This package is imported before pytest could rewrite its asserts, which pytest would warn of."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """How a session of pytest ended, and what it printed."""

    exit_code: int
    told: str


class Opener(Generic[R]):
    """A pytest plugin that puts another run in the place of ``GateRun``; ``run`` is None until it was opened."""

    def __init__(self, make: Callable[[Names, Path, Path | None, tuple[str, ...]], R]) -> None:
        self.run: R | None = None
        self._make = make

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Tell the harness before it opens its run."""
        opens: OpenRun = self._open
        config.stash[OPEN_RUN] = opens

    def _open(self, names: Names, root: Path, settings: Path | None, command: tuple[str, ...]) -> R:
        self.run = self._make(names, root, settings, command)
        return self.run


class NoiseRun(GateRun):
    """A run that asks and scores as any other, and decides nothing."""

    def gate(self, _test_id: str, _judged: Comparison | Slices, _gate: Gate) -> tuple[Verdict, ...]:
        """Leave the comparison among the measures."""
        return ()


class Source(Protocol):
    """Where a run without models has its comparisons and answers from."""

    @property
    def judge(self) -> ModelRef:
        """The judge as its scorers name it; it is never asked."""
        ...

    def compared(self, test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Return the comparison of a test's suite by a scorer, a judge or a quantity."""
        ...

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the candidate's answer to a case."""
        ...


class NotAsked(msgspec.Struct, frozen=True):
    """The source of a plan: the cases are there, the answers are not."""

    judge: ModelRef

    def compared(self, _test_id: str, suite: Suite, scorer: object) -> Comparison:
        """Return a comparison of unscored cases."""
        return planned_comparison(suite, describe(scorer), scorer.unit if isinstance(scorer, Quantity) else "")

    def answer(self, _suite: Suite, _case: Case) -> Response:
        """Refuse: there is none."""
        raise Unmeasured("a plan has no answers")


class WithoutModels:
    """A run that asks nobody: comparisons and answers come from its source, and nothing is saved."""

    def __init__(self, source: Source) -> None:
        self.ledger = Ledger()
        self._source = source

    def plan(self, _suites: Iterable[Suite], _folders: Iterable[Path]) -> None:
        """Do nothing, since nobody is asked."""

    def ask(self) -> None:
        """Do nothing, since nobody is asked."""

    def evaluate(self, test_id: str, suite: Suite, scorer: Scorer | Judge | Quantity) -> Comparison:
        """Return the source's comparison."""
        return self.ledger.measure(test_id, self._source.compared(test_id, suite, scorer))

    def prefer(self, test_id: str, suite: Suite, rubric: str) -> Comparison:
        """Return the source's comparison by a pairwise judge."""
        judge = PairJudge(rubric=named_rubric(rubric), model=self._source.judge, engine_identity="", max_tokens=0)
        return self.ledger.measure(test_id, self._source.compared(test_id, suite, judge))

    def judge(self, rubric: str) -> Judge:
        """Return the rubric as a scorer that only has its name."""
        return Judge(rubric=named_rubric(rubric), model=self._source.judge, engine_identity="", max_tokens=0)

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Decide; see ``Ledger.gate``."""
        return self.ledger.gate(test_id, judged, gate)

    def answer(self, suite: Suite, case: Case) -> Response:
        """Return the source's answer."""
        return self._source.answer(suite, case)

    def finish(self) -> None:
        """Do nothing, since nothing is saved."""

    def close(self) -> None:
        """Do nothing, since nothing is open."""

    def report_path(self) -> str:
        """Return nothing, since no report is written."""
        return ""


class PlanRun(WithoutModels):
    """A run that takes down its gates in place of deciding them."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.gates: list[Planned] = []

    def gate(self, test_id: str, judged: Comparison | Slices, gate: Gate) -> tuple[Verdict, ...]:
        """Take the gate down."""
        self.gates += planned_gates(test_id, judged, gate)
        return ()


def measure_noise(paths: Sequence[str], model: str, sample: int) -> tuple[Measure, ...]:
    """Run suites with one model on both sides, ask ``sample`` of its requests twice, and return what was measured.

    Empty when nothing could be measured; pytest has said why then.
    """
    opener = Opener(
        lambda names, root, settings, command: NoiseRun(
            msgspec.structs.replace(names, noise_sample=sample), root, settings, command
        )
    )
    pytest.main([*paths, "--candidate", model, "--baseline", model, *QUIET, "--no-summary"], plugins=[opener])
    return opener.run.ledger.measures() if opener.run else ()


def plan_power(paths: Sequence[str], judge: str) -> tuple[PlanRun, Session]:
    """Run suites without any model and return their gates; ``judge`` is the name that judged scorers shall have."""
    run = PlanRun(NotAsked(ModelRef(base=judge, base_digest="", template_digest="")))
    return run, _quiet_session(paths, run)


def decide_again(paths: Sequence[str], saved: SavedRun) -> tuple[Ledger, Session]:
    """Run suites on the comparisons and answers of a saved run, and return what today's thresholds make of them."""
    run = WithoutModels(saved)
    return run.ledger, _quiet_session(paths, run)


def _quiet_session(paths: Sequence[str], run: SuiteRun) -> Session:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        exit_code = pytest.main([*paths, *QUIET, "-p", "no:cacheprovider"], plugins=[Opener(lambda *_given: run)])
    return Session(exit_code=int(exit_code), told=told.getvalue())
