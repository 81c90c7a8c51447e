"""What can go wrong with one request over HTTP, and what each kind of fault leads to: one table."""

import email.utils
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.engines.http.said import Said

Kind = Literal[
    "crowded",
    "unreachable",
    "lost",
    "hang",
    "unreadable",
    "oversized",
    "busy",
    "broken",
    "refused",
    "denied",
    "setting",
    "unpaid",
]
LONGEST_BACK_OFF = 16
"""The longest pause before a request is asked again, as a multiple of the first one."""


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """How often a request is asked again after one kind of fault, and whether many of them slow all asking down.

    None is for as long as others get through.
    """

    retries: int | None
    slows: bool = False


TREATMENTS: Mapping[Kind, Treatment] = {
    "crowded": Treatment(retries=None),  # no connection, because this process has too many; fewer are made from then on
    "unreachable": Treatment(retries=3, slows=True),  # no connection; if there never was one, a setting is wrong
    "lost": Treatment(retries=3, slows=True),  # the connection was dropped or reset, or ended within the answer
    "hang": Treatment(retries=2),  # the whole answer did not come within request_timeout_s
    "unreadable": Treatment(retries=3),  # not JSON, or not a chat completion
    "oversized": Treatment(retries=0),  # larger than is read: asked again, it would be as large
    "busy": Treatment(retries=None, slows=True),  # 429
    "broken": Treatment(retries=3, slows=True),  # 5xx, and other faults that pass by themselves
    "refused": Treatment(retries=0),  # 400, 413, 422, ...: this request is wrong, others may not be
    "denied": Treatment(retries=0),  # 403, 404: as refused, or a setting when the server denies everything
    "setting": Treatment(retries=0),  # 401, 407 (a proxy) or a redirect: every request would meet it
    "unpaid": Treatment(retries=0),  # 402, or no quota left: every request would meet it, and waiting does not help
}
STATUSES: Mapping[int, Kind] = {
    401: "setting",
    402: "unpaid",
    403: "denied",
    404: "denied",
    407: "setting",
    408: "broken",
    409: "broken",
    425: "broken",
    429: "busy",
}
UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
"""Codes of errors that an empty account causes, whatever their status (OpenAI sends them with 429)."""
ENDS: Mapping[str, Kind] = {
    "abort": "broken",
    "error": "broken",
    "insufficient_system_resource": "broken",
    "network_error": "broken",
}
"""What a ``finish_reason`` means that does not end an answer; any other one, like content_filter, is "refused"."""


class Fault(Exception):
    """One request failed; ``words`` are safe to show, ``pause_s`` is how long the server asks to wait.

    ``said`` is what the server said about the error, unchanged.
    """

    def __init__(
        self, kind: Kind, words: str, *, status: int = 0, pause_s: float = 0.0, said: Said | None = None
    ) -> None:
        super().__init__(words)
        self.kind = kind
        self.words = words
        self.status = status
        self.pause_s = pause_s
        self.said = said

    @property
    def treatment(self) -> Treatment:
        """What the fault leads to."""
        return TREATMENTS[self.kind]


def kind_of(status: int, codes: Collection[str] = ()) -> Kind:
    """Return the kind of fault that an HTTP status other than 200 means, with the codes in its body.

    >>> kind_of(503), kind_of(422), kind_of(429), kind_of(301), kind_of(429, ["insufficient_quota"])
    ('broken', 'refused', 'busy', 'setting', 'unpaid')
    """
    if not UNPAID.isdisjoint(codes):
        return "unpaid"
    if status in STATUSES:
        return STATUSES[status]
    if status >= 500:
        return "broken"
    if status >= 400:
        return "refused"
    return "setting" if status >= 300 else "unreadable"


def back_off_s(attempt: int, first_s: float, chance: float) -> float:
    """Return the pause before asking again: it doubles with each attempt from 0, minus up to half of it by chance.

    >>> back_off_s(0, 0.5, 0.0), back_off_s(2, 0.5, 0.5)
    (0.5, 1.5)
    """
    return float(first_s * min(2**attempt, LONGEST_BACK_OFF) * (1 - chance / 2))


def asked_pause_s(headers: Mapping[str, str], wall_clock: float) -> float:
    """Return how long the server asks to wait; 0 when it doesn't say, or the value makes no sense.

    ``Retry-After`` holds seconds or an HTTP date (RFC 9110, section 10.2.3); a date is read against the server's own
    ``Date``, else against ``wall_clock``, in seconds since 1970.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after", "")
    seconds = _number(asked)
    if seconds is not None:
        return seconds
    until = _date(asked)
    if until is None:
        return 0.0
    now = _date(headers.get("date", ""))
    return max(0.0, until - (wall_clock if now is None else now))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
