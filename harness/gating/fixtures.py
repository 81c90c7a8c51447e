"""The fixtures of a suite's tests. Their docstrings are the guide that ``pytest --fixtures`` and editors show.

Every session of pytest loads this module, so what only a suite needs is imported where it is used.
For pytest: PYTEST_DONT_REWRITE
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from harness.gating.each_candidate import candidate_of, recorded_id
from harness.gating.marks import HOW_TO_MARK, mark_of, suite_of
from harness.gating.pointing import refusal
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.compared import Comparison
from harness.records.scored import Rubric, Scorer

if TYPE_CHECKING:
    from pathlib import Path

    from harness.asking.cases import Suite
    from harness.gating.gate_call import GateCall
    from harness.gating.juries import Jury
    from harness.gating.suite_run import SuiteRun
    from harness.scorers.judges.judge import Judge
    from harness.scorers.judges.jury import Combine
    from harness.scorers.quantities import Quantity

RUNS: "pytest.StashKey[Mapping[str, SuiteRun]]" = pytest.StashKey()
"""The run of each candidate by its label; one candidate has an empty label."""


@pytest.fixture
def evaluate(request: pytest.FixtureRequest) -> "Callable[[Scorer | Judge | Quantity], Comparison]":
    """Score both models' answers to the test's suite and compare them case by case: ``evaluate(scorer)``.

    The scorer is one of ``harness.scorers``, a rubric by ``judge("name")``, a quantity such as ``latency(p=95)``, or
    any function ``(case, response)`` that returns a ``Score``, a number from 0 to 1, or a truth value. Returns a
    ``Comparison``, which is only reported until ``gate`` judges it.
    """
    run, suite = _run_and_suite(request)
    return lambda scorer: run.evaluate(recorded_id(request.node), suite, scorer, _own_judges(request))


@pytest.fixture
def prefer(request: pytest.FixtureRequest) -> "Callable[..., Comparison]":
    """Let the judge choose between both models' answers, asked in both orders: ``prefer("helpfulness")``.

    The name is that of a pairwise rubric in ``judges/``. A win of the candidate scores (0, 1), a tie (1/2, 1/2).
    ``models`` and ``combine`` name a jury, as for ``judge``.
    """
    run, suite = _run_and_suite(request)

    def preferred(rubric: str, *, models: Sequence[str] = (), combine: "Combine" = "mean") -> Comparison:
        jury = _jury(models, combine)
        return run.prefer(recorded_id(request.node), suite, _rubric(request, rubric), jury, _own_judges(request))

    return preferred


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> "Callable[..., Judge]":
    """Make a scorer of a rubric in ``judges/``: ``evaluate(judge("correctness"))``.

    A rubric with several criteria is scored by one of them, ``judge("support_reply", criterion="format")``, or else by
    their mean. The folder is the one beside the harness.toml that is nearest to the test; shipped rubrics need no file
    there.

    ``judge("correctness", models=["base", "openai:gpt-5-mini"])`` is a jury: its score is the mean of its members', or
    with ``combine="majority"`` what more than half of them say.
    """
    run, _ = _run_and_suite(request)

    def made(rubric: str, *, criterion: str = "", models: Sequence[str] = (), combine: "Combine" = "mean") -> "Judge":
        return run.judge(_rubric(request, rubric), criterion, _jury(models, combine))

    return made


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> "GateCall":
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
    from harness.gating.gate_call import GateCall

    run, _ = _run_and_suite(request)
    return GateCall(run, request.node)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """Run the test once for each case of its suite; a gate that no statistics can soften: one failed case fails it."""
    raise refusal(f"{request.node.nodeid} asks for a case, but names no suite: {HOW_TO_MARK}")


@pytest.fixture
def answer(request: pytest.FixtureRequest, case: Case) -> Response:
    """Return the candidate's answer to ``case``; a failed call makes the test inconclusive, never passed."""
    run, suite = _run_and_suite(request)
    return run.answer(suite, case)


def _jury(models: Sequence[str], combine: "Combine") -> "Jury":
    from harness.gating.juries import Jury

    return Jury((models,) if isinstance(models, str) else tuple(models), combine)


def _rubric(request: pytest.FixtureRequest, name: str) -> Rubric:
    from harness.gating.needless import warn_of
    from harness.scorers.judges.rubric import named_rubric

    rubric = named_rubric(name, _own_judges(request))
    warn_of(request.node, rubric)
    return rubric


def _own_judges(request: pytest.FixtureRequest) -> "Path | None":
    from harness.config.located import own_judges

    return own_judges(request.node.path.parent)


def _run_and_suite(request: pytest.FixtureRequest) -> "tuple[SuiteRun, Suite]":
    if not mark_of(request.node):
        raise refusal(f"{request.node.nodeid} needs a suite: {HOW_TO_MARK}")
    return request.config.stash[RUNS][candidate_of(request.node)], suite_of(request.node)
