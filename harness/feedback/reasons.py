"""Why a logged request should become a case: its answer fails what needs no expected answer, or somebody complained."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.asking.cases import Suite
from harness.cases.passable import UsedSuite
from harness.errors import ScorerError
from harness.records.asked import Case, Response
from harness.records.compared import RIGHT
from harness.records.logged import Logged
from harness.records.scored import Scorer
from harness.scorers.failures.causes import CUT_OFF, EMPTY, LOOP, REASONED, REFUSED, failure_of
from harness.scorers.scoring import describe, score_one
from harness.untuned.fitting import right_or_wrong

CAUSES = frozenset({EMPTY, REASONED, LOOP, REFUSED, CUT_OFF})
"""Of the causes of wrong answers those that an answer shows by itself."""
TRIED = 50
"""Cases of the suite on which it is tried whether a scorer reads what they expect."""
LONGEST = 300
"""Characters of a reason."""


def complaints_of(one: Logged) -> Iterator[str]:
    """Yield what people had against an answer, in words."""
    if one.feedback == "down":
        yield "thumbs down"
    if one.corrected.strip():
        yield "a person wrote another answer"
    if one.comment.strip() and one.feedback != "up":
        yield "a person commented on it"


def failures_of(one: Logged, suite: Suite, scorers: Sequence[Scorer]) -> Iterator[str]:
    """Yield what is wrong with an answer, as far as that shows without an expected one."""
    if one.error:
        yield f"no answer: {one.error}"[:LONGEST]
        return
    case, response = one.case, suite.read(one.response)
    if (cause := failure_of(case, response)) in CAUSES:
        yield cause
    for scorer in scorers:
        try:
            score = score_one(scorer, case, response)
        except ScorerError:
            continue  # it reads something that this request doesn't have, such as a context: nothing is known
        if score.value is not None and score.value < RIGHT:
            yield f"{describe(scorer)}: {score.reason}"[:LONGEST]


def scorers_without_expected(used: UsedSuite) -> tuple[Scorer, ...]:
    """Return the scorers of a suite that read no expected answer: no judges, quantities, degrees or likelihoods.

    Whether one does is tried on the suite's own cases: with the expected answer as the model's, it must say the same
    when the case expects nothing.
    """
    if used.suite.continuations:
        return ()
    single = {describe(one): one for one in map(right_or_wrong, used.scorers) if one is not None}
    return tuple(one for one in single.values() if not _reads_expected(one, used.suite.cases[:TRIED]))


def _reads_expected(scorer: Scorer, cases: Sequence[Case]) -> bool:
    for case in cases:
        expected = case.expected
        text = expected if isinstance(expected, str) else msgspec.json.encode(expected).decode()
        response = Response(request_key="", text=text if expected is not None else "none", finish_reason="stop")
        bare = msgspec.structs.replace(case, expected=None)
        try:
            if score_one(scorer, bare, response).value != score_one(scorer, case, response).value:
                return True
        except ScorerError:
            return True
    return False
