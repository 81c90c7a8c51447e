"""A small client for the API of a code host: JSON, a few retries, and a token that no message shows."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from harness.errors import PublishError
from harness.records.record import UNREADABLE, Json
from harness.text.secrets import Secrets
from harness.text.visible import for_terminal

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
TRIES = 4
TIMEOUT_S = 30.0
LONGEST_PAUSE_S = 60.0
LARGEST = 32 * 2**20
"""Bytes of an answer."""
AGAIN = {429, 500, 502, 503, 504}
HERE = {"localhost", "127.0.0.1", "::1"}


class Api:
    """The API at an address, asked with a token in a header. Redirects aren't followed: the token would go along.

    Raises:
        PublishError: the token would be sent in the open.
    """

    def __init__(self, address: str, header: str, token: str, pause: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
            raise PublishError(f"{for_terminal(address)}: expected an address that starts with https://")
        if not token.isascii() or not token.isprintable():
            raise PublishError("the token has a character that can't be sent; set it to the token alone, on one line")
        self._address = address.rstrip("/")
        self._headers = {header: f"Bearer {token}" if header == "Authorization" else token}
        self._secrets = Secrets(frozenset({token}))
        self._pause = pause

    def get(self, path: str, kind: type[T], query: Mapping[str, str | int] | None = None) -> T:
        """Return what is at a path, as a record; fields that the record doesn't have are left out.

        Raises:
            PublishError: it is not to be had, or is something else.
        """
        found = self._ask("GET", path, None, query or {})
        try:
            return msgspec.convert(found, kind)
        except msgspec.ValidationError as problem:
            raise PublishError(f"GET {path}: not what was expected: {self._clean(str(problem))}") from problem

    def send(self, method: str, path: str, body: Mapping[str, Json]) -> None:
        """Send a record; a POST is not sent again after an error that leaves open what became of it.

        Raises:
            PublishError: it was refused, or nothing answers.
        """
        self._ask(method, path, body, {})

    def _ask(self, method: str, path: str, body: Mapping[str, Json] | None, query: Mapping[str, str | int]) -> Json:
        import httpx2

        headers = {"Accept": "application/json", "User-Agent": "tunegate", **self._headers}
        what = f"{method} {path}"
        with httpx2.Client(timeout=TIMEOUT_S, headers=headers, follow_redirects=False) as client:
            for left in reversed(range(TRIES)):
                try:
                    answer = client.request(method, f"{self._address}{path}", params=dict(query), json=body)
                except httpx2.TransportError as problem:
                    if not left or method == "POST":
                        raise PublishError(f"{what}: {self._clean(str(problem) or type(problem).__name__)}") from None
                    self._pause(float(TRIES - left))
                    continue
                if left and _can_be_asked_again(method, answer):
                    self._pause(min(_asked_pause_s(answer, TRIES - left), LONGEST_PAUSE_S))
                    continue
                return self._read(what, answer)
        raise AssertionError  # pragma: no cover - the last try returns or raises

    def _read(self, what: str, answer: "httpx2.Response") -> Json:
        if answer.is_success and len(answer.content) <= LARGEST:
            try:
                found: Json = msgspec.json.decode(answer.content or b"null")
            except UNREADABLE:
                raise PublishError(f"{what}: the answer is not JSON") from None
            return found
        said = self._clean(answer.text[:2000])
        raise PublishError(f"{what}: HTTP {answer.status_code}: {said}", status=answer.status_code)

    def _clean(self, text: str) -> str:
        return for_terminal(self._secrets.mask(text), 300)


def _can_be_asked_again(method: str, answer: "httpx2.Response") -> bool:
    """Tell whether to ask again: never a POST that may have been done, which would leave two comments."""
    limited = answer.status_code == 429 or (
        answer.status_code == 403
        and ("retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0")
    )
    return limited or (method != "POST" and answer.status_code in AGAIN)


def _asked_pause_s(answer: "httpx2.Response", tries: int) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 2.0**tries
