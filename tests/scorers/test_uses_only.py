"""Which passages an answer uses: those that hold it, and no others."""

import pytest

from harness.errors import ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import uses_only

PASSAGES = {"faq-1": "Cats sit.", "faq-2": "Dogs run.", "Handbook": "Fish swim."}


def scored(answer, sources, scorer=None):
    """Score an answer to a case whose answer is in some passages."""
    case = Case(id="c1", messages=(), meta={"context": PASSAGES, "sources": sources})
    return (scorer or uses_only())(case, Response(request_key="", text=answer))


@pytest.mark.parametrize(
    ("answer", "sources", "value", "category"),
    [
        ("Cats sit down often [faq-1].", ["faq-1"], 1, ""),
        ("Cats sit down often [FAQ-1].", "faq-1", 1, ""),
        ("Cats sit down often. They rest a lot [handbook].", ["faq-1", "Handbook"], 1, ""),
        ("Cats sit down often [faq-2].", ["faq-1"], 0, "wrong passage"),
        ("Cats sit [faq-1]. Dogs run around [faq-2].", ["faq-1"], 0, "wrong passage"),
        ("Cats sit down often [faq-9].", ["faq-1"], 0, "wrong passage"),
        ("Cats sit down often.", ["faq-1"], 0, "no citation"),
        ("The context does not say that.", ["faq-1"], 0, "declined needlessly"),
        ("The context does not say that.", [], 1, ""),
        ("Cats sit down often [faq-1].", [], 0, "did not decline"),
    ],
)
def test_answers(answer, sources, value, category):
    """What is cited must hold the answer."""
    score = scored(answer, sources)

    assert (score.value, score.category) == (value, category)


def test_a_context_that_was_taken_away_holds_nothing():
    """As `harness cases counterfactual` leaves a case with one passage."""
    case = Case(id="c1", messages=(), meta={"context": [], "sources": []})

    assert uses_only()(case, Response(request_key="", text="The context does not say that.")).value == 1
    assert uses_only()(case, Response(request_key="", text="Cats sit down often.")).category == "did not decline"


@pytest.mark.parametrize(
    ("sources", "told"), [(["faq-7"], "to be in `context`"), (True, "list of passages"), ([""], "list")]
)
def test_a_case_with_wrong_sources_is_refused(sources, told):
    """With the names of its passages."""
    with pytest.raises(ScorerError, match=told):
        scored("x", sources)


def test_its_call_is_as_it_was_written():
    """What is left at its default is left out."""
    assert repr(uses_only()) == "uses_only()"
    assert repr(uses_only("from")) == "uses_only('from')"
    assert repr(uses_only(field="docs")) == "uses_only('sources', 'docs')"
