"""number_equals: which number of an answer is compared, and with what."""

import re

import pytest

from harness.errors import ScorerError
from harness.scorers import number_equals


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("First 3, then 4 are left.", 4),
        ("#### 1,234,567.5", 1234567.5),
        ("It costs $1,250.50.", 1250.5),
        ("The area is 18 cm^2.", 18),
        ("It has ₹1,00,000 left", 100000),
        (r"So the total is $1{,}234$.", 1234),
        (r"\boxed{\frac{3}{4}}", 0.75),
        ("The total is 5 (as of 3/4/2024).", 5),
        (r"$1.5 \times 10^{3}$ m^2", 1500),
        ("Rs18", 18),
        ("\u0663\u066b\u0665", 3.5),
    ],
)
def test_the_last_number_is_compared_however_it_is_written(score, text, number):
    """Nothing after it that only looks like a number takes its place."""
    assert score(number_equals(), text, number).value == 1
    assert score(number_equals(), text, number + 1).value == 0


# The published answers to GSM8K (four models, 1,319 questions) end in "A: 18"; the end is varied as models vary it.
@pytest.mark.parametrize(
    ("end", "right"),
    [
        ("#### 18", True),
        ("#### -18", False),
        ("#### 180", False),
        ("She has 20 - 2 = <<20-2=18>>18 left.\n#### 18", True),
        ("She pays 9 * 2 = $<<9*2=18>>18.\n#### 18", True),
        ("That is 9*2 = 18, less 10%.\n#### 16.2", False),
        ("8 boxes of 2 and 2 more.\n#### 18.", True),
        ("3/4 of 24 = <<3/4*24=18>>18\n#### 18", True),
        ("2 x 10 = 20\n#### 20", False),
        ("He rode 1,800 feet in 100 parts.\n#### 18", True),
        ("No idea.", False),
    ],
)
def test_answers_in_the_form_of_gsm8k_are_judged_as_lm_evaluation_harness_judges_them(score, end, right):
    """By both of its readings: strict (after ####) and flexible (the last number); so it was on 5,276 answers."""
    strict = re.search(r"#### (\-?[0-9\.\,]+)", end)
    flexible = re.findall(r"-?[$0-9.,]{2,}|-?[0-9]+", end)
    bare = [re.sub(r"[,$]|\.$", "", found) for found in ([strict[1]] if strict else []) + flexible[-1:]]

    assert score(number_equals(), end, 18).value == right
    assert all((found == "18") == right for found in bare)


@pytest.mark.parametrize(
    ("text", "expected", "right"),
    [
        ("50%", 50, True),
        ("50 %", 0.5, True),
        (r"50\%", 0.5, True),
        ("fifty, so 50 percent", 0.5, True),
        ("50", 0.5, False),
        ("5%", 0.5, False),
        ("50%", "50%", True),
        ("0.5", "50%", True),
        ("50", "50%", True),
        ("5000%", "50%", False),
        ("0.5%", "50%", False),
    ],
)
def test_a_percentage_equals_its_figure_or_its_hundredth(score, text, expected, right):
    """Where the expected number has the sign as well, only the figures are compared."""
    assert score(number_equals(), text, expected).value == right


def test_a_fraction_is_compared_exactly(score):
    """0.333 is not a third, but near it."""
    assert score(number_equals(), "1/3", "2/6").value == 1
    assert score(number_equals(), "1/3", 0.333).value == 0
    assert score(number_equals(tolerance=0.001), "1/3", 0.333).value == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.234,5", "is not written with a decimal point: 1.234,5"),
        ("1/0", "divides by zero: 1/0"),
        ("1e999999999", "has too many digits: 1e999999999"),
        (r"5\sqrt{5}", r"is a formula: \sqrt{5}"),
    ],
)
def test_a_last_number_without_a_value_is_wrong_and_the_reason_says_why(score, text, problem):
    """No piece of it is taken for the answer, and no number before it."""
    wrong = score(number_equals(), f"5 or {text}", 5)

    assert (wrong.value, wrong.category) == (0, "wrong number")
    assert wrong.reason == f"the last number {problem}, expected 5"


