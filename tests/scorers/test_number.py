"""number_equals."""

from decimal import Decimal

import pytest

from harness.errors import ScorerError
from harness.scorers import number_equals
from harness.scorers.number import last_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", "42"),
        ("First 3, then 4 are left.", "4"),
        ("#### 1,234,567.5", "1234567.5"),
        ("1\u00a0234\u202f567", "1234567"),
        ("12,50 apples", "50"),
        ("about 12.5 %", "12.5"),
        ("It costs $1,250.50.", "1250.50"),
        ("a loss of -$5", "-5"),
        ("a loss of $-5", "-5"),
        ("\u22123 degrees", "-3"),
        ("x=-7", "-7"),
        ("pages 3-5", "5"),
        ("10 - 4", "4"),
        ("(8)-2", "2"),
        ("**.5**", ".5"),
        ("1.5e3", "1500"),
        ("5kg", "5"),
        ("room A4", None),
        ("version 1.2.3", "1.2"),
        (r"\boxed{18}", "18"),
        ("答案是42个", "42"),
        ("no number", None),
        ("", None),
        ("-", None),
        ("1e99999999", "1"),
    ],
)
def test_the_last_number_of_a_text_is_read(text, number):
    """In English notation, with signs of percent and currency passed over."""
    assert last_number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize("expected", [1250.5, "1,250.50", "$1250.5", "= 1250.5"])
def test_expected_is_a_number_or_a_text_that_holds_one(score, expected):
    """However it is written."""
    assert score(number_equals(), "So the total is $1,250.50", expected).value == 1


def test_the_last_number_counts_not_any(score):
    """A right number on the way doesn't save a wrong end."""
    wrong = score(number_equals(), "5 and 3 make 9", 5)

    assert (wrong.value, wrong.category) == (0, "wrong number")
    assert wrong.reason == "the last number is 9, expected 5"


def test_an_answer_without_a_number_is_wrong(score):
    """And says so."""
    assert score(number_equals(), "many", 5).reason == "no number in the answer, expected 5"


def test_the_tolerance_is_inclusive_and_decimal(score):
    """0.1 is a tenth, not the nearest binary fraction."""
    assert score(number_equals(tolerance=0.1), "0.4", 0.3).value == 1
    assert score(number_equals(tolerance=0.1), "0.2", 0.3).value == 1
    assert score(number_equals(tolerance=0.1), "0.4001", 0.3).value == 0


def test_without_a_tolerance_every_digit_counts(score):
    """Also past the 28 that decimal arithmetic keeps."""
    assert score(number_equals(), "1" * 40, "1" * 40).value == 1
    assert score(number_equals(), "1" * 39 + "2", "1" * 40).value == 0


@pytest.mark.parametrize("unit", ["1", "1,", "1,111,", "-", "1.", "1e", "$-", ".1"])
def test_a_megabyte_of_digits_is_an_answer_like_any_other(score, unit):
    """No overflow, no quadratic search, no megabyte of reason."""
    wrong = score(number_equals(tolerance=1), unit * (1_000_000 // len(unit)), 5)

    assert wrong.value == 0
    assert len(wrong.reason) < 200


@pytest.mark.parametrize("expected", [None, True, "many", "3 or 4", "", [5], {"a": 5}])
def test_a_case_without_one_number_is_an_error(score, expected):
    """Two numbers would leave open which one is meant."""
    with pytest.raises(ScorerError, match=r"case 'c1': number_equals\(\) needs `expected`"):
        score(number_equals(), "5", expected)


@pytest.mark.parametrize("tolerance", [-1, float("nan"), float("inf")])
def test_a_senseless_tolerance_is_refused(tolerance):
    """It would make everything right, or nothing."""
    with pytest.raises(ScorerError, match="tolerance must be"):
        number_equals(tolerance=tolerance)


def test_the_repr_is_the_call_that_makes_it():
    """The tolerance is part of the fingerprint."""
    assert repr(number_equals()) == "number_equals()"
    assert repr(number_equals(tolerance=0.5)) == "number_equals(tolerance=0.5)"
