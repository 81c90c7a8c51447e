"""Patterns of JSON schemas: what ECMA 262 says, whichever engine searches."""

import pytest

from harness.errors import InputError
from harness.scorers import matches_schema


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^[A-Z]{3}$", r"ABC\n", False),
        ("^[A-Z]{3}$", "ABC", True),
        (r"^\d+$", "٣", False),
        (r"^\D$", "٣", True),
        (r"^\w$", "é", False),
        (r"^[\W]$", "é", True),
        (r"^[^\w]$", "a", False),
        (r"^\s$", r"\ufeff", True),
        (r"^\S$", r"\u00a0", False),
        (r"^\p{L}+$", "éλ", True),
        (r"^\p{L}+$", "a1", False),
        (r"^\p{Script=Greek}$", "λ", True),
        (r"^[^\p{Lu}]$", "A", False),
        ("^.$", r"\u2028", False),
        ("^.$", "😀", True),
        (r"^\ud83d\ude00$", "😀", True),
        (r"^[\u{1F600}-\u{1F64F}]$", "😀", True),
        (r"^\cA\0$", r"\u0001\u0000", True),
        ("^[^]$", r"\n", True),
        ("^(?:a|[])$", "a", True),
        ("[]", "a", False),
        (r"^[\b]$", r"\u0008", True),
        ("^[[&&a~~-]+$", "[&~-", True),
        ("^[+--]$", ",", True),
        (r"^\<b\>$", "<b>", True),
        (r"\<b", "b", False),
        (r"^\@\-\_$", "@-_", True),
        ("^a b#$", "a b#", True),
        # an engine of jsonschema-rs finds these where they are not
        ("a+b*a+", "a", False),
        ("^[a-z]+[.]?[a-z]+$", "a", False),
        # regress searches for these
        (r"\bfoo\b", "a foo", True),
        (r"\bfoo\b", "éfoo", True),
        (r"\bfoo\b", "afoo", False),
        (r"^\Bé$", "é", True),
        (r"^(?=.*\d)\w+$", "a1", True),
        (r"^(?=.*\d)\w+$", "é1", False),
        (r"^(?!x-).+$", "x-a", False),
        ("(?<!a)b", "ab", False),
        (r"^(['-]).*\1$", "-a-", True),
        (r"^(['-]).*\1$", "-a'", False),
        (r"^(?:(a)|b)\1$", "b", True),
        (r"^(?<q>['-]).*\k<q>$", "-a-", True),
    ],
)
def test_a_pattern_means_what_ecma_262_says(score, pattern, text, found):
    """Searched, not anchored; `$` is the very end; letters, digits and space as there."""
    assert score(matches_schema({"pattern": pattern}), f'"{text}"').value == found


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", "is not a regular expression of ECMA 262"),
        ("(?P<x>a)", "is not a regular expression of ECMA 262"),
        ("a++", "is not a regular expression of ECMA 262"),
        (r"\Z", "is not a regular expression of ECMA 262"),
        ("a{", "is not a regular expression of ECMA 262"),
        ("(?i:a)", "has a group with flags, which is not supported"),
        (r"(a\1)", r"has the back-reference \\1 inside the group"),
        (r"(?<n>a\k<n>)", r"has the back-reference \\k<n> inside the group"),
    ],
)
def test_what_can_not_be_searched_for_rightly_is_refused(pattern, reason):
    """When the scorer is made, with the place."""
    with pytest.raises(InputError, match=r"#/\$defs/code/pattern: .*" + reason):
        matches_schema({"$defs": {"code": {"pattern": pattern}}})
    with pytest.raises(InputError, match=r"#/patternProperties/"):
        matches_schema({"patternProperties": {pattern: {}}})


def test_names_of_properties_have_patterns_too(score):
    """Also beside properties that no pattern names."""
    schema = {"patternProperties": {r"^\p{Lu}\d$": {"type": "integer"}}, "additionalProperties": False}

    assert score(matches_schema(schema), '{"É1": 1}').value == 1
    assert score(matches_schema(schema), '{"É٣": 1}').value == 0


def test_a_pattern_for_names_that_would_need_the_other_engine_is_refused():
    """jsonschema-rs lets another engine search in texts, not in names."""
    with pytest.raises(InputError, match=r"#/patternProperties/\^\(\?!x-\): patternProperties can have no look"):
        matches_schema({"patternProperties": {"^(?!x-)": {}}})
