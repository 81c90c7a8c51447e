"""Numbers in text: what is one, what it is worth, and what only looks like one."""

from fractions import Fraction

import pytest

from harness.scorers.reading.numbers import LONGEST, last_number, read_numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", "42"),
        ("**.5**", ".5"),
        ("5kg", "5"),
        ("答案是42个", "42"),
        ("\u0663\u066b\u0665", "3.5"),
        ("\u0661\u066c\u0662\u0663\u0664", "1234"),
        ("1,234,567.5", "1234567.5"),
        ("1\u00a0234\u202f567", "1234567"),
        ("1'234'567", "1234567"),
        ("1_000", "1000"),
        ("1{,}234", "1234"),
        (r"1\,234", "1234"),
        (r"1,\!234", "1234"),
        ("1,23,456", "123456"),
        ("12,34,56,789.5", "123456789.5"),
        ("10{,}00{,}000", "1000000"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        (r"\$1{,}250.50", "1250.5"),
        ("USD18", "18"),
        ("usd 18", "18"),
        ("-US$18", "-18"),
        ("Rs18", "18"),
        ("Rs. 1,00,000", "100000"),
        ("CHF 1'200.50", "1200.5"),
        ("\u22123 degrees", "-3"),
        ("\uff0d3", "-3"),
        ("x=-7", "-7"),
        ("pages 3-5", "5"),
        ("10\u22124", "4"),
        ("(8)-2", "2"),
        ("5%-7%", "7"),
        ("about 12.5 %", "12.5"),
        ("1.5e3", "1500"),
        ("1.5E+3", "1500"),
        ("1e-2", ".01"),
        ("1.5 x 10^3", "1500"),
        ("1.5 \u00d7 10³", "1500"),
        ("2·10⁻³", ".002"),
        (r"1.5 \times 10^{3}", "1500"),
        (r"1.5\cdot10^{-3}", ".0015"),
        ("10^3", "1000"),
        ("2^10", "1024"),
        ("5²", "25"),
        ("3/4", "3/4"),
        ("-3/4", "-3/4"),
        ("3 / 4", "3/4"),
        ("1,000/3", "1000/3"),
        ("½", "1/2"),
        ("2½ cups", "5/2"),
        ("1 1/2", "3/2"),
        ("-1 1/2", "-3/2"),
        ("2 3/2", "3/2"),
        (r"\frac{3}{4}", "3/4"),
        (r"-\dfrac{1{,}000}{3}", "-1000/3"),
        (r"\frac{-3}{4}", "-3/4"),
        (r"\frac12", "1/2"),
        (r"1\tfrac{1}{2}", "3/2"),
        (r"\boxed{18}", "18"),
        (r"90^\circ", "90"),
        (r"\approx5", "5"),
        ("_5_", "5"),
    ],
)
def test_a_number_has_its_value(text, value):
    """However it is written; with a decimal point."""
    found = last_number(text)

    assert found is not None
    assert found.value == Fraction(value)


@pytest.mark.parametrize(
    "passed",
    [
        "cm^2",
        "cm²",
        "cm2",
        "cm^{2}",
        r"\text{ cm}^2",
        "m/s^2",
        "m^-1",
        "m^(-2)",
        "cm<sup>2</sup>",
        "H_2O",
        "x_{12}",
        "CO2",
        "on 3/4/2024",
        "on 2024-03-04",
        "by v1.2.3",
        "at 10.0.0.127",
        "[^1]",
        r"\text{A4}",
    ],
)
def test_what_is_no_number_of_its_own_is_passed_over(passed):
    """Exponents of units, digits in names, dates, versions and marks of footnotes."""
    assert [number.written for number in read_numbers(f"18 {passed}")] == ["18"]


@pytest.mark.parametrize("text", ["", "-", "no number", "room A4", "version 1.2.3", "1/2/2024"])
def test_a_text_can_have_no_number(text):
    """Then there is no last one."""
    assert last_number(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.234,5", "is not written with a decimal point"),
        ("12,50 apples", "is not written with a decimal point"),
        ("0,123", "is not written with a decimal point"),
        ("1.234.567", "is not written with a decimal point"),
        ("1,2,3", "is not written with a decimal point"),
        ("12,345,67", "is not written with a decimal point"),
        ("1,5e3", "is not written with a decimal point"),
        ("1,5 \u00d7 10^3", "is not written with a decimal point"),
        ("1/0", "divides by zero"),
        (r"\frac{1}{0}", "divides by zero"),
        ("0^-1", "divides by zero"),
        ("1e999999999", "has too many digits"),
        ("1e" + "9" * 10_000, "has too many digits"),
        ("9^999999999", "has too many digits"),
        ("5 x 10^999999999", "has too many digits"),
        ("1" * (LONGEST + 1), "has too many digits"),
        (r"\sqrt{3}", "is a formula"),
        ("√3", "is a formula"),
        (r"\frac{\sqrt{3}}{2}", "is a formula"),
        (r"\frac{x}{2}", "is a formula"),
        ("8^{1/3}", "is a formula"),
    ],
)
def test_a_number_without_a_value_says_why(text, problem):
    """It is one number all the same: no piece of it is read as another one."""
    (found,) = read_numbers(text)

    assert (found.value, found.problem) == (None, problem)
    assert len(found.written) <= LONGEST


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,5", "1234.5"),
        ("12,50", "12.5"),
        ("0,123", ".123"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        ("1 234 567,8", "1234567.8"),
        ("1{,}5", "1.5"),
        ("1,5e3", "1500"),
        (r"1,5 \cdot 10^{3}", "1500"),
        (r"\frac{1,5}{2}", ".75"),
        ("1 1/2", "3/2"),
        ("\u0663\u066b\u0665", "3.5"),
        ("-5 €", "-5"),
        ("3.5", None),
        ("1,234.5", None),
        ("1,2,3", None),
    ],
)
def test_with_a_decimal_comma_points_join_groups(text, value):
    """English notation has no value then."""
    (found,) = read_numbers(text, ",")

    assert found.value == (None if value is None else Fraction(value))


def test_an_ordinary_space_separates_two_numbers_with_a_decimal_point():
    """Only languages with a decimal comma group by it."""
    assert [number.written for number in read_numbers("In 20 234 people")] == ["20", "234"]


def test_a_sign_of_percent_is_noted():
    """Its value is the figure before it."""
    assert [(number.value, number.percent) for number in read_numbers(r"5, 50 %, 50\%, 5 percent")] == [
        (5, False),
        (50, True),
        (50, True),
        (5, True),
    ]
