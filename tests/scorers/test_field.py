"""field_equals."""

import pytest

from harness.errors import ScorerError
from harness.scorers import embedded_json, field_equals

EXPECTED = {"queue": "bug", "customer": {"vip": True}, "owner": None}


def test_the_field_is_compared_with_the_same_field_of_expected(score):
    """Other fields don't matter."""
    assert score(field_equals("queue"), '{"queue": "bug", "x": 1}', EXPECTED).value == 1
    assert score(field_equals("customer.vip"), '{"customer": {"vip": true}}', EXPECTED).value == 1
    assert score(field_equals("customer.vip"), '{"customer": {"vip": 1}}', EXPECTED).value == 0


def test_an_expected_null_is_a_value(score):
    """An answer may be right in saying null, and wrong in leaving the field out."""
    assert score(field_equals("owner"), '{"owner": null}', EXPECTED).value == 1
    assert score(field_equals("owner"), "{}", EXPECTED).value == 0


def test_an_expected_that_is_no_object_is_the_value(score):
    """For suites with one field."""
    assert score(field_equals("queue"), '{"queue": "bug"}', "bug").value == 1
    assert score(field_equals("tags"), '{"tags": ["a"]}', ["a"]).value == 1


@pytest.mark.parametrize(
    ("text", "category", "reason"),
    [
        ('{"queue": "billing"}', "wrong field", "`queue` is 'billing', expected 'bug'"),
        ('{"Queue": "bug"}', "missing field", "no field `queue` in the answer, expected 'bug'"),
        ("[]", "missing field", "no field `queue` in the answer, expected 'bug'"),
        ("bug", "invalid JSON", "Expecting value at line 1, column 1"),
        ('{"queue": "bug", "queue": "billing"}', "invalid JSON", "the key 'queue' is twice in one object"),
        ("", "invalid JSON", "Expecting value at line 1, column 1"),
    ],
)
def test_a_wrong_answer_says_how(score, text, category, reason):
    """The category feeds the failure analysis."""
    wrong = score(field_equals("queue"), text, EXPECTED)

    assert (wrong.value, wrong.category, wrong.reason) == (0, category, reason)


def test_hostile_values_are_quoted_safely(score):
    """Lone surrogates can't be written as UTF-8, and long values fill the report."""
    wrong = score(field_equals("queue"), '{"queue": ["\\ud800' + "x" * 1_000_000 + '"]}', EXPECTED)

    assert len(wrong.reason.encode()) < 200


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f'{{"a": "{DECOMPOSED}"}}', COMPOSED),
        (f'{{"a": "{COMPOSED}"}}', DECOMPOSED),
        (f'{{"a": ["x", {{"{DECOMPOSED}": "{DECOMPOSED}"}}]}}', ["x", {COMPOSED: COMPOSED}]),
    ],
)
def test_how_an_accent_is_encoded_does_not_count(score, answer, expected):
    """Wherever in the value, in texts and in keys, as with exact_match."""
    assert score(field_equals("a"), answer, {"a": expected}).value == 1


def test_a_field_is_found_however_its_accent_is_encoded(score):
    """Two keys that differ in nothing else are told apart by their characters."""
    assert score(field_equals(COMPOSED), f'{{"{DECOMPOSED}": 1}}', 1).value == 1
    assert score(field_equals(COMPOSED), f'{{"{DECOMPOSED}": 1, "{COMPOSED}": 2}}', 2).value == 1
    assert score(field_equals("a"), '{"a": {"caf\u00e9": 1, "cafe\u0301": 2}}', {"a": {COMPOSED: 1}}).value == 0
    both = f'{{"a": {{"{COMPOSED}": 3, "{DECOMPOSED}": 2}}}}'
    assert score(field_equals("a"), both, {"a": {COMPOSED: 3, DECOMPOSED: 2}}).value == 1
    assert score(field_equals("a"), both, {"a": {COMPOSED: 1, DECOMPOSED: 2}}).value == 0


@pytest.mark.parametrize("expected", [None, {}, {"queues": "bug"}])
def test_a_case_without_the_field_is_an_error(score, expected):
    """Whatever the answer is."""
    with pytest.raises(ScorerError, match=r"case 'c1': field_equals\('queue'\) needs"):
        score(field_equals("queue"), "", expected)


@pytest.mark.parametrize("field", ["", ".", "a.", "a..b"])
def test_a_path_with_an_empty_step_is_refused(field):
    """It could never be found."""
    with pytest.raises(ScorerError, match="not a path to a field"):
        field_equals(field)


def test_the_repr_is_the_call_that_makes_it():
    """With the reader where the suite names one."""
    assert repr(field_equals("queue")) == "field_equals('queue')"
    assert repr(field_equals("queue", read=embedded_json)) == "field_equals('queue', read=embedded_json)"
