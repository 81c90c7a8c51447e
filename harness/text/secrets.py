"""The secrets that a run knows, and text without them: keys, passwords of addresses, tokens of the environment.

A server can send back what it was sent, in any header and in any body: ``Secrets.mask`` makes such text safe to show.
"""

import base64
import functools
import html
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote

import msgspec

MASK = "***"
SHORTEST = 8
"""Characters. A shorter key is a dummy for a local server; masking it would mask parts of words."""
SHORTEST_PART = 6
"""Characters. A part of a secret that is shorter gives nothing away."""
DOTS = "..."
LONGEST_WORD = 20
"""Characters. Anything longer is no word of an answer."""
LOGIN = re.compile(r"//([^\s\"'<>]*)@")
"""The login of an address in a text, up to the last "@" before white space or a quotation mark: a password can have
"@", "/", "?" or "#" in it."""
_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PWD|_PAT)$", re.IGNORECASE)
"""Names of environment variables that hold a secret."""
_LETTER, _ODD = re.compile(r"[^\W\d_]"), re.compile(r"\d|[^\w\s.'-]")
_BACKSLASHED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([^\w\s]))")
_SCHEME = re.compile(r"(?:https?|socks\w*)://", re.IGNORECASE)

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True)
class Secrets:
    """Values that no text shows, neither as they are nor escaped; ``repr`` does not show them either."""

    values: frozenset[str] = field(default=frozenset(), repr=False)

    @functools.cached_property
    def unmistakable(self) -> "Secrets":
        """Those that can't be words: what answers and records are masked with, so that no word of theirs changes."""
        return Secrets(frozenset(filter(is_unlike_words, self.values)))

    def mask(self, text: str) -> str:
        r"""Return the text with three stars for each secret, also one in base64 or escaped as in a URL, JSON or HTML.

        >>> Secrets(frozenset({"sk-1/secret"})).mask(r"sk-1/secret sk%2d1%2Fsecret sk-1\/secret c2stMS9zZWNyZXQ=")
        '*** *** *** ***='
        """
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        if self._escaped and _has_escapes(text) and self._is_in(_unescaped(text)):
            text = self._escaped.sub(MASK, text)
        return text

    def mask_cut(self, text: str) -> str:
        """Return the text masked, also where three dots take the place of a part of a secret, as in pytest's excerpts.

        >>> Secrets(frozenset({"sk-one-secret"})).mask_cut("'sk-one-s... or ...secret' or sk-...")
        "'***... or ...***' or sk-..."
        """
        pieces = self.mask(text).split(DOTS)
        for place in range(len(pieces) - 1):
            pieces[place] = self._without_start(pieces[place])
            pieces[place + 1] = self._without_end(pieces[place + 1])
        return DOTS.join(pieces)

    def _without_start(self, piece: str) -> str:
        """Mask the start of a secret at the end of a piece."""
        starts = (value[:end] for value in self.values for end in range(len(value) - 1, SHORTEST_PART - 1, -1))
        found = max((start for start in starts if piece.endswith(start)), key=len, default="")
        return piece[: len(piece) - len(found)] + MASK if found else piece

    def _without_end(self, piece: str) -> str:
        """Mask the end of a secret at the start of a piece."""
        ends = (value[start:] for value in self.values for start in range(1, len(value) - SHORTEST_PART + 1))
        found = max((end for end in ends if piece.startswith(end)), key=len, default="")
        return MASK + piece[len(found) :] if found else piece

    def masked(self, record: R) -> R:
        """Return a record with the secrets masked in each of its texts."""
        if not self.values:
            return record
        encoded = msgspec.json.encode(record).decode()
        if self.mask_cut(encoded) == encoded and not self._is_in(_unescaped(_unescaped(encoded))):
            return record  # nearly always, and much faster than going through it
        return msgspec.convert(_within(msgspec.to_builtins(record), self.mask_cut), type(record))

    def _is_in(self, plain: str) -> bool:
        """Return whether a text without its escapes can have a secret: to look for escaped ones everywhere is slow."""
        return any(value in plain or _has_escapes(value) for value in self.values)

    @functools.cached_property
    def _forms(self) -> tuple[str, ...]:
        """What is looked for in every text: the longest first, since one can be a part of another."""
        forms = {form for value in self.values for form in _forms_of(value)}
        return tuple(sorted(forms, key=lambda form: (-len(form), form)))

    @functools.cached_property
    def _escaped(self) -> re.Pattern[str] | None:
        """Any secret, each character as it is or escaped."""
        longest_first = sorted(self.values, key=lambda value: (-len(value), value))
        each = ["".join(map(_escapes_of, value)) for value in longest_first]
        return re.compile("|".join(each)) if each else None


NO_SECRETS = Secrets()


