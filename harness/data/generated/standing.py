"""How far people have reviewed generated rows, and whether these can be used.

People are asked about the most diverse tenth of the rows. The set is used when a share of bad rows above
``max_rejected`` is ruled out by an exact one-sided bound (Clopper and Pearson 1934), or when every row was reviewed and
the share is no higher. It is stopped when more rows were rejected than could be if so many were reviewed
as can decide. Where a tenth is too little to tell, more rows are asked about, in the same order. Each such look is
another chance to pass: by bounds at 98 %, all looks together pass 0.7 to 5.4 % of sets that are just too bad
(``bench/reviewed_rows.py``; bounds at 95 % would pass 11 %). Diverse rows are not drawn by chance: strange ones are
more often among them than in the whole set.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from harness.data.beside import rows_digest
from harness.data.generated.files import read_decisions, read_state, state_of
from harness.errors import DataError
from harness.records.generated import Decision, Generated
from harness.records.record import Record
from harness.stats.binomial import exact_interval
from harness.text.figures import count, percent

Verdict = Literal["not reviewed", "too little to tell", "stopped", "usable"]
TENTH = 0.1
LEVEL = 0.96
"""Of the two-sided interval whose upper end is a one-sided bound at 98 %."""


class Standing(Record, frozen=True, kw_only=True):
    """What the decisions on a set come to.

    ``asked`` is how many rows of the order people are asked about, ``decided`` on how many of these they decided, and
    ``high`` the one-sided 98 % bound of the share of rejected rows: exact where every row was decided on.
    """

    verdict: Verdict
    rows: int
    asked: int
    decided: int
    rejected: tuple[str, ...]
    high: float
    max_rejected: float

    @property
    def words(self) -> str:
        """How the review stands, in one line."""
        limit, told = percent(self.max_rejected, 1), f"{len(self.rejected):,} of {count(self.decided, 'row')} rejected"
        if self.verdict == "not reviewed":
            return f"not reviewed: {self.decided:,} of {count(self.asked, 'row')} decided"
        if self.verdict == "stopped":
            return f"stopped: {told}, where max_rejected is {limit}"
        if self.verdict == "usable":
            return f"reviewed: {told}, so at most {percent(self.high, 1)} of all are bad"
        return (
            f"too little to tell: {told}, so up to {percent(self.high, 1)} of all can be bad, and max_rejected is "
            f"{limit}; {count(self.asked - self.decided, 'more row')} to review"
        )


def standing_of(state: Generated, decisions: Iterable[Decision]) -> Standing:
    """Return how a set stands after decisions, of which the last one on each row counts."""
    said = {one.row: one.verdict for one in decisions}
    asked, was_asked_more = min(max(1, math.ceil(TENTH * state.rows - 1e-9)), len(state.order)), False
    while True:
        verdict = _verdict(state, said, state.order[:asked], was_asked_more=was_asked_more)
        if verdict.verdict != "too little to tell" or verdict.decided < asked:
            return verdict
        asked, was_asked_more = _enough(state, len(verdict.rejected), asked), True


def _verdict(state: Generated, said: Mapping[str, str], order: Sequence[str], *, was_asked_more: bool) -> Standing:
    decided = [row for row in order if row in said]
    rejected = tuple(row for row in decided if said[row] == "reject")
    is_every = len(decided) == state.rows
    high = len(rejected) / state.rows if is_every else _high(len(rejected), len(decided))
    is_done, is_last = len(decided) == len(order), len(order) == len(state.order)
    verdict: Verdict
    if len(rejected) > state.max_rejected * max(len(order), _enough(state, 0, 0)):
        verdict = "stopped"
    elif is_done and high <= state.max_rejected:
        verdict = "usable"
    elif is_done and is_last:
        verdict = "stopped"
    else:
        verdict = "too little to tell" if is_done or was_asked_more else "not reviewed"
    return Standing(
        verdict=verdict,
        rows=state.rows,
        asked=len(order),
        decided=len(decided),
        rejected=rejected,
        high=high,
        max_rejected=state.max_rejected,
    )


def _enough(state: Generated, rejected: int, asked: int) -> int:
    """Return how many rows are enough if no further one is rejected; all that there are where none are."""
    most = len(state.order)
    if _high(rejected, most) > state.max_rejected:
        return most
    low, high = asked, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _high(rejected, middle) <= state.max_rejected else (middle, high)
    return high


@functools.lru_cache(maxsize=4096)
def _high(rejected: int, decided: int) -> float:
    return exact_interval(rejected, decided, LEVEL)[1] if decided else 1.0


def refuse_unreviewed(paths: Iterable[Path]) -> None:
    """Refuse files of rows that a teacher made and that people have not found good enough.

    Raises:
        DataError: says which, how its review stands, and what to do.
    """
    for path in paths:
        if (why := unusable(path)) is not None:
            raise DataError(f"{path}: {why}")


def unusable(rows: Path) -> str | None:
    """Return why a file of generated rows can't be used, and what to do; None for any other, and for one that can.

    Raises:
        DataError: its state or a decision can't be read.
    """
    state = read_state(rows)
    if state is None or not rows.exists():
        return None
    digest = rows_digest(rows)
    if digest not in {state.digest, state.reviewed}:
        return (
            "changed since a teacher made it, so its review is not of these rows; restore it or generate it again, or "
            f"remove {state_of(rows).name} if a person has read every row"
        )
    standing, review = standing_of(state, read_decisions(rows)), f"harness data review {rows}"
    if standing.verdict == "usable":
        is_settled = not standing.rejected or digest == state.reviewed
        return None if is_settled else f"the rejected rows are still in it; {review} takes them out"
    made = f"rows of a teacher, {standing.words}"
    if standing.verdict == "stopped":
        return f"{made}; change the template or the seeds, and generate into another file"
    return f"{made}; review them first: {review}"
