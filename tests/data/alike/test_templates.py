"""What is left of rows without numbers and names."""

import pytest

from harness.data.alike.templates import blanked


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("Where is order 4711 of Ben Klein?", "where is order 0 of 0n"),
        ("Where is order AB-4711/2 from 12.5.2026?", "where is order 0 from 0"),
        ("Anna Schmidt asks for a refund of 20 EUR", "0n asks for a refund of 0 eur"),
        ("Write to anna.k@example.org that it is off", "write to 0n that it is off"),
        ("Order 12 is late. Where is the parcel now", "order 0 is late where is the parcel now"),
        ("订单12345什么时候可以送到我的家里", "订单0什么时候可以送到我的家里"),
    ],
)
def test_numbers_and_names_are_blanked(asked, left):
    """Codes, dates, addresses, two names in a row; not the word that begins a sentence."""
    assert blanked(asked, "") == (left, "")


@pytest.mark.parametrize("asked", ["How can I change my card?", "Hello Anna", "What is 3 + 4?", "Should I pay?", ""])
def test_texts_without_any_or_without_other_words_are_no_template(asked):
    """I is no name."""
    assert blanked(asked, "1") is None


def test_names_of_the_input_are_blanked_in_the_output():
    """Also where a sentence begins with them."""
    assert blanked("Please write to our client Ben Klein today", "Ben, it comes on 3 May.") == (
        "please write to our client 0n today",
        "0n it comes on 0 0n",
    )


def test_a_long_word_takes_no_square_of_time():
    """A megabyte without a space."""
    assert blanked("tell me what this means " + "ab" * 500_000 + " A" * 1_000, "x") is None
