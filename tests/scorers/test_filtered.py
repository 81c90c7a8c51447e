"""matches_filtered; that it scores as lm-evaluation-harness does is shown in tests/cases/test_lm_eval.py."""

import pytest

from harness.errors import ScorerError
from harness.scorers import matches_filtered
from harness.scorers.reading import limit

LAST_NUMBER = {"function": "regex", "regex_pattern": "[0-9]+", "group_select": -1}


def test_what_a_pattern_finds_is_compared(score):
    """The first match, or the one that is chosen; without one, "[invalid]" is."""
    scorer = matches_filtered([LAST_NUMBER])

    assert score(scorer, "not 6 but 7", "7").value == 1
    assert score(scorer, "not 7 but 6", "7").category == "wrong answer"
    missing = score(scorer, "seven", "7")
    assert (missing.value, missing.category) == (0, "pattern not found")
    assert "'[invalid]' is left of the answer" in missing.reason


def test_nothing_is_forgiven_but_what_is_named(score):
    """Not even white space at the ends."""
    assert score(matches_filtered(), "bug", "bug").value == 1
    assert score(matches_filtered(), "bug ", "bug").value == 0
    assert score(matches_filtered([{"function": "remove_whitespace"}]), "bug ", "bug").value == 1
    assert score(matches_filtered(ignore_case=True), "BUG", ["outage", "Bug"]).value == 1
    assert score(matches_filtered(ignore_punctuation=True, ignore_numbers=True), "b-u1g.", "bug").value == 1


def test_patterns_are_ignored_in_the_expected_text_too(score):
    """So that a worked solution can be what is expected."""
    scorer = matches_filtered([LAST_NUMBER], regexes_to_ignore=["(?s).*#### "])

    assert score(scorer, "it is 7", "3 + 4 = 7.\n#### 7").value == 1


def test_of_several_groups_the_first_that_is_not_empty_counts(score):
    """Where all are empty, nothing was found. White space at the ends of a match doesn't count."""
    scorer = matches_filtered([{"function": "regex", "regex_pattern": "(a+)|( *b+ *)|x"}])

    assert score(scorer, "bbb", "bbb").value == 1
    assert score(scorer, "  bbb ", "bbb").value == 1
    assert score(scorer, "x", "x").category == "pattern not found"


def test_its_repr_is_its_call(score):
    """As suites write it."""
    scorer = matches_filtered([LAST_NUMBER], ignore_case=True)

    assert repr(eval(repr(scorer))) == repr(scorer)  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("filters", "ignored", "said"),
    [
        ([{"function": "majority_vote"}], [], "the filter .*majority_vote.* is not known"),
        ([{"function": "regex", "flags": 2}], [], "the filter .*flags.* is not known"),
        ([{"function": "regex", "regex_pattern": "("}], [], "'\\(' is not a regular expression"),
        ([], ["*"], "'\\*' is not a regular expression"),
    ],
)
def test_a_wrong_filter_is_an_error(filters, ignored, said):
    """When the scorer is made."""
    with pytest.raises(ScorerError, match=said):
        matches_filtered(filters, regexes_to_ignore=ignored)


@pytest.mark.parametrize("expected", [None, "", 7, [" "]])
def test_a_case_without_a_text_is_an_error(score, expected):
    """It names the case."""
    with pytest.raises(ScorerError, match="case 'c1'"):
        score(matches_filtered(), "x", expected)


def test_a_search_without_end_leaves_the_answer_unscored(score, monkeypatch):
    """Neither right nor wrong."""
    monkeypatch.setattr(limit, "LONGEST_S", 0.1)
    given = score(matches_filtered([{"function": "regex", "regex_pattern": "^(a+)+$"}]), "a" * 60 + "!", "a")

    assert (given.value, given.category) == (None, "took too long")
