"""The rows of a comparison and the scores of a side in columns: sequences of records that are made when they are read.

A record of its own takes about 200 bytes, a row in columns about 40, and scores share the ids of the other side.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar, overload

from harness.records.columns import Column, Keys, Numbers, Texts
from harness.records.compared import Row, RowLabel
from harness.records.record import Record
from harness.records.scored import CaseScore, Score

if TYPE_CHECKING:
    from typing import Self

R = TypeVar("R", bound=Record)
FEW = 10_000
"""Cases up to which numpy is not loaded."""
Counts = tuple[tuple[int, ...], tuple[int, ...]]


class Listed(Sequence[R]):
    """A sequence of records over columns; it is equal to any other sequence of equal records."""

    __slots__ = ()

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[R, ...]: ...
    def __getitem__(self, place: int | slice) -> R | tuple[R, ...]:
        if isinstance(place, slice):
            return tuple(self._at(each) for each in range(*place.indices(len(self))))
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._at(at)

    def __iter__(self) -> Iterator[R]:
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            names: tuple[str, ...] = type(self).__slots__
            return all(getattr(self, name) == getattr(other, name) for name in names)
        if not isinstance(other, Listed | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self)) if len(self) <= 20 else f"<{len(self):,} records, the first {self[0]!r}>"

    def _at(self, place: int) -> R:
        raise NotImplementedError


class Rows(Listed[Row]):
    """The rows of a comparison."""

    __slots__ = ("baseline", "candidate", "case_ids", "counts", "groups", "labels", "tags", "unscored")

    def __init__(self) -> None:
        self.case_ids = Texts()
        self.groups: Column[str | None] = Column(str | None)
        self.tags: Column[tuple[str, ...]] = Column(tuple[str, ...])
        self.baseline = Numbers()
        self.candidate = Numbers()
        self.unscored: Column[str] = Column(str)
        self.counts: Column[Counts | None] = Column(Counts | None)
        self.labels: Column[RowLabel | None] = Column(RowLabel | None)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Self":
        """Return rows in columns; those that are in columns as they are."""
        if isinstance(rows, cls):
            return rows
        made = cls()
        for row in rows:
            made.add(row)
        return made

    def __len__(self) -> int:
        return len(self.case_ids)

    def add(self, row: Row) -> None:
        """Add a row."""
        self.case_ids.add(row.case_id)
        self.groups.add(row.group)
        self.tags.add(row.tags)
        self.baseline.add(row.baseline)
        self.candidate.add(row.candidate)
        self.unscored.add(row.unscored)
        self.counts.add(row.counts)
        self.labels.add(row.label)

    def _at(self, place: int) -> Row:
        return Row(
            case_id=self.case_ids[place],
            group=self.groups[place],
            tags=self.tags[place],
            baseline=self.baseline[place],
            candidate=self.candidate[place],
            unscored=self.unscored[place],
            counts=self.counts[place],
            label=self.labels[place],
        )

    def __iter__(self) -> Iterator[Row]:
        columns = (self.case_ids, self.groups, self.tags, self.baseline, self.candidate)
        more = (self.unscored, self.counts, self.labels)
        for case_id, group, tags, before, after, unscored, counts, label in zip(*columns, *more, strict=True):
            yield Row(
                case_id=case_id,
                group=group,
                tags=tags,
                baseline=before,
                candidate=after,
                unscored=unscored,
                counts=counts,
                label=label,
            )


class CaseScores(Listed[CaseScore]):
    """The scores of one side."""

    __slots__ = ("case_ids", "groups", "keys", "repeats", "scores", "tags")

    def __init__(self) -> None:
        self.case_ids = Texts()
        self.groups: Column[str | None] = Column(str | None)
        self.tags: Column[tuple[str, ...]] = Column(tuple[str, ...])
        self.repeats: Column[int] = Column(int)
        self.keys = Keys()
        self.scores: Column[Score] = Column(Score)

    @classmethod
    def of(cls, items: Iterable[CaseScore]) -> "Self":
        """Return scores in columns; those that are in columns as they are."""
        if isinstance(items, cls):
            return items
        made = cls()
        for item in items:
            made.add(item)
        return made

    def __len__(self) -> int:
        return len(self.case_ids)

    def add(self, item: CaseScore) -> None:
        """Add a score."""
        self.case_ids.add(item.case_id)
        self.groups.add(item.group)
        self.tags.add(item.tags)
        self.repeats.add(item.repeat)
        self.keys.add(item.request_key)
        self.scores.add(item.score)

    def share_cases(self, other: "CaseScores") -> bool:
        """Tell whether the other side's scores are of the same cases in the same order, each asked once.

        Then both sides keep one copy of what is of the cases.
        """
        if self.case_ids != other.case_ids or (self.groups, self.tags) != (other.groups, other.tags):
            return False
        other.case_ids, other.groups, other.tags = self.case_ids, self.groups, self.tags
        return bool(self.repeats.only) and list(self.repeats.only) == list(other.repeats.only)

    def _at(self, place: int) -> CaseScore:
        return CaseScore(
            case_id=self.case_ids[place],
            group=self.groups[place],
            tags=self.tags[place],
            repeat=self.repeats[place],
            request_key=self.keys[place],
            score=self.scores[place],
        )

    def __iter__(self) -> Iterator[CaseScore]:
        columns = (self.case_ids, self.groups, self.tags, self.repeats, self.keys, self.scores)
        for case_id, group, tags, repeat, key, score in zip(*columns, strict=True):
            yield CaseScore(case_id=case_id, group=group, tags=tags, repeat=repeat, request_key=key, score=score)


def all_different(texts: Texts) -> bool:
    """Tell whether all texts are different for sure: two different ones hardly ever have the same 64-bit hash."""
    if len(texts) < FEW:
        return len(set(texts)) == len(texts)
    import numpy as np

    hashes = np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
    hashes.sort()
    return bool((hashes[1:] != hashes[:-1]).all())


def as_listed(value: object) -> object:
    """Return what msgspec writes in place of records in columns, as its ``enc_hook``."""
    if isinstance(value, Listed):
        return tuple(value)
    raise NotImplementedError(f"a {type(value).__name__} has no JSON")
