"""Which exact scorer would do in a judge's place."""

import pytest

from harness.scorers.exact import exact_scorer


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ([1, 2, 3, 4, 5, 6.5], "a number: number_equals() decides them"),
        (["1", " -2.5", "3e4", "4", "5", "6"], "a number: number_equals() decides them"),
        (["billing", "bug"] * 4, "one of 2 labels: predicts_label(['billing', 'bug']) decides them"),
        (["a", "b", "c", "d"] * 3, "one of 4 labels: predicts_label(['a', 'b', 'c', ...]) decides them"),
        ([{"queue": "billing", "urgent": True}] * 6, "JSON: field_equals('queue'), field_equals('urgent') decide them"),
        ([{"queue": f"q{n}", str(n): 1} for n in range(6)], "JSON: field_equals('queue') decides them"),
        (
            ['{"queue": "billing"}'] * 6,
            "JSON: field_equals('queue') decides them, with the object itself as `expected`",
        ),
    ],
)
def test_labels_numbers_and_json_are_exact(expected, told):
    """With the scorer's name as it is written in a suite."""
    assert exact_scorer(expected) == told


@pytest.mark.parametrize(
    "expected",
    [
        [],
        [1, 2, 3],
        [1, 2, 3, 4, 5, "six"],
        ["nan"] * 6,
        [True, False] * 6,
        [None] * 6,
        ["yes"] * 6,
        ["yes", "no", "no"] * 2 + ["It is under Settings, then Billing."] * 3,
        [f"answer {n}" for n in range(20)],
        ["", "no"] * 6,
        [["yes", "yeah"]] * 6,
        [{"answer": "It is under Settings, then Billing."}] * 6,
        [{"a": 1}, {"b": 1}] * 6,
        [{}] * 6,
        ["{not JSON"] * 6,
        ["yes", {"a": 1}] * 6,
    ],
)
def test_what_is_not_sure_is_left_to_the_judge(expected):
    """Too few, of two kinds, in words, or nothing that tells answers apart."""
    assert exact_scorer(expected) is None