def known_secrets(environ: Mapping[str, str], named: Collection[str], addresses: Iterable[str]) -> Secrets:
    """Return the secrets of a run: keys in ``named`` variables, tokens of the environment, passwords of addresses.

    A variable whose name ends like that of a token is taken for one when its value can't be a word. Nothing shorter
    than ``SHORTEST`` characters is a secret.
    """
    keys = {environ.get(name, "").strip() for name in named}
    tokens = {value.strip() for name, value in environ.items() if _NAME.search(name)}
    texts = [*addresses, *(_as_address(name, value) for name, value in environ.items())]
    logins = {part for text in texts for login in LOGIN.findall(text) for part in _parts_of(login)}
    found = keys | logins | set(filter(is_unlike_words, tokens))
    return Secrets(frozenset(one for one in found if len(one) >= SHORTEST))


def is_unlike_words(value: str) -> bool:
    """Tell whether a value is too odd to be a word, a name or a number: it has a letter with a digit or a symbol.

    >>> [is_unlike_words(value) for value in ("sk-proj-1a", "p@ssword", "postgres", "not-needed", "20261126")]
    [True, True, False, False, False]
    """
    return len(value) > LONGEST_WORD or bool(len(value) >= SHORTEST and _LETTER.search(value) and _ODD.search(value))


def without_secrets(environ: Mapping[str, str], named: Collection[str]) -> dict[str, str]:
    """Return the variables for a process that needs no secret.

    Left out are the ``named`` ones, those whose name is a token's, and those that have a secret or a login in them.
    """
    secrets = known_secrets(environ, named, ()).unmistakable
    return {
        name: value
        for name, value in environ.items()
        if name not in named
        and not _NAME.search(name)
        and not LOGIN.search(_as_address(name, value))
        and secrets.mask(value) == value
    }


def hide_login(text: str) -> str:
    """Take the user's name and password out of every address in a text.

    >>> hide_login("--base-url=http://ada:p@ss@127.0.0.1:8000/v1")
    '--base-url=http://127.0.0.1:8000/v1'
    """
    return LOGIN.sub("//", text)


def bare_address(address: str) -> str:
    """Return one address, which needs no scheme, without a login: whatever is in it, the login ends at the last "@".

    >>> bare_address("http://me:a://b c@proxy:3128"), bare_address("me:word@proxy:3128"), bare_address("proxy:3128")
    ('http://proxy:3128', 'proxy:3128', 'proxy:3128')
    """
    scheme = _SCHEME.match(address)
    start = scheme.group() if scheme else ""
    return start + address.removeprefix(start).rpartition("@")[2]


def _within(value: object, mask: Callable[[str], str]) -> object:
    """Return a value with every text inside of it masked."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {_within(name, mask): _within(inner, mask) for name, inner in value.items()}
    return [_within(inner, mask) for inner in value] if isinstance(value, list | tuple) else value


def _as_address(name: str, value: str) -> str:
    """Return the value of a variable, with slashes before that of a proxy, which needs no scheme."""
    return f"//{value}" if name.lower().endswith("_proxy") else value


def _parts_of(login: str) -> Iterator[str]:
    """Yield what is secret in a login: the password, user and password together, or a user name that is alone."""
    user, colon, password = unquote(login).partition(":")
    yield password if colon else user
    if colon:
        yield f"{user}:{password}"


def _forms_of(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(value.encode(errors="surrogatepass")).decode().rstrip("=")
    for before in range(3):  # inside of a longer encoded text it can begin at any of three places in a group
        shifted = b"\0" * before + value.encode(errors="surrogatepass")
        whole = slice(-(-before * 8 // 6), len(shifted) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(shifted).decode()[whole]


def _has_escapes(text: str) -> bool:
    return "%" in text or "\\" in text or "&" in text


def _unescaped(text: str) -> str:
    """Return a text with the characters that its escapes mean."""
    return _BACKSLASHED.sub(lambda found: _meant(found[1] or found[2], found[3]), html.unescape(unquote(text)))


def _meant(code: str | None, char: str | None) -> str:
    return chr(int(code, 16)) if code else char or ""


def _escapes_of(char: str) -> str:
    """Return a pattern for one character: as it is, or as URLs, HTML, JSON and Python escape it."""
    code = ord(char)
    percent = "".join(f"%{byte:02x}" for byte in char.encode(errors="surrogatepass"))
    hexadecimal = rf"(?i:{percent}|\\u{code:04x}|\\x{code:02x}|&\#x0*{code:x};)"
    ways = [re.escape(char), hexadecimal, rf"&\#0*{code};"]
    if not char.isalnum():
        ways += [r"\\" + re.escape(char), re.escape(html.escape(char))]
    return f"(?:{'|'.join(ways)})"
