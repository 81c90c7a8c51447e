"""Cards and accounts: found by their checksums, and nothing that only looks like one."""

import pytest

from harness.data.checks.personal.checksums import cards_in, ibans_in, passes_luhn


def with_check_digit(start: str) -> str:
    """Return a number that passes Luhn."""
    return next(start + digit for digit in "0123456789" if passes_luhn(start + digit))


VISA = with_check_digit("453201511283036")
AMEX = with_check_digit("34981276540912")
MASTERCARD = with_check_digit("522341987650123")


def grouped(number: str, by: str) -> str:
    """Return a number in groups of four."""
    return by.join(number[start : start + 4] for start in range(0, len(number), 4))


@pytest.mark.parametrize(
    "written",
    [VISA, grouped(VISA, " "), grouped(VISA, "-"), MASTERCARD, AMEX, f"{AMEX[:4]} {AMEX[4:10]} {AMEX[10:]}"],
)
def test_a_card_is_found_as_it_is_written(written):
    """In one piece, and in groups."""
    (hit,) = cards_in(f"My card {written}, please.")

    assert (hit.kind, f"My card {written}, please."[hit.start : hit.end]) == ("card", written)


@pytest.mark.parametrize(
    "text",
    [
        VISA[:-1] + str((int(VISA[-1]) + 1) % 10),
        with_check_digit("999911112222333"),
        f"order number {VISA}",
        f"Order #{VISA}",
        f"tracking {VISA}",
        f"Bestellnummer: {VISA}",
        f"id {VISA}",
        f"x{VISA}",
        f"{VISA}.5",
        f"3f2504e0-{VISA[:4]}-{VISA[4:8]}-{VISA[8:12]}-0305e82c3301",
        "4111 1111 1111 1111",
        "4242424242424242",
        "5555 4444 3333 1111",
        f"{VISA[:4]} {VISA[4:]}",
        "2026-11-26 2026-11-27 2026-11-28",
        "version 4.5320.1511.2830",
    ],
)
def test_what_is_no_card_is_left_alone(text):
    """A wrong check digit, no known network, an order number, part of an id, and numbers published as examples."""
    assert list(cards_in(text)) == []


def test_a_number_that_passes_luhn_by_chance_must_be_as_long_as_a_card():
    """Fourteen digits that begin as Visa's are no card."""
    assert list(cards_in(with_check_digit("4532015112830"))) == []


@pytest.mark.parametrize(
    "written",
    ["DE12500105170648489890", "DE12 5001 0517 0648 4898 90", "GB98 MIDL 0700 9312 3456 78", "NL20INGB0001234567"],
)
def test_an_account_is_found_in_one_piece_and_in_groups(written):
    """With the length that its country has."""
    text = f"IBAN {written} AND MORE"

    (hit,) = ibans_in(text)

    assert text[hit.start : hit.end] == written


@pytest.mark.parametrize(
    "text",
    [
        "DE13500105170648489890",
        "DE125001051706484898",
        "ZZ12500105170648489890",
        "DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32",
        "AB12 3456 7890 1234",
        "XDE12500105170648489890",
    ],
)
def test_what_is_no_account_is_left_alone(text):
    """Wrong check digits, another length, no country, and the accounts of Wikipedia's examples."""
    assert list(ibans_in(text)) == []


def test_a_long_run_of_digits_takes_no_time():
    """One megabyte without an end."""
    assert list(cards_in("4" * 1_000_000)) == []
    assert list(ibans_in("DE12" * 250_000)) == []
