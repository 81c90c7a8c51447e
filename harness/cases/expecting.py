"""Which of a suite's scorers read an expected answer: seen on answers, so it holds for plain functions too."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.cases.passable import UsedSuite, single_scorer
from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Scorer
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.likelihood import reads_likelihoods
from harness.scorers.quantities import Quantity
from harness.scorers.scoring import describe, score_one

Answered = Sequence[tuple[Case, Response]]
TRIED = 50
"""Cases whose expected answers are tried as answers."""


def scorers_in(used: Sequence[UsedSuite]) -> tuple[Scorer, ...]:
    """Return the scorers of single answers that suites use, each once: no judges, quantities or likelihoods."""
    return tuple({describe(one): one for suite in used for one in _single(suite)}.values())


def reads_expected(scorer: Scorer, answered: Answered) -> bool:
    """Tell whether a scorer scores an answer differently, or not at all, when its case expects nothing.

    Tags and groups are taken away too, since logs have none of a suite's. A call that failed tells nothing.
    """
    for case, response in answered:
        if response.error is not None:
            continue
        bare = msgspec.structs.replace(case, expected=None, tags=(), group=None)
        try:
            if score_one(scorer, bare, response).value != score_one(scorer, case, response).value:
                return True
        except ScorerError:
            return True
    return False


def expected_as_answers(cases: Sequence[Case]) -> Answered:
    """Return cases with what they expect as the model's answer, for where no model was asked."""
    return [(case, _answer(case)) for case in cases[:TRIED]]


def _answer(case: Case) -> Response:
    expected = "none" if case.expected is None else case.expected
    text = expected if isinstance(expected, str) else msgspec.json.encode(expected).decode()
    return Response(request_key="", text=text, finish_reason="stop")


def _single(used: UsedSuite) -> Iterator[Scorer]:
    if used.suite.continuations:
        return
    for scorer in map(single_scorer, used.scorers):
        if callable(scorer) and not isinstance(scorer, Judge | PairJudge | Quantity) and not reads_likelihoods(scorer):
            yield scorer
