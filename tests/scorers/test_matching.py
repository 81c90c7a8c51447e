"""exact_match."""

import pytest

from harness.errors import ScorerError
from harness.scorers import exact_match, unfenced


def test_white_space_at_the_ends_does_not_count(score):
    """Models end answers with line breaks."""
    assert score(exact_match(), " Paris\n", "Paris ").value == 1
    assert score(exact_match(), "Pa ris", "Paris").value == 0


def test_any_of_several_accepted_texts_is_right(score):
    """A list is read as alternatives."""
    assert score(exact_match(), "UK", ["United Kingdom", "UK"]).value == 1


def test_case_of_letters_counts_unless_the_suite_says_otherwise(score):
    """STRASSE is straße once letters' case is ignored."""
    assert score(exact_match(), "STRASSE", "straße").value == 0
    assert score(exact_match(ignore_case=True), "STRASSE", "straße").value == 1


def test_a_wrong_answer_says_what_was_got_and_expected(score):
    """Control characters of the answer don't reach a terminal through the reason."""
    wrong = score(exact_match(), "\x1b[31mRome\ud800", "Paris")

    assert (wrong.value, wrong.category) == (0, "wrong answer")
    assert wrong.reason == r"got '\x1b[31mRome\ud800', expected 'Paris'"


def test_a_long_answer_is_quoted_by_its_start(score):
    """A megabyte of answer doesn't become a megabyte of reason."""
    assert len(score(exact_match(), "x" * 1_000_000, "Paris").reason) < 200


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_answer_is_wrong_not_unscored(score, text):
    """The model answered, with nothing."""
    assert score(exact_match(), text, "Paris").value == 0


@pytest.mark.parametrize("expected", [None, 5, "", " ", [], ["a", 5], ["a", ""], {"a": "b"}, True])
def test_a_case_without_accepted_texts_is_an_error(score, expected):
    """It names the case and the scorer, and never becomes a 0."""
    with pytest.raises(ScorerError, match=r"case 'c1': exact_match\(\) needs `expected`"):
        score(exact_match(), "Paris", expected)


def test_the_repr_is_the_call_that_makes_it():
    """The repr is part of the fingerprint."""
    assert repr(exact_match()) == "exact_match()"
    assert repr(exact_match(ignore_case=True, read=unfenced)) == "exact_match(ignore_case=True, read=unfenced)"
    assert exact_match() == exact_match()


@pytest.mark.parametrize(
    ("normalize", "text", "expected", "value"),
    [
        ("NFC", "Cafe\u0301", "Caf\u00e9", 1),
        ((), "Cafe\u0301", "Caf\u00e9", 0),
        ("NFC", "\uff11\uff12", "12", 0),
        ("NFKC", "\uff11\uff12", "12", 1),
        ("NFC", "New\u00a0York", "New York", 0),
        ("white space", "New\u00a0\n York\u200b", "New York", 1),
        ("case", "cafe\u0301", "CAF\u00c9", 1),
        (("NFKC", "case", "white space"), "\uff21  b", "A B", 1),
    ],
)
def test_the_suite_says_what_does_not_count(score, normalize, text, expected, value):
    """How a letter and its accent are encoded never does, unless the suite wants that too."""
    assert score(exact_match(normalize=normalize), text, expected).value == value


def test_a_reason_quotes_the_answer_as_it_is(score):
    """Not what was compared."""
    assert score(exact_match(normalize="case"), "RoMe", "Paris").reason == "got 'RoMe', expected 'Paris'"


def test_an_expected_text_of_which_nothing_is_left_is_an_error(score):
    """An empty answer would be right."""
    with pytest.raises(ScorerError, match="needs texts of which something is left to compare"):
        score(exact_match(normalize="white space"), "", "\u200b")


def test_what_is_normalized_is_part_of_the_name():
    """So that comparisons don't mix them; what means the same has one name."""
    assert repr(exact_match(normalize=("case", "NFKC"))) == "exact_match(ignore_case=True, normalize='NFKC')"
    assert repr(exact_match(normalize=("white space", "NFC"))) == "exact_match(normalize=('NFC', 'white space'))"
    assert repr(exact_match(normalize=())) == "exact_match(normalize=())"
    assert repr(exact_match(normalize="NFC")) == "exact_match()"
    assert repr(exact_match(normalize="case")) == repr(exact_match(ignore_case=True))


def test_an_unknown_normal_form_is_refused():
    """With the nearest one."""
    with pytest.raises(ScorerError, match=r"exact_match\(normalize='nfkc'\): unknown 'nfkc'; did you mean 'NFKC'"):
        exact_match(normalize="nfkc")
