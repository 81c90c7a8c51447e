"""What a run keeps secret, in every form in which it can come back, and which words are none."""

import base64
import html
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.record import Record
from harness.text.secrets import (
    MASK,
    NO_SECRETS,
    Secrets,
    bare_address,
    hide_login,
    known_secrets,
    without_secrets,
)

KEY = "sk-proj-4f/Zß<1>&\"'\\ü%7"
PASSWORDS = ["p@ssword", "p@@ssword", "pa/ss@w1", "pa?ss@w1", "pa#ss@w1", "pa%ss@w1", "pass:wo:rd@1", "//p@ss://w1"]
MASKED = Secrets(frozenset({KEY}))


class Note(Record, frozen=True, kw_only=True):
    """A record with texts inside of it."""

    words: tuple[str, ...]
    number: float


def every_form_of(secret: str) -> dict[str, str]:
    """Return a secret as servers and libraries write it."""
    return {
        "as it is": secret,
        "URL": urllib.parse.quote(secret, safe=""),
        "part of a URL": urllib.parse.quote(secret),
        "URL in small letters": urllib.parse.quote(secret, safe="").replace("%2F", "%2f"),
        "JSON": json.dumps(secret)[1:-1],
        "JSON with slashes": json.dumps(secret)[1:-1].replace("/", r"\/"),
        "JSON, all escaped": "".join(f"\\u{ord(char):04X}" for char in secret),
        "JSON, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
        "Python": repr(secret)[1:-1],
        "Python's bytes": repr(secret.encode("latin-1"))[2:-1],
        "HTML": html.escape(secret),
        "HTML by number": "".join(f"&#{ord(char)};" for char in secret),
        "HTML by hexadecimal number": "".join(f"&#x{ord(char):x};" for char in secret),
        "base64": base64.b64encode(secret.encode()).decode().rstrip("="),
        "base64 for URLs": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    }


@pytest.mark.parametrize("before", ["", "a", "ab", "me:", "user:"])
def test_a_secret_encoded_together_with_more_is_masked(before):
    """As in a login; base64 has three letters for it, by where it begins, and at its ends letters of two characters."""
    encoded = base64.b64encode(f"{before}{KEY}, and more".encode()).decode()

    masked = MASKED.mask(encoded)

    assert MASK in masked
    assert len(encoded) - len(masked) >= len(KEY.encode()) * 8 // 6 - 2 - len(MASK)


@pytest.mark.parametrize("form", every_form_of(KEY))
def test_a_secret_is_masked_in_every_form(form):
    """Whatever is before and behind it stays."""
    text = f"key {every_form_of(KEY)[form]} is wrong"

    assert MASKED.mask(text) == f"key {MASK} is wrong"


@given(st.text(max_size=40))
def test_text_without_a_secret_stays_as_it_is(text: str):
    """Answers are scored: not a character of them changes."""
    assert MASKED.mask(text) == text
    assert NO_SECRETS.mask(text) == text


