"""The table of faults, and how long to wait."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.http.faults import LONGEST_BACK_OFF, TREATMENTS, asked_pause_s, back_off_s, kind_of

NOW = 1_800_000_000.0


def date(offset_s: float) -> str:
    """Return an HTTP date ``seconds`` from now."""
    return formatdate(NOW + offset_s, usegmt=True)


@pytest.mark.parametrize(
    ("statuses", "kind", "retries", "slows"),
    [
        ((500, 502, 503, 504, 529, 599, 408, 409, 425), "broken", 3, True),
        ((429,), "busy", None, True),
        ((400, 405, 413, 422, 451), "refused", 0, False),
        ((401, 407, 301, 302, 307, 308), "setting", 0, False),
        ((403, 404), "denied", 0, False),
        ((402,), "unpaid", 0, False),
        ((201, 204), "unreadable", 3, False),
    ],
)
def test_each_status_has_its_treatment(statuses, kind, retries, slows):
    """What passes is asked again, what is asked too much slows, what is wrong stays wrong."""
    for status in statuses:
        assert kind_of(status) == kind
    assert (TREATMENTS[kind].retries, TREATMENTS[kind].slows) == (retries, slows)


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_an_empty_account_is_no_busy_server(code):
    """OpenAI says both with 429; only one passes by waiting."""
    assert kind_of(429, [code, "requests"]) == "unpaid"
    assert kind_of(429, ["rate_limit_exceeded"]) == "busy"


def test_a_hang_is_asked_again_twice():
    """Each costs the whole timeout."""
    assert TREATMENTS["hang"].retries == 2


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": date(30)}, 30),
        ({"retry-after": date(-30)}, 0),
        ({"retry-after": date(86_400 + 30), "date": date(86_400)}, 30),
        ({"retry-after": date(30), "date": "yesterday"}, 30),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "inf"}, 0),
        ({"retry-after": "1e999"}, 0),
        ({"retry-after": "soon\x1b[31m"}, 0),
        ({"retry-after": "Mon, 99 Foo 99999 99:99:99 GMT"}, 0),
        ({"retry-after": ""}, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, pause_s):
    """A date is read by the server's own clock where it is told; nonsense asks for nothing."""
    assert asked_pause_s(headers, NOW) == pause_s


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_reader(asked, date):
    """Words of servers are foreign text."""
    assert asked_pause_s({"retry-after": asked, "date": date}, NOW) >= 0


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_a_bound_and_vary(attempt, chance):
    """Never nothing, so that a server has time; never alike, so that not all come back together."""
    pause = back_off_s(attempt, 0.5, chance)

    assert 0.25 <= pause <= 0.5 * LONGEST_BACK_OFF
    assert back_off_s(attempt + 1, 0.5, chance) >= pause


def test_chance_shortens_a_pause_by_up_to_a_half():
    """The jitter is what is given, so the same chance gives the same pauses."""
    assert [back_off_s(1, 0.5, chance) for chance in (0.0, 0.5, 1.0)] == [1.0, 0.75, 0.5]