def test_a_locale_with_a_decimal_comma_reads_it_in_answers_and_in_expected_texts(score):
    """JSON's own numbers have a point in every language."""
    assert score(number_equals(locale="de"), "Das macht 1.234,50 €.", 1234.5).value == 1
    assert score(number_equals(locale="de"), "1234,5", "1.234,5").value == 1
    assert score(number_equals(locale="fr"), "environ 1 234,5 m", 1234.5).value == 1
    assert score(number_equals(locale="de"), "1.234", 1.234).value == 0


@pytest.mark.parametrize("locale", ["", "xx", "DE", "de-CH", "zh"])
def test_an_unknown_locale_is_refused(locale):
    """With the known ones named."""
    with pytest.raises(
        ScorerError, match=r"'en' \(a decimal point\) or a language with a decimal comma: bg, ca, cs, da"
    ):
        number_equals(locale=locale)


@pytest.mark.parametrize(("locale", "meant"), [("de_DE", "de"), ("DE", "de"), ("pt-BR", "pt"), ("en_US", "en")])
def test_a_locale_with_a_country_is_refused_with_its_language(locale, meant):
    """Countries of one language can differ, so none is taken for it silently."""
    with pytest.raises(ScorerError, match=rf"vi; did you mean '{meant}'\?$"):
        number_equals(locale=locale)


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


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1,",
        "1,111,",
        "-",
        "1.",
        "1e",
        "$-",
        ".1",
        "1/",
        "1^",
        "9^9",
        "1x10^",
        "a",
        "USD",
        "^{",
        "_",
        r"\frac{",
        r"\sqrt{",
        "1 [1] ",
        "[1,1",
        " thousand",
        "\n1. a",
        "(",
    ],
)
def test_a_very_long_run_of_digits_is_an_answer_like_any_other(score, unit):
    """No overflow, no quadratic search, no reason as long as the answer."""
    wrong = score(number_equals(tolerance=1), unit * (200_000 // len(unit)), 5)

    assert wrong.value == 0
    assert len(wrong.reason) < 200


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("1万", 10_000),
        ("约12.5万人", 125_000),
        ("3億円", 300_000_000),
        ("3百万円", 3_000_000),
        ("12兆円", 12 * 10**12),
        ("3만 원", 30_000),
        ("5 लाख", 500_000),
        ("5 करोड़ रुपये", 50_000_000),
        ("3 Mio. Euro", 3_000_000),
        ("4 Mrd", 4 * 10**9),
        ("2 млн", 2_000_000),
        ("7 ألف", 7_000),
        ("2 triệu", 2_000_000),
        ("3千克", 3),
        ("500兆瓦", 500),
        ("3 minutes", 3),
    ],
)
def test_scales_of_other_languages_multiply_and_units_do_not(score, answer, value):
    """The digits alone were taken for the number, so "1万" was right where 1 was expected."""
    assert score(number_equals(), answer, value).value == 1
    assert score(number_equals(), answer, value + 1).value == 0


@pytest.mark.parametrize("answer", ["1億2000万円", "3万5千"])
def test_a_number_in_several_scales_has_no_value(score, answer):
    """No part of it is the number."""
    wrong = score(number_equals(), answer, 5_000)

    assert wrong.value == 0
    assert "is a part of a number with several scales" in wrong.reason


@pytest.mark.parametrize("expected", [None, True, "many", "3 or 4", "", [5], {"a": 5}, "1/0", "12,50", "2024-03-04"])
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
    """Tolerance and locale are part of the fingerprint."""
    assert repr(number_equals()) == "number_equals()"
    assert repr(number_equals(tolerance=0.5, locale="de")) == "number_equals(tolerance=0.5, locale='de')"
    assert repr(number_equals(locale="en")) == "number_equals()"
