"""contains."""

import pytest

from harness.errors import ScorerError
from harness.scorers import contains


def test_the_text_may_stand_anywhere_in_the_answer(score):
    """Letters' case counts unless the suite says otherwise."""
    assert score(contains("Paris"), "It is Paris, of course.").value == 1
    assert score(contains("paris"), "It is Paris, of course.").value == 0
    assert score(contains("paris", ignore_case=True), "It is Paris, of course.").value == 1


def test_any_of_several_texts_will_do(score):
    """A list is read as alternatives."""
    assert score(contains(["UK", "Britain"]), "Great Britain").value == 1
    assert score(contains(["UK", "Britain"]), "France").reason == "does not contain 'UK' or 'Britain'"


def test_without_a_text_the_case_names_it(score):
    """A string or a list, as in exact_match."""
    assert score(contains(), "Great Britain", ["UK", "Britain"]).value == 1
    assert score(contains(), "France", "Britain").category == "text not found"


def test_an_empty_answer_is_wrong(score):
    """It contains nothing."""
    assert score(contains("a"), "").value == 0


@pytest.mark.parametrize("text", ["", " ", [], ["a", ""]])
def test_a_blank_text_is_refused(text):
    """Every answer contains it."""
    with pytest.raises(ScorerError, match="none of them blank"):
        contains(text)


def test_a_case_without_a_text_is_an_error(score):
    """When the scorer has none of its own."""
    with pytest.raises(ScorerError, match=r"case 'c1': contains\(\) needs `expected`.*got nothing"):
        score(contains(), "France")


def test_the_repr_is_the_call_that_makes_it():
    """One text stands alone, several as a tuple."""
    assert repr(contains()) == "contains()"
    assert repr(contains("a", ignore_case=True)) == "contains('a', ignore_case=True)"
    assert repr(contains(["a", "b"])) == "contains(('a', 'b'))"
