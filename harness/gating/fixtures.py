"""The fixtures of a suite's tests. Their docstrings are the guide that ``pytest --fixtures`` and editors show."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Unpack

import pytest

from harness.asking.cases import Suite
from harness.config import own_judges
from harness.errors import GateFailed, GateInconclusive
from harness.gating.each_candidate import candidate_of, recorded_id
from harness.gating.ledger import properties_of
from harness.gating.marks import HOW_TO_MARK, mark_of, suite_of
from harness.gating.suite_run import SuiteRun
from harness.records.asked import Case, Response
from harness.records.compared import Comparison, Gate, Slices, Thresholds, Verdict
from harness.records.scored import Rubric, Scorer
from harness.scorers.judges.judge import Judge
from harness.scorers.judges.rubric import named_rubric
from harness.scorers.quantities import Quantity
from harness.text.toml import build
from harness.verdicts.wording import slices_wording, wording

RUNS = pytest.StashKey[Mapping[str, SuiteRun]]()
"""The run of each candidate by its label; one candidate has an empty label."""


class GateCall:
    """What the fixture ``gate`` gives: call it with a comparison and at least one threshold."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._run, _ = _run_and_suite(request)
        self._request = request

    def __call__(self, judged: Comparison | Slices, **thresholds: Unpack[Thresholds]) -> None:
        """Judge a comparison, or each of its slices; see the fixture ``gate``. An unknown name gets a hint."""
        __tracebackhide__ = True
        test = self._request.node
        given = {"guarantee": self._run.gates.guarantee, **thresholds}
        judging = build(given, Gate, "gate()")
        verdicts = self._run.gate(recorded_id(test), judged, judging, _line_in(test.path))
        for verdict in verdicts:
            test.user_properties += properties_of(verdict)
        held = [verdict for verdict in verdicts if verdict.outcome != "passed" and not verdict.gate.advisory]
        if held:
            failed = any(verdict.outcome == "failed" for verdict in held)
            raise (GateFailed if failed else GateInconclusive)(_wording(judged, verdicts, self._run.report_path))


@pytest.fixture
def evaluate(request: pytest.FixtureRequest) -> Callable[[Scorer | Judge | Quantity], Comparison]:
    """Score both models' answers to the test's suite and compare them case by case: ``evaluate(scorer)``.

    The scorer is one of ``harness.scorers``, a rubric by ``judge("name")``, a quantity such as ``latency(p=95)``, or
    any function ``(case, response)`` that returns a ``Score``, a number from 0 to 1, or a truth value. Returns a
    ``Comparison``, which is only reported until ``gate`` judges it.
    """
    run, suite = _run_and_suite(request)
    return lambda scorer: run.evaluate(recorded_id(request.node), suite, scorer)


@pytest.fixture
def prefer(request: pytest.FixtureRequest) -> Callable[[str], Comparison]:
    """Let the judge choose between both models' answers, asked in both orders: ``prefer("helpfulness")``.

    The name is that of a pairwise rubric in ``judges/``. A win of the candidate scores (0, 1), a tie (1/2, 1/2).
    """
    run, suite = _run_and_suite(request)
    return lambda rubric: run.prefer(recorded_id(request.node), suite, _rubric(request, rubric))


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[str], Judge]:
    """Make a scorer of a rubric in ``judges/``: ``evaluate(judge("correctness"))``.

    The folder is the one beside the harness.toml that is nearest to the test; shipped rubrics need no file there.
    """
    run, _ = _run_and_suite(request)
    return lambda rubric: run.judge(_rubric(request, rubric))


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> GateCall:
    """Judge a comparison: ``gate(evaluate(scorer), floor=0.9, max_drop=0.02)``.

    The test fails when the candidate misses a threshold, and is inconclusive when the cases are too few to tell.

    For scores:

    - ``floor``: the candidate's mean is at least this, from 0 to 1, whatever chance had in it.
    - ``lower_bound``: a true mean of the candidate below this is ruled out (one-sided 95 %).
    - ``max_drop``: a drop of the mean of more than this is ruled out (one-sided 95 %, paired by case).
    - ``max_flips``: at most so many cases that were right before and are wrong now, also when asked again.

    For quantities such as ``latency()``, of which less is better:

    - ``ceiling``: the candidate's figure is at most this, in the quantity's unit.
    - ``max_rise``: a rise over the baseline of more than this share (0.1 for a tenth) is ruled out.

    For both:

    - ``max_unscored``: at most so many cases without a score; more make the gate inconclusive.
    - ``advisory``: report the verdict, and fail nothing by it.
    - ``guarantee``: judge ``max_drop`` and ``lower_bound`` by tests that hold for any data; ``[gates] guarantee``
      sets it for all.

    ``gate(comparison.by_tag("language"), ...)`` judges each slice by the same thresholds.
    """
    return GateCall(request)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """Run the test once for each case of its suite; a gate that no statistics can soften: one failed case fails it."""
    raise pytest.UsageError(f"{request.node.nodeid} asks for a case, but names no suite: {HOW_TO_MARK}")


@pytest.fixture
def answer(request: pytest.FixtureRequest, case: Case) -> Response:
    """Return the candidate's answer to ``case``; a failed call makes the test inconclusive, never passed."""
    run, suite = _run_and_suite(request)
    return run.answer(suite, case)


def _line_in(path: Path) -> int:
    """Return the line of a test's file that is being executed: where it calls ``gate``, or what does; 0 where none is.

    A file is known by the name under which Python read it, which is the one that pytest gave.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to one's caller
    while frame is not None and frame.f_code.co_filename != str(path):
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0


def _wording(judged: Comparison | Slices, verdicts: tuple[Verdict, ...], report: str) -> str:
    return slices_wording(judged, verdicts, report) if isinstance(judged, Slices) else wording(verdicts[0], report)


def _rubric(request: pytest.FixtureRequest, name: str) -> Rubric:
    return named_rubric(name, own_judges(request.node.path.parent))


def _run_and_suite(request: pytest.FixtureRequest) -> tuple[SuiteRun, Suite]:
    if not mark_of(request.node):
        raise pytest.UsageError(f"{request.node.nodeid} needs a suite: {HOW_TO_MARK}")
    return request.config.stash[RUNS][candidate_of(request.node)], suite_of(request.node)
