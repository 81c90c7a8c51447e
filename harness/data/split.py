"""Split rows into parts that share nothing: what belongs together stays together, and each label is in every part.

Rows that have a group in common, or that are nearly the same, are one unit, and so is what these are linked to. Whole
units are dealt to the parts: the large ones first, each to the part that is furthest from its share, counted over the
unit's labels. That is the greedy rule of stratified group splits (scikit-learn's ``StratifiedGroupKFold``), made for
parts of unequal sizes.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

import msgspec


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows, by place, are in each part, in their order; and how many units kept rows together."""

    rows: dict[str, tuple[int, ...]]
    units: int

    @property
    def sizes(self) -> dict[str, int]:
        """How many rows each part has."""
        return {name: len(rows) for name, rows in self.rows.items()}


def units_of(number: int, together: Iterable[tuple[int, int]], groups: Sequence[Hashable | None]) -> tuple[int, ...]:
    """Return the unit of each of ``number`` rows: the place of its first row.

    ``together`` are pairs of places that may not be parted; ``groups`` names each row's group, None for none.

    >>> units_of(5, [(0, 3)], [None, "a", None, None, "a"])
    (0, 1, 2, 0, 1)
    """
    first = list(range(number))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    named: dict[Hashable, int] = {}
    linked = ((named.setdefault(group, place), place) for place, group in enumerate(groups) if group is not None)
    for one, other in (*together, *linked):
        low, high = sorted((root(one), root(other)))
        first[high] = low
    return tuple(root(place) for place in range(number))


def split(units: Sequence[int], strata: Sequence[Hashable], shares: Mapping[str, float], seed: int) -> Parts:
    """Deal the rows' units to parts of the given shares, which add up to 1; the same seed deals the same.

    ``strata`` is what shall be spread evenly, one for each row: its label, or the same for all.

    Raises:
        ValueError: the shares don't add up to 1, or one is not above 0.
    """
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values(), default=0) <= 0:
        raise ValueError(f"shares are above 0 and add up to 1, got {dict(shares)}")
    rows_of: defaultdict[int, list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        rows_of[unit].append(place)
    totals = Counter(strata)
    shuffled = list(rows_of.values())
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a split is drawn, not guarded
    dealt: dict[str, Counter[Hashable]] = {name: Counter() for name in shares}
    parts: dict[str, list[int]] = {name: [] for name in shares}
    for rows in sorted(shuffled, key=len, reverse=True):
        labels = Counter(strata[place] for place in rows)
        part = max(shares, key=lambda name: _missing(labels, totals, dealt[name], shares[name], len(units)))
        dealt[part] += labels
        parts[part] += rows
    return Parts(rows={name: tuple(sorted(rows)) for name, rows in parts.items()}, units=len(shuffled))


def _missing(
    labels: Counter[Hashable], totals: Counter[Hashable], dealt: Counter[Hashable], share: float, rows: int
) -> tuple[float, float]:
    """Return how far a part is below its share of a unit's labels, and of all rows; both relative to the share."""
    wanted = sum(number * (share * totals[label] - dealt[label]) / totals[label] for label, number in labels.items())
    return wanted / labels.total() / share, (share * rows - dealt.total()) / share
