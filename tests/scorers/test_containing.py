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


@pytest.mark.parametrize(
    ("normalize", "text", "answer", "value"),
    [
        ("NFC", "Caf\u00e9", "Au Cafe\u0301 bleu", 1),
        ("NFC", "Cafe", "Au Cafe\u0301 bleu", 0),
        ((), "Cafe", "Au Cafe\u0301 bleu", 1),
        ("NFKC", "12", "No. \uff11\uff12", 1),
        ("white space", "New York", "in New\n  York", 1),
        ("white space", "refund", "re\u00adfund", 1),
        ("case", "stra\u00dfe", "HAUPTSTRASSE 5", 1),
    ],
)
def test_the_suite_says_what_does_not_count(score, normalize, text, answer, value):
    """In the text and in the answer alike."""
    assert score(contains(text, normalize=normalize), answer).value == value
    assert score(contains(normalize=normalize), answer, text).value == value


def test_a_text_of_which_nothing_is_left_is_refused(score):
    """Every answer contains it."""
    with pytest.raises(ScorerError, match="none of them blank"):
        contains(["a", "\u200b"], normalize="white space")
    with pytest.raises(ScorerError, match=r"case 'c1': contains\(normalize=.*needs texts of which something is left"):
        score(contains(normalize="white space"), "a", "\u200b")


def test_what_is_normalized_is_part_of_the_name():
    """So that comparisons don't mix them."""
    assert repr(contains("a", normalize=("NFKC", "white space"))) == "contains('a', normalize=('NFKC', 'white space'))"
    with pytest.raises(ScorerError, match=r"contains\(normalize='nfc'\): unknown 'nfc'; did you mean 'NFC'"):
        contains("a", normalize="nfc")
