"""The shape of a set of rows: how many of each label, how varied, how long, and which rows can't be trained on."""

import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from harness.data.checks.consistency.forms import form_of
from harness.data.checks.consistency.kept import share
from harness.data.checks.needed import need
from harness.data.checks.personal.personal import masked
from harness.data.checks.problem import Kind, Problem
from harness.data.checks.shape.advice import advice, advised_rank
from harness.data.checks.shape.spread import Spread
from harness.data.row import DataRow
from harness.records.record import Record
from harness.text.figures import percent
from harness.text.visible import quoted

KINDS = (
    Kind(
        name="not-rendered",
        title="Rows that the chat template can't render as in use",
        remedy="correct the row, split it so that each ends with one answer, or train with another template",
    ),
    Kind(name="too-long", title="Rows that are too long", remedy="shorten the row or raise max_length; nothing is cut"),
    Kind(name="no-loss", title="Rows that train nothing", remedy="give the row an answer, or leave it out"),
    Kind(name="imbalance", title="Rare labels", remedy="add rows with these labels, or leave the label out"),
    Kind(name="repetitive", title="The same answer again and again", remedy="vary the answers, or leave rows out"),
    Kind(name="few-rows", title="Too few rows", remedy="use them as examples in the prompt, or write more"),
)
MOST_LABELS = 200
"""Different answers, beyond which they are no labels."""
EACH = 5
"""Rows that a label has on average where answers are labels, and fewest that a label must have itself."""
UNLIKE = 20
"""Times that the most frequent label is more frequent than one which is reported."""
NEARLY_ALL = 0.95
"""Share of answers that must be labels where answers are labels."""
SAME = 0.5
"""Share of answers that are a repetition, from which answers that are no labels are repetitive."""
FEWEST = 20
"""Rows from which a share means something."""
SEED = 0

Count = Callable[[DataRow], int]


class Lengths(Record, frozen=True, kw_only=True):
    """Tokens of rows. ``padding`` is the share of a batch that is padding, rows in random order."""

    tokens: int
    median: int
    p95: int
    longest: int
    longest_at: str
    batch: int
    padding: float


class Shape(Record, frozen=True, kw_only=True):
    """The figures of a set of rows, for pages and JSON.

    ``labels`` are (label, rows), the most frequent first; empty where answers are no labels. ``distinct`` is the share
    of different n-grams among those of the answers, for n from 1 to 3. ``lengths`` is None without a tokenizer.
    """

    rows: int
    labels: tuple[tuple[str, int], ...]
    repeated: float
    distinct: tuple[float, float, float]
    lengths: Lengths | None
    advice: str


class Shapes:
    """The check of all kinds above. ``tokens`` and ``trained`` count the tokens of a row, and those in its loss."""

    def __init__(
        self,
        tokens: Count | None = None,
        trained: Count | None = None,
        max_length: int | None = None,
        batch: int = 1,
    ) -> None:
        need("detect_secrets", "phonenumbers")
        self._tokens, self._trained = tokens, trained
        self._max_length, self._batch = max_length, batch
        self._rows = 0
        self._lengths = array("I")
        self._longest = (0, "")
        self._labels: Counter[str] | None = Counter()
        self._strays = 0
        self._first: dict[str, str] = {}
        self._spread = Spread()
        self._start = ""

    def see(self, row: DataRow) -> Iterator[Problem]:
        """Yield whether a row is too long or trains nothing, and count it."""
        self._rows += 1
        self._start = self._start or row.place
        output = row.output
        self._spread.add(row.place, output)
        self._count_label(row, output)
        if self._tokens is not None:
            length = self._tokens(row)
            self._lengths.append(length)
            if length > self._longest[0]:
                self._longest = (length, row.place)
            if self._max_length is not None and length > self._max_length:
                told = f"the row has {length:,} tokens, more than max_length = {self._max_length:,}: it is refused"
                yield Problem(kind="too-long", places=(row.place,), told=told)
        if self._trained is not None and self._trained(row) == 0:
            yield Problem(kind="no-loss", places=(row.place,), told="no token of the row is in the loss")

    def finish(self) -> Iterator[Problem]:
        """Yield what all rows show: rare labels, repetitive answers, too few rows."""
        labels = self.labels
        most = max((count for _, count in labels), default=0)
        for label, count in labels:
            if count < EACH and most >= UNLIKE * count:
                told = f"the answer {quoted(masked(label))} is that of {share(count, self._rows)} rows, "
                told += f"the most frequent one of {share(most, self._rows)}"
                yield Problem(kind="imbalance", places=(self._first[label],), told=told)
        repeated = self._spread.repeated()
        if not self._are_labels and self._rows >= FEWEST and repeated >= SAME:
            told = f"{percent(repeated)} of the answers repeat another one, word for word"
            yield Problem(kind="repetitive", places=(self._start,), told=told)
        if self._rows and advised_rank(self._rows) is None:
            yield Problem(kind="few-rows", places=(self._start,), told=advice(self._rows))

    @property
    def labels(self) -> tuple[tuple[str, int], ...]:
        """How many rows each label has; nothing where answers are no labels."""
        counts = self._labels
        if counts is None or not self._are_labels or len(counts) < 2 or self._rows < max(FEWEST, EACH * len(counts)):
            return ()
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def lengths(self) -> Sequence[int]:
        """The tokens of each row; nothing without a tokenizer."""
        return self._lengths

    def shape(self) -> Shape:
        """Return the figures of all rows seen."""
        distinct = (self._spread.distinct(1), self._spread.distinct(2), self._spread.distinct(3))
        return Shape(
            rows=self._rows,
            labels=self.labels,
            repeated=self._spread.repeated(),
            distinct=distinct,
            lengths=self._measured(),
            advice=advice(self._rows),
        )

    @property
    def _are_labels(self) -> bool:
        """Whether nearly all answers are labels: a few that are none are told as another form of answer."""
        return self._labels is not None and self._strays <= (1 - NEARLY_ALL) * self._rows

    def _count_label(self, row: DataRow, output: str) -> None:
        """Count an answer as a label, until there are too many different ones."""
        if self._labels is None:
            return
        label = output.strip()
        if not label:
            return
        if form_of(label)[0] != "a label":
            self._strays += 1
            return
        if label not in self._labels and len(self._labels) >= MOST_LABELS:
            self._labels = None
            self._first.clear()
            return
        self._labels[label] += 1
        self._first.setdefault(label, row.place)

    def _measured(self) -> Lengths | None:
        if not self._lengths:
            return None
        ordered = sorted(self._lengths)
        return Lengths(
            tokens=sum(ordered),
            median=ordered[len(ordered) // 2],
            p95=ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)],
            longest=self._longest[0],
            longest_at=self._longest[1],
            batch=self._batch,
            padding=padding(self._lengths, self._batch),
        )


def padding(lengths: "array[int]", batch: int) -> float:
    """Return the share of padding when rows are drawn in random order and filled up to the longest of their batch.

    >>> padding(array("I", [10, 10, 10]), 2), padding(array("I", [30, 10]), 2)
    (0.0, 0.3333333333333333)
    """
    order = list(lengths)
    random.Random(SEED).shuffle(order)  # noqa: S311 - must be repeatable
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    room = sum(max(one) * len(one) for one in batches)
    return 1 - sum(order) / room if room else 0.0
