"""When a service retires a base model, and with it whatever was tuned on it there."""

import datetime as dt

NEAR_DAYS = 90


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


def end_in_words(base: str, ends: dt.date, today: dt.date) -> str:
    """Say when a base model ends, and what that means for what was tuned on it.

    >>> end_in_words("gpt-4.1-nano", dt.date(2026, 10, 23), dt.date(2026, 10, 13))
    "its base model gpt-4.1-nano is retired there on 2026-10-23, in 10 days: then what was tuned on it can't be asked"
    """
    days = (ends - today).days
    if days < 0:
        return f"its base model {base} was retired there on {ends}: what was tuned on it may not answer any more"
    if days > NEAR_DAYS:
        return f"its base model {base} is retired there on {ends}, and what was tuned on it with it"
    when = "today" if days == 0 else f"in {days} day{'s' * (days != 1)}"
    return f"its base model {base} is retired there on {ends}, {when}: then what was tuned on it can't be asked"
