"""Cases that are left out of a run, in words: those in training rows, and those that chose a checkpoint."""

from collections import Counter

from harness.records.leaked import LeakedCase
from harness.records.record import Record
from harness.records.saved import Run
from harness.text.figures import count, percent
from harness.text.shown import fact

UNCHECKED = "not looked for: what the adapter was trained on is not known here; name its rows with --training-data FILE"
TITLE = "Cases in the training rows"
TOLD = {
    "same": "the same, but for case and punctuation",
    "near": "nearly the same",
    "passage": "shares a passage",
    "meaning": "means the same",
}
CHOSEN_TITLE = "Cases that chose a checkpoint"
LEFT_OUT, ALLOWED, UNSURE = "left out", "let in by name", "kept: only probable"
OF_ANOTHER = "left out: in another candidate's rows"


class ShownLeak(Record, frozen=True, kw_only=True):
    """One case in the training rows: where, how it was found, and what becomes of it."""

    case: str
    place: str
    how: str
    fate: str
    is_against: bool


def leaks_in_words(run: Run) -> str:
    """Say how cases were looked for in the training rows, and how many were found; empty without an adapter."""
    others = sum(one.of_another for one in _in_rows(run))
    beside = (
        f"{count(others, 'case')} left out since another candidate was trained on {'it' if others == 1 else 'them'}"
    )
    return "; ".join([*filter(None, [_own_leaks(run)]), *([beside] if others else [])])


def _own_leaks(run: Run) -> str:
    if not run.leaks_checked:
        return UNCHECKED if run.candidate.adapter is not None and run.origins else ""
    own = [one for one in _in_rows(run) if not one.of_another]
    found = sum(one.counts for one in own)
    more = len(own) - found
    told = f"{count(found, 'case')} left out" if found else "none found"
    return f"looked for {fact(run.leaks_checked, 300)}: {told}{f', {more:,} kept' if more else ''}"


def leak_lines(run: Run) -> tuple[str, ...]:
    """Return a line for the terminal where cases were found in the training rows."""
    found = [f"{TITLE}: {leaks_in_words(run)}"] if _in_rows(run) else []
    return (*found, *(f"{CHOSEN_TITLE}: {chosen}" for chosen in [chosen_in_words(run)] if chosen))


def chosen_in_words(run: Run) -> str:
    """Say how many cases are left out since a checkpoint was chosen by them (``stop_by``); empty without any."""
    places = Counter(fact(one.place, 80) for one in run.leaked if one.how == "stopping")
    return "; ".join(
        f"{count(number, 'case')} left out, by which the {place} chose its checkpoint (stop_by)"
        for place, number in places.items()
    )


def _in_rows(run: Run) -> list[LeakedCase]:
    return [one for one in run.leaked if one.how != "stopping"]


def shown_leaks(run: Run) -> tuple[ShownLeak, ...]:
    """Return the cases that were found, those that are left out first."""
    return tuple(map(_shown, sorted(_in_rows(run), key=lambda one: not one.counts)))


def _shown(leak: LeakedCase) -> ShownLeak:
    share = "" if leak.how == "same" else f" ({percent(leak.similarity)})"
    return ShownLeak(
        case=f"{fact(leak.suite, 80)}/{fact(leak.case, 120)}",
        place=fact(leak.place, 200),
        how=f"{leak.where}: {TOLD[leak.how]}{share}",
        fate=_fate(leak),
        is_against=leak.counts or leak.allowed,
    )


def _fate(leak: LeakedCase) -> str:
    if leak.of_another:
        return OF_ANOTHER
    return LEFT_OUT if leak.counts else ALLOWED if leak.allowed else UNSURE
