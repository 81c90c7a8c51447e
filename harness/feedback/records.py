"""What a proposal is, what people decide on it, and where it then went: the lines of three files."""

import datetime as dt
from typing import Literal

import msgspec

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.record import Json, Record

Reason = Literal["complaint", "failure", "near miss", "odd"]
"""Why a request is proposed. One with several reasons is in the stratum of the first of them in this order."""
Kind = Literal["keep", "correct", "drop"]
Destination = Literal["suite", "rows"]
Seat = Literal["first", "second", "third"]
"""A reviewer's place; the third decides where the first two disagree."""


class Drawn(Record, frozen=True, kw_only=True):
    """How chance chose a proposal, so that what people decide can be told of all requests."""

    stratum: str
    units: int
    """Different questions in the stratum; nearly the same ones are one."""
    chosen: int
    """How many of them are proposed."""
    stands_for: float
    """Logged requests that ask nearly what this one asks, and could have been proposed in its place."""
    candidates: float
    """Logged requests of all strata."""
    logs: int
    """All requests that were read."""

    @property
    def weight(self) -> float:
        """How many questions of its stratum this one stands for, itself included."""
        return self.units / self.chosen


class Proposal(Record, frozen=True, kw_only=True):
    """One logged request that could become a case or a training row. Personal data in it is masked."""

    id: str
    suite: str
    """The case file that it was proposed for."""
    place: str
    """Where it was logged, as ``file:line``."""
    reason: Reason
    told: tuple[str, ...]
    """Every reason, in words."""
    messages: tuple[Message, ...]
    drawn: Drawn
    time: float | None = None
    """When it was asked, in seconds since 1970 (UTC)."""
    model: str = ""
    answer: str = ""
    error: str = ""
    comment: str = ""
    expected: Json = None
    """What a person wrote in place of the answer; None where nobody did."""
    tools: tuple[dict[str, Json], ...] = ()
    tags: tuple[str, ...] = ()
    meta: dict[str, Json] = msgspec.field(default_factory=dict)
    cluster: str = ""
    """The group of like questions that it is in, by number; empty for one of few."""
    without_system: bool = False
    """Whether its case has no system message, since the suite sets that for all of its cases; a row keeps it."""
    reviewers: int = 1
    """How many people decide on it, each without seeing what the other one decided."""

    @property
    def day(self) -> str:
        """The day on which it was asked (UTC); empty where the log doesn't say when."""
        return day_of(self.time)


class Decision(Record, frozen=True, kw_only=True):
    """What one person decided: to keep a proposal as it is, to correct its expected answer, or to drop it."""

    proposal: str
    by: Seat
    kind: Kind
    expected: Json = None
    tags: tuple[str, ...] = ()
    note: str = ""
    time: str

    @property
    def meant(self) -> tuple[bool, Json]:
        """What must agree between two people: whether it is used, and what is then expected."""
        return (False, None) if self.kind == "drop" else (True, _bare(self.expected))


class Accepted(Record, frozen=True, kw_only=True):
    """Where a proposal went. It is noted before that file is written, so that it never goes to both, and after.

    What people then do with the case or the row is theirs: one that was written is not added again.
    """

    proposal: str
    to: Destination
    file: str
    time: str
    is_written: bool = False


def day_of(time: float | None) -> str:
    """Return the day of a time in seconds since 1970 (UTC), as 2026-11-18; empty for none, or one of no calendar."""
    try:
        return "" if time is None else dt.datetime.fromtimestamp(time, dt.UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return ""


def without_folder(place: str) -> str:
    """Return a place in a log without the folder of its file, which is nobody's business in a suite.

    >>> without_folder("/home/ada/logs/june.jsonl:3")
    'june.jsonl:3'
    """
    return place.rpartition("/")[2]


def case_of(proposal: Proposal, case_id: str, decision: Decision | None = None) -> Case:
    """Return a proposal as a case: with what was decided, and tagged with its source and its day."""
    tags = decision.tags if decision else proposal.tags
    source = ("from-logs", *([f"logged-{proposal.day}"] if proposal.day else []))
    place = without_folder(proposal.place)
    meta: dict[str, Json] = {"place": place, "reason": proposal.reason, "proposal": proposal.id}
    messages = proposal.messages
    if proposal.without_system:
        messages = tuple(one for one in messages if one.role != "system")
    return Case(
        id=case_id,
        messages=messages,
        expected=decision.expected if decision else proposal.expected,
        tags=tuple(dict.fromkeys((*tags, *source))),
        meta={**proposal.meta, "logged": meta},
        tools=proposal.tools or msgspec.UNSET,
    )


def _bare(expected: Json) -> Json:
    return expected.strip() if isinstance(expected, str) else expected
