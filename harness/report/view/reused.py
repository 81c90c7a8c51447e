"""How many of a hosted model's answers are from the store, and how old they are, in words."""

from datetime import datetime

from harness.records.parties import Reused
from harness.records.saved import Run
from harness.text.figures import count
from harness.text.shown import fact

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def reused_lines(run: Run) -> tuple[str, ...]:
    """Say for each hosted model how many of its answers are from the store, and how old they were at the run's end."""
    names = {"baseline": run.baseline.name, "candidate": run.candidate.name, "judge": run.judge}
    return tuple(
        f"{count(one.reused.answers, 'answer')} of {fact(one.name or names[one.side], 80)} ({one.side}) "
        f"{'is' if one.reused.answers == 1 else 'are'} from the store, {_ages(one.reused, run.time)}; "
        "--fresh asks again"
        for one in run.usage
        if one.reused
    )


def age(since: str, until: str) -> str:
    """Say how much time is between two times, rounded down.

    >>> age("2026-11-10T11:00:00+00:00", "2026-11-22T12:00:00+00:00")
    '12 days'
    """
    try:
        seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    except (ValueError, TypeError):  # not a time, or one without its zone
        return "an unknown time"
    for unit, length in UNITS:
        if seconds >= length:
            return count(int(seconds // length), unit)
    return "less than a minute"


def _ages(reused: Reused, until: str) -> str:
    oldest, newest = age(reused.oldest, until), age(reused.newest, until)
    if reused.answers == 1:
        return f"{oldest} old"
    return f"the oldest {oldest} old" if oldest == newest else f"the oldest {oldest} old, the newest {newest} old"
