"""What a page can hold: cases in full, cases in short, and how much of each text, so that it opens quickly."""

from collections.abc import Collection, Iterator, Sequence

from harness.records.compared import Comparison
from harness.records.record import Record
from harness.report.evidence.fates import FLIPS, SameFate, fates_of
from harness.verdicts.fates import Fate

FULL_PAIRS = 400
FULL_HERE = 200
QUANTITY_HERE = 20
SHORT_PAIRS = 12_000
FULL_BYTES = 1_000_000
MORE_FULL_BYTES = 2_000_000
"""Bytes that cases in full can take in addition, where few are in short."""
SHORT_BYTES = 5_600_000
SHORT_MARKUP = 330
SHORT_TEXTS = 3
NAMED = 500
MOST_LABELS = 150
LEAST_FULL, LEAST_SHORT, MOST_SHORT = 1_000, 60, 600


class Part(Record, frozen=True, kw_only=True):
    """The cases with one fate: those shown in full, then those in short, then those only named."""

    fate: Fate
    full: tuple[str, ...]
    short: tuple[str, ...]
    rest: tuple[str, ...]


def shown_in(parts: Sequence[Part]) -> frozenset[str]:
    """Return the ids of the cases that are shown in full or in short."""
    return frozenset(case_id for part in parts for case_id in (*part.full, *part.short))


class Budget(Record, frozen=True, kw_only=True):
    """What each comparison shows, in the order of the page, and how many bytes of the page its texts can take.

    ``full_bytes`` is for all texts of a case in full together, ``short_bytes`` for each text of a case in short.
    """

    shown: tuple[tuple[Part, ...], ...]
    full_bytes: int
    short_bytes: int
    named: int
    """How many cases of one fate are named where they are not shown."""
    labels: int
    """With how many labels confusion matrices are drawn."""


def budget_of(comparisons: Sequence[Comparison], first: Collection[str] = (), share: float = 1) -> Budget:
    """Share the page out: all comparisons get a fair part of the cases in full, the first ones most of those in short.

    The more cases, the shorter their texts. Only lost, won and unscored cases are shown in short. Where a page can't
    show all cases of one fate, those in ``first`` come before the others. ``share`` is the part of a whole page that
    their texts can take, and of the cases that can be named.
    """
    fates = [fates_of(comparison) for comparison in comparisons]
    most = [QUANTITY_HERE if comparison.unit else FULL_HERE for comparison in comparisons]
    needs = [min(most[place], sum(len(one.case_ids) for one in found)) for place, found in enumerate(fates)]
    shown, left = [], int(SHORT_PAIRS * share)
    for found, full in zip(fates, fair(needs, int(FULL_PAIRS * share)), strict=True):
        parts = tuple(_parts(found, full, left, first))
        left -= sum(len(part.short) for part in parts)
        shown.append(parts)
    in_full = sum(len(part.full) for parts in shown for part in parts)
    in_short = int(SHORT_PAIRS * share) - left
    each = (int(SHORT_BYTES * share) // max(1, in_short) - SHORT_MARKUP) // SHORT_TEXTS
    unused = int(SHORT_BYTES * share) - in_short * (SHORT_MARKUP + SHORT_TEXTS * MOST_SHORT)
    full_bytes = int(FULL_BYTES * share) + max(0, min(MORE_FULL_BYTES, unused))
    return Budget(
        shown=tuple(shown),
        full_bytes=max(LEAST_FULL, full_bytes // max(1, in_full)),
        short_bytes=max(LEAST_SHORT, min(each, MOST_SHORT)),
        named=int(NAMED * share),
        labels=int(MOST_LABELS * share),
    )


def fair(needs: Sequence[int], total: int) -> list[int]:
    """Share a total out so that small needs are met, and large ones get the same.

    >>> fair([2, 100, 90], 30)
    [2, 14, 14]
    """
    given, left = [0] * len(needs), total
    for done, place in enumerate(sorted(range(len(needs)), key=lambda place: needs[place])):
        given[place] = min(needs[place], left // (len(needs) - done))
        left -= given[place]
    return given


def _parts(fates: Sequence[SameFate], full_left: int, short_left: int, first: Collection[str]) -> Iterator[Part]:
    for one in fates:
        case_ids = one.case_ids
        if len(case_ids) > full_left and first:
            case_ids = tuple(sorted(case_ids, key=lambda case_id: case_id not in first))
        full, others = case_ids[:full_left], case_ids[full_left:]
        short = others[:short_left] if one.fate in FLIPS else ()
        full_left, short_left = full_left - len(full), short_left - len(short)
        yield Part(fate=one.fate, full=full, short=short, rest=others[len(short) :])
