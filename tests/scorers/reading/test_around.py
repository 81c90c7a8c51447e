"""What is around the last number: signs apart from it, scales, formulas, marks of sources and of lists."""

from fractions import Fraction

import pytest

from harness.scorers.reading.numbers import last_number, read_numbers


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{\sqrt{3}/2}",
        r"2\pi",
        "2 π",
        "2pi",
        "2*pi",
        r"\pi/4",
        "π/4",
        "x/2",
        "1/(2)",
        "(1+√5)/2",
        r"\sqrt{3}-1",
        r"\frac{1}{2}\pi",
        r"\binom{5}{2}",
        "2**10",
        "2**-1",
        "(-2)^2",
        "(3 + x)²",
        "5!",
        "$5!$",
        "so 5! / 3",
        r"0.\overline{3}",
        "0.(3)",
        "0.3\u0305",
        "sqrt(3)",
        "the square root of 3",
        r"\log_2 8",
        r"\sin(30)",
        r"x \equiv 3 \pmod{5}",
        "3 + 4",
        "n+1",
        "3 * 4",
        r"3 \times 4",
        "3\u00d7-4",
        "3+4i",
        "10 minus 5",
        "18 ± 2",
        r"18 \pm 2",
        "+/-5",
    ],
)
def test_a_piece_of_a_formula_has_no_value(text):
    """Whatever else of the formula is written before or after it."""
    found = last_number(text)

    assert found is not None
    assert found.value is None
    assert found.problem in {"is a formula", "is a piece of a formula"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = - 5", -5),
        ("the answer is - 5", -5),
        ("#### - 5", -5),
        ("$- 5$", -5),
        ("minus 5", -5),
        ("It is negative 5.", -5),
        ("about minus $1.5 million", -1_500_000),
        ("- 5 apples", 5),
        ("Results:\n- 5 apples", 5),
        ("10 - 5", 5),
        ("3$ - 5$", 5),
    ],
)
def test_a_minus_can_be_apart_or_a_word(text, value):
    """A dash that begins a line is a mark of a list, one between two numbers is not a sign."""
    found = last_number(text)

    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("about $3 million", ".", "3000000"),
        ("2.5M", ".", "2500000"),
        ("$5k/month", ".", "5000"),
        ("1.2 lakh", ".", "120000"),
        ("2 crores", ".", "20000000"),
        ("3 hundred thousand", ".", "300000"),
        ("1/2 Billion", ".", "500000000"),
        (r"3\text{ million}", ".", "3000000"),
        ("a 3-million-dollar house", ".", "3000000"),
        ("3,5 Mio. €", ",", "3500000"),
        ("2 Billionen", ",", "2000000000000"),
        ("5 millions", ",", "5000000"),
        ("5 km", ".", "5"),
        ("5m", ".", "5"),
        ("300 K", ".", "300"),
        ("5 thousandths", ".", "5"),
        ("5\nMillion Road", ".", "5"),
    ],
)
def test_a_scale_multiplies_the_number_before_it(text, decimal, value):
    """Words, and letters that touch the number; a unit is not a scale."""
    found = last_number(text, decimal)

    assert found is not None
    assert found.value == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "18 [1].",
        "18 apples [1, 2].",
        "18.[1][2]",
        "18% [3-5]",
        "18\n\n1. note\n2. another note",
        "18\n1) note",
        "The answer is 18!",
        "*The answer is 18!*",
        "(It is 18!) Well done!!",
        "It is 18! - that is all",
        "3, [18]",
        "3 so [18]",
        r"\frac{3}{4} of them are left. That is + 18",
        "**20**18",
        "The answer is\n18. That is all.",
        "The list is [18]",
        "2 or [18]",
        "Total \u00b7 18",
        "20\n* 18",
        "18 (m/s)",
    ],
)
def test_marks_of_sources_and_of_lists_are_passed_over(text):
    """Only where they can't be the answer; bold print and exclamations are not formulas."""
    found = last_number(text)

    assert found is not None
    assert found.value == 18


@pytest.mark.parametrize(("text", "value"), [("1. note", 1), ("1. one\n2. two", 2)])
def test_a_mark_is_a_number_where_there_is_no_other(text, value):
    """Then it can be the answer."""
    found = last_number(text)

    assert found is not None
    assert found.value == value


def test_a_mark_beside_an_expected_number_is_not_a_second_one():
    """The same holds for `expected`."""
    assert [number.value for number in read_numbers("18 [1]")] == [18]
    assert [number.value for number in read_numbers("minus 3 thousand")] == [-3000]


def test_with_a_decimal_comma_a_number_can_begin_with_it():
    """And a point at its start has no value then."""
    assert [number.value for number in read_numbers("etwa ,5", ",")] == [Fraction(1, 2)]
    assert [number.problem for number in read_numbers("etwa .5", ",")] == ["is not written with a decimal comma"]
