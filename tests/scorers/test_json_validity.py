"""valid_json."""

import pytest

from harness.scorers import embedded_json, unfenced, valid_json


@pytest.mark.parametrize("text", ['{"a": 1}', " [1]\n", "42", "null", '"a"'])
def test_any_json_value_is_valid(score, text):
    """Objects are not the only JSON."""
    assert score(valid_json(), text).value == 1


@pytest.mark.parametrize("text", ["{a: 1}", "```\n{}\n```", "Sure! {}", "NaN", '{"a": 1, "a": 1}', "{" * 1_000_000])
def test_what_is_not_json_is_wrong_with_a_reason(score, text):
    """Fences and prose are not stripped unasked."""
    wrong = score(valid_json(), text)

    assert (wrong.value, wrong.category) == (0, "invalid JSON")
    assert wrong.reason


def test_the_suite_may_allow_fences_or_prose(score):
    """By naming a reader, which stands in the repr."""
    assert score(valid_json(read=unfenced), "```\n{}\n```").value == 1
    assert score(valid_json(read=embedded_json), "Sure! {} Bye.").value == 1
    assert repr(valid_json(read=unfenced)) == "valid_json(read=unfenced)"
