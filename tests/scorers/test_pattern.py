"""matches_regex."""

import re

import pytest

from harness.errors import ScorerError
from harness.scorers import matches_regex, unfenced
from harness.scorers.reading import limit


def test_the_pattern_is_searched_in_the_answer(score):
    """It is not anchored."""
    assert score(matches_regex(r"\bP[0-3]\b"), "Priority: P2.").value == 1
    assert score(matches_regex(r"\bP[0-3]\b"), "Priority: P7.").category == "pattern not found"


def test_without_a_pattern_the_case_names_it(score):
    """Each case has its own."""
    assert score(matches_regex(), "It is Paris", r"\bParis\b").value == 1


def test_flags_are_passed_on(score):
    """And stand in the repr."""
    scorer = matches_regex("a.b", flags=re.IGNORECASE | re.DOTALL)

    assert score(scorer, "A\nB").value == 1
    assert repr(scorer) == "matches_regex('a.b', flags=re.IGNORECASE|re.DOTALL)"


def test_a_pattern_that_matches_nothing_at_all_does_not_save_an_empty_answer(score):
    """`.*` fits every text; an empty answer is wrong all the same."""
    assert score(matches_regex(".*"), " ").value == 0
    assert score(matches_regex(".*", read=unfenced), "```\n\n```").value == 0


def test_a_long_answer_is_searched_at_its_start_and_the_reason_says_so(score):
    """What stands after 100,000 characters is not found."""
    late = "x" * 100_000 + "Paris"

    assert "first 100,000 of 100,005 characters" in score(matches_regex("Paris"), late).reason
    assert score(matches_regex("Paris"), late).value == 0
    assert score(matches_regex("^x"), late).value == 1
    assert "first 100,000" in score(matches_regex("^x"), late).reason


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a{99999999999999999999}", "(" * 5000 + ")" * 5000])
def test_a_broken_pattern_is_an_error_of_the_case(score, pattern):
    """It names the case, or the scorer when the pattern is the scorer's own."""
    with pytest.raises(ScorerError, match=r"case 'c1': matches_regex\(\): .* is not a regular expression"):
        score(matches_regex(), "x", pattern)
    with pytest.raises(ScorerError, match="is not a regular expression"):
        matches_regex(pattern)


@pytest.mark.parametrize("expected", [None, "", 5, ["a"]])
def test_a_case_without_a_pattern_is_an_error(score, expected):
    """When the scorer has none of its own."""
    with pytest.raises(ScorerError, match="case 'c1'"):
        score(matches_regex(), "x", expected)


def test_a_search_without_end_leaves_the_answer_unscored(score, monkeypatch):
    """Forty letters would take years; a pattern of the case counts as well."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    for scorer, expected in ((matches_regex(r"^(a+)+$"), None), (matches_regex(), r"^(a+)+$")):
        given = score(scorer, "a" * 60 + "!", expected)

        assert (given.value, given.category) == (None, "took too long")
        assert given.reason.startswith(f"{scorer!r} gave up: searching for '^(a+)+$' takes more than 0.1 s")
        assert score(scorer, "a" * 60, expected).value == 1


def test_a_line_ends_however_the_server_wrote_it(score):
    """The end of a line is where the model began a new one, with a carriage return before it or not."""
    assert score(matches_regex(r"^yes$", flags=re.MULTILINE), "well\r\nyes\r\nok").value == 1
    assert score(matches_regex(r"^yes$", flags=re.MULTILINE), "well\nyes\nok").value == 1
    assert score(matches_regex(r"yes\nok"), "yes\r\nok").value == 1
