"""Strict JSON: what is refused, how fields are found, when values are the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scorers.reading.json_values import DEEPEST, NotJson, look_up, parse_json, same_value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": 1,}', "line 1"),
        ('{"a": 1} b', "Extra data"),
        ("[NaN]", "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("1e400", "too large"),
        ("9" * 400, "too large"),
        ("9" * 100_000, "too large"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "'c' is twice"),
        ('"\t"', "control character"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ('{"a":' * 500_000, "nested deeper"),
        ("\ufeff{}", "BOM"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_a_reason(text, reason):
    """Python's parser would let several of these through, or crash."""
    with pytest.raises(NotJson, match=reason):
        parse_json(text)


def test_the_deepest_allowed_level_is_allowed():
    """The limit itself is inside."""
    assert parse_json("[" * DEEPEST + "]" * DEEPEST)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10))
def test_json_text_comes_back_as_its_value(value):
    """The hooks change nothing in what is allowed."""
    assert parse_json(json.dumps(value)) == value


def test_fields_are_found_by_a_dotted_path():
    """Names step into objects, numbers into arrays."""
    value = {"customer": {"names": ["Ada", "Lin"]}, "0": "zero"}

    assert look_up(value, "customer.names.1") == "Lin"
    assert look_up(value, "0") == "zero"


@pytest.mark.parametrize("field", ["x", "customer.x", "lines.2", "lines.-1", "lines.²", "lines.99999999999", "text.0"])
def test_a_field_that_is_not_there_is_named(field):
    """An index outside the array and a step into a text are missing fields too."""
    with pytest.raises(LookupError, match="no field"):
        look_up({"customer": {}, "lines": [1, 2], "text": "abc"}, field)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ("1", 1, False),
        ([1, [2]], [1, [2.0]], True),
        ([1], [True], False),
        ([1, 2], [2, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 0}, {"a": False}, False),
        ({"a": None}, {}, False),
    ],
)
def test_values_are_compared_as_json_has_them(one, other, same):
    """Numbers by value, truth values only with truth values, objects in any order."""
    assert same_value(one, other) is same
