"""Score one answer by a plain function or a scorer; an error in a scorer never counts against the answer."""

from harness.errors import HarnessError, ScorerError, Unmeasured
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score, Scorer
from harness.scorers.failures.causes import with_cause
from harness.scorers.reading.outcome import NotReadable, wrong


def score_one(scorer: Scorer, case: Case, response: Response) -> Score:
    """Score one answer; a failed call is unscored without calling the scorer, and a scorer's error is never a score.

    Raises:
        ScorerError: the scorer raised, or did not return a Score, a number in [0, 1] or a truth value.
    """
    if response.error is not None:
        return Score(value=None, reason=response.error)
    try:
        given: object = scorer(case, response)
    except HarnessError:
        raise
    except NotReadable as problem:  # a scorer of text was given a reader of JSON or of code
        return with_cause(case, response, wrong(str(problem), problem.symptom))
    except Exception as problem:
        raise ScorerError(
            f"{describe(scorer)} broke on case {case.id!r}: {type(problem).__name__}: {problem}"
        ) from problem
    if isinstance(given, Score):
        return with_cause(case, response, given)
    if isinstance(given, bool | int | float) and 0 <= given <= 1:
        return with_cause(case, response, Score(value=float(given)))
    raise ScorerError(
        f"{describe(scorer)} returned {given!r} for case {case.id!r}; it must return a Score or a number in [0, 1]"
    )


def answered(case: Case, response: Response) -> Response:
    """Return the answer to a case.

    Raises:
        Unmeasured: the call failed.
    """
    if response.error is not None:
        raise Unmeasured(f"case {case.id!r} was not answered: {response.error}")
    return response


def describe(scorer: object) -> str:
    """Name a scorer fully: its repr, or where a plain function is defined."""
    name = getattr(scorer, "__qualname__", None)
    return f"{name}()" if name else repr(scorer)
