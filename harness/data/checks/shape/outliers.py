"""Answers that astonish a model: much less likely, token for token, than the same answer, or all answers, elsewhere.

A row is told whose nats per token are more than ``LIMIT`` robust standard deviations above the median: the modified
z-score of Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers, 0.6745 (x - median) / MAD, with their limit
of 3.5. MAD is the median distance from the median. Where answers are labels, each is compared with the median of the
same label, since a rare word is unlikely wherever it stands, and MAD is that of all these differences.
"""

import statistics
from collections import Counter
from collections.abc import Sequence

from harness.records.record import Record

LIMIT = 3.5
NORMAL = 0.6745
"""MAD of a normal distribution with a standard deviation of 1."""
EACH = 5
"""Rows that a label must have, so that its median means something."""
FEWEST = 20
"""Rows that are compared, below which nothing is told."""


class Likely(Record, frozen=True, kw_only=True):
    """An answer, where its row is, and how unlikely a model finds it after its question."""

    place: str
    answer: str
    nats_per_token: float


class Outlier(Record, frozen=True, kw_only=True):
    """An answer that astonishes; ``usual`` are the nats per token of those that it was compared with."""

    likely: Likely
    usual: float
    score: float


class Compared(Record, frozen=True, kw_only=True):
    """The answers that astonish, the worst first, and what they were compared by.

    ``threshold`` is how many nats per token an answer must be above the usual; None where too few were compared.
    """

    outliers: tuple[Outlier, ...]
    rows: int
    labels: bool
    threshold: float | None


def astonishing(rows: Sequence[Likely], *, labels: bool) -> Compared:
    """Return the answers that a model finds astonishing; with ``labels``, each beside those with the same answer.

    >>> rows = [Likely(place=f"a:{n}", answer="yes", nats_per_token=1 + n % 5 / 10) for n in range(40)]
    >>> odd = Likely(place="a:41", answer="yes", nats_per_token=6)
    >>> [one.likely.place for one in astonishing([*rows, odd], labels=True).outliers]
    ['a:41']
    """
    usual = _medians(rows) if labels else dict.fromkeys([row.answer for row in rows], _median(rows))
    compared = [row for row in rows if row.answer in usual]
    if len(compared) < FEWEST:
        return Compared(outliers=(), rows=len(compared), labels=labels, threshold=None)
    above = [row.nats_per_token - usual[row.answer] for row in compared]
    centre = statistics.median(above)
    spread = statistics.median(abs(one - centre) for one in above)
    if not spread:
        return Compared(outliers=(), rows=len(compared), labels=labels, threshold=None)
    found = [
        Outlier(likely=row, usual=usual[row.answer], score=NORMAL * (one - centre) / spread)
        for row, one in zip(compared, above, strict=True)
    ]
    return Compared(
        outliers=tuple(sorted((one for one in found if one.score > LIMIT), key=lambda one: -one.score)),
        rows=len(compared),
        labels=labels,
        threshold=centre + LIMIT * spread / NORMAL,
    )


def _medians(rows: Sequence[Likely]) -> dict[str, float]:
    """Return the median of each label that has enough rows."""
    counts = Counter(row.answer for row in rows)
    often = [label for label, count in counts.items() if count >= EACH]
    return {label: _median([row for row in rows if row.answer == label]) for label in often}


def _median(rows: Sequence[Likely]) -> float:
    return statistics.median(row.nats_per_token for row in rows) if rows else 0.0
