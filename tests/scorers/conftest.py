"""One fixture: score an answer without spelling out a case and a response each time."""

from collections.abc import Callable

import pytest

from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.record import Json
from harness.records.scored import Score, Scorer


@pytest.fixture
def score() -> Callable[..., Score]:
    """Return a function (scorer, text, expected) -> Score, on a case called "c1"."""

    def score_text(scorer: Scorer, text: str, expected: Json = None) -> Score:
        case = Case(id="c1", messages=(), expected=expected)
        return scorer(case, Response(request_key="k", text=text))

    return score_text
