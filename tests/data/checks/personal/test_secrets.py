"""Keys and tokens are found whole; ids, digests and placeholders are left alone."""

import base64

import pytest

from harness.data.checks.personal.secrets import secrets_in

LETTERS = "aZ3kQ9mB7xR2vT5nW8cF1hJ4pL6sD0gY"


def letters(size: int) -> str:
    """Return letters and digits as a key has them."""
    return (LETTERS * 8)[:size]


def web_token() -> str:
    """Return a JSON web token."""
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1","name":"Ada"}', LETTERS.encode())
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


KEYS = {
    "AWS": "AKIA" + "Q7ZXM3KP9WLV2RTB",
    "GitHub": "ghp_" + letters(36),
    "GitHub, fine": "github_pat_" + letters(82),
    "GitLab": "glpat-" + letters(20),
    "Slack": "xoxb-" + "482915730264-739105826471-" + letters(24).lower(),
    "Stripe": "sk_live_" + letters(24),
    "OpenAI, old": "sk-" + letters(20) + "T3BlbkFJ" + letters(20),
    "OpenAI": "sk-proj-" + letters(120),
    "Anthropic": "sk-ant-api03-" + letters(90),
    "Hugging Face": "hf_" + letters(34),
    "Google": "AIza" + letters(35),
    "SendGrid": "SG." + letters(22) + "." + letters(43),
    "Twilio": "AC" + "3f9a7c1e5b8d2046" * 2,
    "npm": "npm_" + letters(36),
    "Azure": "AccountKey=" + letters(86) + "==",
    "web token": web_token(),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_found_whole(name):
    """With nothing of it left on either side."""
    text = f'set token="{KEYS[name]}" and retry'

    (hit,) = {(hit.start, hit.end) for hit in secrets_in(text)}

    assert text[slice(*hit)] == KEYS[name]


def test_a_private_key_is_found_with_its_body():
    """From its first line to its last, or to the end of a text that is cut."""
    lines = "\n".join(letters(64) for _ in range(4))
    whole = f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----"

    (hit,) = secrets_in(f"here:\n{whole}")
    (cut,) = secrets_in(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}")

    assert (hit.start, lines in f"here:\n{whole}"[hit.start : hit.end]) == (6, True)
    assert cut.end == len(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}")


def test_a_password_in_an_address_is_found():
    """The password alone."""
    text = "postgres://app:kR4n1ch-88x@db.tidewell.io/main"

    (hit,) = secrets_in(text)

    assert text[hit.start : hit.end] == "kR4n1ch-88x"


@pytest.mark.parametrize(
    "text",
    [
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sk-your-api-key-goes-here-1234567890",
        "sk-proj-" + "x" * 60,
        "ghp_" + "x" * 36,
        "AKIAIOSFODNN7EXAMPLE",
        "hf_your_token_goes_right_here_12345",
        "password: hunter2hunter2hunter2",
        "postgres://user:password@localhost/db",
        "https://tidewell.io/a/very/long/path/1234567890/index.html?utm_source=mail",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "order 20261126-000123-AC-7781",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA",
        "xAKIAQ7ZXM3KP9WLV2RTBx",
        "eyJhbGciOi.notjson.atall",
    ],
)
def test_what_is_no_secret_is_left_alone(text):
    """Ids, digests, placeholders, published examples, long words and paths."""
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize("text", ["ab1" * 300_000, "eyJ1" * 250_000, "1a://" * 200_000, "1awssecret" * 90_000])
def test_a_long_text_is_read_in_one_go(text):
    """Nothing is searched again from each of a megabyte's characters."""
    assert list(secrets_in(text)) == []


def test_private_keys_without_an_end_are_read_in_one_go():
    """However many begin."""
    assert list(secrets_in("-----BEGIN PRIVATE KEY-----" * 40_000)) != []