@given(st.text(min_size=8, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_any_secret_is_masked_wherever_it_is(secret: str, before: str, behind: str):
    """Also one with special characters of regular expressions."""
    assert secret not in Secrets(frozenset({secret})).mask(before + secret + behind).replace(MASK, "\0")


def test_the_longer_of_two_secrets_is_masked_whole():
    """One can be the start of the other."""
    assert Secrets(frozenset({"sk-secret-1", "sk-secret-1-more"})).mask("sk-secret-1-more") == MASK


def test_a_record_is_masked_in_each_of_its_texts():
    """Its numbers stay; without a secret it is the same record."""
    note = Note(words=(f"a {KEY}", "b", json.dumps(KEY)), number=0.1)

    assert MASKED.masked(note) == Note(words=(f"a {MASK}", "b", f'"{MASK}"'), number=0.1)
    for form in every_form_of("sk-plain-1").values():
        assert Secrets(frozenset({"sk-plain-1"})).masked(Note(words=(form,), number=1)).words == (MASK,)
    assert NO_SECRETS.masked(note) is note


@pytest.mark.parametrize("end", range(1, len(KEY)))
def test_no_part_of_a_secret_is_left_where_it_was_cut(end):
    """Libraries shorten what they show; a few characters are no secret."""
    shown = MASKED.mask_cut(f"{KEY[:end]}...{KEY[end:]}").replace(MASK, "")

    assert len(shown) < 3 + 6 + 6
    assert MASKED.mask_cut("nothing... is cut ...here") == "nothing... is cut ...here"


def test_a_secret_is_not_in_a_repr():
    """Tracebacks with local variables show it."""
    assert KEY not in repr(MASKED)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "address", ["http://ada:{}@host/v1", "https://{}@host:1/v1", "--base-url=http://a%20b:{}@host"]
)
def test_no_part_of_a_password_is_left_in_an_address(password, address):
    """A login ends at the last @ sign, whatever is in it."""
    shown = hide_login(f"asking {address.format(password)}, as set")

    assert shown == f"asking {address.replace('ada:', '').replace('a%20b:', '').replace('{}@', '')}, as set"


@pytest.mark.parametrize("password", [*PASSWORDS, "two words@1"])
@pytest.mark.parametrize("proxy", ["http://me:{}@p:3128", "me:{}@p:3128"])
def test_no_part_of_a_password_is_left_in_a_proxy(password, proxy):
    """Which needs no scheme."""
    assert bare_address(proxy.format(password)) == proxy.replace("me:{}@", "")


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_password_of_an_address_is_known_as_written_and_as_sent(password):
    """The header holds user and password in base64."""
    quoted = urllib.parse.quote(password, safe="")

    for address in (f"http://ada:{password}@host/v1", f"http://ada:{quoted}@host/v1"):
        secrets = known_secrets({}, (), (address,))
        sent = base64.b64encode(f"ada:{password}".encode()).decode().rstrip("=")
        shown = secrets.mask(f"{password} {quoted} {sent}")
        assert shown == " ".join([MASK] * 3)


def test_keys_tokens_and_logins_of_the_environment_are_known():
    """By the names of variables, and by what an address looks like; not the other values."""
    environ = {
        "MY_THING": "key-of-mine ",
        "HF_TOKEN": "hf_abcdefgh1",
        "PGPASSWORD": "t0psecret!",
        "DATABASE_URL": "postgres://ada:dat4base@db/x",
        "PIP_EXTRA_INDEX_URL": "https://one.example https://t0ken-alone@two.example",
        "https_proxy": "me:pr0xypass@p:3128",
        "MODEL": "gpt-4o-mini-2024",
        "PWD": "/home/ada/project-1",
        "SORT_KEY": "password",
        "SHORT_KEY": "a1b2c3",
    }

    found = known_secrets(environ, ("MY_THING", "UNSET"), ())

    assert found.values == {
        *("key-of-mine", "hf_abcdefgh1", "t0psecret!", "dat4base", "ada:dat4base"),
        *("t0ken-alone", "pr0xypass", "me:pr0xypass"),
    }


@pytest.mark.parametrize("word", ["password", "not-needed", "Berlin-Mitte", "don't.know", "20261126", "2026-11-26"])
def test_a_word_is_masked_in_errors_and_not_in_answers(word):
    """Who takes a word for a key must not change what models say."""
    secrets = known_secrets({"MY_KEY": word}, ("MY_KEY",), ())

    assert secrets.mask(word) == MASK
    assert secrets.unmistakable.mask(word) == word


def test_a_process_that_needs_no_secret_gets_none():
    """Neither by its name, nor in a value, nor in an address; what else is there stays."""
    kept = {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0", "TOKENIZERS_PARALLELISM": "0", "no_proxy": "localhost"}
    secret = {
        "OPENAI_API_KEY": "k",
        "HF_TOKEN": "t",
        "AWS_SECRET_ACCESS_KEY": "s",
        "MY_THING": "key-of-mine-1",
        "COPY": "Bearer key-of-mine-1",
        "https_proxy": "me:w@p:1",
        "INDEX": "https://a:b@c/",
    }

    assert without_secrets(kept | secret, ("MY_THING",)) == kept
