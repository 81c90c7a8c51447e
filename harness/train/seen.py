"""A row as the model will see it: the rendered text in stretches, with what the loss is on."""

import sys
from itertools import groupby
from pathlib import Path

from harness.data.row import DataRow
from harness.records.record import Record
from harness.train.tokens import IGNORED, Template, encode


class Stretch(Record, frozen=True, kw_only=True):
    """A stretch of the text, in tokens; ``trained`` where the loss is on it."""

    text: str
    tokens: int
    trained: bool


def seen(row: DataRow, template: Template) -> tuple[Stretch, ...]:
    """Return what the model reads of a row, by the same tokens and labels as in training, however long it is.

    Raises:
        DataError: the template can't render it, or renders it differently in use.
    """
    (tokens,) = encode([row], template, sys.maxsize, Path(row.file))
    pairs = zip(tokens.input_ids, tokens.labels, strict=True)
    found = []
    for trained, group in groupby(pairs, key=lambda pair: pair[1] != IGNORED):
        ids = [token for token, _ in group]
        found.append(Stretch(text=template.decoded(ids), tokens=len(ids), trained=trained))
    return tuple(found)
