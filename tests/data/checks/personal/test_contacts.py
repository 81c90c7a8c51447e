"""E-mail addresses, telephone numbers and IP addresses of people; not those of nobody."""

import pytest

from harness.data.checks.personal.contacts import addresses_in, emails_in, phones_in


def found(find, text: str) -> list[str]:
    """Return the pieces that are found."""
    return [text[hit.start : hit.end] for hit in find(text)]


@pytest.mark.parametrize("written", ["ada.byron@tidewell.io", "h-meier+shop@web.de", "ö.berg@post.at", "a_b@x.co.uk"])
def test_an_email_address_is_found(written):
    """Between other words, without the full stop after it."""
    assert found(emails_in, f"Write to {written}. Thanks!") == [written]


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "ada@mail.example.org",
        "ada@studio-example.de",
        "ada@tidewell.test",
        "ada@server.invalid",
        "you@yourdomain.com",
        "support@tidewell.io",
        "no-reply@tidewell.io",
        "Info@tidewell.io",
        "john.doe@tidewell.io",
        "git@github.com:tidewell/app.git",
        "logo@2x.png",
        "npm install pkg@1.2.3",
        "@ada on Mastodon",
        "postgres://ada@db.tidewell.io",
        "cost @ 5.99 each",
    ],
)
def test_an_address_of_nobody_is_left_alone(text):
    """Domains for documentation, offices, placeholders, and what only has an @."""
    assert found(emails_in, text) == []


@pytest.mark.parametrize(
    "written",
    ["+49 30 901820", "+44 20 7183 8750", "(415) 867-5301", "415-867-5301", "+1 415 867 5301", "+33 1 42 68 53 00"],
)
def test_a_telephone_number_is_found(written):
    """International ones, and American ones as they are written there."""
    assert found(phones_in, f"You find me at {written}, thanks") == [written]


def test_a_plain_number_is_a_telephone_number_where_one_calls():
    """And not elsewhere."""
    assert found(phones_in, "call me: 4158675301") == ["4158675301"]
    assert found(phones_in, "the total is 4158675301") == []


@pytest.mark.parametrize(
    "text",
    [
        "(415) 555-0123",
        "call 415-555-2671",
        "+31 20 555 0147",
        "+44 7700 900123",
        "+44 20 7946 0958",
        "1-800-275-2273",
        "call 800-275-2273",
        "2026-11-26 10:30",
        "call before 26.11.2026",
        "12 34 56 78 90",
        "order 415 867 5301",
        "415.867.530",
        "tel:",
        "+1 234",
        "page 123-456-7890",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    ],
)
def test_a_number_of_nobody_is_left_alone(text):
    """Numbers for fiction, toll-free ones, dates, orders, ids, and those that don't exist."""
    assert found(phones_in, text) == []


@pytest.mark.parametrize("written", ["81.2.69.142", "2a00:1450:4001:81b:0:0:0:200e"])
def test_a_public_ip_address_is_found(written):
    """Of both versions."""
    assert found(addresses_in, f"from {written} today") == [written]


@pytest.mark.parametrize(
    "text",
    [
        "192.168.0.17",
        "10.1.2.3",
        "127.0.0.1",
        "192.0.2.44",
        "198.51.100.7",
        "203.0.113.99",
        "2001:db8:1:2:3:4:5:6",
        "fe80:1:2:3:4:5:6:7",
        "8.8.8.8",
        "version 81.2.69.142",
        "v81.2.69.142",
        "update to 91.0.44.72",
        "Chrome/99.0.48.51",
        "1.2.3.4",
        "section 5.9.12.20",
        "300.2.69.142",
        "81.2.69.142.7",
        "224.0.1.99",
        "12:30:45:10:20:30:40",
        "00:1b:44:11:3a:b7",
    ],
)
def test_an_ip_address_of_nobody_is_left_alone(text):
    """Private ones, those for documentation, name servers, versions, times and hardware addresses."""
    assert found(addresses_in, text) == []


@pytest.mark.parametrize("text", ["a" * 900_000 + "@", "a@" * 300_000, "+4 " * 300_000, "1." * 400_000, "a:" * 400_000])
def test_a_long_text_is_read_in_one_go(text):
    """Nothing is searched again from each of a megabyte's characters."""
    assert found(emails_in, text) + found(phones_in, text) + found(addresses_in, text) == []
