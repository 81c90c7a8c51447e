"""Where a server can be reached: the address that a proxy offers."""

import pytest

from harness.errors import InputError
from harness.serving.server import public_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", ""),
        ("https://review.example.com", "https://review.example.com"),
        ("https://review.example.com/", "https://review.example.com"),
        ("HTTPS://Review.example:8443/larkspur/team-2/", "HTTPS://Review.example:8443/larkspur/team-2"),
        ("http://[::1]:80/a.b~c_d", "http://[::1]:80/a.b~c_d"),
    ],
)
def test_a_public_address_has_no_slash_at_its_end(text, url):
    """So that a path can follow."""
    assert public_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "review.example.com",
        "/larkspur",
        "ftp://review.example.com",
        "javascript://review.example.com",
        "https://",
        "https:///larkspur",
        "https://review.example.com:port",
        "https://lead:secret@review.example.com",
        "https://review.example.com/?team=2",
        "https://review.example.com/#2",
        "https://review.example.com//larkspur",
        "https://review.example.com/a/../b",
        "https://review.example.com/{path}",
        "https://review.example.com/%2e%2e",
        "https://review.example.com/\n",
        "https://review.example.com /",
    ],
)
def test_what_is_no_public_address_is_refused(text):
    """Links would lead elsewhere, or nowhere."""
    with pytest.raises(InputError, match=r"^--url '.*': expected where people find the page, such as https://"):
        public_url(text)
