"""A run without a record in words: how far it is, or how far it came before it was stopped."""

from collections.abc import Sequence

from harness.records.compared import OUTCOMES
from harness.records.record import Record
from harness.runs.listing import Unfinished
from harness.runs.names import number_of
from harness.runs.progress import Progress
from harness.text.figures import count, join
from harness.text.progress import time_of
from harness.text.shown import fact

NAME = 80
MOST_STOPPED = 10
"""Runs that were stopped are listed up to so many: nobody needs those of long ago."""


class UnfinishedRow(Record, frozen=True, kw_only=True):
    """One run: its folder, whose it is, its state, and how far it is, where known also as ``done`` of ``total``."""

    id: str
    name: str
    state: str
    line: str
    done: int = 0
    total: int = 0


def unfinished_rows(unfinished: Sequence[Unfinished]) -> tuple[UnfinishedRow, ...]:
    """Return the runs under way, then the newest of those that were stopped and how many more there are."""
    newest = sorted(unfinished, key=lambda one: (number_of(one.id), one.id), reverse=True)
    stopped = [one for one in newest if one.state == "stopped"]
    shown = [*(one for one in newest if one.state != "stopped"), *stopped[:MOST_STOPPED]]
    more = len(stopped) - MOST_STOPPED
    older = UnfinishedRow(
        id="", name=f"{count(more, 'older run')}", state="stopped", line="without a record in their folders"
    )
    return (*map(unfinished_row, shown), *([older] if more > 0 else []))


def unfinished_row(one: Unfinished) -> UnfinishedRow:
    """Return a run without a record, ready to be printed."""
    number, far, own = number_of(one.id), one.progress, one.id.encode(errors="replace").decode()
    name = f"Run {number}" if number else fact(one.id, NAME)
    if far is None:
        line = "it has just started" if one.state == "under way" else "nothing shows how far it came"
        return UnfinishedRow(id=own, name=name, state=one.state, line=line)
    shares = {"asking": (far.answered, far.requests), "testing": (far.tests_done, far.tests)}
    done, total = shares.get(far.step, (0, 0))
    return UnfinishedRow(
        id=own,
        name=f"{name}: {fact(far.candidate, NAME)} against {fact(far.baseline, NAME)}",
        state=one.state,
        line=_line(far, is_over=one.state == "stopped"),
        done=done,
        total=total,
    )


def _line(far: Progress, *, is_over: bool) -> str:
    if far.step == "starting":
        return "before the first answer" if is_over else "the models are being started"
    if far.step == "saving":
        return "while it was being saved" if is_over else "the tests have ended, and the run is being saved"
    if far.step == "asking":
        return _answered(far, is_over=is_over)
    parts = [f"{far.tests_done:,} of {count(far.tests, 'test')} ended{_verdicts(far)}"]
    if far.answered < far.requests:
        parts.append(_answered(far, is_over=is_over))
    return "; ".join(parts)


def _answered(far: Progress, *, is_over: bool) -> str:
    parts = [f"{far.answered:,} of {count(far.requests, 'request')} answered"]
    parts += [count(far.errors, "error")] if far.errors else []
    parts += [f"{time_of(far.left_s)} left"] if far.left_s is not None and not is_over else []
    return ", ".join(parts)


def _verdicts(far: Progress) -> str:
    found = [f"{far.verdicts[one]:,} {one}" for one in reversed(OUTCOMES) if far.verdicts.get(one)]
    return f" (gates: {join(found)})" if found else ""
