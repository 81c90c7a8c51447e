"""Why a logged request should become a case: its answer fails what needs no expected answer, or somebody complained."""

from collections.abc import Iterator, Sequence

from harness.asking.cases import Suite
from harness.errors import ScorerError
from harness.records.compared import RIGHT
from harness.records.logged import Logged
from harness.records.scored import Scorer
from harness.scorers.failures.causes import CUT_OFF, EMPTY, LOOP, REASONED, REFUSED, failure_of
from harness.scorers.scoring import describe, score_one

CAUSES = frozenset({EMPTY, REASONED, LOOP, REFUSED, CUT_OFF})
"""Of the causes of wrong answers those that an answer shows by itself."""
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
