"""Times as logs write them: in seconds, milli-, micro- or nanoseconds since 1970, or as text; and ``--since``."""

import re
from datetime import UTC, datetime

from harness.errors import InputError
from harness.records.record import Json
from harness.text.visible import quoted

UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (1e8, 1.0))
"""The least number that is in a unit, and how many of it are a second: times from 1973 to 5138."""
LAST = 1e11
"""The end of these times. None is before 1970."""
AGO = {"m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([mhdw])")
_NUMBER = re.compile(r"\d{9,20}(?:\.\d+)?(?:[eE]\+?\d{1,2})?")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_SLASHES = re.compile(r"(\d{4})/(\d\d)/(\d\d)")


def time_of(value: Json) -> float | None:
    """Return a time in seconds since 1970; None for what is none. A text without a zone is UTC.

    >>> time_of("1700000000000000000"), time_of("2023-11-14T22:13:20Z"), time_of("2023-11-14 22:13:20")
    (1700000000.0, 1700000000.0, 1700000000.0)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return _of_text(text)
        value = float(text)
    if isinstance(value, int | float):
        return next((float(value) / per_second for least, per_second in UNITS if least <= value < 1e20), None)
    return None


def _of_text(text: str) -> float | None:
    if not 8 <= len(text) <= 64:
        return None
    text = _SLASHES.sub(r"\1-\2-\3", _FRACTION.sub(r"\1", text.removesuffix(" UTC").removesuffix(" +0000 UTC")))
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LAST else None


def since_of(written: str, now: float) -> float:
    """Return from when on requests are wanted, in seconds since 1970: "30d", "12h", a date, or RFC 3339.

    Raises:
        InputError: it is something else.
    """
    text = written.strip()
    if ago := _AGO.fullmatch(text):
        return max(now - float(ago[1]) * AGO[ago[2]], 0.0)
    found = time_of(text)
    if found is None:
        raise InputError(
            f"{quoted(written)} is no time; write how long ago, such as 30d or 12h, a date such as 2026-11-01, or "
            "2026-11-01T09:00:00Z"
        )
    return found
