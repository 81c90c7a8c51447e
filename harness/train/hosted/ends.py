"""When a service retires a base model, and with it whatever was tuned on it there."""

import datetime as dt

NEAR_DAYS = 90
"""Days before an end from which on it is a warning; a rule of thumb."""


def end_told(deprecation: object) -> dt.date | None:
    """Return the day in what a service tells of a model's end; None where that is no day.

    A text is a day (Mistral); in a table "inference" counts (Azure), as a time in seconds since 1970.

    >>> end_told("2026-10-23T00:00:00Z"), end_told({"fine_tune": 1, "inference": 1792713600}), end_told(None)
    (datetime.date(2026, 10, 23), datetime.date(2026, 10, 23), None)
    """
    told = deprecation.get("inference") if isinstance(deprecation, dict) else deprecation
    try:
        if isinstance(told, str):
            return dt.date.fromisoformat(told[:10])
        if isinstance(told, int | float) and not isinstance(told, bool):
            return dt.datetime.fromtimestamp(told, dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None


def end_in_words(ends: dt.date, today: dt.date) -> str:
    """Say of a base model when it ends, and what that means for what was tuned on it.

    >>> end_in_words(dt.date(2026, 10, 23), dt.date(2026, 10, 13))
    "is retired there on 2026-10-23, in 10 days: then what was tuned on it can't be asked"
    """
    days = (ends - today).days
    if days < 0:
        return f"was retired there on {ends}: what was tuned on it may not answer any more"
    if not is_near(ends, today):
        return f"is retired there on {ends}, and what was tuned on it with it"
    when = "today" if days == 0 else f"in {days} day{'s' * (days != 1)}"
    return f"is retired there on {ends}, {when}: then what was tuned on it can't be asked"


def is_near(ends: dt.date, today: dt.date) -> bool:
    """Tell whether an end is so near, or past, that a reader must know first."""
    return (ends - today).days <= NEAR_DAYS
