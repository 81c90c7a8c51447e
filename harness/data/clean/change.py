"""One change of a row, told in words with short pieces of the text before and after it, both safe to show."""

from harness.data.checks.noise.differing import differing
from harness.data.checks.noise.unseen import named, unseen_in
from harness.data.checks.personal.hits import DOTS
from harness.data.checks.personal.personal import LONGEST, excerpt, sensitive_in
from harness.records.record import Record
from harness.text.figures import count

SHOWN = 60
"""Characters of a changed piece that are shown."""


class Change(Record, frozen=True, kw_only=True):
    """What was done to a row, and why: ``kind`` is that of the problem, ``told`` says where, or that the row is gone.

    ``before`` and ``after`` are pieces of the text, personal data and secrets in them hidden; both are empty where the
    row is removed.
    """

    place: str
    kind: str
    told: str
    before: str = ""
    after: str = ""


def change_of(place: str, kind: str, where: str, before: str, after: str) -> Change:
    """Return the change of one text, which ``where`` names."""
    if kind == "white-space":
        told = f"{count(len(before) - len(after), 'character')} at the ends of {where}"
        return Change(place=place, kind=kind, told=told)
    (first, was_end), (_, end) = differing(before, after)
    shown = excerpt(after, first, min(end, first + SHOWN))
    if kind == "invisible":  # they can part an address, so that no pattern knows it
        told = f"in {where}: {named(before, unseen_in(before))}"
        return Change(place=place, kind=kind, told=told, after=shown)
    is_private = len(after) > LONGEST or any(hit.start < end and first < hit.end for hit in sensitive_in(after))
    was = DOTS if is_private else excerpt(before, first, min(was_end, first + SHOWN))
    return Change(place=place, kind=kind, told=f"in {where}", before=was, after=shown)
